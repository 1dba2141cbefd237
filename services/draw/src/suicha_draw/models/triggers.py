"""What starts an inspection that no yearly plan foresaw: signals, proposals, triggers, direct cases (P13-P16)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import OrgScoped

from suicha_draw.models.base import Base, Rid


class Signal(OrgScoped, Base):
    """One complaint, warning or hint about an object, from outside. `source` is a code of `codes.TRIGGERS`."""

    __tablename__ = "signals"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    source: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(200))
    object_id: Mapped[str] = mapped_column(Rid)
    occurred_on: Mapped[date]
    content_sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        UniqueConstraint("org", "source", "reference"),
        Index("ix_signals_org_object_id_occurred_on", "org", "object_id", "occurred_on"),
    )


class Trigger(OrgScoped, Base):
    """A trigger record (触发记录): what came in, from where, when, about whom; tasks name it (S3 Art. 2)."""

    __tablename__ = "triggers"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    number: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(40))
    received_on: Mapped[date]
    content_sha256: Mapped[str] = mapped_column(String(64))
    summary: Mapped[str] = mapped_column(Text)
    objects: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (UniqueConstraint("org", "number"),)


class Proposal(OrgScoped, Base):
    """A trigger that a threshold proposes; a person takes it up or dismisses it with the reason (P14)."""

    __tablename__ = "trigger_proposals"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    object_id: Mapped[str] = mapped_column(Rid)
    rule: Mapped[str] = mapped_column(String(60))
    rule_name: Mapped[str] = mapped_column(Text)
    clause: Mapped[str] = mapped_column(Text)
    ruleset_id: Mapped[str] = mapped_column(String(64))
    ruleset_version: Mapped[str] = mapped_column(String(20))
    reached: Mapped[list[Any]]
    """[{source, signals, latest}] of the signs that were reached."""
    evidence: Mapped[str] = mapped_column(String(64))
    """SHA-256 over the content hashes of the counted signals, in order."""
    state: Mapped[str] = mapped_column(String(20), default="open", server_default=text("'open'"))
    """`open`, then `taken_up` or `dismissed`."""
    reason: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    decided_by: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    decided_at: Mapped[datetime | None]
    trigger_id: Mapped[UUID | None] = mapped_column(ForeignKey("triggers.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        Index(
            "uq_trigger_proposals_open", "org", "object_id", "rule",
            unique=True, postgresql_where=text("state = 'open'"),
        ),
    )  # fmt: skip


class DirectCase(OrgScoped, Base):
    """A matter outside random draws, dealt with at once: kind and reason are kept (S0 二, S2 Art. 13, S4 四(一))."""

    __tablename__ = "direct_cases"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    number: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(Rid)
    object_name: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(String(64))
    trigger_id: Mapped[UUID | None] = mapped_column(ForeignKey("triggers.id"))
    ruleset_id: Mapped[str] = mapped_column(String(64))
    ruleset_version: Mapped[str] = mapped_column(String(20))
    clause: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), default="open")
    """`open`, then `closed` with its outcome."""
    outcome: Mapped[str] = mapped_column(Text, default="")
    opened_on: Mapped[date]
    opened_by: Mapped[str] = mapped_column(String(200))
    closed_on: Mapped[date | None]
    closed_by: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(Integer)
    __mapper_args__ = {  # noqa: RUF012 - read by SQLAlchemy
        "version_id_col": version
    }
    __table_args__ = (
        UniqueConstraint("org", "number"),
        Index("ix_direct_cases_org_object_id", "org", "object_id"),
    )
