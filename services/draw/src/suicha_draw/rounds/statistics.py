"""What shared tickets save: visits of a joint round against as many draws held apart (进一次门、查多项事). Pure.

An object with the strata s of several lists is selected in each with probability k/n. Draws held apart select
independently, so it gets a visit with probability 1 − Π(1 − k/n); the sum over all objects is the exact number of
visits to expect. In a joint round the tickets are the same, and visits fall together as often as chance allows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod

Stratum = str
"""`list/stratum`, as `round_overlaps` writes it."""


@dataclass(frozen=True)
class Savings:
    """Visits of a joint round, and what to expect without it; expectations are exact."""

    selected: int
    """Objects selected, counted once for each list."""
    visits: int
    """Different objects selected: one visit each."""
    expected_apart: Fraction
    """Different objects that draws held apart would select, on average."""

    @property
    def saved(self) -> int:
        """Visits less than if each list sent its own."""
        return self.selected - self.visits

    @property
    def saved_by_sharing(self) -> Fraction:
        """Visits less than if the lists were drawn apart and only chance made them meet."""
        return self.expected_apart - self.visits


def savings(
    quotas: Mapping[Stratum, tuple[int, int]],
    overlaps: Iterable[tuple[Iterable[Stratum], int]],
    visits: int,
) -> Savings:
    """Return the savings of a round; `quotas` are (k, n) by stratum, `overlaps` (strata, how many objects)."""
    expected = Fraction()
    for strata, objects in overlaps:
        expected += objects * (1 - prod((1 - Fraction(*quotas[one]) for one in strata), start=Fraction(1)))
    return Savings(sum(k for k, _ in quotas.values()), visits, expected)


def hundredths(value: Fraction) -> str:
    """Write an expectation with two decimals, rounded half up; integers only."""
    sign, scaled = ("-" if value < 0 else ""), (abs(value) * 200 + 1) // 2
    return f"{sign}{scaled // 100}.{scaled % 100:02d}"
