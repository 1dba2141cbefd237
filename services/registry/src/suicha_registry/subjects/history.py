"""What the history of objects shows: the changes of one, the register as of a day, the feed of changes."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.paging import Page, page
from suicha_contracts.values import SubjectStatus

from suicha_registry.subjects import as_of, feed, lists, service
from suicha_registry.subjects.conditions import conditions
from suicha_registry.subjects.models import SubjectChange, SubjectGrade
from suicha_registry.subjects.schemas import (
    Feed,
    FeedRow,
    Search,
    SubjectChangeView,
    SubjectPage,
    SubjectView,
)
from suicha_registry.subjects.tag_tree import carried_then


def replaced_on(change: SubjectChange, later: Sequence[tuple[int, date, dict[str, Any]]]) -> date | None:
    """Return the day on which the last field that a change set was set anew; none while one still holds.

    `later` are (seq, first day, fields) of changes of the same object.
    """
    ends = []
    for name in change.after:
        days = [day for seq, day, fields in later if seq > change.seq and name in fields]
        if not days:
            return None
        ends.append(min(days))
    return max(ends, default=None)


async def changes_of(
    session: AsyncSession, subject_id: str, limit: int, cursor: str
) -> Page[SubjectChangeView]:
    """Return the changes of an object that the caller may see, newest first."""
    wanted = select(SubjectChange).where(SubjectChange.subject_id == subject_id)
    found = await page(
        session, wanted, (SubjectChange.seq,), lambda row: row, limit=limit, cursor=cursor, descending=True
    )
    oldest = found.items[-1].seq if found.items else 0
    rows = await session.execute(
        select(SubjectChange.seq, SubjectChange.effective_from, SubjectChange.after).where(
            SubjectChange.subject_id == subject_id, SubjectChange.seq > oldest
        )
    )
    later = [(seq, day, fields) for seq, day, fields in rows]
    own = [name for name in SubjectChangeView.model_fields if name != "effective_to"]
    shown = [
        SubjectChangeView.model_validate(
            {name: getattr(row, name) for name in own} | {"effective_to": replaced_on(row, later)}
        )
        for row in found.items
    ]
    return Page(items=shown, next_cursor=found.next_cursor)


async def page_then(
    session: AsyncSession, search: Search, day: date, *, limit: int, cursor: str
) -> SubjectPage:
    """Return one page of the register as it was on a day.

    Raises:
        Invalid: the day has not come yet.
        BadRequest: the cursor is not one of this list.
    """
    then = as_of.register_then(as_of.check_day(day))
    of_today = {"grade": "", "on_list": None, "label": "", "unlabelled": False}
    wanted = select(then).where(*conditions(search.model_copy(update=of_today), then))
    if search.label:
        wanted = wanted.where(carried_then(then.id, day, search.label))
    if search.unlabelled:
        wanted = wanted.where(then.status == SubjectStatus.ACTIVE, not_(carried_then(then.id, day)))
    if search.grade:
        graded = select(SubjectGrade.subject_id).where(
            SubjectGrade.subject_id == then.id, SubjectGrade.grade == search.grade
        )
        earlier = as_of.before(then.id, day, "credit_grade")
        wanted = wanted.where(func.coalesce(earlier == search.grade, graded.exists()))
    if search.on_list:
        wanted = wanted.where(then.id.in_(lists.on_list(search.on_list, day)))
    found = await page(session, wanted, (then.region, then.id), lambda row: row, limit=limit, cursor=cursor)
    return SubjectPage(items=await service.views(session, found.items, day), next_cursor=found.next_cursor)


async def feed_since(session: AsyncSession, cursor: str, limit: int) -> Feed:
    """Return what came or changed since a cursor.

    Raises:
        BadRequest: the cursor was not made here.
        FeedRestarted: it was made before the database was restored.
        Unavailable: the database was just restored.
    """
    told, after = await feed.since(session, feed.Place.of(cursor), limit + 1)
    more, told = len(told) > limit, told[:limit]
    rows = await feed.objects(session, told)
    views = {view.id: view for view in await service.views(session, list(rows.values()))}
    items = [_fed(one, rows[one.id], views[one.id]) for one in told if one.id in rows]
    return Feed(items=items, cursor=(told[-1].place if told else after).cursor(), more=more)


def _fed(told: feed.Told, row: Row[*tuple[Any, ...]], view: SubjectView) -> FeedRow:
    if (change := told.change) is None:
        when = {"at": row.created_at, "effective_from": row.entered_on, "source": "登记", "fields": {}}
    else:
        when = {
            "at": change.at,
            "effective_from": change.effective_from,
            "source": change.source,
            "fields": change.after,
        }
    return FeedRow(deed=told.deed, subject=view, **when)
