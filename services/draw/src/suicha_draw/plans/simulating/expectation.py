"""What a year of draws brings on average: exact formulas over groups of objects that stand alike. Pure.

An object of a stratum with n objects, k of them drawn, is drawn with probability k/n (RID/1 §6). Rounds are
independent. Lists of one round share each object's ticket, so an object that is drawn in one of them is drawn in
every list whose share k/n is larger: the round visits it with the largest of its shares. That is exact in the limit
of large strata; `trial` counts the small ones.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

MOST_VISITS = 4
"""Visits in a year that are counted one by one; the last class is this many or more."""


@dataclass(frozen=True)
class Group:
    """Objects that stand in the same lists, each in the same stratum (list code → stratum), under one unit."""

    strata: Mapping[str, str]
    unit: str
    objects: int


@dataclass(frozen=True)
class PlannedList:
    """One task's list: who goes, when, and how many of each stratum are drawn (stratum → (n, k))."""

    code: str
    name: str
    crew: str
    team: int
    month: int
    strata: Mapping[str, tuple[int, int]]

    def share(self, stratum: str) -> Fraction:
        """Return the probability that an object of the stratum is drawn, 0 for a stratum that is not drawn."""
        n, k = self.strata.get(stratum, (0, 0))
        return Fraction(k, n) if n else Fraction(0)


Standing = tuple[tuple[str, str], ...]
"""Lists in which an object stands, each with its stratum."""

Rounds = Sequence[Sequence[str]]
"""The lists of each round of the year, by code."""


@dataclass(frozen=True)
class Year:
    """Expected figures of a year."""

    visits: float
    """Visits, one for each object and round."""
    objects: float
    """Different objects visited at least once."""
    by_visits: tuple[float, ...]
    """Objects with 0, 1, 2 … visits; the last class is `MOST_VISITS` or more."""


@dataclass(frozen=True)
class Load:
    """Work of one crew in one unit: expected visits, and how many inspectors share them."""

    crew: str
    unit: str
    visits: float
    team: int
    inspectors: int

    @property
    def each(self) -> float | None:
        """Visits for each inspector, None where there is nobody."""
        return self.visits * self.team / self.inspectors if self.inspectors else None


def rounds_by_month(lists: Iterable[PlannedList]) -> list[list[str]]:
    """Return the rounds of a plan that draws all lists of a month together (进一次门、查多项事)."""
    months: dict[int, list[str]] = {}
    for one in lists:
        months.setdefault(one.month, []).append(one.code)
    return [months[month] for month in sorted(months)]


def rounds_apart(lists: Iterable[PlannedList]) -> list[list[str]]:
    """Return the rounds of a plan that draws every list on its own."""
    return [[one.code] for one in sorted(lists, key=lambda one: (one.month, one.code))]


def chance_in_round(
    strata: Mapping[str, str], lists: Mapping[str, PlannedList], codes: Sequence[str]
) -> Fraction:
    """Return the probability that a round of these lists visits an object that stands in `strata`."""
    return max((lists[code].share(strata[code]) for code in codes if code in strata), default=Fraction(0))


def chance_in_year(strata: Mapping[str, str], lists: Mapping[str, PlannedList], rounds: Rounds) -> Fraction:
    """Return the probability that an object is visited at least once in the year."""
    missed = Fraction(1)
    for codes in rounds:
        missed *= 1 - chance_in_round(strata, lists, codes)
    return 1 - missed


def year_of(groups: Iterable[Group], lists: Mapping[str, PlannedList], rounds: Rounds) -> Year:
    """Return what a year of these rounds brings on average, exemptions left aside."""
    visits = objects = 0.0
    by_visits = [0.0] * (MOST_VISITS + 1)
    for standing, number in _standings(groups).items():
        chances = [float(chance_in_round(dict(standing), lists, codes)) for codes in rounds]
        shares = _number_of_visits(chances)
        visits += number * sum(chances)
        objects += number * (1 - shares[0])
        for times, share in enumerate(shares):
            by_visits[times] += number * share
    return Year(visits, objects, tuple(by_visits))


def _standings(groups: Iterable[Group]) -> Counter[Standing]:
    """Count objects by where they stand, whatever their unit: chances do not depend on it."""
    found: Counter[Standing] = Counter()
    for group in groups:
        found[tuple(group.strata.items())] += group.objects
    return found


def _number_of_visits(chances: Sequence[float]) -> list[float]:
    """Return the distribution of the number of successes of independent trials, cut at `MOST_VISITS`."""
    shares = [1.0] + [0.0] * MOST_VISITS
    for chance in chances:
        if chance == 0:
            continue
        last = shares[-1]
        shares = [
            shares[number] * (1 - chance) + (shares[number - 1] * chance if number else 0.0)
            for number in range(MOST_VISITS + 1)
        ]
        shares[-1] += last * chance
    return shares


def loads_of(
    groups: Iterable[Group],
    lists: Mapping[str, PlannedList],
    rounds: Rounds,
    inspectors: Mapping[tuple[str, str], int],
) -> list[Load]:
    """Return the work of each crew and unit, the heaviest first; `inspectors` counts people by (crew, unit).

    Where a crew's lists ask for teams of different sizes, the largest holds, as in a round.
    """
    crews = sorted({one.crew for one in lists.values()})
    teams = {crew: max(one.team for one in lists.values() if one.crew == crew) for crew in crews}
    of_crew = {
        crew: [[code for code in codes if lists[code].crew == crew] for codes in rounds] for crew in crews
    }
    visits: dict[tuple[str, str], float] = {}

    @cache
    def expected_of(standing: Standing, crew: str) -> float:
        return sum(float(chance_in_round(dict(standing), lists, codes)) for codes in of_crew[crew])

    for group in groups:
        for crew in crews:
            expected = expected_of(tuple(group.strata.items()), crew)
            if expected:
                at = crew, group.unit
                visits[at] = visits.get(at, 0.0) + group.objects * expected
    loads = [
        Load(crew, unit, number, teams[crew], inspectors.get((crew, unit), 0))
        for (crew, unit), number in visits.items()
    ]
    return sorted(loads, key=lambda load: (load.each is not None, -(load.each or 0.0), load.crew, load.unit))
