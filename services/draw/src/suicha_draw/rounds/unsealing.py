"""The end of an embargo (RID/1 §5): once every visit is closed, or at the date fixed at the opening, all is published.

The embargoed secret is logged by a second reveal, and `DrawUnsealed` lets the public record go out; a worker writes
the proof bundle again, with that entry in it. A void attempt warns nobody of a visit, so that its embargo ends with
it; its log is closed, and secret and seed are shown beside it.
"""

from datetime import UTC, datetime

from rid1.states import Event
from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit, outbox
from suicha_chassis.db import Database
from suicha_chassis.scope import SYSTEM
from suicha_contracts.events import DrawUnsealed, InspectionClosed

from suicha_draw.ledger import service as ledger
from suicha_draw.models import Contributor, Round
from suicha_draw.rounds.store import files_of, queue_work, settings_of


async def count_visit(session: AsyncSession, event: InspectionClosed) -> None:
    """Count a closed visit of a round that is under embargo; the worker ends the embargo after the last one."""
    await session.execute(
        update(Round)
        .where(Round.id == event.round_id, Round.publish_after.is_not(None), Round.unsealed_at.is_(None))
        .values(closed_visits=Round.closed_visits + 1)
    )


async def unseal_due(db: Database) -> int:
    """End one embargo whose visits are all closed, whose date has come or whose attempt is void; return how many."""
    async with db.transaction(SYSTEM) as session:
        row = await session.scalar(
            select(Round)
            .where(
                Round.publish_after.is_not(None),
                Round.unsealed_at.is_(None),
                or_(
                    Round.state == "void",
                    and_(
                        Round.state == "completed",
                        or_(Round.closed_visits >= Round.visits, Round.publish_after <= datetime.now(UTC)),
                    ),
                ),
            )
            .order_by(Round.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return 0
        await _unseal(session, row)
        return 1


async def _unseal(session: AsyncSession, row: Round) -> None:
    if row.state == "void":
        row.unsealed_at = datetime.now(UTC)
        await audit.record(session, "round.unseal", "round", row.id, after={"state": row.state})
        return
    name = settings_of(row).embargo
    own = await session.get_one(Contributor, (row.id, name))
    if own.secret is None:
        row.unsealed_at = datetime.now(UTC)
    else:
        entry = await ledger.append(session, row, Event.REVEAL, {"name": name, "value": own.secret})
        row.unsealed_at = entry.at
        await queue_work(session, row)
    await audit.record(session, "round.unseal", "round", row.id, after={"closed_visits": row.closed_visits})
    assert row.seed is not None
    event = DrawUnsealed(
        round_id=row.id, draw_id=row.draw_id, attempt=row.attempt, region=row.region, org=row.org,
        seed=row.seed, bundle=(await files_of(session, row.id))["bundle"], unsealed_at=row.unsealed_at,
    )  # fmt: skip
    await outbox.emit(session, event, about=row.draw_id)
