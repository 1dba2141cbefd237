"""A year of draws played through with made tickets: what the formulas leave out, exemptions above all. Pure.

The same seed gives the same figures. A register larger than `SAMPLE` is played as a likeness of that size, every
group in proportion; the figures are scaled back. Every visit is taken to end without a violation, in the month of
its draw, and nobody is on the abnormal list; earlier years and other plans are left aside.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random

from suicha_draw.exclusions import ExclusionRules
from suicha_draw.plans.simulating.expectation import MOST_VISITS, Group, PlannedList, Rounds, Year

SAMPLE = 100_000
"""Objects that are played at most."""
_PLAYED = 400_000
"""Objects played in all runs together."""
_MARGIN = 4.0
"""Standard deviations by which more tickets are looked at than are wanted."""

Quota = Callable[[str, str, int], int]
"""(list, stratum, objects still in it) → how many are drawn."""


@dataclass(frozen=True)
class Trial:
    """Averages of all runs, and how they were come by."""

    year: Year
    exempted: float
    """Places in lists that an exemption emptied: objects left out, counted once for each list."""
    runs: int
    played: int
    """Objects played in each run."""
    seed: int


def play(
    groups: Sequence[Group],
    lists: Mapping[str, PlannedList],
    rounds: Rounds,
    rules: Sequence[ExclusionRules],
    quota: Quota,
    seed: int,
) -> Trial:
    """Play the year and return the averages; `rules` says for each round who is left out of it."""
    total = sum(group.objects for group in groups)
    sizes = _likeness([group.objects for group in groups], min(total, SAMPLE))
    played = sum(sizes)
    if not played:
        return Trial(Year(0.0, 0.0, (0.0,) * (MOST_VISITS + 1)), 0.0, 0, 0, seed)
    members: dict[tuple[str, str], list[int]] = {}
    first = 0
    for group, size in zip(groups, sizes, strict=True):
        for place in group.strata.items():
            members.setdefault(place, []).extend(range(first, first + size))
        first += size
    scale = total / played
    runs = max(1, min(50, _PLAYED // played))
    rng = Random(seed)
    tally, exempted = [0] * (MOST_VISITS + 1), 0
    visits = 0
    for _ in range(runs):
        counts, left_out = _one_year(members, lists, rounds, rules, quota, scale, played, rng)
        exempted += left_out
        visits += sum(counts)
        for number in counts:
            tally[min(number, MOST_VISITS)] += 1
    mean = scale / runs
    by_visits = tuple(number * mean for number in tally)
    return Trial(Year(visits * mean, total - by_visits[0], by_visits), exempted * mean, runs, played, seed)


def _likeness(sizes: Sequence[int], wanted: int) -> list[int]:
    """Return sizes in proportion that add up to `wanted`; the largest remainders are rounded up."""
    total = sum(sizes)
    if total == wanted:
        return list(sizes)
    floors = [size * wanted // total for size in sizes]
    order = sorted(range(len(sizes)), key=lambda at: (-(sizes[at] * wanted % total), at))
    for at in order[: wanted - sum(floors)]:
        floors[at] += 1
    return floors


def _one_year(
    members: Mapping[tuple[str, str], list[int]],
    lists: Mapping[str, PlannedList],
    rounds: Rounds,
    rules: Sequence[ExclusionRules],
    quota: Quota,
    scale: float,
    played: int,
    rng: Random,
) -> tuple[list[int], int]:
    """Play one year; return each object's visits and how many places exemptions emptied."""
    visited: dict[int, tuple[int, ...]] = {}
    left_out = 0
    for codes, bound in zip(rounds, rules, strict=True):
        month = lists[codes[0]].month
        tickets = [rng.random() for _ in range(played)]
        # Thousands of objects share the few ways to have been visited: each way is judged once.
        exempt = {months for months in set(visited.values()) if left_out_of(months, bound, month)}
        out = {one for one, months in visited.items() if months in exempt}
        drawn: set[int] = set()
        for code in codes:
            for stratum in lists[code].strata:
                pooled = members.get((code, stratum), [])
                free = [one for one in pooled if one not in out] if out else pooled
                left_out += len(pooled) - len(free)
                # Strata of a likeness are smaller than the real ones: so are numbers that a task fixes.
                wanted = round(quota(code, stratum, round(len(free) * scale)) / scale)
                drawn.update(lowest(wanted, free, tickets))
        for one in drawn:
            visited[one] = (*visited.get(one, ()), month)
    counts = [0] * played
    for one, months in visited.items():
        counts[one] = len(months)
    return counts, left_out


def lowest(wanted: int, objects: Sequence[int], tickets: Sequence[float]) -> list[int]:
    """Return the objects with the lowest tickets, lowest first; all of them where fewer are there than wanted.

    Tickets are uniform in [0, 1): those below a line a little above the share that is wanted are nearly always enough
    and are sorted alone.
    """
    if wanted <= 0:
        return []
    line = (wanted + _MARGIN * sqrt(wanted)) / len(objects) if objects else 0.0
    below = [one for one in objects if tickets[one] < line]
    return sorted(below if len(below) >= wanted else objects, key=tickets.__getitem__)[:wanted]


def left_out_of(visits: Sequence[int], rules: ExclusionRules, month: int) -> bool:
    """Tell whether clean visits in these months of a year leave an object out of a draw in a month of it.

    The same as `exclusions.cause_of` says of such inspections; a property test holds them equal.
    """

    def since(months: int) -> int:
        return sum(month - one <= months for one in visits)

    return bool(
        (rules.exemption is not None and since(rules.exemption.months))
        or (rules.repeat is not None and since(rules.repeat.months) >= rules.repeat.inspections)
        or (rules.cap is not None and len(visits) >= rules.cap.inspections)
        or (rules.most is not None and len(visits) >= rules.most)
        or (rules.second is not None and since(rules.second.months))
    )
