"""Publishing calendars."""

from datetime import UTC, date, datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit, outbox
from suicha_chassis.auth import Caller
from suicha_contracts.events import CalendarPublished

from suicha_registry.calendars.models import Calendar
from suicha_registry.calendars.official import official_days


async def newest(session: AsyncSession, year: int) -> Calendar | None:
    """Return the newest revision of a year, if it was published."""
    return await session.scalar(
        select(Calendar).where(Calendar.year == year).order_by(Calendar.revision.desc()).limit(1)
    )


async def publish(
    session: AsyncSession, caller: Caller, year: int, days: tuple[list[date], list[date]] | None, source: str
) -> tuple[Calendar, bool]:
    """Publish a year's (holidays, workdays), official ones if None; return the revision, whether it is new.

    Raises:
        CalendarUnknown: no days were given and no official notice is known for the year.
    """
    if days is None:
        days, source = official_days(year), "国务院办公厅关于节假日安排的通知（chinesecalendar）"
    holidays, workdays = days
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('calendar', :y))"), {"y": year})
    before = await newest(session, year)
    if before is not None and (before.holidays, before.workdays) == (holidays, workdays):
        return before, False
    row = Calendar(
        year=year,
        revision=before.revision + 1 if before else 1,
        holidays=holidays,
        workdays=workdays,
        source=source,
        published_by=caller.subject,
        published_at=datetime.now(UTC),
    )
    session.add(row)
    event = CalendarPublished(
        year=year, revision=row.revision, holidays=holidays, workdays=workdays, source=source
    )
    await outbox.emit(session, event, about=str(year))
    await audit.record(session, "publish", "calendar", year, after={"revision": row.revision})
    return row, True
