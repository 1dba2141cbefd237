"""The groups G1 (over Fp) and G2 (over Fp2) of BLS12-381, and their compressed encodings, read strictly.

Points are affine pairs; None is the point at infinity. The encoding is that of the draft-irtf-cfrg-pairing-friendly-
curves appendix C: three flag bits (compressed, infinity, larger y), then x, big-endian.
"""

from __future__ import annotations

from rid1.bls.field import Fp2, P, add2, inverse, mul2, square_root, square_root2

R = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
"""The prime order of G1 and G2."""

G1 = tuple[int, int]
G2 = tuple[Fp2, Fp2]

G2_BASE: G2 = (
    (
        0x024AA2B2F08F0A91260805272DC51051C6E47AD4FA403B02B4510B647AE3D1770BAC0326A805BBEFD48056C8C121BDB8,
        0x13E02B6052719F607DACD3A088274F65596BD0D09920B61AB5DA61BBDC7F5049334CF11213945D57E5AC7D055D042B7E,
    ),
    (
        0x0CE5D527727D6E118CC9CDC6DA2E351AADFD9BAA8CBDD3A76D429A695160D12C923AC9CC3BACA289E193548608B82801,
        0x0606C4A02EA734CC32ACD2B02BC28B99CB3E287E85A763AF267492AB572E99AB3F370D275CEC1DA1AAA9075FF05F79BE,
    ),
)
"""The generator of G2."""


def add(a: G1 | None, b: G1 | None) -> G1 | None:
    """a + b, for every curve y² = x³ + B over Fp."""
    if a is None or b is None:
        return a or b
    if a[0] != b[0]:
        slope = (b[1] - a[1]) * inverse(b[0] - a[0])
    elif a[1] == b[1] != 0:
        slope = 3 * a[0] * a[0] * inverse(2 * a[1])
    else:
        return None
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(scalar: int, point: G1 | None) -> G1 | None:
    """scalar · point, by doubling and adding."""
    total: G1 | None = None
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def g1_point(data: bytes) -> G1:
    """The point of G1 of a 48-byte compressed encoding.

    Raises ValueError for another length or form, x not below P, a point that is not on the curve or not in the
    subgroup of order R, and for infinity: none of them is a signature.
    """
    (x,), larger = _coordinates(data, 1)
    y = square_root(x**3 + 4)
    if y is None:
        raise ValueError("not on the curve")
    point = x, (y if (y > P - y) == larger else P - y)
    if multiply(R, point) is not None:
        raise ValueError("not in the subgroup")
    return point


def g2_point(data: bytes) -> G2:
    """The point of a 96-byte compressed encoding on the curve of G2, for pinned keys: the subgroup is not checked.

    Raises ValueError for another length or form, x not below P, infinity, or a point that is not on the curve.
    """
    (x1, x0), larger = _coordinates(data, 2)
    x = x0, x1
    y = square_root2(add2(mul2(mul2(x, x), x), (4, 4)))
    if y is None:
        raise ValueError("not on the curve")
    minus = -y[0] % P, -y[1] % P
    return x, (y if ((y[1], y[0]) > (minus[1], minus[0])) == larger else minus)


def _coordinates(data: bytes, count: int) -> tuple[list[int], bool]:
    """The integers of x and whether y is the larger of the two roots."""
    if len(data) != 48 * count or not data[0] & 0x80:
        raise ValueError("not a compressed point")
    if data[0] & 0x40:
        raise ValueError("the point at infinity")
    plain = bytes([data[0] & 0x1F]) + data[1:]
    found = [int.from_bytes(plain[at : at + 48], "big") for at in range(0, len(plain), 48)]
    if any(x >= P for x in found):
        raise ValueError("a coordinate is not below the field's prime")
    return found, bool(data[0] & 0x20)
