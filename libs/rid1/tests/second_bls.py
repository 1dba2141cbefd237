"""py_ecc, the second implementation of BLS12-381 that tests compare ours with.

Importing py_ecc raises the interpreter's recursion limit to 100,000, beyond what its stack holds: deeply nested JSON
would then crash the process instead of being refused. So the limit is put back.
"""

import sys

_limit = sys.getrecursionlimit()

from py_ecc import optimized_bls12_381 as group  # noqa: E402
from py_ecc.bls.hash_to_curve import hash_to_G1  # noqa: E402
from py_ecc.bls.point_compression import (  # noqa: E402
    compress_G1,
    compress_G2,
    decompress_G1,
    decompress_G2,
)

sys.setrecursionlimit(_limit)

__all__ = ["compress_G1", "compress_G2", "decompress_G1", "decompress_G2", "group", "hash_to_G1"]
