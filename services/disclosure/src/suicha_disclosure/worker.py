"""The loops that run beside the API: deliver, reconcile, measure. Any number of processes may run them."""

import asyncio
import contextlib

import structlog
from sqlalchemy import text
from suicha_chassis.app import Runtime
from suicha_chassis.logs import get_logger
from suicha_chassis.scope import SYSTEM

from suicha_disclosure.adapters.channel import Answer, Channel, Verdict
from suicha_disclosure.adapters.credit_platform import CreditPlatformAdapter
from suicha_disclosure.adapters.public_site import PublicSiteAdapter
from suicha_disclosure.metrics import (
    DELIVERIES_OLDEST,
    DELIVERIES_REJECTED,
    DELIVERIES_WAITING,
    OVERDUE,
    PUSHES,
)
from suicha_disclosure.service.deliveries import Claim, Pace, claim, settle
from suicha_disclosure.service.publish import CREDIT_PLATFORM, PUBLIC_SITE, WAKE
from suicha_disclosure.service.reconcile import next_due, reconcile
from suicha_disclosure.settings import Settings

log = get_logger(__name__)

_POLL_SECONDS = 1.0
_MEASURE_SECONDS = 5.0


def channels_from(settings: Settings) -> tuple[Channel, ...]:
    """Build the adapter of every channel that the platform delivers to."""
    return (
        PublicSiteAdapter(
            settings.site_url, settings.site_secret_bytes, settings.push_seconds, settings.push_concurrency
        ),
        CreditPlatformAdapter(
            settings.credit_url,
            settings.credit_token.get_secret_value(),
            settings.push_seconds,
            settings.push_concurrency,
        ),
    )


async def deliver(runtime: Runtime) -> None:
    """Push what waits, each channel for itself, so that one that is down holds up no other."""
    settings: Settings = runtime.settings
    channels = channels_from(settings)
    pace = Pace(settings.push_seconds, settings.retry_first_seconds, settings.retry_max_seconds)
    wakes = [asyncio.Event() for _ in channels]
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_listen(runtime, wakes))
            for channel, wake in zip(channels, wakes, strict=True):
                group.create_task(_dispatch(runtime, channel, pace, settings.push_concurrency, wake))
    finally:
        for channel in channels:
            await channel.close()


async def _listen(runtime: Runtime, wakes: list[asyncio.Event]) -> None:
    """Wake every dispatcher when something was issued anywhere."""
    async with await runtime.db.raw() as connection:
        await connection.execute(f"LISTEN {WAKE}")
        async for _ in connection.notifies():
            for wake in wakes:
                wake.set()


async def _dispatch(
    runtime: Runtime, channel: Channel, pace: Pace, concurrency: int, wake: asyncio.Event
) -> None:
    """Keep up to `concurrency` pushes to one channel under way, for ever."""
    running: set[asyncio.Task[None]] = set()
    async with asyncio.TaskGroup() as group:
        while True:
            wake.clear()
            room = concurrency - len(running)
            claims: list[Claim] = []
            if room:
                async with runtime.db.transaction(SYSTEM) as session:
                    claims = await claim(session, channel.name, room, pace)
            for claimed in claims:
                task = group.create_task(_push(runtime, channel, claimed, pace, wake))
                running.add(task)
                task.add_done_callback(running.discard)
            # A full house waits for a push to end, an idle one for news; the poll finds what is due.
            # Not `wait_for`: before Python 3.12 it loses a cancellation that comes together with the news.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if len(running) >= concurrency else _POLL_SECONDS):
                    await wake.wait()


async def _push(runtime: Runtime, channel: Channel, claimed: Claim, pace: Pace, wake: asyncio.Event) -> None:
    record = claimed.record
    with structlog.contextvars.bound_contextvars(
        channel=channel.name, kind=record.kind.value, record=record.record_id, record_version=record.version
    ):
        answer = await channel.push(record)
        async with runtime.db.transaction(SYSTEM) as session:
            pause = await settle(session, claimed, answer, pace)
        _tell(channel, claimed, answer)
    wake.set()
    if pause is not None and pause < _POLL_SECONDS:
        asyncio.get_running_loop().call_later(pause, wake.set)


def _tell(channel: Channel, claimed: Claim, answer: Answer) -> None:
    PUSHES.labels(channel.name, answer.verdict.value).inc()
    if answer.verdict is Verdict.ACCEPTED:
        log.info("pushed", ms=answer.ms, attempt=claimed.number)
        return
    tell = log.error if answer.verdict is Verdict.REJECTED else log.warning
    tell("push failed", verdict=answer.verdict.value, status=answer.status, reason=answer.reason,
         attempt=claimed.number)  # fmt: skip


async def reconcile_channels(runtime: Runtime) -> None:
    """Compare every channel with what it accepted, by the clock and when a person asks (DATA_CHECK)."""
    settings: Settings = runtime.settings
    channels = channels_from(settings)
    try:
        async with await runtime.db.raw() as connection:
            await connection.execute(f"LISTEN {WAKE}")
            while True:
                for channel in channels:
                    # One process at a time. The lock lives with the connection: a killed process lets go.
                    key = f"suicha-reconcile-{channel.name}"
                    row = await (
                        await connection.execute("SELECT pg_try_advisory_lock(hashtext(%s))", (key,))
                    ).fetchone()
                    if not row or not row[0]:
                        continue
                    try:
                        due = await next_due(runtime.db, channel.name, settings.reconcile_seconds)
                        if due is not None and not await reconcile(runtime.db, channel, due):
                            log.warning("channel could not be compared", channel=channel.name)
                    finally:
                        await connection.execute("SELECT pg_advisory_unlock(hashtext(%s))", (key,))
                async for _ in connection.notifies(timeout=_POLL_SECONDS, stop_after=1):
                    break
    finally:
        for channel in channels:
            await channel.close()


async def measure(runtime: Runtime) -> None:
    """Keep the gauges current."""
    names = (PUBLIC_SITE, CREDIT_PLATFORM)
    while True:
        async with runtime.db.transaction(SYSTEM) as session:
            rows = (await session.execute(_MEASURES)).all()
            overdue = await session.scalar(_OVERDUE)
        found = {row.channel: row for row in rows}
        for name in names:
            row = found.get(name)
            DELIVERIES_WAITING.labels(name).set(row.waiting if row else 0)
            DELIVERIES_OLDEST.labels(name).set(row.oldest if row else 0)
            DELIVERIES_REJECTED.labels(name).set(row.rejected if row else 0)
        OVERDUE.set(overdue or 0)
        await asyncio.sleep(_MEASURE_SECONDS)


_MEASURES = text(
    "SELECT channel, count(*) FILTER (WHERE state = 'waiting') AS waiting, "
    "count(*) FILTER (WHERE state = 'rejected') AS rejected, "
    "coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE state = 'waiting')), 0)::float "
    "AS oldest FROM deliveries WHERE state <> 'accepted' GROUP BY channel"
)
_OVERDUE = text(
    "SELECT count(*) FROM disclosures WHERE state IN ('pending', 'released') "
    "AND due_on < (now() AT TIME ZONE 'Asia/Shanghai')::date"
)
