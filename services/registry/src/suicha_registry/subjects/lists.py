"""Lists that an object is on from a day to a day (R12): abnormal, blacklist, serious violations, key watch, …"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, NotFound
from suicha_chassis.written import Day
from suicha_contracts.values import SubjectList

from suicha_registry.organisations.service import add_new
from suicha_registry.subjects.models import ListEntry, Subject, SubjectChange
from suicha_registry.subjects.schemas import ListEntryBody


def on_day(day: Day) -> ColumnElement[bool]:
    """Return the condition of an entry that holds on a day."""
    return and_(ListEntry.valid_from <= day, or_(ListEntry.valid_to.is_(None), ListEntry.valid_to >= day))


def on_lists(codes: Sequence[SubjectList], day: date) -> Select[str]:
    """Return the select of the ids that are on any of the lists on a day."""
    return select(ListEntry.subject_id).where(ListEntry.list_code.in_(codes), on_day(day))


def on_list(code: str | BindParameter[str], day: Day) -> Select[str]:
    """Return the select of the ids that are on a list on a day."""
    return select(ListEntry.subject_id).where(ListEntry.list_code == code, on_day(day))


async def put_on(session: AsyncSession, caller: Caller, subject: Subject, body: ListEntryBody) -> ListEntry:
    """Put an object that was found inside the caller's scope on a list.

    Raises:
        Exists: it came onto the list on that day already.
    """
    row = ListEntry(subject_id=subject.id, recorded_by=caller.subject, **body.model_dump())
    await add_new(session, row, f"{subject.id} 已于 {body.valid_from} 列入该名单")
    _remember(session, caller, row, None)
    await audit.record(session, "list", "subject", subject.id, after=body.model_dump(mode="json"))
    return row


def _remember(
    session: AsyncSession, caller: Caller, row: ListEntry, was: dict[str, str | None] | None
) -> None:
    """Keep an entry or its end as a change of the object, for its history and the feed."""
    now = {"from": str(row.valid_from), "to": str(row.valid_to) if row.valid_to else None}
    session.add(
        SubjectChange(
            subject_id=row.subject_id,
            actor=caller.subject,
            org=caller.org,
            source=row.source,
            before={f"list:{row.list_code}": was},
            after={f"list:{row.list_code}": now},
            effective_from=row.valid_to if was and row.valid_to else row.valid_from,
        )
    )


async def take_off(
    session: AsyncSession, caller: Caller, subject: Subject, entry_id: UUID, day: date
) -> ListEntry:
    """Note the last day of an entry.

    Raises:
        NotFound: the object has no such entry.
        Conflict: it has ended already, or would end before it began.
    """
    row = await session.scalar(
        select(ListEntry).where(ListEntry.id == entry_id, ListEntry.subject_id == subject.id)
    )
    if row is None:
        raise NotFound("没有这条列入记录")
    if row.valid_to is not None or day < row.valid_from:
        raise Conflict("该记录已移出，或移出日期早于列入日期")
    was: dict[str, str | None] = {"from": str(row.valid_from), "to": None}
    row.valid_to = day
    _remember(session, caller, row, was)
    await session.flush()
    await audit.record(
        session, "unlist", "subject", subject.id, after={"id": str(row.id), "valid_to": str(day)}
    )
    return row
