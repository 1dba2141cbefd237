"""Follow-ups from opening to their end; what another body receives is closed by its receipt (X11)."""

from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.outbox import emit
from suicha_chassis.problems import Conflict, Invalid
from suicha_contracts.events import FollowUpClosed
from suicha_contracts.values import FollowUpKind

from suicha_inspection.clock import today
from suicha_inspection.follow_ups.schemas import FollowUpBody, FollowUpCloseBody
from suicha_inspection.models import FollowUp, Visit

WITH_RECEIPT = frozenset(
    {FollowUpKind.CASE_CLUE, FollowUpKind.NOTIFY_OTHER_BODY, FollowUpKind.CRIMINAL_TRANSFER}
)
"""Kinds that go to another body, which answers with a receipt (双向回执; S1, S2 Art. 20)."""


async def add(session: AsyncSession, visit: Visit, caller: Caller, body: FollowUpBody) -> FollowUp:
    """Open a follow-up; 无需后续处置 closes itself, with its reason as the outcome.

    Raises:
        Invalid: it goes to another body, which is not named.
    """
    if body.kind in WITH_RECEIPT and not body.receiving_body:
        raise Invalid("移送、抄告须写明接收部门")
    row = FollowUp(
        visit_id=visit.id,
        kind=body.kind,
        description=body.description,
        due_on=body.due_on,
        receiving_body=body.receiving_body,
        opened_by=caller.subject,
    )
    session.add(row)
    await session.flush()
    await audit.record(
        session, "follow_up.open", "visit", visit.id,
        after={"follow_up": row.id, "kind": row.kind, "due_on": row.due_on},
    )  # fmt: skip
    if body.kind is FollowUpKind.NONE:
        await _end(session, visit, row, caller, body.description, "")
    return row


async def close(
    session: AsyncSession, visit: Visit, row: FollowUp, caller: Caller, body: FollowUpCloseBody
) -> None:
    """Close a follow-up with its outcome.

    Raises:
        Conflict: it is closed already (a request is answered once).
        Invalid: it went to another body, and the receipt is missing.
    """
    if row.closed_on is not None:
        raise Conflict(f"该后续处理已于 {row.closed_on} 办结", state="closed")
    if FollowUpKind(row.kind) in WITH_RECEIPT and not body.receipt_no:
        raise Invalid("移送、抄告须填写接收部门的回执编号")
    await _end(session, visit, row, caller, body.outcome, body.receipt_no)


async def _end(
    session: AsyncSession, visit: Visit, row: FollowUp, caller: Caller, outcome: str, receipt_no: str
) -> None:
    closed_on = today()
    row.outcome, row.receipt_no, row.closed_by, row.closed_on = outcome, receipt_no, caller.subject, closed_on
    await session.flush()
    await audit.record(
        session, "follow_up.close", "visit", visit.id,
        after={"follow_up": row.id, "kind": row.kind, "receipt_no": receipt_no},
    )  # fmt: skip
    event = FollowUpClosed(
        visit_id=visit.id,
        follow_up_id=row.id,
        kind=FollowUpKind(row.kind),
        region=visit.region,
        outcome=outcome,
        closed_on=closed_on,
    )
    await emit(session, event, str(visit.id))
