"""The words of the bus: deliveries, subscriptions, and the two ways in which work can fail. Knows no broker."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

EVENTS, JOBS, DLQ = "EVENTS", "JOBS", "DLQ"
"""The streams: facts for everybody, work for one process, and what could not be handled."""


class PermanentError(Exception):
    """The message can never be handled; it goes to the dead-letter queue at once."""


class TransientError(Exception):
    """A part outside is down; the message comes back later, as often as it takes."""


@dataclass(frozen=True)
class Delivery:
    """One message as a handler sees it."""

    subject: str
    data: bytes
    message_id: str
    attempt: int
    stored_at: datetime


@dataclass(frozen=True)
class DeadLetter:
    """A message that could not be handled, and why."""

    sequence: int
    consumer: str
    subject: str
    message_id: str
    attempts: int
    reason: str
    data: bytes


Handler = Callable[[Delivery], Awaitable[None]]


@dataclass(frozen=True)
class Subscription:
    """A durable consumer: which subjects of which stream, and how patiently."""

    service: str
    name: str
    stream: str
    subjects: tuple[str, ...]
    handle: Handler
    ack_wait: float = 30.0
    """Seconds without a sign of life after which the broker gives the message to another process."""
    max_attempts: int = 12
    concurrency: int = 1
    """Deliveries handled side by side by one process; 1 keeps the order of the stream."""

    @property
    def durable(self) -> str:
        """Name of the consumer at the broker."""
        return f"{self.service}-{self.name}"

    @property
    def dead_letter_subject(self) -> str:
        """Where messages go that cannot be handled."""
        return f"dlq.{self.service}.{self.name}"


def retry_delay(attempt: int) -> float:
    """Seconds until the next delivery after an attempt (1 is the first): 0.5 s doubling up to 5 min."""
    return float(min(300.0, 0.5 * 2 ** min(attempt - 1, 20)))
