"""Server-sent events of a round: every new log entry and every change of state or progress (S2 Art. 10)."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import select
from suicha_chassis.app import Runtime
from suicha_chassis.scope import Scope

from suicha_draw.models import LogEntry, Round

_PAUSE, _LATER = 0.5, 2.0
"""Seconds between two looks, while the draw is held and once it is completed."""
_FINAL = frozenset({"void", "withdrawn"})


async def follow(runtime: Runtime, scope: Scope, round_id: UUID, after: int) -> AsyncIterator[bytes]:
    """Yield `log` events with entries newer than an index, and `state` events, until nothing more can come.

    A completed round is followed on: substitutions and the end of an embargo are entries too. A comment keeps the
    connection alive; it ends when the client leaves, the attempt is void or withdrawn, or the process shuts down.
    """
    shown = ""
    while True:
        async with runtime.db.session(scope) as session:
            row = await session.scalar(select(Round).where(Round.id == round_id))
            if row is None:
                return
            entries = await session.scalars(
                select(LogEntry)
                .where(
                    LogEntry.draw_id == row.draw_id, LogEntry.attempt == row.attempt, LogEntry.index > after
                )
                .order_by(LogEntry.index)
            )
            for entry in entries:
                after = entry.index
                yield f"id: {after}\nevent: log\ndata: {entry.line.decode()}\n\n".encode()
        state = json.dumps(
            {"state": row.state, "progress": row.progress, "problems": row.problems}, ensure_ascii=False
        )
        yield b": alive\n\n" if state == shown else f"event: state\ndata: {state}\n\n".encode()
        shown = state
        if row.state in _FINAL:
            return
        await asyncio.sleep(_LATER if row.state == "completed" else _PAUSE)
