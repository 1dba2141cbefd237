"""Quotas of RID/1 §3 in whole numbers. Ratios are basis points (1/10000); rounding is up and at least 1."""

from __future__ import annotations


def by_ratio(n: int, bp: int) -> int:
    """Objects to select of `n` at `bp` basis points (RID/1 §3, 不到 1 家的以 1 家计)."""
    return 0 if n == 0 else min(n, max(1, (n * bp + 9999) // 10000))


def by_number(n: int, count: int) -> int:
    """Objects to select of `n` when a number is given (RID/1 §3)."""
    return min(n, count)


def substitutes(n: int, k: int, sub_bp: int) -> int:
    """Substitutes kept behind `k` selected of `n`, at `sub_bp` basis points of k (RID/1 §3)."""
    return 0 if k == 0 else min(n - k, max(1, (k * sub_bp + 9999) // 10000))


def floor_count(n: int, floor_bp: int) -> int:
    """The smallest total a list of `n` objects may select at `floor_bp` basis points (RID/1 §3)."""
    return (n * floor_bp + 9999) // 10000
