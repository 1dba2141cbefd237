"""Inspection objects, every change of them, their labels and their credit grades."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import RegionScoped

from suicha_registry.base import Base, Stamped, Versioned


class Subject(Base, RegionScoped, Stamped, Versioned):
    """An inspection object. The id is the unified credit code where there is one (R8, R11)."""

    __tablename__ = "subjects"

    id: Mapped[str] = mapped_column(String(54, collation="C"), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default="active", server_default="active")
    registered_on: Mapped[date | None]
    company_type: Mapped[str] = mapped_column(Text, default="", server_default="")
    capital: Mapped[str] = mapped_column(Text, default="", server_default="")
    scope: Mapped[str] = mapped_column(Text, default="", server_default="")
    """经营范围"""
    address: Mapped[str] = mapped_column(Text, default="", server_default="")
    legal_representative: Mapped[str] = mapped_column(Text, default="", server_default="")
    industry: Mapped[str] = mapped_column(String(10), default="", server_default="")
    scale: Mapped[str] = mapped_column(String(20), default="", server_default="")
    unit: Mapped[str] = mapped_column(String(54, collation="C"), default="", server_default="")
    """Supervising unit (监管单位)."""
    last_inspected_on: Mapped[date | None]
    import_id: Mapped[UUID | None]
    """The import that wrote the row last."""


class SubjectChange(Base):
    """One change of an object: who, when, from which source, before and after (R9). Append-only."""

    __tablename__ = "subject_changes"
    __table_args__ = (Index(None, "subject_id", "seq"),)

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(54, collation="C"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    actor: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(Text)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]


class SubjectGrade(Base):
    """The newest credit-risk grade of an object. Apart from `subjects`, so that a nightly push is narrow.

    No foreign key here and in `subject_labels`: rows are only ever selected from `subjects`, which loses none,
    and a check for each of a million rows would cost more than writing them.
    """

    __tablename__ = "subject_grades"

    subject_id: Mapped[str] = mapped_column(String(54, collation="C"), primary_key=True)
    grade: Mapped[str] = mapped_column(String(8, collation="C"))
    source: Mapped[str] = mapped_column(Text)
    month: Mapped[str] = mapped_column(String(7))


class Label(Base, RegionScoped, Stamped, Versioned):
    """A tag that a rule puts on the objects of a region (R10)."""

    __tablename__ = "labels"
    __table_args__ = (UniqueConstraint("region", "code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    code: Mapped[str] = mapped_column(String(54, collation="C"))
    name: Mapped[str] = mapped_column(Text)
    rule: Mapped[dict[str, Any]]
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    subjects: Mapped[int] = mapped_column(default=0)


class SubjectLabel(Base):
    """An object carries a label."""

    __tablename__ = "subject_labels"
    __table_args__ = (Index(None, "subject_id"),)

    label_id: Mapped[UUID] = mapped_column(ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(54, collation="C"), primary_key=True)
