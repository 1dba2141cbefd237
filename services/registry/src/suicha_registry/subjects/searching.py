"""Finding objects among millions: by part of the name, code, region, label, grade or list, page by page.

Lists are ordered by region and code. A small set (a rare tag, a short list) is gathered at once. Else a page is
first looked for among the next rows of the order, which finds what is frequent (公司, 有限) after a few thousand
rows; the index of the order carries the names. Where these hold nearly enough, it is looked for further on. The name
of a place (洛阳) is looked for there, and gathered only before. What is rarer is gathered by the indexes (a name
through the index of its characters) and put in order, unless the planner expects so much of it that reading on is
quicker. Pages hold together by their last key, never by an offset.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Subquery,
    Text,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.db import DIALECT
from suicha_chassis.paging import decode_cursor, encode_cursor
from suicha_chassis.regions import places_called
from suicha_chassis.scope import scope_of
from suicha_contracts.values import SubjectStatus

from suicha_registry.rulesets.service import today
from suicha_registry.subjects import lists
from suicha_registry.subjects.models import Label, Subject, SubjectGrade, SubjectLabel
from suicha_registry.subjects.schemas import Search
from suicha_registry.subjects.tag_tree import unlabelled, with_descendants

LOOKED_AHEAD = 4_000
"""Rows that are read in order before the whole set is gathered: some milliseconds, and enough for a page of a
hundred whenever one object in forty fits."""
NEAR = 20_000
"""A page that should be full within so many rows, by how much the first ones held, is looked for further on."""
LOOKED_FURTHER = 40_000
"""Rows that are read in order further on, before a set that is hard to gather is gathered."""
FEW = 3_000
"""So many are gathered and put in order at once."""
COMMON = 50
"""Where one name in so many has all the characters, a page is read on to the end: gathering would take longer."""
COUNTED = 10_000
"""A count that is asked for ends here: nobody reads further, and an exact one of millions is never quick."""

_COLUMNS = tuple(getattr(Subject, attribute.key) for attribute in Subject.__mapper__.column_attrs)
_ASKED = {"name", "kind", "industry", "unit"}
_LOOKED, _GATHERED = "looked", "gathered"
"""How the page before was found; its cursor says so."""
_TO_THE_END = 2**31 - 1
_CHARACTERS = func.string_to_array(Subject.name.collate("C"), literal_column("NULL::text"), type_=ARRAY(Text))
"""What `ix_subjects_name_chars` is an index of."""
_EXPECTED = "EXPLAIN (FORMAT JSON) " + str(
    union_all(
        select(Subject.id),
        select(Subject.id).where(_CHARACTERS.contains(bindparam("characters", type_=_CHARACTERS.type))),
    ).compile(dialect=DIALECT)
)
"""How many objects there are, and how many have all the characters, as the planner expects it."""

Found = list[Row[Any]]
"""Rows with every column of an object, in the order of every list of objects: by region and id."""


@dataclass(frozen=True)
class _Asked:
    """One page of a search: the sets of ids it names, the key it comes after, how many objects are wanted."""

    search: Search
    sets: Sequence[Select[str]]
    after: Sequence[str] | None
    wanted: int

    def behind(self, found: Found) -> "_Asked":
        """Ask for the rest of the page: nothing fits between the objects found so far."""
        after = _key(found[-1]) if found else self.after
        return replace(self, after=after, wanted=self.wanted - len(found))

    def before(self, place: str) -> bool:
        """Tell whether a place is still ahead."""
        return self.after is None or self.after[0] < place

    @property
    def hard_to_gather(self) -> bool:
        """No index leads to it (a state), or one leads to many rows of which few fit (a name inside sets)."""
        return bool(self.search.name) == bool(self.sets)


def conditions(search: Search, of: Any = Subject) -> list[ColumnElement[bool]]:
    """Return the conditions of a search on the rows of `of`; the session's scope limits them further."""
    family = select(with_descendants(Label.code == search.label, today()).c.id) if search.label else None
    return [*_of_row(search, of), *(of.id.in_(ids) for ids in _sets(search, family))]


def _of_row(search: Search, of: Any) -> list[ColumnElement[bool]]:
    """Return the conditions that the row itself answers, and that it carries no tag."""
    found: list[ColumnElement[bool]] = []
    if search.name:
        found.append(func.strpos(of.name, search.name) > 0)  # what LIKE finds, in less time
    if search.code:
        found.append(of.id.startswith(search.code, autoescape=True))
    if search.region:
        found.append(of.region.startswith(search.region, autoescape=True))
    if search.status:
        found.append(of.status == search.status)
    if search.kind:
        found.append(of.kind == search.kind)
    if search.industry:
        found.append(of.industry.startswith(search.industry, autoescape=True))
    if search.unit:
        found.append(of.unit == search.unit)
    if search.unlabelled:
        found += [of.status == SubjectStatus.ACTIVE, unlabelled(of.id, today())]
    return found


def _sets(search: Search, family: Sequence[UUID] | Select[UUID] | None) -> list[Select[str]]:
    """Return the sets of ids in which an object must be: those with the tags, of the grade, on the list."""
    sets: list[Select[str]] = []
    if family is not None:
        sets.append(select(SubjectLabel.subject_id).where(SubjectLabel.label_id.in_(family)))
    if search.grade:
        sets.append(select(SubjectGrade.subject_id).where(SubjectGrade.grade == search.grade))
    if search.on_list:
        sets.append(lists.on_lists([search.on_list], today()))
    return sets


def _probe(ids: Select[str], of: Any) -> ColumnElement[bool]:
    """Return the condition that a row is in a set, asked row by row.

    OFFSET 0: otherwise the planner would gather the set, which costs more than the few rows that are looked at.
    """
    return ids.where(ids.selected_columns[0] == of.id).offset(0).exists()


def has_characters(name: str) -> ColumnElement[bool]:
    """Return the condition that a name has every character of the given text, which the index answers."""
    return _CHARACTERS.contains(literal(sorted(set(name)), _CHARACTERS.type))


async def find_page(
    session: AsyncSession, search: Search, *, limit: int, cursor: str = ""
) -> tuple[Found, str | None]:
    """Return one page of a search and the cursor of the next.

    Raises:
        BadRequest: the cursor is not one of this list.
    """
    *after, way = decode_cursor(cursor, 3) if cursor else (None,)
    # Ids instead of a subquery: of them the planner knows how many objects carry each.
    family = await _family(session, search.label) if search.label else None
    asked = _Asked(search, _sets(search, family), after or None, limit + 1)
    if way == _GATHERED:
        found = await _gather(session, asked)
    else:
        found, way = await _find(session, asked)
    return found[:limit], encode_cursor((*_key(found[limit - 1]), way)) if len(found) > limit else None


async def count(session: AsyncSession, search: Search) -> tuple[int, bool]:
    """Return how many objects fit, and whether that is exact: counting ends at `COUNTED`."""
    fitting = _whole(search, conditions(search)).limit(COUNTED + 1).subquery()
    number = await session.scalar(select(func.count()).select_from(fitting)) or 0
    return min(number, COUNTED), number <= COUNTED


def _beyond(of: Any, after: Sequence[str] | None) -> list[ColumnElement[bool]]:
    return [] if after is None else [tuple_(of.region, of.id) > tuple(after)]


async def _family(session: AsyncSession, code: str) -> Sequence[UUID]:
    return (await session.scalars(select(with_descendants(Label.code == code, today()).c.id))).all()


def _whole(search: Search, fitting: Sequence[ColumnElement[bool]]) -> Select[str, str]:
    wanted = select(Subject.region, Subject.id).where(*fitting)
    return wanted.where(has_characters(search.name)) if search.name else wanted


def _key(row: Row[Any]) -> tuple[str, str]:
    return row.region, row.id


async def _find(session: AsyncSession, asked: _Asked) -> tuple[Found, str]:
    """Find the objects of a page in the way that is cheapest for how frequent the things asked for turn out to be.

    Return also which way it was: what had to be gathered for a page is gathered at once for the next.
    """
    if await _has_few(session, asked.sets):
        return await _gather(session, asked), _GATHERED
    found = await _look_first(session, asked)
    if len(found) == asked.wanted:
        return found, _LOOKED
    if asked.hard_to_gather:
        found += await _look_ahead(session, asked.behind(found), LOOKED_FURTHER)
    elif asked.wanted * LOOKED_AHEAD <= NEAR * len(found):
        found += await _look_near(session, asked.behind(found), len(found))
    if len(found) == asked.wanted:
        return found, _LOOKED
    if not asked.sets and await _is_common(session, asked.search.name):
        return found + await _look_ahead(session, asked.behind(found), _TO_THE_END), _LOOKED
    # From the beginning of the page: to compare every key with the last one costs more than it saves.
    return await _gather(session, asked), _GATHERED


async def _has_few(session: AsyncSession, sets: Sequence[Select[str]]) -> bool:
    """Tell whether one of the sets has few objects, which its index says at once. Without sets there is none."""
    for ids in sets:
        some = ids.limit(FEW + 1).subquery()
        if (await session.scalar(select(func.count()).select_from(some)) or 0) <= FEW:
            return True
    return False


async def _is_common(session: AsyncSession, name: str) -> bool:
    """Tell whether the planner expects that many names have all the characters."""
    if not name:
        return False
    connection = await session.connection()
    planned = await connection.exec_driver_sql(_EXPECTED, {"characters": sorted(set(name))})
    explained: Any = planned.scalar_one()
    whole, fitting = (branch["Plan Rows"] for branch in explained[0]["Plan"]["Plans"])
    return bool(fitting * COMMON > whole)


def _places(session: AsyncSession, asked: _Asked) -> list[str]:
    """Return the places of this name ahead, inside what is searched: most firms of a city have its name, and few
    others."""
    if asked.sets:
        return []
    scope, inside = scope_of(session.sync_session), asked.search.region
    called = places_called(asked.search.name)
    ahead = [place for place in called if place.startswith(inside) and asked.before(place)]
    return [place for place in ahead if scope.covers(place)]


async def _look_first(session: AsyncSession, asked: _Asked) -> Found:
    """Look where a page is most likely to be found: in the places of this name, else among the next rows."""
    places = _places(session, asked)
    if not places:
        return await _look_ahead(session, asked, LOOKED_AHEAD)
    found: Found = []
    for place in places:
        found += await _look_there(session, asked.behind(found), place)
        if len(found) == asked.wanted:
            break
    return found


async def _look_ahead(session: AsyncSession, asked: _Asked, rows: int) -> Found:
    """Look among the next rows of the order only. Fewer than wanted may mean that there are more."""
    return await _read(session, _among_the_next(asked, rows, _beyond(Subject, asked.after)))


async def _look_there(session: AsyncSession, asked: _Asked, place: str) -> Found:
    """Gather what lies before a place ahead, which is little, and look among its first rows as `_look_ahead` does."""
    if not asked.before(place):
        return []
    before = _all(asked, Subject.region < place).subquery()
    there = _among_the_next(asked, LOOKED_AHEAD, [Subject.region >= place]).subquery()
    found = union_all(*(select(part.c.region, part.c.id) for part in (before, there))).subquery()
    return await _read(session, _first(found, asked.wanted))


def _among_the_next(asked: _Asked, rows: int, start: Sequence[ColumnElement[bool]]) -> Select[str, str]:
    inside = Search(region=asked.search.region, code=asked.search.code)
    named = asked.search.model_dump(exclude_defaults=True).keys() & _ASKED
    ahead = (
        select(*(getattr(Subject, name) for name in ("region", "id", "status", *sorted(named))))
        .where(*conditions(inside), *start)
        .order_by(Subject.region, Subject.id)
        .limit(rows)
        .subquery()
    )
    row = ahead.c
    fitting = (*_of_row(asked.search, row), *(_probe(ids, row) for ids in asked.sets))
    return select(row.region, row.id).where(*fitting).order_by(row.region, row.id).limit(asked.wanted)


async def _look_near(session: AsyncSession, asked: _Asked, before: int) -> Found:
    """Look further on, for as long as about as many fit as among the first rows: `before` of `LOOKED_AHEAD`.

    Where these stood together, as the bodies of a province with the name of its capital, the next rows say so.
    """
    found: Found = []
    rows = looked = LOOKED_AHEAD
    while looked < NEAR:
        more = await _look_ahead(session, asked.behind(found), rows)
        found += more
        if len(found) == asked.wanted or len(more) * LOOKED_AHEAD * 4 < before * rows:
            break
        looked += rows
        rows *= 2
    return found


async def _gather(session: AsyncSession, asked: _Asked) -> Found:
    """Gather all that fits and put it in order."""
    return await _read(session, _first(_all(asked).subquery(), asked.wanted))


def _all(asked: _Asked, *more: ColumnElement[bool]) -> Select[str, str]:
    """Return the keys of all that fits behind the last key, found by the indexes of what is asked for.

    OFFSET 0: otherwise the planner would walk the order hoping to meet soon what is rare.
    """
    inside = (Subject.id.in_(ids) for ids in asked.sets)
    fitting = (*_of_row(asked.search, Subject), *inside, *_beyond(Subject, asked.after), *more)
    return _whole(asked.search, fitting).offset(0)


def _first(keys: Subquery, wanted: int) -> Select[str, str]:
    return select(keys.c.region, keys.c.id).order_by(keys.c.region, keys.c.id).limit(wanted)


async def _read(session: AsyncSession, keys: Select[str, str]) -> Found:
    """Read the objects of these regions and ids."""
    wanted = keys.subquery()
    rows = select(*_COLUMNS).join(wanted, wanted.c.id == Subject.id).order_by(Subject.region, Subject.id)
    return list(await session.execute(rows))
