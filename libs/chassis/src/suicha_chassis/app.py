"""The app factory: from a service's table of parts to a running process.

Starting never waits for the database or the broker: the process comes up, `/readyz` says what is missing,
and background loops start again, with growing pauses, until everything is there.
"""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from suicha_chassis import audit
from suicha_chassis.auth import Authenticator
from suicha_chassis.bus import JOBS, BrokerTooOldError, Bus, Subscription
from suicha_chassis.consumers import (
    EventHandler,
    JobHandler,
    event_subscription,
    job_consumer,
    job_subscription,
)
from suicha_chassis.db import Database
from suicha_chassis.described import DescribedApp
from suicha_chassis.files import FileStore
from suicha_chassis.logs import configure_logging, get_logger
from suicha_chassis.metrics import LOOP_FAILURES
from suicha_chassis.middleware import RequestContext
from suicha_chassis.outbox import forget_old, run_relay
from suicha_chassis.problem_handlers import install_problem_handlers
from suicha_chassis.problems import ProblemBody
from suicha_chassis.settings import DatabaseSettings

log = get_logger(__name__)


@dataclass
class Runtime:
    """What a process works with. Endpoints find it at `request.app.state.runtime`."""

    service: str
    settings: Any
    db: Database
    bus: Bus
    files: FileStore
    auth: Authenticator
    extras: dict[str, Any] = field(default_factory=dict)


Loop = Callable[[Runtime], Awaitable[None]]


@dataclass(frozen=True)
class Process:
    """The table of parts of one process: the one composition root of a service."""

    service: str
    title: str
    description: str
    routers: Sequence[APIRouter] = ()
    handlers: Sequence[EventHandler[Any]] | Callable[[Runtime], Sequence[EventHandler[Any]]] = ()
    """What events do here; a function where effects need the runtime, such as the file store."""
    jobs: Callable[[Runtime], Sequence[JobHandler]] | None = None
    loops: Sequence[tuple[str, Loop]] = ()
    relay: bool = True
    """Whether this process may lead the outbox relay; a worker beside an API need not."""
    watch: bool = True
    """Whether this process exports how much waits at its consumers. Workers beside an API do not: each would tell the
    same figure, and none at all while none runs."""
    queues: Sequence[str] = ()
    """Jobs that workers of this service take, and whose waiting ones this process exports."""
    tags: Sequence[dict[str, str]] = ()
    startup: Callable[[Runtime], Awaitable[None]] | None = None


def create_app(process: Process, settings: DatabaseSettings | None) -> FastAPI:
    """Build the app of a process. With `settings=None` it only describes itself (OpenAPI)."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        assert settings is not None, "an app without settings cannot serve"
        configure_logging(settings, process.service)
        runtime = Runtime(
            service=process.service,
            settings=settings,
            db=Database(settings),
            bus=Bus(settings, process.service),
            files=FileStore(settings.files_url),
            auth=Authenticator(settings),
        )
        app.state.runtime = runtime
        if process.startup is not None:
            await process.startup(runtime)
        tasks = [asyncio.create_task(run) for run in _background(process, runtime, settings)]
        try:
            yield
        finally:
            await _stop(tasks)
            await runtime.bus.close()
            await runtime.db.close()

    tracing = bool(settings and settings.otel_exporter_otlp_endpoint)
    if settings is not None and tracing:
        os.environ.setdefault("OTEL_EXPORTER_OTLP_ENDPOINT", settings.otel_exporter_otlp_endpoint)
        os.environ.setdefault("OTEL_SERVICE_NAME", f"suicha-{process.service}")
    app = DescribedApp(
        title=process.title,
        description=process.description,
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_tags=[dict(tag) for tag in process.tags],
        telemetry={"tracing": tracing, "metrics": False, "logs": False, "auto_configure": tracing},
        responses={"default": {"model": ProblemBody, "description": "其他错误（RFC 9457）"}},
    )
    install_problem_handlers(app)
    app.add_middleware(RequestContext)
    for part in process.routers:
        app.include_router(part)
    _add_probes(app)
    return app


def subscriptions_of(process: Process, runtime: Runtime) -> tuple[Subscription, ...]:
    """Return every durable consumer of a process."""
    jobs = process.jobs(runtime) if process.jobs is not None else ()
    handlers = process.handlers(runtime) if callable(process.handlers) else process.handlers
    return (
        *(event_subscription(process.service, runtime.db, handler) for handler in handlers),
        *(job_subscription(process.service, job) for job in jobs),
    )


def _background(process: Process, runtime: Runtime, settings: DatabaseSettings) -> list[Any]:
    subscriptions = subscriptions_of(process, runtime)
    runs = [_for_ever("bus", lambda: _stay_connected(runtime.bus))]
    for one in subscriptions:
        runs.append(_for_ever(one.durable, lambda one=one: runtime.bus.consume(one)))  # type: ignore[misc]
    if process.watch:
        watched = [(one.stream, one.durable) for one in subscriptions]
        watched += [(JOBS, job_consumer(process.service, name)) for name in process.queues]
        runs.append(_for_ever("watch", lambda: runtime.bus.watch(watched)))
    if process.relay:
        runs.append(_for_ever("relay", lambda: run_relay(runtime.db, runtime.bus)))
        runs.append(_for_ever("seal", lambda: _seal(runtime.db)))
        runs.append(
            _for_ever("forget", lambda: _forget(runtime.db, settings.outbox_days, settings.idempotency_days))
        )
    for name, loop in process.loops:
        runs.append(_for_ever(name, lambda loop=loop: loop(runtime)))  # type: ignore[misc]
    return runs


async def _for_ever(name: str, start: Callable[[], Awaitable[None]]) -> None:
    """Run a loop; when it fails, say so and start it again after 0.2 s, doubling up to 10 s."""
    pause = 0.2
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await start()
        except BrokerTooOldError as error:
            log.error("broker refused", error=str(error))
            os._exit(78)  # EX_CONFIG: nothing that retrying could mend
        except Exception as error:
            LOOP_FAILURES.labels(name).inc()
            log.warning("loop failed, starting again", loop=name, error=repr(error))
        if asyncio.get_running_loop().time() - began > 30:
            pause = 0.2
        await asyncio.sleep(pause)
        pause = min(pause * 2, 10.0)


async def _stop(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancel tasks until they end. Once is not enough: a cancellation that meets the end of a time limit
    inside `asyncio.wait_for` (Python 3.11) comes out as the time limit, and the loop would go on."""
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=1)


async def _stay_connected(bus: Bus) -> None:
    if not bus.connected:
        await bus.connect()
    while True:
        await asyncio.sleep(3600)


async def _seal(db: Database) -> None:
    while True:
        if await audit.seal_new_entries(db) == 0:
            await asyncio.sleep(1)


async def _forget(db: Database, days: int, idempotency_days: int) -> None:
    while True:
        await forget_old(db, days, idempotency_days)
        await asyncio.sleep(3600)


def _add_probes(app: FastAPI) -> None:
    """Liveness, readiness and metrics; reachable beside the gateway only, so outside the OpenAPI."""

    @app.get("/livez", include_in_schema=False)
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        runtime: Runtime = app.state.runtime
        checks = {"database": True, "broker": runtime.bus.connected}
        try:
            await asyncio.wait_for(runtime.db.ping(), timeout=3)
        except Exception as error:
            log.warning("database not ready", error=repr(error))
            checks["database"] = False
        ready = all(checks.values())
        return JSONResponse({"ready": ready, "checks": checks}, 200 if ready else 503)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def serve(app: FastAPI, host: str, port: int) -> None:
    """Run an app until told to stop. Workers are scaled as processes, not inside one."""
    # What is there by now stays. Left to the collector, it would be walked through again and again, while
    # requests and events wait.
    gc.collect()
    gc.freeze()
    uvicorn.run(app, host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=10)
