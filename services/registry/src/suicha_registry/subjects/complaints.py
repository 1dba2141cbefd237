"""Complaints about objects (投诉举报), told by their source many at a time; each reference counts once."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Date, Integer, String, Text, column, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.expression import values
from suicha_chassis import audit
from suicha_chassis.auth import Caller

from suicha_registry.subjects.models import Complaint, Subject
from suicha_registry.subjects.schemas import ComplaintsBody, ComplaintsResult

YEAR = timedelta(days=365)
"""How far back the number beside an object looks."""


async def within_a_year(session: AsyncSession, ids: Sequence[str], day: date) -> dict[str, int]:
    """Return how many complaints each of the objects had in the year up to a day."""
    told = (
        select(Complaint.subject_id, func.sum(Complaint.count))
        .where(
            Complaint.subject_id.in_(ids), Complaint.received_on > day - YEAR, Complaint.received_on <= day
        )
        .group_by(Complaint.subject_id)
    )
    return {subject: int(number) for subject, number in await session.execute(told)}


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
