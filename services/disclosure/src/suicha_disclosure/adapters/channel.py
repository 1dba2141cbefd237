"""What every channel can do, whatever stands behind it. Knows no HTTP and no database.

Contract, held by one suite for all adapters (tests/contracts):
* `push` never raises for what a receiver does or fails to do; it returns an `Answer`.
* `push` says ACCEPTED only with a receipt for this record in this version or a newer one.
* Pushing the same version again MUST be safe; the receiver keeps one.
* `push` ends within the time that the adapter was given.
* `holdings` yields records ascending by id, and raises `ChannelDownError` when the receiver fails.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from suicha_contracts.publication import HeldRecord, RecordKind

ANSWER_KEPT = 2048
"""Bytes of an answer that are kept with an attempt."""


class Verdict(StrEnum):
    """What an answer means for the delivery."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """Refused for good: the same push can never succeed."""
    AGAIN = "again"
    """The receiver is down, confused or misconfigured: later it may succeed."""
    INTERRUPTED = "interrupted"
    """Our own process ended before an answer came; nobody knows, and pushing again is safe."""


class ChannelDownError(Exception):
    """The receiver did not tell what it holds."""


@dataclass(frozen=True)
class Outgoing:
    """One version of a record as it goes out. The body is sent byte for byte."""

    kind: RecordKind
    record_id: str
    version: int
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What came of one push. `text` is at most `ANSWER_KEPT` bytes of what the receiver said."""

    verdict: Verdict
    status: int | None = None
    text: str = ""
    reason: str = ""
    ms: int = 0
    retry_after: float = 0.0
    """Seconds that the receiver asked us to wait; 0 if it did not."""
    receipt: dict[str, Any] | None = field(default=None)


class Channel(Protocol):
    """One receiver of public records."""

    @property
    def name(self) -> str:
        """The code of the channel, as it stands in rulesets."""

    @property
    def compared(self) -> tuple[RecordKind, ...]:
        """Kinds of records that the receiver can list for reconciliation."""

    async def push(self, record: Outgoing) -> Answer:
        """Offer one version of a record."""

    def holdings(self, kind: RecordKind) -> AsyncIterator[HeldRecord]:
        """Yield what the receiver holds of a kind.

        Raises:
            ChannelDownError: it did not answer, or not in the agreed form.
        """

    async def close(self) -> None:
        """Give up connections."""
