"""From drawn objects and the roster to match.tsv (RID/1 §7): targets per crew and unit, teams, alternates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rid1 import parallel
from rid1.errors import RidError
from rid1.lexmin import lexmin, lots
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
    places: list[tuple[str, str, int]] = []
    found: dict[tuple[str, str], Match] = {}
    for order, crew in enumerate(manifest.crews):
        targets = targets_by_crew(manifest, drawn)[crew.code]
        units = _units(crew, targets, roster)
        for match in _run(manifest.suite, key, crew, units, tick, workers):
            found[crew.code, match.id] = match
        # The unit is no part of the order: an object may belong to another unit in every crew.
        places += [(pick.ticket, pick.id, order) for pick in map(unpack, targets)]
    places.sort()
    for _, object_id, order in places:
        yield found[manifest.crews[order].code, object_id]


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
