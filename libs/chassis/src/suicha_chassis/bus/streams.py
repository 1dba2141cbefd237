"""The streams and consumers at the broker, and which brokers are good enough."""

import re

from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import BadRequestError

from suicha_chassis.bus.terms import DLQ, EVENTS, JOBS, Subscription

OLDEST_SERVER = (2, 10, 23)
"""Older servers silently ignore options that this package relies on."""

_DAY = 86_400.0
_STREAMS = (
    StreamConfig(name=EVENTS, subjects=["events.>"], max_age=30 * _DAY, duplicate_window=600),
    StreamConfig(
        name=JOBS,
        subjects=["jobs.>"],
        retention=RetentionPolicy.WORK_QUEUE,
        max_age=30 * _DAY,
        duplicate_window=600,
    ),
    StreamConfig(name=DLQ, subjects=["dlq.>"], max_age=365 * _DAY, duplicate_window=600),
)


class BrokerTooOldError(RuntimeError):
    """The NATS server is older than `OLDEST_SERVER`."""


def check_server_version(version: str) -> None:
    """Refuse a server that is too old.

    Raises:
        BrokerTooOldError: it is older than 2.10.23.
    """
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    if numbers < OLDEST_SERVER:
        wanted = ".".join(map(str, OLDEST_SERVER))
        raise BrokerTooOldError(f"NATS 服务器版本 {version} 过旧，至少需要 {wanted}")


async def ensure_streams(js: JetStreamContext) -> None:
    """Make the streams, or bring them up to date."""
    for config in _STREAMS:
        await _ensure_stream(js, config)


async def _ensure_stream(js: JetStreamContext, config: StreamConfig) -> None:
    config = config.evolve(storage=StorageType.FILE, discard=DiscardPolicy.OLD)
    try:
        await js.add_stream(config)
    except BadRequestError:
        await js.update_stream(config)


async def ensure_consumer(js: JetStreamContext, subscription: Subscription) -> None:
    """Make the durable consumer of a subscription, or bring it up to date."""
    await js.add_consumer(
        subscription.stream,
        ConsumerConfig(
            durable_name=subscription.durable,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=subscription.ack_wait,
            max_deliver=-1,
            max_ack_pending=256,
            filter_subjects=list(subscription.subjects),
        ),
    )
