"""Inspectors, recusals and who may inspect what (RID/1 §2, §7); the freeze's check that every object can be staffed."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from rid1.errors import RidError
from rid1.manifest import Crew, ListSpec
from rid1.tsv import INSPECTORS, RECUSALS, SALTED, FileKind, blocks, open_file, rows_of, section


@dataclass(frozen=True)
class Inspector:
    """A line of inspectors.tsv; `scopes` are list codes, or None for all of them (`*`)."""

    id: str
    crew: str
    unit: str
    scopes: frozenset[str] | None

    def covers(self, lists: Iterable[str]) -> bool:
        """Whether the scopes cover all of these lists."""
        return self.scopes is None or self.scopes.issuperset(lists)


@dataclass(frozen=True)
class Roster:
    """All inspectors by (crew, unit), in id order, and the inspectors recused from each object."""

    units: dict[tuple[str, str], list[Inspector]] = field(default_factory=dict)
    recused: dict[str, frozenset[str]] = field(default_factory=dict)

    def eligible(self, crew: str, unit: str, object_id: str, lists: Iterable[str]) -> list[Inspector]:
        """The inspectors eligible for an object of `unit` in these lists of `crew` (RID/1 §7)."""
        recused = self.recused.get(object_id, frozenset())
        wanted = list(lists)
        return [i for i in self.units.get((crew, unit), ()) if i.id not in recused and i.covers(wanted)]


def read_roster(inspectors: Path, recusals: Path) -> Roster:
    """Reads inspectors.tsv and recusals.tsv, salted or not. Raises the RidErrors of `rid1.tsv` for bad lines."""
    units: dict[tuple[str, str], list[Inspector]] = {}
    for line in _lines(inspectors, INSPECTORS):
        ident, crew, unit, scopes = line
        held = None if scopes == "*" else frozenset(scopes.split(","))
        units.setdefault((crew, unit), []).append(Inspector(ident, crew, unit, held))
    recused: dict[str, set[str]] = {}
    with open_file(recusals) as file:
        salted = file.readline().count(b"\t") == len(SALTED["recusals"].columns) - 1
    for inspector, object_id, *_ in _lines(recusals, SALTED["recusals"] if salted else RECUSALS):
        recused.setdefault(object_id, set()).add(inspector)
    for group in units.values():
        group.sort(key=lambda inspector: inspector.id)
    return Roster(units, {object_id: frozenset(who) for object_id, who in recused.items()})


def _lines(path: Path, kind: FileKind) -> Iterator[list[str]]:
    number = 1
    with open_file(path) as file:
        for block in blocks(file, 0, file.seek(0, 2)):
            rows_of(kind, block, path.name, number)
            for line in block.decode().splitlines():
                yield line.split("\t")
                number += 1


@dataclass(frozen=True)
class Unstaffable:
    """An object that fewer than `team` inspectors of `crew` and `unit` may inspect."""

    id: str
    crew: str
    unit: str
    eligible: int
    team: int


def unstaffable(
    pool: Path,
    roster: Roster,
    lists: Sequence[ListSpec],
    crews: Sequence[Crew],
    groups: Iterable[tuple[str, ...]] | None = None,
) -> Iterator[Unstaffable]:
    """The objects that no full team could be found for (RID/1 §2, staffable before it starts), crew by crew.

    Streams the pool in bounded memory. `groups` are the pool's distinct (list, stratum, unit), where `scan` has
    counted them: a crew with one list is then not read when they show that all its objects can be staffed.
    Raises RidError `unit_conflict` when an object has two units in one crew.
    """
    counted = None if groups is None else {(list_code, unit) for list_code, _, unit in groups}
    for crew in crews:
        codes = [spec.code for spec in lists if spec.crew == crew.code]
        if counted is not None and _surely_staffed(crew, codes, counted, roster):
            continue
        enough: dict[tuple[str, tuple[str, ...]], int] = {}
        for object_id, unit, pooled in _objects(pool, codes, crew.code):
            count = enough.get((unit, pooled))
            if count is None:
                count = enough[unit, pooled] = len(roster.eligible(crew.code, unit, "", pooled))
            if object_id in roster.recused:
                count = len(roster.eligible(crew.code, unit, object_id, pooled))
            if count < crew.team:
                yield Unstaffable(object_id, crew.code, unit, count, crew.team)


def _surely_staffed(crew: Crew, codes: Sequence[str], units: set[tuple[str, str]], roster: Roster) -> bool:
    """Whether even the object with the most recusals would find a team in every unit of the crew's only list."""
    if len(codes) != 1:
        return False
    most = max(map(len, roster.recused.values()), default=0)
    return all(
        len(roster.eligible(crew.code, unit, "", codes)) >= crew.team + most
        for list_code, unit in units
        if list_code == codes[0]
    )


def _objects(pool: Path, lists: Sequence[str], crew: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(id, unit, lists) of every object of a crew, ascending by id: its lists' sections of the pool are merged."""
    sections = [_section(pool, code) for code in lists]
    if len(sections) == 1:
        for object_id, unit, code in sections[0]:
            yield object_id, unit, (code,)
        return
    for object_id, rows in groupby(heapq.merge(*sections), key=itemgetter(0)):
        found = list(rows)
        if len({unit for _, unit, _ in found}) > 1:
            units = "、".join(f"{code}={unit}" for _, unit, code in found)
            raise RidError(
                "unit_conflict",
                f"对象 {object_id} 在队伍 {crew} 的不同名单中单位不一致:{units}",
                f"object {object_id} has different units in the lists of crew {crew}: {units}",
                pool.name,
            )
        yield object_id, found[0][1], tuple(code for _, _, code in found)


def _section(pool: Path, code: str) -> Iterator[tuple[str, str, str]]:
    """(id, unit, list) of one list of a sorted pool file, ascending by id."""
    with open_file(pool) as file:
        start, end = section(file, file.seek(0, 2), f"{code}\t".encode())
        for block in blocks(file, start, end):
            for line in block.decode().splitlines():
                fields = line.split("\t")
                yield fields[1], fields[3], code


def check_staffing(
    pool: Path,
    roster: Roster,
    lists: Sequence[ListSpec],
    crews: Sequence[Crew],
    groups: Iterable[tuple[str, ...]] | None = None,
) -> None:
    """Refuses a round with objects that cannot be staffed, naming up to 20; `groups` as for `unstaffable`.

    Raises RidError `unstaffable`.
    """
    named: list[Unstaffable] = []
    total = 0
    for found in unstaffable(pool, roster, lists, crews, groups):
        total += 1
        if len(named) < 20:
            named.append(found)
    if total:
        names = "、".join(f"{f.id}({f.crew}/{f.unit},可派 {f.eligible} 人,需 {f.team} 人)" for f in named)
        names_en = ", ".join(f"{f.id} ({f.crew}/{f.unit}: {f.eligible} of {f.team})" for f in named)
        raise RidError(
            "unstaffable",
            f"{total} 个对象无法配齐检查人员:{names}",
            f"{total} objects have too few eligible inspectors: {names_en}",
            pool.name,
        )
