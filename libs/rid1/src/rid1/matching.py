"""LEXMIN/1 (RID/1 §7): which inspectors go to which object. Pure: lots, eligibility and caps in, teams out.

For one crew and unit a full assignment is kept at all times. Targets choose in order, each by rank; a choice
stands if the rest can be re-arranged around it, which one search for an augmenting path decides exactly. Sets of
inspectors are bit masks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rid1 import parallel
from rid1.errors import RidError
from rid1.manifest import Crew, Manifest
from rid1.selection import Drawn, targets_by_crew, unpack
from rid1.staffing import Inspector, Roster
from rid1.suites import Suite, suite_named

PARALLEL_FROM = 400_000
"""Lots to draw from which on the units are shared out over the cores."""


@dataclass(frozen=True)
class Target:
    """A selected object: its id and the bits of the inspectors that are eligible for it."""

    id: str
    eligible: int


def lots(suite: Suite, key: str, target: str, inspectors: Sequence[bytes], eligible: int) -> list[int]:
    """Eligible inspectors of a target, as positions in `inspectors`, by rank: ascending (lot, id)."""
    base = suite.new(f"{key}:{target}:".encode())
    drawn: list[tuple[bytes, int]] = []
    for at, inspector in enumerate(inspectors):
        if eligible >> at & 1:
            state = base.copy()
            state.update(inspector)
            drawn.append((state.digest(), at))
    drawn.sort()  # positions follow ids, so equal lots would fall back to the id as RID/1 §7 wants
    return [at for _, at in drawn]


class _Assignment:
    """A full assignment of one unit: `team[t]` the mask of target t's inspectors, `load` per inspector."""

    def __init__(
        self, ranks: Sequence[Sequence[int]], masks: Sequence[int], team: int, cap: int, size: int
    ) -> None:
        self.masks, self.team_size, self.cap = masks, team, cap
        self.teams = [0] * len(ranks)
        self.load = [0] * size
        self.spare = (1 << size) - 1 if cap > 0 else 0
        # Targets that an inspector is assigned to and that have not chosen yet: only those can be re-arranged.
        self.open: list[set[int]] = [set() for _ in range(size)]
        for t, ranked in enumerate(ranks):
            missing = team
            for i in ranked:
                if missing and self.spare >> i & 1:
                    self.assign(t, i)
                    missing -= 1

    def assign(self, t: int, i: int) -> None:
        """Puts inspector i into the team of t."""
        self.teams[t] |= 1 << i
        self.open[i].add(t)
        self.load[i] += 1
        if self.load[i] >= self.cap:
            self.spare &= ~(1 << i)

    def release(self, t: int, i: int) -> None:
        """Takes inspector i out of the team of t."""
        self.teams[t] &= ~(1 << i)
        self.open[i].discard(t)
        self.load[i] -= 1
        if self.load[i] < self.cap:
            self.spare |= 1 << i

    def raise_cap(self) -> None:
        """Lets everybody serve once more."""
        self.cap += 1
        self.spare = (1 << len(self.load)) - 1

    def free(self, i: int, goal: int, but: int) -> int | None:
        """Frees one place of full inspector i by moving open targets along a path that ends in the mask `goal`.

        Returns the inspector at the end, who gained a place, or None (nothing changed). Target `but` is not moved.
        """
        came: dict[int, tuple[int, int]] = {}
        seen = 1 << i
        queue = [i]
        for giver in queue:
            for t in self.open[giver]:
                if t == but:
                    continue
                reach = self.masks[t] & ~self.teams[t] & ~seen
                if not reach:
                    continue
                found = reach & goal
                if found:
                    taker = found.bit_length() - 1
                    came[taker] = (giver, t)
                    self._move(i, taker, came)
                    return taker
                seen |= reach
                while reach:
                    taker = reach.bit_length() - 1
                    reach ^= 1 << taker
                    came[taker] = (giver, t)
                    queue.append(taker)
        return None

    def _move(self, start: int, taker: int, came: dict[int, tuple[int, int]]) -> None:
        while taker != start:
            giver, t = came[taker]
            self.release(t, giver)
            self.assign(t, taker)
            taker = giver

    def complete(self) -> bool:
        """Fills every team that lacks members; False when the cap does not allow it."""
        for t, team in enumerate(self.teams):
            for _ in range(self.team_size - team.bit_count()):
                if not self._fill(t):
                    return False
        return True

    def _fill(self, t: int) -> bool:
        wanted = self.masks[t] & ~self.teams[t]
        if direct := wanted & self.spare:
            self.assign(t, direct.bit_length() - 1)
            return True
        while wanted:
            i = wanted.bit_length() - 1
            wanted ^= 1 << i
            if self.free(i, self.spare, t) is not None:
                self.assign(t, i)
                return True
        return False

    def choose(self, t: int, ranked: Sequence[int]) -> list[int]:
        """The smallest choice of t by rank that leaves a full assignment for all; it is fixed from then on."""
        chosen: list[int] = []
        undecided = self.teams[t]  # members of t's present team that its choices have not confirmed
        for i in ranked:
            if undecided >> i & 1:
                undecided ^= 1 << i
            else:
                dropped = self._make_room(t, i, undecided)
                if dropped is None:
                    continue
                undecided ^= 1 << dropped
                self.release(t, dropped)
                self.assign(t, i)
            chosen.append(i)
            if len(chosen) == self.team_size:
                break
        for i in chosen:
            self.open[i].discard(t)
        return chosen

    def _make_room(self, t: int, i: int, undecided: int) -> int | None:
        """The undecided member of t that can give way to i, the others being re-arranged if need be."""
        if self.spare >> i & 1:
            return undecided.bit_length() - 1
        end = self.free(i, self.spare | undecided, t)
        if end is None:
            return None
        # A path that ends in a member of t gives that member one target too many until t lets it go.
        return end if undecided >> end & 1 else undecided.bit_length() - 1


def cap_of(team: int, targets: int, inspectors: int, slack: int) -> int:
    """⌈team · targets / inspectors⌉ + slack (RID/1 §7)."""
    return -(-team * targets // inspectors) + slack


def lexmin(
    ranks: Sequence[Sequence[int]], team: int, inspectors: int, slack: int
) -> tuple[list[list[int]], int]:
    """Teams of all targets, given each target's eligible inspectors by rank, and the slack that was needed.

    Every target must have at least `team` eligible inspectors (ValueError otherwise).
    """
    if not ranks:
        return [], slack
    if any(len(ranked) < team for ranked in ranks):
        raise ValueError("a target has fewer eligible inspectors than a team needs")
    masks = [sum(1 << i for i in ranked) for ranked in ranks]
    plan = _Assignment(ranks, masks, team, cap_of(team, len(ranks), inspectors, slack), inspectors)
    while not plan.complete():
        plan.raise_cap()
        slack += 1
    return [plan.choose(t, ranked) for t, ranked in enumerate(ranks)], slack


@dataclass(frozen=True)
class Match:
    """Team and alternates of one object of a crew, as a line of match.tsv has them."""

    id: str
    crew: str
    unit: str
    team: tuple[str, ...]
    alternates: tuple[str, ...]

    def line(self) -> bytes:
        """The line of match.tsv."""
        team, alternates = ",".join(self.team), ",".join(self.alternates)
        return f"{self.id}\t{self.crew}\t{self.unit}\t{team}\t{alternates}\n".encode()


def match_part(
    suite_name: str,
    key: str,
    crew: Crew,
    units: list[tuple[str, list[str], list[Target]]],
    tick: parallel.Tick,
) -> list[Match]:
    """Matches the targets of some units (unit, inspector ids, targets in order); runs in a child for large rounds."""
    suite = suite_named(suite_name)
    made: list[Match] = []
    for unit, inspectors, targets in units:
        names = [name.encode() for name in inspectors]
        ranks = [lots(suite, key, target.id, names, target.eligible) for target in targets]
        teams, _ = lexmin(ranks, crew.team, len(inspectors), crew.slack)
        for target, ranked, team in zip(targets, ranks, teams, strict=True):
            rest = [i for i in ranked if i not in team][: crew.alternates]
            made.append(
                Match(
                    target.id,
                    crew.code,
                    unit,
                    tuple(inspectors[i] for i in team),
                    tuple(inspectors[i] for i in rest),
                )
            )
        tick(len(targets))
    return made


def match_all(
    manifest: Manifest,
    drawn: Drawn,
    roster: Roster,
    key: str,
    tick: parallel.Tick | None = None,
    workers: int | None = None,
) -> Iterator[Match]:
    """The lines of match.tsv in order: targets by (ticket, id), crews in manifest order (RID/1 §7).

    `key` is K_match in hex; `tick` is told the targets done. Raises RidError `unstaffable`.
    """
    places: list[tuple[bytes, int]] = []
    found: dict[tuple[str, str], Match] = {}
    for order, crew in enumerate(manifest.crews):
        targets = targets_by_crew(manifest, drawn)[crew.code]
        units = _units(crew, targets, roster)
        for match in _run(manifest.suite, key, crew, units, tick, workers):
            found[crew.code, match.id] = match
        places += [(packed, order) for packed in targets]
    places.sort()
    for packed, order in places:
        yield found[manifest.crews[order].code, unpack(packed).id]


def _run(
    suite: Suite,
    key: str,
    crew: Crew,
    units: list[tuple[str, list[str], list[Target]]],
    tick: parallel.Tick | None,
    workers: int | None,
) -> Iterator[Match]:
    work = sum(len(inspectors) * len(targets) for _, inspectors, targets in units)
    parts = min(len(units), workers or (parallel.cores() if work >= PARALLEL_FROM else 1))
    if not parts:
        return
    # Largest units first, dealt round: every core gets about the same number of lots.
    units.sort(key=lambda unit: (-len(unit[1]) * len(unit[2]), unit[0]))
    jobs: list[tuple[Any, ...]] = [(suite.name, key, crew, units[part::parts]) for part in range(parts)]
    target: Callable[..., Any] = match_part
    for matches in parallel.run(target, jobs, tick):
        yield from matches


def _units(
    crew: Crew, targets: dict[bytes, Sequence[str]], roster: Roster
) -> list[tuple[str, list[str], list[Target]]]:
    """The targets of a crew cut by unit, in (ticket, id) order, with their eligible inspectors."""
    units: dict[str, list[Target]] = {}
    masks: dict[tuple[str, tuple[str, ...]], int] = {}
    for packed in sorted(targets):
        pick = unpack(packed)
        inspectors = roster.units.get((crew.code, pick.unit), [])
        lists = tuple(targets[packed])
        mask = masks.get((pick.unit, lists))
        if mask is None:
            mask = masks[pick.unit, lists] = _mask(inspectors, lists)
        if pick.id in roster.recused:
            recused = roster.recused[pick.id]
            mask &= ~sum(1 << at for at, inspector in enumerate(inspectors) if inspector.id in recused)
        if mask.bit_count() < crew.team:
            raise RidError(
                "unstaffable",
                f"对象 {pick.id}({crew.code}/{pick.unit})可派 {mask.bit_count()} 人,需 {crew.team} 人",
                f"object {pick.id} ({crew.code}/{pick.unit}) has {mask.bit_count()} of {crew.team} inspectors",
                "inspectors.tsv",
            )
        units.setdefault(pick.unit, []).append(Target(pick.id, mask))
    return [
        (unit, [inspector.id for inspector in roster.units[crew.code, unit]], found)
        for unit, found in units.items()
    ]


def _mask(inspectors: Sequence[Inspector], lists: Sequence[str]) -> int:
    return sum(1 << at for at, inspector in enumerate(inspectors) if inspector.covers(lists))
