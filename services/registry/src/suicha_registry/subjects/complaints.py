"""Complaints about objects (投诉举报), told by their source many at a time; each reference counts once."""

from datetime import timedelta

from sqlalchemy import ColumnElement, Date, Integer, String, Text, column, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.expression import values
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.written import Day

from suicha_registry.subjects.models import Complaint, Subject
from suicha_registry.subjects.schemas import ComplaintsBody, ComplaintsResult

YEAR = timedelta(days=365)
"""How far back the number beside an object looks."""


def within_a_year(day: Day) -> list[ColumnElement[bool]]:
    """Return the conditions of a complaint of the year up to a day."""
    return [Complaint.received_on > day - YEAR, Complaint.received_on <= day]


async def receive(session: AsyncSession, caller: Caller, body: ComplaintsBody) -> ComplaintsResult:
    """Keep the complaints about objects inside the caller's region; one that is known already changes nothing."""
    offered = values(
        column("id", String), column("reference", String), column("received_on", Date),
        column("count", Integer), column("matter", Text), name="offered",
    ).data([(one.id, one.reference, one.received_on, one.count, one.matter) for one in body.complaints])  # fmt: skip
    known = select(Subject.id).where(Subject.id.in_([one.id for one in body.complaints]))
    inside = set(await session.scalars(known))
    rows = select(
        offered.c.id, literal(body.source), offered.c.reference, offered.c.received_on, offered.c.count,
        offered.c.matter, literal(caller.subject),
    ).where(offered.c.id.in_(inside))  # fmt: skip
    into = ["subject_id", "source", "reference", "received_on", "count", "matter", "recorded_by"]
    kept = await session.execute(
        insert(Complaint)
        .from_select(into, rows)
        .on_conflict_do_nothing()
        .returning(Complaint.reference)
        .execution_options(synchronize_session=False)
    )
    new = len(kept.all())
    unknown = sorted({one.id for one in body.complaints} - inside)
    result = ComplaintsResult(received=len(body.complaints), new=new, unknown_ids=unknown)
    await audit.record(
        session, "complain", "subjects", body.source, after=result.model_dump(exclude={"unknown_ids"})
    )
    return result
