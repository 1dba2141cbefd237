"""The draw worker: takes rounds from the work queue and carries them out; voids what is overdue.

Any number of workers may run; each round is in the hands of one at a time.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from fastapi import FastAPI
from suicha_chassis import app
from suicha_chassis.app import Runtime
from suicha_chassis.bus import TransientError
from suicha_chassis.consumers import JobHandler

from suicha_draw.beacon.fetching import DrandClient
from suicha_draw.beacon.patience import Patience
from suicha_draw.history.importing import JOB as HISTORY
from suicha_draw.history.importing import work_on_import
from suicha_draw.ledger.signer import signer_of
from suicha_draw.registry_client import RegistryClient
from suicha_draw.rounds.beaconing import fetch_due
from suicha_draw.rounds.child import keep_one_ready
from suicha_draw.rounds.substituting import answer_due
from suicha_draw.rounds.unsealing import unseal_due
from suicha_draw.rounds.voiding import void_overdue
from suicha_draw.rounds.work import jobs
from suicha_draw.settings import Settings


def _jobs(runtime: Runtime) -> Sequence[JobHandler]:
    settings = runtime.settings
    assert isinstance(settings, Settings)

    async def take_history(body: dict[str, Any]) -> None:
        try:
            await work_on_import(runtime.db, runtime.files, body)
        except psycopg.OperationalError as error:
            raise TransientError(f"database: {error!r}") from error

    return [*jobs(runtime, RegistryClient(settings), signer_of(settings)), JobHandler(HISTORY, take_history)]


async def _keep_time(runtime: Runtime) -> None:
    """Void what is overdue, one attempt after the other."""
    while True:
        if await void_overdue(runtime.db) == 0:
            await asyncio.sleep(1)


async def _fetch_beacons(runtime: Runtime) -> None:
    """Fetch beacons whose time has come, where there is a network."""
    settings = runtime.settings
    assert isinstance(settings, Settings)
    urls = [url for url in settings.drand_urls.split(",") if url]
    drand, rounds, dropouts = DrandClient(urls), Patience(), Patience()
    while True:
        taken = 0
        if urls:
            taken += await fetch_due(runtime.db, drand, rounds)
            taken += await answer_due(runtime.db, runtime.files, drand, dropouts)
        if taken == 0:
            await asyncio.sleep(1)


async def _end_embargoes(runtime: Runtime) -> None:
    """Publish what was kept back, once it may be."""
    while True:
        if await unseal_due(runtime.db) == 0:
            await asyncio.sleep(1)


PROCESS = app.Process(
    service="draw",
    title="随查 · 抽取执行",
    description="从工作队列领取抽取任务并执行；只提供探针与指标。",
    jobs=_jobs,
    loops=(
        ("standby", keep_one_ready),
        ("overdue", _keep_time),
        ("beacons", _fetch_beacons),
        ("embargoes", _end_embargoes),
    ),
    relay=False,
    watch=False,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the worker's app, which serves probes and metrics only."""
    return app.create_app(PROCESS, settings)
