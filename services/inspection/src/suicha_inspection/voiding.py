"""A draw that is voided after its visits were made: what is not closed yet is cancelled (RID/1 §4).

The news of a completed round and of its end may arrive in any order. Both take the round's lock first, and
whoever comes second cancels. A closed visit stays as it is: it took place, and disclosure decides about it.
"""

from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.logs import get_logger
from suicha_contracts.events import DrawVoided

from suicha_inspection.models import Visit, VoidedRound
from suicha_inspection.states import TRANSITIONS, Deed, VisitState

log = get_logger(__name__)

_OPEN = [state for state, deed in TRANSITIONS if deed is Deed.VOID]


async def hold_round(session: AsyncSession, round_id: UUID) -> str | None:
    """Wait until nobody else works on the round as a whole; return why it was voided, None if it stands."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": f"round:{round_id}"}
    )
    reason: str | None = await session.scalar(
        select(VoidedRound.reason).where(VoidedRound.round_id == round_id)
    )
    return reason


async def cancel_voided_visits(session: AsyncSession, event: DrawVoided) -> None:
    """Take in that a round was voided, and cancel its visits; a second telling changes nothing."""
    if await hold_round(session, event.round_id) is not None:
        return
    await session.execute(
        insert(VoidedRound).values(
            round_id=event.round_id, draw_id=event.draw_id, reason=event.reason, voided_at=event.voided_at
        )
    )
    await cancel_open_visits(session, event.round_id, event.reason)


async def cancel_open_visits(session: AsyncSession, round_id: UUID, reason: str) -> None:
    """Cancel every visit of a round that is not closed, in one statement. MUST hold the round."""
    cancelled = await session.scalars(
        update(Visit)
        .where(Visit.round_id == round_id, Visit.state.in_(_OPEN))
        .values(state=VisitState.CANCELLED, cancel_reason=reason, version=Visit.version + 1)
        .returning(Visit.id)
        .execution_options(synchronize_session=False)
    )
    visits = list(cancelled)
    await audit.record_each(
        session, "visit.void", "visit", visits, after={"state": VisitState.CANCELLED}, reason=reason
    )
    log.info("visits cancelled", round_id=str(round_id), visits=len(visits))
