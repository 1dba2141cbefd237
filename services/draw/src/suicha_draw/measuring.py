"""Gauges of the queue and of all rounds. Only the API exports them: they are there, and right, without any worker."""

import asyncio

from prometheus_client import Gauge
from sqlalchemy import func, select
from suicha_chassis.app import Runtime
from suicha_chassis.scope import SYSTEM

from suicha_draw.models import Round, RoundWork

ROUNDS = Gauge("suicha_draw_rounds", "rounds by state", ["state"])
QUEUE_DEPTH = Gauge("suicha_draw_queue_depth", "rounds that wait for a worker or are being worked on")
QUEUE_AGE = Gauge("suicha_draw_queue_age_seconds", "age of the round that waits longest")

_STATES = ("draft", "frozen", "committed", "revealed", "seeded", "drawn", "signed", "completed", "void")
_PAUSE_SECONDS = 5.0


async def measure(runtime: Runtime) -> None:
    """Keep the gauges current, for ever."""
    while True:
        async with runtime.db.session(SYSTEM) as session:
            counts = await session.execute(
                select(Round.state, func.count().label("number")).group_by(Round.state)
            )
            by_state = {row.state: int(row.number) for row in counts}
            age = func.extract("epoch", func.now() - func.min(RoundWork.queued_at))
            waiting = (
                await session.execute(select(func.count(), func.coalesce(age, 0)).select_from(RoundWork))
            ).one()
        for state in _STATES:
            ROUNDS.labels(state).set(by_state.get(state, 0))
        QUEUE_DEPTH.set(int(waiting[0]))
        QUEUE_AGE.set(float(waiting[1]))
        await asyncio.sleep(_PAUSE_SECONDS)
