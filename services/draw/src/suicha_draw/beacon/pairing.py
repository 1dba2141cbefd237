"""What py_ecc says of a beacon's signature."""

import hashlib
import sys

from rid1 import beacon

# Importing py_ecc raises the limit to 100,000, beyond what the stack holds: nested JSON could crash the process.
_limit = sys.getrecursionlimit()
from py_ecc import optimized_bls12_381 as group  # noqa: E402
from py_ecc.bls.hash_to_curve import hash_to_G1  # noqa: E402
from py_ecc.bls.point_compression import decompress_G1, decompress_G2  # noqa: E402

sys.setrecursionlimit(_limit)

_TAG = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"


def verify(chain: beacon.Chain, drand_round: int, signature: bytes) -> bool:
    """Tell whether e(signature, g₂) = e(H(message), public key), and both points are in their groups."""
    if len(signature) != beacon.SIGNATURE_BYTES:
        return False
    key = decompress_G2(
        (int.from_bytes(chain.public_key[:48], "big"), int.from_bytes(chain.public_key[48:], "big"))
    )
    try:
        point = decompress_G1(int.from_bytes(signature, "big"))
    except ValueError:
        return False
    if group.is_inf(point) or not group.is_inf(group.multiply(point, group.curve_order)):
        return False
    hashed = hash_to_G1(beacon.message_of(drand_round), _TAG, hashlib.sha256)
    return bool(group.pairing(group.G2, point) == group.pairing(key, hashed))
