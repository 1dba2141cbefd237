"""Appending to the draw log and proving what is in it. Entries are never changed; a table trigger refuses it.

Everybody who appends MUST already hold the lock of the round's row; the log's own advisory lock comes second
and is held until the commit, so that indexes have no gaps and times never run backwards.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rid1 import checkpoint
from rid1.errors import TransitionError
from rid1.log import Attempt, Entry, history, make_entry, parse_entry
from rid1.states import Event
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.problems import Conflict, NotFound

from suicha_draw.ledger.nodes import completed_by, left_siblings
from suicha_draw.ledger.signer import Signer
from suicha_draw.ledger.tree import Head, hashes
from suicha_draw.models import LogEntry, LogNode, Round

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('suicha-draw-log'))")


def log_time(moment: datetime) -> str:
    """Write a moment as log entries do: UTC, microseconds, ending in Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def hold(session: AsyncSession) -> datetime:
    """Take the log's lock until the commit and return now: the next entry is not logged before.

    Whoever puts a time into an entry that must lie after its own asks for it here, so that no wait for the lock
    comes in between.
    """
    await session.execute(_LOCK)
    last = await session.scalar(select(LogEntry.at).order_by(LogEntry.index.desc()).limit(1))
    clock = await session.scalar(select(func.clock_timestamp()))
    assert isinstance(clock, datetime)
    return max(clock, last) if last else clock


async def append(session: AsyncSession, row: Round, event: Event, body: Mapping[str, Any]) -> LogEntry:
    """Append one entry for an attempt, in the session's transaction.

    Raises:
        Conflict: RID/1 §8 does not allow the event now.
    """
    at = await hold(session)
    last = await session.scalar(select(func.max(LogEntry.index)))
    entries = await entries_of(session, row.draw_id)
    try:
        made = make_entry(
            index=0 if last is None else last + 1,
            time=log_time(at),
            draw_id=row.draw_id,
            attempt=row.attempt,
            event=event,
            body=body,
            before=entries[-1] if entries else None,
        )
        history([*entries, made])
    except TransitionError as error:
        raise Conflict(error.zh, state=row.state) from error
    added = LogEntry(
        index=made.index, draw_id=made.draw_id, attempt=made.attempt, seq=made.seq, event=str(made.event),
        at=at, line=made.line, leaf=made.leaf,
    )  # fmt: skip
    session.add(added)
    known = await hashes(session, set(left_siblings(made.index)))
    session.add_all(
        LogNode(level=level, index=index, hash=digest)
        for (level, index), digest in completed_by(made.index, made.leaf, known).items()
    )
    await session.flush()
    return added


async def entries_of(session: AsyncSession, draw_id: str) -> list[Entry]:
    """Return all entries of a draw, all attempts, in order."""
    lines = await session.scalars(
        select(LogEntry.line).where(LogEntry.draw_id == draw_id).order_by(LogEntry.seq)
    )
    return [parse_entry(line, f"{draw_id} log") for line in lines]


async def attempt_of(session: AsyncSession, row: Round) -> Attempt:
    """Return what the log tells of one attempt."""
    attempts = history(await entries_of(session, row.draw_id))
    return attempts[row.attempt - 1]


async def find_entry(session: AsyncSession, index: int) -> Entry:
    """Return one entry of the log.

    Raises:
        NotFound: the log has no such entry.
    """
    line = await session.scalar(select(LogEntry.line).where(LogEntry.index == index))
    if line is None:
        raise NotFound("日志中没有该条目，或日志尚未达到该大小")
    return parse_entry(line, f"log entry {index}")


def checkpoint_body(origin: str, head: Head) -> str:
    """Return the text of a checkpoint that is signed (C2SP tlog-checkpoint)."""
    return checkpoint.body(origin, head.size, head.root)


def sign_checkpoint(signer: Signer, head: Head) -> str:
    """Return the signed note over a head (C2SP tlog-checkpoint). With Ed25519 the same head gives the same note."""
    body = checkpoint_body(signer.origin, head)
    return checkpoint.attach(body, signer.origin, signer.public, signer.sign(body.encode()), signer.algorithm)


def moment_of(entry: Entry) -> datetime:
    """Return when an entry was logged."""
    return datetime.fromisoformat(entry.time)
