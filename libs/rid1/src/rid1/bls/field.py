"""The fields of BLS12-381: integers mod P, their quadratic extension Fp2, and Fp12 in which pairings live.

Elements are plain integers and tuples, so that a reader can check every line by hand. Nothing here is constant in
time, and nothing here ever sees a secret.
"""

from __future__ import annotations

P = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
"""The field's prime."""

Fp2 = tuple[int, int]
"""a + b·u with u² = −1."""

Fp12 = tuple[int, ...]
"""Twelve coefficients of w⁰…w¹¹ with w⁶ = 1 + u, which makes w¹² = 2·w⁶ − 2."""

ONE: Fp12 = (1, *[0] * 11)


def inverse(a: int) -> int:
    """1/a mod P; `a` is not 0."""
    return pow(a, -1, P)


def square_root(a: int) -> int | None:
    """A square root mod P (P ≡ 3 mod 4), or None."""
    root = pow(a, (P + 1) // 4, P)
    return root if root * root % P == a % P else None


def add2(a: Fp2, b: Fp2) -> Fp2:
    """a + b."""
    return (a[0] + b[0]) % P, (a[1] + b[1]) % P


def sub2(a: Fp2, b: Fp2) -> Fp2:
    """a − b."""
    return (a[0] - b[0]) % P, (a[1] - b[1]) % P


def mul2(a: Fp2, b: Fp2) -> Fp2:
    """a · b."""
    return (a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P


def inverse2(a: Fp2) -> Fp2:
    """1/a; `a` is not 0."""
    norm = inverse(a[0] * a[0] + a[1] * a[1])
    return a[0] * norm % P, -a[1] * norm % P


def square_root2(a: Fp2) -> Fp2 | None:
    """A square root in Fp2, or None: (x + y·u)² = a gives x² = (a₀ ± |a|)/2 and y = a₁/2x."""
    norm = square_root(a[0] * a[0] + a[1] * a[1])
    if norm is None:
        return None
    for half in ((a[0] + norm) * inverse(2) % P, (a[0] - norm) * inverse(2) % P):
        x = square_root(half)
        if x:
            return x, a[1] * inverse(2 * x) % P
    root = square_root(-a[0])
    return None if a[1] or root is None else (0, root)


def mul12(a: Fp12, b: Fp12) -> Fp12:
    """a · b; zero coefficients of `a` cost nothing."""
    total = [0] * 23
    for i, x in enumerate(a):
        if x:
            for j, y in enumerate(b, i):
                total[j] += x * y
    for i in range(22, 11, -1):
        total[i - 6] += 2 * total[i]
        total[i - 12] -= 2 * total[i]
    return tuple(c % P for c in total[:12])


def power12(a: Fp12, exponent: int) -> Fp12:
    """a to the power of `exponent` ≥ 1."""
    total = a
    for bit in bin(exponent)[3:]:
        total = mul12(total, total)
        if bit == "1":
            total = mul12(a, total)
    return total
