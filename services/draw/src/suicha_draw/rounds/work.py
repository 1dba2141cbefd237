"""What a worker does with a round, step by step. A step begins from what is committed and ends in one commit.

Killed anywhere, the step is begun again by whoever gets the job next, and yields the same bytes. One worker at
a time holds a round: by an advisory lock in a transaction that ends with the worker's connection.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import delete, select, update
from suicha_chassis.app import Runtime
from suicha_chassis.bus import PermanentError, TransientError
from suicha_chassis.consumers import JobHandler
from suicha_chassis.db import Database
from suicha_chassis.logs import get_logger
from suicha_chassis.problems import NotFound
from suicha_chassis.scope import SYSTEM

from suicha_draw.ledger.signer import Signer
from suicha_draw.metrics import STEP_SECONDS
from suicha_draw.models import Round, RoundWork
from suicha_draw.registry_client import RegistryClient, RegistryRefusedError
from suicha_draw.rounds.afterwards import after_completion
from suicha_draw.rounds.completing import complete, fetch_dossier
from suicha_draw.rounds.context import Work
from suicha_draw.rounds.drawing import draw, make_seed
from suicha_draw.rounds.freezing import freeze
from suicha_draw.rounds.store import JOB, find_round

log = get_logger(__name__)

Step = Callable[[Work, Round], Awaitable[None]]

STEPS: dict[str, Step] = {
    "draft": freeze,
    "revealed": make_seed,
    "seeded": draw,
    "drawn": fetch_dossier,
    "signed": complete,
    "completed": after_completion,
}
"""State → what a worker does then. In every other state people act, or nothing is left to do."""


def jobs(runtime: Runtime, registry: RegistryClient, signer: Signer) -> list[JobHandler]:
    """Return the job handlers of a worker process."""

    async def run(body: dict[str, Any]) -> None:
        try:
            round_id = UUID(str(body["round_id"]))
        except (KeyError, ValueError) as error:
            raise PermanentError("a job without a round") from error
        try:
            await work_on(Work(runtime.db, runtime.files, registry, signer, round_id))
        except psycopg.OperationalError as error:
            raise TransientError(f"database: {error!r}") from error
        except NotFound as error:
            raise PermanentError(f"no round {round_id}") from error
        except RegistryRefusedError as error:
            raise PermanentError(f"registry refuses: {error.code} {error.detail}") from error

    return [JobHandler(JOB, run)]


async def work_on(work: Work) -> None:
    """Take a round as far as it goes without people.

    Raises:
        TransientError: another worker has it, or a part outside is down.
    """
    async with _claim(work.db, work.round_id):
        async with work.db.session(SYSTEM) as session:
            queued = await session.scalar(
                select(RoundWork.queued_at).where(RoundWork.round_id == work.round_id)
            )
        while True:
            async with work.db.session(SYSTEM) as session:
                row = await find_round(session, work.round_id)
            step = STEPS.get(row.state)
            if step is None:
                break
            began = time.perf_counter()
            await step(work, row)
            STEP_SECONDS.labels(step.__name__).observe(time.perf_counter() - began)
            async with work.db.session(SYSTEM) as session:
                state = await session.scalar(select(Round.state).where(Round.id == work.round_id))
            log.info("round step", draw_id=row.draw_id, attempt=row.attempt, step=step.__name__, state=state,
                     ms=round((time.perf_counter() - began) * 1000))  # fmt: skip
            if state == row.state:
                break
        async with work.db.transaction(SYSTEM) as session:
            # The round before its work, as everybody who queues work does: the other order deadlocks.
            await find_round(session, work.round_id, lock=True)
            await session.execute(
                delete(RoundWork).where(RoundWork.round_id == work.round_id, RoundWork.queued_at == queued)
            )
            await session.execute(update(Round).where(Round.id == work.round_id).values(progress={}))


@asynccontextmanager
async def _claim(db: Database, round_id: UUID) -> AsyncIterator[None]:
    async with await db.raw(autocommit=False) as connection:
        held = await connection.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (f"round|{round_id}",)
        )
        if (await held.fetchone()) != (True,):
            raise TransientError(f"another worker has round {round_id}")
        yield
