"""Tests of a series of draws from one list. Each gives a p-value: small when the draws are not what was published.

Exact where a formula exists, integers and fractions until the last step.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from fractions import Fraction
from math import comb, erfc, sqrt

Draws = Sequence[Collection[str]]
"""What each draw of a series drew."""


def inclusion(draws: Draws, objects: Sequence[str], k: int) -> float:
    """Whether every object is drawn as often as published: with probability k/n.

    In T simple random samples the counts of n objects have variance T·p·(1-p) and covariance -1/(n-1) of it, so
    the sum of their squared deviations follows chi-square with n-1 degrees of freedom after the factor (n-1)/n.
    """
    n, runs = len(objects), len(draws)
    counts = Counter(ident for drawn in draws for ident in drawn)
    p = Fraction(k, n)
    squares = sum((counts[ident] - runs * p) ** 2 for ident in objects)
    return chi_square(float(squares / (runs * p * (1 - p)) * Fraction(n - 1, n)), n - 1)


def neighbours(draws: Draws, objects: Sequence[str], k: int) -> float:
    """Whether objects that stand side by side in the register are drawn together as often as chance has it.

    k of n objects in a row form r runs in C(k-1, r-1)·C(n-k+1, r) of C(n, k) ways.
    """
    n = len(objects)
    at = {ident: place for place, ident in enumerate(objects)}
    found: Counter[int] = Counter()
    for drawn in draws:
        places = {at[ident] for ident in drawn}
        found[sum(place - 1 not in places for place in places)] += 1
    cells: list[tuple[Fraction, int]] = []
    due, have = Fraction(0), len(draws) - sum(found[r] for r in range(1, k + 1))
    for r in range(1, k + 1):
        due += len(draws) * Fraction(comb(k - 1, r - 1) * comb(n - k + 1, r), comb(n, k))
        have += found[r]
        if due >= 10 or r == k:  # chi-square wants cells that are not too thin
            cells.append((due, have))
            due, have = Fraction(0), 0
    if cells[-1][0] < 10:
        (due, have), (last_due, last_have) = cells[-2:]
        cells[-2:] = [(due + last_due, have + last_have)]
    return chi_square(float(sum((have - due) ** 2 / due for due, have in cells)), len(cells) - 1)


def alike(draws: Draws, objects: Sequence[str]) -> float:
    """Whether nobody among `objects` is drawn more often than the others, whatever the common probability is.

    Their indicators must be exchangeable; how much two of them differ is then known from the sizes of the draws.
    """
    n = len(objects)
    group = set(objects)
    counts: Counter[str] = Counter()
    single = pairs = 0
    for drawn in draws:
        chosen = group.intersection(drawn)
        counts.update(chosen)
        single += len(chosen)
        pairs += len(chosen) * (len(chosen) - 1)
    spread = Fraction(single, n) - Fraction(pairs, n * (n - 1))
    mean = Fraction(single, n)
    squares = sum((counts[ident] - mean) ** 2 for ident in objects)
    return chi_square(float(squares / spread), n - 1)


def share(draws: Draws, objects: Sequence[str], part: Sequence[str], k: int) -> float:
    """Whether the objects of `part` get their share of the k places of every draw (hypergeometric)."""
    n, s, runs = len(objects), len(part), len(draws)
    group = set(part)
    found = sum(len(group.intersection(drawn)) for drawn in draws)
    mean = Fraction(runs * k * s, n)
    variance = mean * (1 - Fraction(s, n)) * Fraction(n - k, n - 1)
    return chi_square(float((found - mean) ** 2 / variance), 1)


def chi_square(value: float, degrees: int) -> float:
    """Probability of a value at least as large, by the cube root of Wilson and Hilferty; exact for one degree."""
    if degrees == 1:
        return erfc(sqrt(value / 2))
    width = 2 / (9 * degrees)
    deviations = ((value / degrees) ** (1 / 3) - (1 - width)) / sqrt(width)
    return erfc(deviations / sqrt(2)) / 2
