"""Finding objects among millions: by part of the name, code, region, label, grade or list, page by page.

Lists are ordered by region and code. A small set (a rare tag, a short list) is gathered at once. Else a page is
first looked for among the next rows of the order, which finds what is frequent (公司, 有限) after a few thousand
rows; the index of the order carries all that is asked of a row. The name of a place (洛阳) is looked for there, and
gathered only before. How many of these rows fit says how far one would have to read on; how many objects an index
leads to (a name through the index of its characters, a set through its own) says what gathering would cost. The
cheaper of the two finishes the page. Pages hold together by their last key, never by an offset.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.paging import decode_cursor, encode_cursor
from suicha_chassis.regions import places_called
from suicha_chassis.scope import scope_of

from suicha_registry.subjects import search_selects as selects
from suicha_registry.subjects.conditions import values_of
from suicha_registry.subjects.schemas import Search
from suicha_registry.subjects.search_asked import Asked, Found, key_of
from suicha_registry.subjects.search_costs import TO_THE_END, costs_of, share_seen

LOOKED_AHEAD = 4_000
"""Rows that are read in order at the least: some milliseconds, and enough for a page of a hundred whenever one object
in forty fits."""
FEW = 3_000
"""A set of so many is gathered and put in order at once."""
COUNTED = 10_000
"""A count that is asked for ends here: nobody reads further, and an exact one of millions is never quick."""

_LOOKED = "looked"
"""How a page was found, said by the cursor of the next: so, or by the field through which it was gathered and the set
that was read as a whole beside it."""
_BESIDE = "+"


async def find_page(
    session: AsyncSession, search: Search, *, limit: int, cursor: str = ""
) -> tuple[Found, str | None]:
    """Return one page of a search and the cursor of the next.

    Raises:
        BadRequest: the cursor is not one of this list.
    """
    if _excluded(search):
        return [], None
    after, way = None, None
    if cursor:
        region, one, way = decode_cursor(cursor, 3)
        after = region, one
    asked = Asked(search, await _values(session, search), after, limit + 1)
    if gathered := _gathered_by(way or "", asked):
        found = await _gather(session, asked, *gathered)
    else:
        found, way = await _find(session, asked)
    return found[:limit], encode_cursor((*key_of(found[limit - 1]), way)) if len(found) > limit else None


async def count(session: AsyncSession, search: Search) -> tuple[int, bool]:
    """Return how many objects fit, and whether that is exact: counting ends at `COUNTED`."""
    if _excluded(search):
        return 0, True
    asked = Asked(search, await _values(session, search), None, 0)
    ((number,),) = await asked.read(session, selects.counted(asked.fields), rows=COUNTED + 1)
    return min(number, COUNTED), number <= COUNTED


def _excluded(search: Search) -> bool:
    """Tell whether nothing can fit: an object without any tag has none of the tag that is asked for."""
    return bool(search.label and search.unlabelled)


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


def _gathered_by(way: str, asked: Asked) -> tuple[str, str] | None:
    """Return by which field the page before was gathered, and the set that was read as a whole; none if it was not."""
    lead, _, known = way.partition(_BESIDE)
    return (lead, known) if lead in asked.leads and known in asked.sets | {""} else None


async def _find(session: AsyncSession, asked: Asked) -> tuple[Found, str]:
    """Find the objects of a page in the way that is cheapest for how frequent the things asked for turn out to be.

    Return also which way it was: what had to be gathered for a page is gathered at once for the next.
    """
    if few := await _set_of_few(session, asked):
        return await _gather(session, asked, few, ""), few
    costs = await costs_of(session, asked)
    looked = costs.rows_for(asked.wanted, costs.share) if costs.lead else LOOKED_AHEAD
    if looked:
        looked = max(looked, LOOKED_AHEAD)
        found, rest = await _look_first(session, asked, looked, costs.known(looked))
        if rest is None:
            return found, _LOOKED
        share, spent = costs.share_after(len(found), looked), costs.looking(looked)
        while rows := costs.rows_for(rest.wanted, share, spent):
            more, still = await _look_ahead(session, rest, rows, costs.known(rows))
            found += more
            if still is None:
                return found, _LOOKED
            rest, share, spent = still, share_seen(len(more), rows), spent + costs.looking(rows)
    # From the beginning of the page: to compare every key with the last one costs more than it saves.
    lead = costs.lead
    known = costs.known(costs.gathering) if lead == "name" else ""
    return await _gather(session, asked, lead, known), f"{lead}{_BESIDE}{known}"


async def _set_of_few(session: AsyncSession, asked: Asked) -> str:
    """Return a field whose set has few objects, which its index says at once; empty if there is none."""
    for field in sorted(asked.sets):
        ((number,),) = await asked.read(session, selects.within_set(field), rows=FEW + 1)
        if number <= FEW:
            return field
    return ""


def _places(session: AsyncSession, asked: Asked) -> list[str]:
    """Return the places of this name ahead, inside what is searched: most firms of a city have its name, and few
    others."""
    scope, inside = scope_of(session.sync_session), asked.search.region
    called = places_called(asked.search.name)
    ahead = [place for place in called if place.startswith(inside) and asked.before(place)]
    return [place for place in ahead if scope.covers(place)]


async def _look_first(
    session: AsyncSession, asked: Asked, rows: int, known: str
) -> tuple[Found, Asked | None]:
    """Look where a page is most likely to be found: in the places of this name, else among the next rows.

    Return what was found, and what is still asked for: nothing where the page is full or the objects have ended.
    """
    places = _places(session, asked)
    if not places:
        return await _look_ahead(session, asked, rows, known)
    found: Found = []
    rest = asked
    for place in places:
        more = await _look_there(session, rest, place, rows)
        found += more
        if len(found) == asked.wanted:
            return found, None
        rest = asked.behind(key_of(found[-1]) if found else None, found)
    return found, rest


async def _look_ahead(
    session: AsyncSession, asked: Asked, rows: int, known: str
) -> tuple[Found, Asked | None]:
    """Look among the next rows of the order only; return what was found, and what is still asked for behind them."""
    found = await asked.read(session, selects.ahead(asked.fields, known), rows=rows)
    if len(found) == asked.wanted or rows == TO_THE_END:
        return found, None
    reached = await asked.read(session, selects.reached(asked.fields), rows=rows)
    return found, asked.behind(key_of(reached[0]), found) if reached else None


async def _look_there(session: AsyncSession, asked: Asked, place: str, rows: int) -> Found:
    """Gather what lies before a place ahead, which is little, and look among its first rows as `_look_ahead` does."""
    if not asked.before(place):
        return []
    return await asked.read(session, selects.there(asked.fields), place=place, rows=rows)


async def _gather(session: AsyncSession, asked: Asked, lead: str, known: str) -> Found:
    """Gather all that fits through the index of one field and put it in order."""
    return await asked.read(session, selects.gathered(asked.fields, lead, known))
