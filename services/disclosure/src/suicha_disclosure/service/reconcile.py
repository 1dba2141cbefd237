"""DATA_CHECK: compare what a channel holds with what it accepted, and push again what is wrong.

A receipt may lie, and a receiver may lose its disk. Only what was accepted before the comparison began is
judged, so that a record accepted while the list is read is never taken for missing.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.auth import Caller
from suicha_chassis.db import Database, driver_connection
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import SYSTEM

from suicha_disclosure.adapters.channel import Channel, ChannelDownError
from suicha_disclosure.metrics import RECONCILED
from suicha_disclosure.models import Reconciliation
from suicha_disclosure.service.publish import wake


async def ask(session: AsyncSession, caller: Caller, channels: list[str]) -> list[Reconciliation]:
    """Ask for a comparison of each channel; the loop makes it soon. One that is waiting already is enough."""
    asked = []
    for channel in channels:
        waiting = await session.scalar(
            select(Reconciliation)
            .where(Reconciliation.channel == channel, Reconciliation.finished_at.is_(None))
            .limit(1)
        )
        if waiting is None:
            waiting = Reconciliation(id=uuid7(), channel=channel, asked_by=caller.subject)
            session.add(waiting)
            await session.flush()
            await session.refresh(waiting)
        asked.append(waiting)
    await wake(session)
    return asked


async def next_due(db: Database, channel: str, every: float) -> UUID | None:
    """Return a comparison that waits, making one when the last began longer ago than `every` seconds."""
    async with db.transaction(SYSTEM) as session:
        found = await session.scalar(_DUE, {"channel": channel, "every": every, "id": uuid7()})
    assert found is None or isinstance(found, UUID)
    return found


_DUE = text(
    """
    WITH waiting AS (
      SELECT id FROM reconciliations WHERE channel = :channel AND finished_at IS NULL
      ORDER BY asked_at LIMIT 1
    ), added AS (
      INSERT INTO reconciliations (id, channel, asked_by)
      SELECT :id, :channel, 'system' WHERE NOT EXISTS (SELECT 1 FROM waiting) AND NOT EXISTS (
        SELECT 1 FROM reconciliations
        WHERE channel = :channel AND asked_at > now() - make_interval(secs => :every))
      RETURNING id
    )
    SELECT id FROM waiting UNION ALL SELECT id FROM added
    """
)


async def reconcile(db: Database, channel: Channel, reconciliation_id: UUID) -> bool:
    """Make one comparison and note what was found. Returns whether the channel could be read.

    MUST run in one process at a time for a channel; it may be killed at any point and made again.
    """
    async with db.transaction(SYSTEM) as session:
        began = await session.scalar(text("SELECT now()"))
        assert isinstance(began, datetime)
        try:
            async with session.begin_nested():
                await _read_holdings(session, channel)
        except ChannelDownError as error:
            found, complaint = {"held": 0, "missing": 0, "different": 0, "unknown": 0}, str(error)
        else:
            found, complaint = await _compare(session, channel, began), ""
        await session.execute(
            text(
                "UPDATE reconciliations SET finished_at = clock_timestamp(), held = :held, "
                "missing = :missing, different = :different, unknown = :unknown, error = :error "
                "WHERE id = :id"
            ),
            {**found, "error": complaint, "id": reconciliation_id},
        )
        if found["missing"] or found["different"]:
            await wake(session)
    for finding in ("missing", "different"):
        RECONCILED.labels(channel.name, finding).inc(found[finding])
    return not complaint


async def _read_holdings(session: AsyncSession, channel: Channel) -> None:
    """Copy what the channel holds into a table of this transaction."""
    await session.execute(
        text(
            'CREATE TEMP TABLE held (kind text, id text COLLATE "C", version integer, sha256 text, '
            "PRIMARY KEY (kind, id)) ON COMMIT DROP"
        )
    )
    connection = await driver_connection(session)
    async with connection.cursor() as cursor, cursor.copy("COPY held FROM STDIN") as copy:
        for kind in channel.compared:
            after = ""
            async for one in channel.holdings(kind):
                if one.id <= after:
                    raise ChannelDownError("对方的清单没有按编号排序")
                after = one.id
                await copy.write_row((kind.value, one.id, one.version, one.sha256))


async def _compare(session: AsyncSession, channel: Channel, began: datetime) -> dict[str, int]:
    """Put back to waiting what the channel lacks: whole records, newer versions, changed bodies."""
    kinds = [kind.value for kind in channel.compared]
    findings = (
        (await session.execute(_AGAIN, {"channel": channel.name, "began": began, "kinds": kinds}))
        .scalars()
        .all()
    )
    held = await session.scalar(text("SELECT count(*) FROM held"))
    unknown = await session.scalar(
        text(
            "SELECT count(*) FROM held h WHERE NOT EXISTS (SELECT 1 FROM publications p "
            "WHERE p.kind = h.kind AND p.record_id = h.id)"
        )
    )
    return {
        "held": int(held or 0),
        "missing": sum(finding == "missing" for finding in findings),
        "different": sum(finding == "different" for finding in findings),
        "unknown": int(unknown or 0),
    }


_AGAIN = text(
    """
    WITH wrong AS (
      SELECT d.id, CASE WHEN h.version = d.version THEN 'different' ELSE 'missing' END AS finding
      FROM deliveries d
      JOIN publications p ON p.kind = d.kind AND p.record_id = d.record_id AND p.version = d.version
      LEFT JOIN held h ON h.kind = d.kind AND h.id = d.record_id
      WHERE d.channel = :channel AND d.state = 'accepted' AND d.accepted_at < :began
        AND d.kind = ANY(CAST(:kinds AS text[]))
        AND (h.id IS NULL OR h.version < d.version OR (h.version = d.version AND h.sha256 <> p.sha256))
      FOR UPDATE OF d
    )
    UPDATE deliveries d SET state = 'waiting', cause = 'reconcile', next_at = now(), failures = 0,
      receipt = NULL, accepted_at = NULL
    FROM wrong WHERE d.id = wrong.id RETURNING wrong.finding
    """
)
