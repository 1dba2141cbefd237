"""Finding objects among millions: by part of the name, code, region, label, grade or list, page by page.

Lists are ordered by region and code. A page is first looked for among the next rows of that order, which
finds what is frequent (公司, 有限) after a few thousand rows. What is rare is not found that way; its whole set
is then gathered by the indexes (a name through the index of its characters) and put in order. Pages hold
together by their last key, never by an offset.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, func, literal, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from suicha_chassis.paging import decode_cursor, encode_cursor
from suicha_contracts.values import SubjectStatus

from suicha_registry.rulesets.service import today
from suicha_registry.subjects import lists
from suicha_registry.subjects.models import Label, Subject, SubjectGrade, SubjectLabel
from suicha_registry.subjects.schemas import Search
from suicha_registry.subjects.tag_tree import unlabelled, with_descendants

LOOKED_AHEAD = 4_000
"""Rows that are read in order before the whole set is gathered: some milliseconds, and enough for a page of a
hundred whenever one object in forty fits."""
FURTHER = 10
"""How many times as many are read when the first look found a tenth of the page: reading on is then cheaper
than gathering what is that frequent."""
COUNTED = 10_000
"""A count that is asked for ends here: nobody reads further, and an exact one of millions is never quick."""

Key = tuple[str, str]
"""Region and id, the order of every list of objects."""


def conditions(search: Search, of: type[Subject] = Subject) -> list[ColumnElement[bool]]:
    """Return the conditions of a search on the rows of `of`; the session's scope limits them further."""
    found: list[ColumnElement[bool]] = []
    if search.name:
        found.append(of.name.contains(search.name, autoescape=True))
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
    if search.label:
        family = with_descendants(Label.code == search.label, today())
        carries = select(SubjectLabel.subject_id).where(SubjectLabel.label_id.in_(select(family.c.id)))
        found.append(of.id.in_(carries))
    if search.grade:
        graded = select(SubjectGrade.subject_id).where(SubjectGrade.grade == search.grade)
        found.append(of.id.in_(graded))
    if search.on_list:
        found.append(of.id.in_(lists.on_lists([search.on_list], today())))
    if search.unlabelled:
        found += [of.status == SubjectStatus.ACTIVE, unlabelled(of.id, today())]
    return found


def has_characters(name: str) -> ColumnElement[bool]:
    """Return the condition that a name has every character of the given text, which the index answers."""
    characters = ARRAY(Text)
    own = func.string_to_array(Subject.name, literal_column("NULL::text"), type_=characters)
    return own.contains(literal(sorted(set(name)), characters))


async def find_page(
    session: AsyncSession, search: Search, *, limit: int, cursor: str = ""
) -> tuple[list[Subject], str | None]:
    """Return one page of a search and the cursor of the next.

    Raises:
        BadRequest: the cursor is not one of this list.
    """
    after = tuple(decode_cursor(cursor, 2)) if cursor else None
    keys = await _look_ahead(session, search, after, limit + 1, LOOKED_AHEAD)
    if limit // FURTHER < len(keys) <= limit:
        keys = await _look_ahead(session, search, after, limit + 1, LOOKED_AHEAD * FURTHER)
    if len(keys) <= limit:
        keys = await _gather(session, search, after, limit + 1)
    shown = keys[:limit]
    rows = await session.scalars(select(Subject).where(Subject.id.in_([one for _, one in shown])))
    ordered = sorted(rows, key=lambda row: (row.region, row.id))
    return ordered, encode_cursor(shown[-1]) if len(keys) > limit else None


async def count(session: AsyncSession, search: Search) -> tuple[int, bool]:
    """Return how many objects fit, and whether that is exact: counting ends at `COUNTED`."""
    fitting = _whole(search).limit(COUNTED + 1).subquery()
    number = await session.scalar(select(func.count()).select_from(fitting)) or 0
    return min(number, COUNTED), number <= COUNTED


def _beyond(of: Any, after: Sequence[str] | None) -> list[ColumnElement[bool]]:
    return [] if after is None else [tuple_(of.region, of.id) > tuple(after)]


def _whole(search: Search) -> Select[str, str]:
    wanted = select(Subject.region, Subject.id).where(*conditions(search))
    return wanted.where(has_characters(search.name)) if search.name else wanted


async def _look_ahead(
    session: AsyncSession, search: Search, after: Sequence[str] | None, wanted: int, rows: int
) -> list[Key]:
    """Look among the next rows of the order only. Fewer keys than wanted may mean that there are more."""
    inside = Search(region=search.region, code=search.code)
    ahead = (
        select(Subject)
        .where(*conditions(inside), *_beyond(Subject, after))
        .order_by(Subject.region, Subject.id)
        .limit(rows)
        .subquery()
    )
    row = aliased(Subject, ahead)
    found = (
        select(row.region, row.id).where(*conditions(search, row)).order_by(row.region, row.id).limit(wanted)
    )
    return [(region, one) for region, one in await session.execute(found)]


async def _gather(
    session: AsyncSession, search: Search, after: Sequence[str] | None, wanted: int
) -> list[Key]:
    """Gather everything that fits, then put it in order.

    MATERIALIZED: otherwise the planner would walk the order hoping to meet soon what is rare.
    """
    whole = _whole(search).where(*_beyond(Subject, after)).cte("fitting").prefix_with("MATERIALIZED")
    found = select(whole.c.region, whole.c.id).order_by(whole.c.region, whole.c.id).limit(wanted)
    return [(region, one) for region, one in await session.execute(found)]
