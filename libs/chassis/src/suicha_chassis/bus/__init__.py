"""The message bus: JetStream, and the only package that imports nats.

Contract. `publish` returns only when the broker has stored the message on disk (`sync_interval: always`).
A delivery is acknowledged only after its effect is committed. A delivery that fails is given back with a
growing delay; one that can never succeed, or failed `max_attempts` times, goes to `dlq.<service>.<consumer>`
with the reason, and is terminated. Trouble with the database or the broker is nobody's fault: it never
counts towards the dead-letter queue.
"""

from suicha_chassis.bus.client import Bus
from suicha_chassis.bus.streams import OLDEST_SERVER, BrokerTooOldError, check_server_version
from suicha_chassis.bus.terms import (
    DLQ,
    EVENTS,
    JOBS,
    DeadLetter,
    Delivery,
    Handler,
    PermanentError,
    Subscription,
    TransientError,
    retry_delay,
)

__all__ = [
    "DLQ",
    "EVENTS",
    "JOBS",
    "OLDEST_SERVER",
    "BrokerTooOldError",
    "Bus",
    "DeadLetter",
    "Delivery",
    "Handler",
    "PermanentError",
    "Subscription",
    "TransientError",
    "check_server_version",
    "retry_delay",
]
