"""The beacon of a round (RID/1 §5): typed in by hand or fetched, checked twice over, logged, then drawn with."""

from datetime import UTC, datetime

from rid1.beacon import beacon_string, time_of
from rid1.seed import MISSING
from rid1.states import Event
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.bus import TransientError
from suicha_chassis.db import Database
from suicha_chassis.logs import get_logger
from suicha_chassis.problems import Conflict, Problem
from suicha_chassis.scope import SYSTEM

from suicha_draw.beacon.fetching import DrandClient
from suicha_draw.beacon.patience import Patience
from suicha_draw.beacon.verifying import check
from suicha_draw.ledger import service as ledger
from suicha_draw.models import Round
from suicha_draw.problems import AlreadyDone, BeaconRoundMismatch, BeaconTooEarly
from suicha_draw.rounds.rules import chain_of
from suicha_draw.rounds.store import (
    contributors_of,
    expect,
    expect_seeded,
    find_round,
    queue_work,
    settings_of,
)
from suicha_draw.words import moment_words

log = get_logger(__name__)


async def check_beacon(row: Round, drand_round: int, signature: bytes) -> None:
    """Refuse a signature that is not the planned round's, or comes before its time. No lock is needed.

    Raises:
        Conflict: the round uses no beacon.
        PhysicalLots: it is drawn by hand.
        BeaconRoundMismatch, BeaconTooEarly, BeaconInvalid, BeaconVerifiersDisagree: see there.
    """
    expect_seeded(row, "不使用信标")
    if row.beacon_round is None:
        raise Conflict("本次抽取不使用信标", state=row.state)
    await check_round(row, row.beacon_round, drand_round, signature)


async def check_round(row: Round, planned: int, given: int, signature: bytes) -> None:
    """Refuse a signature that is not the planned round's of the attempt's network, or comes before its time.

    Raises:
        BeaconRoundMismatch, BeaconTooEarly, BeaconInvalid, BeaconVerifiersDisagree: see there.
    """
    if given != planned:
        raise BeaconRoundMismatch(f"所定的是第 {planned} 轮")
    chain = chain_of(settings_of(row))
    due = datetime.fromtimestamp(time_of(planned, chain), UTC)
    if datetime.now(UTC) < due:
        raise BeaconTooEarly(f"第 {planned} 轮于 {moment_words(due)} 公布")
    await check(chain, planned, signature)


async def take_beacon(session: AsyncSession, row: Round, signature: bytes) -> None:
    """Log a signature that `check_beacon` has passed; a worker then makes the seed. The round's row is locked.

    Raises:
        Conflict: the reveals are not decided yet, or the seed is made.
        AlreadyDone: the beacon is logged.
    """
    expect(row, "revealed")
    assert row.beacon_round is not None
    if row.beacon is not None:
        raise AlreadyDone("信标已记入日志")
    row.beacon, row.beacon_signature = beacon_string(row.beacon_round, signature.hex()), signature.hex()
    await ledger.append(session, row, Event.BEACON, {"value": row.beacon, "signature": row.beacon_signature})
    await audit.record(session, "round.beacon", "round", row.id, after={"round": row.beacon_round})
    await queue_work(session, row)


async def fetch_due(db: Database, drand: DrandClient, patience: Patience) -> int:
    """Fetch one beacon whose time has come, check and log it; return how many.

    A node that lies or is silent changes nothing: the round waits, and the beacon may still be typed in.
    """
    async with db.session(SYSTEM) as session:
        waiting = await session.scalars(
            select(Round)
            .where(Round.state == "revealed", Round.beacon_round.is_not(None), Round.beacon.is_(None))
            .order_by(Round.id)
        )
        rows = waiting.all()
    patience.forget_all_but({row.id for row in rows})
    taken = 0
    for row in rows:
        assert row.beacon_round is not None
        chain = chain_of(settings_of(row))
        if datetime.now(UTC).timestamp() < time_of(row.beacon_round, chain) or not patience.may_try(row.id):
            continue
        try:
            signature = await drand.signature(chain, row.beacon_round)
            await check_beacon(row, row.beacon_round, signature)
            async with db.transaction(SYSTEM) as session:
                await take_beacon(session, await find_round(session, row.id, lock=True), signature)
        except (TransientError, Problem) as error:
            log.warning("beacon not taken", draw_id=row.draw_id, round=row.beacon_round, reason=str(error))
            patience.failed(row.id)
            continue
        taken += 1
    return taken


async def count_missing(session: AsyncSession, row: Round) -> None:
    """Count the reveals that are missing at `reveal_by` as `-`, before the beacon exists (RID/1 §5)."""
    for one in await contributors_of(session, row):
        if one.secret is None:
            await ledger.append(session, row, Event.REVEAL, {"name": one.name, "value": MISSING})
    await audit.record(session, "round.count_missing", "round", row.id)
    row.state = "revealed"
