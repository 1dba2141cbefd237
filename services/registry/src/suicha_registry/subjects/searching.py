"""Finding objects among millions: by part of the name, code, region, label, grade or list, page by page.

Lists are ordered by region and code. A small set (a rare tag, a short list) is gathered at once. Else a page is
first looked for among the next rows of the order, which finds what is frequent (公司, 有限) after a few thousand
rows; the index of the order carries the names. Where these hold nearly enough, it is looked for further on. The name
of a place (洛阳) is looked for there, and gathered only before. What is rarer is gathered by the indexes (a name
through the index of its characters) and put in order, unless the planner expects so much of it that reading on is
quicker. Pages hold together by their last key, never by an offset.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.paging import decode_cursor, encode_cursor
from suicha_chassis.regions import places_called
from suicha_chassis.scope import scope_of
from suicha_chassis.written import Written

from suicha_registry.subjects import search_selects as selects
from suicha_registry.subjects.conditions import SETS, values_of
from suicha_registry.subjects.schemas import Search

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

_LOOKED, _GATHERED = "looked", "gathered"
"""How the page before was found; its cursor says so."""
_TO_THE_END = 2**31 - 1

Found = list[Row[Any]]
"""Rows with every column of an object, in the order of every list of objects: by region and id."""


@dataclass(frozen=True)
class _Asked:
    """One page of a search: the values it names, the key it comes after, how many objects are wanted."""

    search: Search
    values: Mapping[str, Any]
    after: tuple[str, str] | None
    wanted: int

    @property
    def sets(self) -> frozenset[str]:
        """The fields that name sets of ids."""
        return SETS & self.values.keys()

    @property
    def fields(self) -> selects.Fields:
        """What is asked for, as the selects are told."""
        return frozenset(self.values) | (frozenset() if self.after is None else {"after"})

    @property
    def looked_ahead(self) -> int:
        """Rows to look at first: twice as many for sets alone, since they are probed in one go and dear to gather."""
        return LOOKED_AHEAD if self.search.name or not self.sets else 2 * LOOKED_AHEAD

    @property
    def hard_to_gather(self) -> bool:
        """No index leads to it (a state), or one leads to many rows of which few fit (a name inside sets)."""
        return bool(self.search.name) == bool(self.sets)

    def behind(self, found: Found) -> "_Asked":
        """Ask for the rest of the page: nothing fits between the objects found so far."""
        after = _key(found[-1]) if found else self.after
        return replace(self, after=after, wanted=self.wanted - len(found))

    def before(self, place: str) -> bool:
        """Tell whether a place is still ahead."""
        return self.after is None or self.after[0] < place

    async def read(self, session: AsyncSession, select: Written, **more: object) -> Found:
        """Run a select with what is asked for."""
        region, one = self.after or (None, None)
        key = {"after_region": region, "after_id": one, "wanted": self.wanted}
        return list(await select.rows(session, {**self.values, **key, **more}))


async def find_page(
    session: AsyncSession, search: Search, *, limit: int, cursor: str = ""
) -> tuple[Found, str | None]:
    """Return one page of a search and the cursor of the next.

    Raises:
        BadRequest: the cursor is not one of this list.
    """
    after, way = None, None
    if cursor:
        region, one, way = decode_cursor(cursor, 3)
        after = region, one
    asked = _Asked(search, await _values(session, search), after, limit + 1)
    if way == _GATHERED:
        found = await _gather(session, asked)
    else:
        found, way = await _find(session, asked)
    return found[:limit], encode_cursor((*_key(found[limit - 1]), way)) if len(found) > limit else None


async def count(session: AsyncSession, search: Search) -> tuple[int, bool]:
    """Return how many objects fit, and whether that is exact: counting ends at `COUNTED`."""
    asked = _Asked(search, await _values(session, search), None, 0)
    ((number,),) = await asked.read(session, selects.counted(asked.fields), rows=COUNTED + 1)
    return min(number, COUNTED), number <= COUNTED


async def _values(session: AsyncSession, search: Search) -> dict[str, Any]:
    """Return the values of a search: of the tag the ids of its family, of which the planner knows how many objects
    carry each; of the name its characters too."""
    values = values_of(search)
    if search.label:
        family = await selects.FAMILY.rows(session, {"tag": search.label, "day": values["day"]})
        values["label"] = [row.id for row in family]
    if search.name:
        values["characters"] = sorted(set(search.name))
    return values


def _key(row: Row[Any]) -> tuple[str, str]:
    return row.region, row.id


async def _find(session: AsyncSession, asked: _Asked) -> tuple[Found, str]:
    """Find the objects of a page in the way that is cheapest for how frequent the things asked for turn out to be.

    Return also which way it was: what had to be gathered for a page is gathered at once for the next.
    """
    if await _has_few(session, asked):
        return await _gather(session, asked), _GATHERED
    found = await _look_first(session, asked)
    if len(found) == asked.wanted:
        return found, _LOOKED
    if asked.hard_to_gather:
        found += await _look_ahead(session, asked.behind(found), LOOKED_FURTHER)
    elif asked.wanted * asked.looked_ahead <= NEAR * len(found):
        found += await _look_near(session, asked.behind(found), len(found))
    if len(found) == asked.wanted:
        return found, _LOOKED
    if not asked.sets and await _is_common(session, asked):
        return found + await _look_ahead(session, asked.behind(found), _TO_THE_END), _LOOKED
    # From the beginning of the page: to compare every key with the last one costs more than it saves.
    return await _gather(session, asked), _GATHERED


async def _has_few(session: AsyncSession, asked: _Asked) -> bool:
    """Tell whether one of the sets has few objects, which its index says at once. Without sets there is none."""
    for field in asked.sets:
        ((number,),) = await asked.read(session, selects.within_set(field), rows=FEW + 1)
        if number <= FEW:
            return True
    return False


async def _is_common(session: AsyncSession, asked: _Asked) -> bool:
    """Tell whether the planner expects that many names have all the characters."""
    if not asked.search.name:
        return False
    connection = await session.connection()
    planned = await connection.exec_driver_sql(selects.EXPECTED, {"characters": asked.values["characters"]})
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
        return await _look_ahead(session, asked, asked.looked_ahead)
    found: Found = []
    for place in places:
        found += await _look_there(session, asked.behind(found), place)
        if len(found) == asked.wanted:
            break
    return found


async def _look_ahead(session: AsyncSession, asked: _Asked, rows: int) -> Found:
    """Look among the next rows of the order only. Fewer than wanted may mean that there are more."""
    return await asked.read(session, selects.ahead(asked.fields), rows=rows)


async def _look_there(session: AsyncSession, asked: _Asked, place: str) -> Found:
    """Gather what lies before a place ahead, which is little, and look among its first rows as `_look_ahead` does."""
    if not asked.before(place):
        return []
    return await asked.read(session, selects.there(asked.fields), place=place, rows=LOOKED_AHEAD)


async def _look_near(session: AsyncSession, asked: _Asked, before: int) -> Found:
    """Look further on, for as long as about as many fit as among the first rows: `before` of them.

    Where these stood together, as the bodies of a province with the name of its capital, the next rows say so.
    """
    found: Found = []
    first = rows = looked = asked.looked_ahead
    while looked < NEAR:
        more = await _look_ahead(session, asked.behind(found), rows)
        found += more
        if len(found) == asked.wanted or len(more) * first * 4 < before * rows:
            break
        looked += rows
        rows *= 2
    return found


async def _gather(session: AsyncSession, asked: _Asked) -> Found:
    """Gather all that fits and put it in order."""
    return await asked.read(session, selects.gathered(asked.fields))
