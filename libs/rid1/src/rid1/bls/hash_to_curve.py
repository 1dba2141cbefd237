"""Hashing to G1: the suite BLS12381G1_XMD:SHA-256_SSWU_RO_ of RFC 9380 §8.8.1."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from rid1.bls import isogeny
from rid1.bls.curve import G1, add, multiply
from rid1.bls.field import P, inverse, square_root

# The curve E': y² = x³ + A·x + B that is 11-isogenous to G1's, and the non-square Z of its map (§8.8.1).
_A = 0x144698A3B8E9433D693A02C96D4982B0EA985383EE66A8D8E8981AEFD881AC98936F8DA0E0F97F5CF428082D584C1D
_B = 0x12E2908D11688030018B12E8753EEE3B2016C1F0F24F4070A0B9C14FCEF35EF55A23215A316CEAA5D1CC48E98E172BE0
_Z = 11
_COFACTOR = 0xD201000000010001
_LENGTH = 64
"""Bytes per field element: 128 bits more than P, so that the remainder is as good as uniform (§5.1)."""


def hash_to_g1(message: bytes, tag: bytes) -> G1 | None:
    """hash_to_curve (§3) under the domain separation tag `tag`, at most 255 bytes."""
    uniform = expand_message(message, tag, 2 * _LENGTH)
    first, second = (_map(int.from_bytes(uniform[at : at + _LENGTH], "big") % P) for at in (0, _LENGTH))
    return multiply(_COFACTOR, add(first, second))


def expand_message(message: bytes, tag: bytes, length: int) -> bytes:
    """expand_message_xmd with SHA-256 (§5.3.1); `length` is at most 8160 bytes."""
    suffix = tag + bytes([len(tag)])
    blocks = -(-length // 32)
    start = hashlib.sha256(bytes(64) + message + length.to_bytes(2, "big") + b"\0" + suffix).digest()
    block = bytes(32)
    out = b""
    for number in range(1, blocks + 1):
        mixed = bytes(a ^ b for a, b in zip(start, block, strict=True))
        block = hashlib.sha256(mixed + bytes([number]) + suffix).digest()
        out += block
    return out[:length]


def _map(u: int) -> G1 | None:
    """Simplified Shallue–van de Woestijne–Ulas to E' (§6.6.2), then the isogeny to G1's curve (§6.6.3)."""
    zu2 = _Z * u * u % P
    divisor = (zu2 * zu2 + zu2) % P
    x = -_B * inverse(_A) * (1 + inverse(divisor)) % P if divisor else _B * inverse(_Z * _A) % P
    y = square_root(x**3 + _A * x + _B)
    if y is None:
        x = zu2 * x % P
        y = square_root(x**3 + _A * x + _B)
        assert y is not None  # one of the two is a square (§6.6.2)
    return _isogeny(x, y if y & 1 == u & 1 else P - y)


def _isogeny(x: int, y: int) -> G1 | None:
    x_divisor, y_divisor = (_at(isogeny.X_DENOMINATOR, x), _at(isogeny.Y_DENOMINATOR, x))
    if x_divisor == 0 or y_divisor == 0:
        return None
    return (
        _at(isogeny.X_NUMERATOR, x) * inverse(x_divisor) % P,
        y * _at(isogeny.Y_NUMERATOR, x) * inverse(y_divisor) % P,
    )


def _at(coefficients: Sequence[int], x: int) -> int:
    """The polynomial's value at x (Horner)."""
    total = 0
    for coefficient in reversed(coefficients):
        total = (total * x + coefficient) % P
    return total
