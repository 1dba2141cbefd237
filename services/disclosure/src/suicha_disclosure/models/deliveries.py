"""What is pushed to whom: frozen bodies, one delivery row a channel, every attempt kept."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.scope import OrgScoped

from suicha_disclosure.models.base import Base


class PublicationCause(StrEnum):
    """Why a version of a record was issued."""

    FIRST = "first"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"
    FOLLOW_UP = "follow_up"
    """A follow-up was closed; the result itself did not change."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """Refused for good; a person looks at the reason and may retry."""


class AttemptCause(StrEnum):
    """Why a push was made."""

    RELEASE = "release"
    RETRY = "retry"
    """A person asked for it."""
    RECONCILE = "reconcile"
    """The channel did not hold what it had accepted."""


class Publication(OrgScoped, Base):
    """One version of a public record, byte for byte as it is pushed. Append-only."""

    __tablename__ = "publications"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    record_id: Mapped[str] = mapped_column(String(64, collation="C"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    disclosure_id: Mapped[UUID | None] = mapped_column(ForeignKey("disclosures.id"), index=True)
    cause: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Delivery(OrgScoped, Base):
    """One version of one record on its way to one channel."""

    __tablename__ = "deliveries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[str] = mapped_column(String(64, collation="C"))
    version: Mapped[int] = mapped_column(Integer)
    channel: Mapped[str] = mapped_column(String(40))
    disclosure_id: Mapped[UUID | None] = mapped_column(ForeignKey("disclosures.id"))
    state: Mapped[str] = mapped_column(String(20), server_default=DeliveryState.WAITING)
    cause: Mapped[str] = mapped_column(String(20), server_default=AttemptCause.RELEASE)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    """Pushes begun so far; the number of the newest one is also the token of its lease."""
    failures: Mapped[int] = mapped_column(Integer, server_default="0")
    """Failed pushes in a row; the pause before the next one grows with it."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    lease_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    """Why the newest push did not succeed."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["kind", "record_id", "version"],
            ["publications.kind", "publications.record_id", "publications.version"],
            name="fk_deliveries_publications",
        ),
        UniqueConstraint("channel", "kind", "record_id", "version", name="uq_deliveries_record"),
        CheckConstraint("state IN ('waiting', 'accepted', 'rejected')", name="state"),
        CheckConstraint("state <> 'accepted' OR receipt IS NOT NULL", name="receipt"),
        Index("ix_deliveries_waiting", "channel", "next_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_deliveries_disclosure_id_version", "disclosure_id", "version"),
    )


class Attempt(Base):
    """One push and what came of it. Append-only."""

    __tablename__ = "delivery_attempts"

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    number: Mapped[int] = mapped_column(Integer)
    cause: Mapped[str] = mapped_column(String(20))
    verdict: Mapped[str] = mapped_column(String(20))
    status: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    ms: Mapped[int] = mapped_column(Integer)
    ended_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (Index("ix_delivery_attempts_delivery_id_number", "delivery_id", "number"),)


class Reconciliation(Base):
    """One comparison with what a channel holds (DATA_CHECK), asked for by a person or by the clock."""

    __tablename__ = "reconciliations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(40))
    asked_by: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    held: Mapped[int] = mapped_column(Integer, server_default="0")
    missing: Mapped[int] = mapped_column(Integer, server_default="0")
    different: Mapped[int] = mapped_column(Integer, server_default="0")
    unknown: Mapped[int] = mapped_column(Integer, server_default="0")
    error: Mapped[str] = mapped_column(Text, server_default="")

    __table_args__ = (
        Index("ix_reconciliations_open", "channel", "asked_at", postgresql_where=text("finished_at IS NULL")),
    )
