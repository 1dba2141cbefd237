"""Appending to the draw log and proving what is in it. Entries are never changed; a table trigger refuses it.

Everybody who appends MUST already hold the lock of the round's row; the log's own advisory lock comes second
and is held until the commit, so that indexes have no gaps and times never run backwards.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rid1 import checkpoint
from rid1.errors import TransitionError
from rid1.log import Attempt, Entry, history, make_entry, parse_entry
from rid1.merkle import Tree
from rid1.states import Event
from rid1.suites import S256
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.problems import Conflict, NotFound

from suicha_draw.ledger.signer import Signer
from suicha_draw.models import LogEntry, Round

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('suicha-draw-log'))")


def log_time(moment: datetime) -> str:
    """Write a moment as log entries do: UTC, microseconds, ending in Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def append(session: AsyncSession, row: Round, event: Event, body: Mapping[str, Any]) -> LogEntry:
    """Append one entry for an attempt, in the session's transaction.

    Raises:
        Conflict: RID/1 §8 does not allow the event now.
    """
    await session.execute(_LOCK)
    last = (await session.execute(select(LogEntry).order_by(LogEntry.index.desc()).limit(1))).scalar()
    clock = await session.scalar(select(func.clock_timestamp()))
    assert isinstance(clock, datetime)
    at = max(clock, last.at) if last else clock
    entries = await entries_of(session, row.draw_id)
    try:
        made = make_entry(
            index=last.index + 1 if last else 0,
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


async def tree(session: AsyncSession, size: int | None = None) -> Tree:
    """Return the tree over the first `size` entries, or all of them."""
    leaves = select(LogEntry.leaf).order_by(LogEntry.index)
    if size is not None:
        leaves = leaves.where(LogEntry.index < size)
    return Tree(S256, (await session.scalars(leaves)).all())


def sign_checkpoint(signer: Signer, grown: Tree) -> str:
    """Return the signed note over a tree (C2SP tlog-checkpoint). The same tree gives the same note."""
    body = checkpoint.body(signer.origin, grown.size, grown.root())
    return checkpoint.attach(body, signer.origin, signer.public, signer.sign(body.encode()))


async def inclusion(
    session: AsyncSession, index: int, size: int | None
) -> tuple[Entry, Tree, Sequence[bytes]]:
    """Return an entry, the tree it is proved in, and its inclusion path (RFC 9162 §2.1.3).

    Raises:
        NotFound: no such entry, or the log is not that large.
    """
    line = await session.scalar(select(LogEntry.line).where(LogEntry.index == index))
    grown = await tree(session, size)
    if line is None or index >= grown.size or (size is not None and grown.size != size):
        raise NotFound("日志中没有该条目，或日志尚未达到该大小")
    return parse_entry(line, f"log entry {index}"), grown, grown.path(index)


def moment_of(entry: Entry) -> datetime:
    """Return when an entry was logged."""
    return datetime.fromisoformat(entry.time)
