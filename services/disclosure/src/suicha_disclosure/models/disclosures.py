"""A disclosure (公示): one for each visit, its lines, its corrections, its follow-ups, its public face."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import OrgScoped

from suicha_disclosure.models.base import Base


class DisclosureState(StrEnum):
    """Where a result stands on its way to the public."""

    PENDING = "pending"
    """Closed by inspection, not yet released by a publisher."""
    RELEASED = "released"
    """Decided to be public; on its way to the channels."""
    DISCLOSED = "disclosed"
    """Every channel has accepted it."""
    WITHDRAWN = "withdrawn"
    """Taken back with a public reason (S3 Art. 16)."""


class Disclosure(OrgScoped, Base):
    """The result of one visit and what becomes of it."""

    __tablename__ = "disclosures"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    visit_id: Mapped[UUID] = mapped_column(unique=True)
    round_id: Mapped[UUID] = mapped_column()
    draw_id: Mapped[str] = mapped_column(String(64))
    org_name: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str] = mapped_column(String(54, collation="C"), index=True)
    object_name: Mapped[str] = mapped_column(Text)
    object_kind: Mapped[str] = mapped_column(String(20))
    object_region: Mapped[str] = mapped_column(String(6, collation="C"))
    credit_grade: Mapped[str] = mapped_column(String(20))
    finished_on: Mapped[date] = mapped_column(Date)
    closed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    normal: Mapped[bool] = mapped_column(Boolean)
    record_version: Mapped[int] = mapped_column(Integer, default=1)
    """Version of the inspection record that the lines come from."""
    ruleset_id: Mapped[str] = mapped_column(String(100))
    ruleset_version: Mapped[str] = mapped_column(String(20))
    ruleset_known: Mapped[bool] = mapped_column(Boolean, default=False)
    due_on: Mapped[date | None] = mapped_column(Date)
    provisional: Mapped[bool] = mapped_column(Boolean, default=True)
    state: Mapped[str] = mapped_column(String(20), default=DisclosureState.PENDING)
    handling_note: Mapped[str] = mapped_column(Text, default="")
    public_version: Mapped[int] = mapped_column(Integer, default=0)
    """Newest version that was issued to the channels; 0 while nothing was."""
    complete_version: Mapped[int] = mapped_column(Integer, default=0)
    """Newest version that every channel has accepted."""
    released_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    released_by: Mapped[str] = mapped_column(String(200), default="")
    disclosed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When every channel had accepted a version for the first time."""
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'released', 'disclosed', 'withdrawn')", name="state"),
        CheckConstraint("state <> 'disclosed' OR disclosed_at IS NOT NULL", name="disclosed_when"),
        Index("ix_disclosures_round_id_id", "round_id", "id"),
        Index("ix_disclosures_ruleset_id_ruleset_version", "ruleset_id", "ruleset_version"),
        Index(
            "ix_disclosures_open_due_on", "due_on", postgresql_where=text("state IN ('pending', 'released')")
        ),
        Index("ix_disclosures_provisional", "finished_on", postgresql_where=text("provisional")),
    )


class DisclosureLine(OrgScoped, Base):
    """One check of a visit: what one department found."""

    __tablename__ = "disclosure_lines"

    disclosure_id: Mapped[UUID] = mapped_column(
        ForeignKey("disclosures.id", ondelete="CASCADE"), primary_key=True
    )
    check_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    round_id: Mapped[UUID] = mapped_column()
    list_code: Mapped[str] = mapped_column(String(54))
    department: Mapped[str] = mapped_column(Text)
    plan_number: Mapped[str] = mapped_column(Text)
    plan_name: Mapped[str] = mapped_column(Text)
    task_number: Mapped[str] = mapped_column(Text)
    task_name: Mapped[str] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(String(20))
    code_set: Mapped[str] = mapped_column(String(40))
    results: Mapped[list[str]] = mapped_column(ARRAY(String(4)))
    remark: Mapped[str] = mapped_column(Text)
    withheld_reason: Mapped[str] = mapped_column(Text, default="", server_default="")

    __table_args__ = (Index("ix_disclosure_lines_round_id_list_code", "round_id", "list_code"),)


class Correction(Base):
    """A correction of a closed record as inspection told it; may arrive before the record itself."""

    __tablename__ = "corrections"

    visit_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(Text)
    corrected_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    normal: Mapped[bool] = mapped_column(Boolean)
    checks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class FollowUp(Base):
    """A follow-up (后续处理) of a visit; its closing may arrive before the visit does."""

    __tablename__ = "follow_ups"

    visit_id: Mapped[UUID] = mapped_column(primary_key=True)
    follow_up_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    closed: Mapped[bool] = mapped_column(Boolean)
    due_on: Mapped[date | None] = mapped_column(Date)
    closed_on: Mapped[date | None] = mapped_column(Date)


class PublicRecord(Base):
    """What the public sees of a result: the newest version that every channel has accepted."""

    __tablename__ = "public_records"

    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(20))
    object_name: Mapped[str] = mapped_column(Text)
    object_code: Mapped[str] = mapped_column(String(54, collation="C"), index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
