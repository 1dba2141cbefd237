"""One connection to JetStream: publish, consume, watch."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from suicha_chassis.bus.dead_letters import bury, list_letters
from suicha_chassis.bus.pull import Pull
from suicha_chassis.bus.streams import check_server_version, ensure_consumer, ensure_streams
from suicha_chassis.bus.terms import (
    DLQ,
    JOBS,
    DeadLetter,
    Delivery,
    PermanentError,
    Subscription,
    TransientError,
    retry_delay,
)
from suicha_chassis.logs import get_logger
from suicha_chassis.metrics import CONSUMER_LAG, DEAD_LETTERS, EVENTS_HANDLED
from suicha_chassis.settings import ChassisSettings

log = get_logger(__name__)


class Bus:
    """A connection to JetStream that never gives up."""

    def __init__(self, settings: ChassisSettings, name: str) -> None:
        self._url = settings.nats_url
        self._token = settings.nats_token.get_secret_value()
        self._name = name
        self._client: Client | None = None
        self._js: JetStreamContext | None = None

    @property
    def connected(self) -> bool:
        """Tell whether the broker answers."""
        return self._client is not None and self._client.is_connected and self._js is not None

    async def connect(self) -> None:
        """Connect, check the server's version, make the streams. Retries until the broker is there.

        Raises:
            BrokerTooOldError: the server is older than 2.10.23.
        """
        while True:
            try:
                client = await nats.connect(
                    self._url,
                    name=self._name,
                    token=self._token or None,
                    allow_reconnect=True,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.25,
                    connect_timeout=2,
                    ping_interval=5,
                    max_outstanding_pings=2,
                    error_cb=self._on_error,
                )
                break
            except (OSError, NatsError) as error:
                log.warning("broker not reachable", error=repr(error))
                await asyncio.sleep(0.5)
        check_server_version(str(client._server_info.get("version", "0")))
        self._client = client
        js = client.jetstream(timeout=5)
        while True:
            try:
                await ensure_streams(js)
                break
            except (NatsError, APIError) as error:
                log.warning("streams not ready", error=repr(error))
                await asyncio.sleep(0.5)
        self._js = js

    async def _on_error(self, error: Exception) -> None:
        if str(error):
            log.info("broker connection", error=repr(error))

    async def publish(self, subject: str, data: bytes, message_id: str) -> None:
        """Store one message. Publishing the same `message_id` again within ten minutes stores nothing.

        Raises:
            TransientError: the broker did not confirm; the message may or may not be stored.
        """
        if self._js is None:
            raise TransientError("broker not connected")
        try:
            await self._js.publish(subject, data, timeout=5, headers={"Nats-Msg-Id": message_id})
        except (NatsError, APIError, OSError) as error:
            raise TransientError(f"not confirmed: {error!r}") from error

    async def consume(self, subscription: Subscription) -> None:
        """Deliver messages to a subscription for ever. Raises when the broker fails; start it again."""
        while self._js is None or self._client is None:
            await asyncio.sleep(0.1)
        await ensure_consumer(self._js, subscription)
        # A worker takes no more jobs than it works on at once: the others are for its neighbours.
        most = subscription.concurrency if subscription.stream == JOBS else max(16, subscription.concurrency)
        async with Pull(self._client, subscription.stream, subscription.durable) as pull:
            while True:
                messages = await pull.take(most)
                # One that waits behind another MUST NOT run out of time: each tells that it is alive.
                guard = asyncio.Semaphore(subscription.concurrency)
                async with asyncio.TaskGroup() as group:
                    for message in messages:
                        group.create_task(self._deliver(subscription, message, guard))

    async def _deliver(self, subscription: Subscription, message: Msg, guard: asyncio.Semaphore) -> None:
        delivery = Delivery(
            subject=message.subject,
            data=message.data,
            message_id=(message.headers or {}).get("Nats-Msg-Id", ""),
            attempt=message.metadata.num_delivered,
            stored_at=message.metadata.timestamp or datetime.now(UTC),
        )
        label = subscription.durable
        async with _alive(message, subscription.ack_wait), guard:
            try:
                await subscription.handle(delivery)
            except PermanentError as error:
                await self._bury(subscription, message, delivery, repr(error))
                return
            except TransientError as error:
                EVENTS_HANDLED.labels(label, "postponed").inc()
                log.warning("delivery postponed", consumer=label, error=repr(error), attempt=delivery.attempt)
                await message.nak(delay=min(retry_delay(delivery.attempt), 30.0))
                return
            except Exception as error:
                if delivery.attempt >= subscription.max_attempts:
                    await self._bury(subscription, message, delivery, repr(error))
                    return
                EVENTS_HANDLED.labels(label, "failed").inc()
                log.error("delivery failed", consumer=label, attempt=delivery.attempt, exc_info=error)
                await message.nak(delay=retry_delay(delivery.attempt))
                return
            EVENTS_HANDLED.labels(label, "done").inc()
            await message.ack()

    async def _bury(self, subscription: Subscription, message: Msg, delivery: Delivery, reason: str) -> None:
        if self._js is None:
            raise TransientError("broker not connected")
        await bury(self._js, subscription, message, delivery, reason)
        EVENTS_HANDLED.labels(subscription.durable, "buried").inc()
        log.error("message buried", consumer=subscription.durable, reason=reason)

    async def watch(self, consumers: Sequence[tuple[str, str]]) -> None:
        """Keep the lag gauges of consumers (stream, durable) and the dead-letter gauge current, for ever."""
        while True:
            if self._js is not None and self.connected:
                for stream, durable in consumers:
                    with contextlib.suppress(NotFoundError):
                        info = await self._js.consumer_info(stream, durable)
                        CONSUMER_LAG.labels(durable).set(
                            (info.num_pending or 0) + (info.num_ack_pending or 0)
                        )
                DEAD_LETTERS.set((await self._js.stream_info(DLQ)).state.messages)
            await asyncio.sleep(5)

    async def dead_letters(self) -> AsyncIterator[DeadLetter]:
        """Yield every message of the dead-letter queue, oldest first."""
        assert self._js is not None
        async for letter in list_letters(self._js):
            yield letter

    async def replay(self, letter: DeadLetter) -> None:
        """Publish one dead letter again on its own subject and remove it from the queue.

        Every consumer of the subject sees it; those that have handled it know it by its event id.
        """
        assert self._js is not None
        await self.publish(letter.subject, letter.data, f"replay:{letter.sequence}:{time.time_ns()}")
        await self._js.delete_msg(DLQ, letter.sequence)

    async def close(self) -> None:
        """Leave the broker."""
        if self._client is not None:
            with contextlib.suppress(Exception):
                await self._client.close()
        self._client = self._js = None


@contextlib.asynccontextmanager
async def _alive(message: Msg, ack_wait: float) -> AsyncIterator[None]:
    """Tell the broker again and again that the message is being worked on."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(ack_wait / 3)
            await message.in_progress()

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, NatsError):
            await task
