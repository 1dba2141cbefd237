"""BLS signatures over BLS12-381 with signatures in G1 and keys in G2: verification only, standard library only.

Written to be read beside RFC 9380 and the pairing literature rather than to be fast: one verification takes
about half a second.
"""

from __future__ import annotations

from functools import cache

from rid1.bls.curve import G2, G2_BASE, g1_point, g2_point
from rid1.bls.field import P
from rid1.bls.hash_to_curve import hash_to_g1
from rid1.bls.pairing import product_is_one


def verify(public: bytes, message: bytes, signature: bytes, tag: bytes) -> bool:
    """Whether the 48-byte `signature` over `message` is valid under the 96-byte key `public`.

    `tag` is the scheme's domain separation tag. Checked is e(signature, −g₂) · e(H(message), public) = 1. Anything that
    is not the one canonical encoding of a point of G1 is no signature; under a key that is no point nothing is valid.
    """
    try:
        key = _key(public)
        point = g1_point(signature)
    except ValueError:
        return False
    hashed = hash_to_g1(message, tag)
    return hashed is not None and product_is_one([(point, _minus(G2_BASE)), (hashed, key)])


@cache
def _key(public: bytes) -> G2:
    return g2_point(public)


def _minus(point: G2) -> G2:
    return point[0], (-point[1][0] % P, -point[1][1] % P)
