"""The optimal ate pairing of BLS12-381, as much of it as signatures need: is a product of pairings one?"""

from __future__ import annotations

from collections.abc import Iterable

from rid1.bls.curve import G1, G2, R
from rid1.bls.field import ONE, Fp2, Fp12, P, inverse2, mul2, mul12, power12, sub2

_X = 0xD201000000010000
"""The curve's parameter is −_X. Its sign only inverts the product, which does not matter to a comparison with one."""

_FINAL = (P**12 - 1) // R


def product_is_one(pairs: Iterable[tuple[G1, G2]]) -> bool:
    """Whether ∏ e(p, q) = 1, for points of the prime-order groups other than infinity."""
    product = ONE
    for p, q in pairs:
        product = mul12(product, _miller(p, q))
    return power12(product, _FINAL) == ONE


def _miller(p: G1, q: G2) -> Fp12:
    """Miller's loop over the bits of _X after the highest; `t` stays a small multiple of `q`, so no case is special."""
    total, t = ONE, q
    for bit in bin(_X)[3:]:
        t, line = _step(t, t, p)
        total = mul12(line, mul12(total, total))
        if bit == "1":
            t, line = _step(t, q, p)
            total = mul12(line, total)
    return total


def _step(t: G2, q: G2, p: G1) -> tuple[G2, Fp12]:
    """t + q, and the line through them at `p`.

    Points of the twist y² = x³ + 4(1+u) are (x/w², y/w³) on the curve. The line is multiplied by w³, which lies in a
    proper subfield of Fp12 and so vanishes in the final exponentiation.
    """
    if t == q:
        square = mul2(t[0], t[0])
        slope = mul2((3 * square[0], 3 * square[1]), inverse2((2 * t[1][0], 2 * t[1][1])))
    else:
        slope = mul2(sub2(q[1], t[1]), inverse2(sub2(q[0], t[0])))
    x = sub2(sub2(mul2(slope, slope), t[0]), q[0])
    y = sub2(mul2(slope, sub2(t[0], x)), t[1])
    constant = sub2(mul2(slope, t[0]), t[1])
    return (x, y), _line(constant, (-slope[0] * p[0], -slope[1] * p[0]), p[1])


def _line(constant: Fp2, w2: Fp2, w3: int) -> Fp12:
    """constant + w2·w² + w3·w³ in coefficients of w, where u = w⁶ − 1."""
    return (
        (constant[0] - constant[1]) % P, 0, (w2[0] - w2[1]) % P, w3, 0, 0,
        constant[1] % P, 0, w2[1] % P, 0, 0, 0,
    )  # fmt: skip
