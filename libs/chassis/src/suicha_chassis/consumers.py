"""From a delivery to a committed effect: parse, open a session, check the inbox, handle, commit.

A service lists its handlers in one table: `HANDLERS = (on(DrawCompleted, "visits", create_visits), …)`.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.envelope import Envelope, Event

from suicha_chassis.bus import EVENTS, JOBS, Delivery, PermanentError, Subscription, TransientError
from suicha_chassis.db import Database
from suicha_chassis.inbox import first_time
from suicha_chassis.metrics import EVENT_SECONDS
from suicha_chassis.scope import SYSTEM

E = TypeVar("E", bound=Event)
EffectOf = Callable[[AsyncSession, E], Awaitable[None]]


@dataclass(frozen=True)
class EventHandler(Generic[E]):
    """One effect of one event. The effect runs in one transaction with its inbox row."""

    event: type[E]
    name: str
    effect: EffectOf[E]
    concurrency: int = 1


def on(event: type[E], name: str, effect: EffectOf[E], *, concurrency: int = 1) -> EventHandler[E]:
    """Say that an event has an effect here, under a name that never changes (it names the consumer)."""
    return EventHandler(event, name, effect, concurrency)


def event_subscription(service: str, db: Database, handler: EventHandler[Any]) -> Subscription:
    """Turn an event handler into a bus subscription that takes effect once."""
    durable = f"{service}-{handler.name}"

    async def handle(delivery: Delivery) -> None:
        try:
            envelope = Envelope.model_validate_json(delivery.data)
            event = handler.event.model_validate(envelope.data)
        except ValidationError as error:
            raise PermanentError(f"unreadable event: {error}") from error
        with structlog.contextvars.bound_contextvars(event_id=str(envelope.id), consumer=durable):
            try:
                async with db.transaction(SYSTEM, request_id=envelope.requestid) as session:
                    if await first_time(session, durable, envelope.id):
                        await handler.effect(session, event)
            except (OperationalError, InterfaceError) as error:
                raise TransientError(f"database: {error.orig!r}") from error
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise TransientError(f"database: {error.orig!r}") from error
                raise
        EVENT_SECONDS.labels(durable).observe((datetime.now(UTC) - envelope.time).total_seconds())

    return Subscription(
        service=service,
        name=handler.name,
        stream=EVENTS,
        subjects=(handler.event.subject(),),
        handle=handle,
        concurrency=handler.concurrency,
    )


@dataclass(frozen=True)
class JobHandler:
    """A piece of long work taken from the queue `jobs.<name>`.

    `run` MUST be safe to start again from any point: a process may be killed in the middle of it.
    """

    name: str
    run: Callable[[dict[str, Any]], Awaitable[None]]
    concurrency: int = 1


def job_consumer(service: str, job: str) -> str:
    """Return the durable consumer through which workers of a service take a job."""
    return f"{service}-{_dashed(job)}"


def _dashed(job: str) -> str:
    return job.replace(".", "-")


def job_subscription(service: str, job: JobHandler) -> Subscription:
    """Turn a job handler into a bus subscription on the work queue."""

    async def handle(delivery: Delivery) -> None:
        try:
            body = json.loads(delivery.data)["body"]
        except (ValueError, KeyError) as error:
            raise PermanentError("unreadable job") from error
        try:
            await job.run(body)
        except (OperationalError, InterfaceError) as error:
            raise TransientError(f"database: {error.orig!r}") from error

    return Subscription(
        service=service,
        name=_dashed(job.name),
        stream=JOBS,
        subjects=(f"jobs.{job.name}",),
        handle=handle,
        ack_wait=15.0,
        concurrency=job.concurrency,
    )
