"""The outbox: events and jobs are written in the transaction of the deed and published after its commit.

The relay MUST publish every committed row at least once and MUST NOT skip rows that committed late: it
selects what is unpublished, never what is newer than a position. One relay is active per service.
"""

import asyncio
import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.envelope import Envelope, Event

from suicha_chassis.bus import Bus
from suicha_chassis.db import Database
from suicha_chassis.ids import uuid7
from suicha_chassis.logs import get_logger
from suicha_chassis.metrics import OUTBOX_AGE, OUTBOX_PUBLISHED, OUTBOX_WAITING

log = get_logger(__name__)

CHANNEL = "suicha_outbox"
BATCH = 500


async def emit(session: AsyncSession, event: Event, about: str = "") -> UUID:
    """Write an event into the session's transaction; it is published when, and only when, that commits."""
    event_id = uuid7()
    envelope = Envelope.of(event, event_id, about, str(session.info.get("request_id", "")))
    await _insert(session, event_id, event.subject(), envelope.model_dump_json())
    return event_id


def emit_all(connection: psycopg.Connection[Any], events: Iterable[tuple[Event, str]]) -> None:
    """Write many events, each with what it is about, into the transaction of a bulk write."""
    rows = []
    for event, about in events:
        event_id = uuid7()
        payload = Envelope.of(event, event_id, about, "").model_dump_json()
        rows.append((event_id, event.subject(), payload))
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO outbox (id, subject, payload) VALUES (%s, %s, %s::jsonb)", rows)
        connection.execute(f"NOTIFY {CHANNEL}")


async def enqueue(session: AsyncSession, job: str, body: dict[str, Any]) -> UUID:
    """Put a job on the work queue `jobs.<job>` in the session's transaction."""
    job_id = uuid7()
    await _insert(session, job_id, f"jobs.{job}", json.dumps({"id": str(job_id), "body": body}))
    return job_id


async def _insert(session: AsyncSession, row_id: UUID, subject: str, payload: str) -> None:
    await session.execute(
        text("INSERT INTO outbox (id, subject, payload) VALUES (:id, :subject, CAST(:payload AS jsonb))"),
        {"id": row_id, "subject": subject, "payload": payload},
    )
    if not session.info.get("outbox_notified"):
        session.info["outbox_notified"] = True
        await session.execute(text(f"NOTIFY {CHANNEL}"))


async def run_relay(db: Database, bus: Bus) -> None:
    """Publish the outbox for ever. Raises when the database or broker fails; the caller starts it again."""
    async with await db.raw() as connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        while not await _lead(connection):
            await asyncio.sleep(1)
        log.info("outbox relay leads")
        while True:
            if await publish_waiting(connection, bus) < BATCH:
                async for _ in connection.notifies(timeout=1.0, stop_after=1):
                    break


async def _lead(connection: psycopg.AsyncConnection[Any]) -> bool:
    row = await (
        await connection.execute("SELECT pg_try_advisory_lock(hashtext('suicha-outbox-relay'))")
    ).fetchone()
    return bool(row and row[0])


async def publish_waiting(connection: psycopg.AsyncConnection[Any], bus: Bus) -> int:
    """Publish one batch in order of writing; return how many rows were taken.

    A row whose publication fails stays unpublished and is tried again; the others are marked.
    """
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "SELECT seq, id, subject, payload::text AS payload, "
        "extract(epoch FROM now() - created_at)::float AS age FROM outbox "
        "WHERE published_at IS NULL ORDER BY seq LIMIT %s",
        (BATCH,),
    )
    rows = await cursor.fetchall()
    OUTBOX_WAITING.set(len(rows))
    OUTBOX_AGE.set(rows[0]["age"] if rows else 0)
    if not rows:
        return 0
    results = await asyncio.gather(
        *(bus.publish(row["subject"], row["payload"].encode(), str(row["id"])) for row in rows),
        return_exceptions=True,
    )
    done = [
        row["seq"] for row, result in zip(rows, results, strict=True) if not isinstance(result, BaseException)
    ]
    if done:
        await connection.execute("UPDATE outbox SET published_at = now() WHERE seq = ANY(%s)", (done,))
        OUTBOX_PUBLISHED.inc(len(done))
    failed = [result for result in results if isinstance(result, BaseException)]
    if failed:
        log.warning("outbox publication failed", rows=len(failed), error=repr(failed[0]))
        await asyncio.sleep(0.5)
    return len(rows)


async def forget_old(db: Database, days: int, idempotency_days: int) -> None:
    """Drop published events and remembered answers that are past their time."""
    async with db.engine.begin() as connection:
        for statement, age in (
            ("DELETE FROM outbox WHERE published_at < now() - make_interval(days => :days)", days),
            ("DELETE FROM inbox WHERE received_at < now() - make_interval(days => :days)", days * 2),
            (
                "DELETE FROM idempotency WHERE created_at < now() - make_interval(days => :days)",
                idempotency_days,
            ),
        ):
            await connection.execute(text(statement), {"days": age})
