"""Inspection objects, every change of them, their labels and their credit grades."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import RegionScoped

from suicha_registry.base import Base, Stamped, Versioned

_CHINA_TODAY = text("((now() AT TIME ZONE 'Asia/Shanghai'::text))::date")
_TRANSACTION = text("((pg_current_xact_id())::text)::bigint")


class Subject(Base, RegionScoped, Stamped, Versioned):
    """An inspection object. The id is the unified credit code where there is one (R8, R11)."""

    __tablename__ = "subjects"
    __table_args__ = (
        Index(None, "region", "id", postgresql_include=["name", "status", "kind", "industry", "unit"]),
        Index(None, "entered_xid", "entry"),
        Index(
            "ix_subjects_name_chars",
            text('string_to_array(name COLLATE "C", NULL::text)'),
            postgresql_using="gin",
            postgresql_with={"fastupdate": "on", "gin_pending_list_limit": "2000000"},
        ),
        Index(
            "ix_subjects_region_blocks",
            "region",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 32},
        ),
    )

    region: Mapped[str] = mapped_column(String(6, collation="C"))
    """Its index is that of (region, id), the order of every list."""
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
    nature: Mapped[str] = mapped_column(String(40), default="", server_default="")
    """性质 (S4 四(一)), as the register words it: 国有, 民营, 外资."""
    structure: Mapped[str] = mapped_column(String(60), default="", server_default="")
    """组织架构 (S4 四(一)): 集团, 总公司, 分支机构."""
    market_share_bp: Mapped[int | None]
    """市场占有率 (S4 四(一)) in basis points."""
    licences: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default=text("'[]'"))
    """许可证, such as 人力资源服务许可证 and 劳务派遣许可证: kind, number, until (last day; null: without end), in the
    order of kind and number."""
    unit: Mapped[str] = mapped_column(String(54, collation="C"), default="", server_default="")
    """Supervising unit (监管单位)."""
    last_inspected_on: Mapped[date | None]
    import_id: Mapped[UUID | None]
    """The import that wrote the row last."""
    entered_on: Mapped[date] = mapped_column(server_default=_CHINA_TODAY)
    """First day on which the register knows the object."""
    entered_xid: Mapped[int] = mapped_column(BigInteger, server_default=_TRANSACTION)
    """The transaction that entered it; with `entry` its place in the feed of changes."""
    entry: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    merged_into: Mapped[str | None] = mapped_column(String(54, collation="C"))
    """The object that this one turned out to be."""


SUBJECT_COLUMNS = tuple(getattr(Subject, attribute.key) for attribute in Subject.__mapper__.column_attrs)
"""For objects as plain rows, of which many are read in a tenth of the time."""


class SubjectChange(Base):
    """One change of an object: who, when, from which source, before and after, and since when it holds (R9).

    Append-only. The first state of an object needs no row: it is what is left when all changes are undone.
    """

    __tablename__ = "subject_changes"
    __table_args__ = (
        Index(None, "subject_id", "seq"),
        Index(None, "xid", "seq"),
        Index(None, "effective_from"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(54, collation="C"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    actor: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(Text)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    org: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """The responsible body (S2 Art. 6)."""
    effective_from: Mapped[date] = mapped_column(server_default=_CHINA_TODAY)
    """First day on which the new values hold; it may lie before the day on which they became known."""
    xid: Mapped[int] = mapped_column(BigInteger, server_default=_TRANSACTION)
    """The transaction that wrote it; with `seq` its place in the feed of changes."""


class FeedEpoch(Base):
    """A database cluster in which the feed of changes went on, and by how much its transactions are numbered beyond.

    A dump that is restored into another cluster starts a new one (decision 0038).
    """

    __tablename__ = "feed_epochs"

    epoch: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    cluster: Mapped[int] = mapped_column(BigInteger)
    """system_identifier of pg_control_system()."""
    beyond: Mapped[int] = mapped_column(BigInteger)
    begun_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class SubjectGrade(Base):
    """The newest credit-risk grade of an object. Apart from `subjects`, so that a nightly push is narrow.

    No foreign key here and in `subject_labels`: rows are only ever selected from `subjects`, which loses none,
    and a check for each of a million rows would cost more than writing them.
    """

    __tablename__ = "subject_grades"
    __table_args__ = (Index(None, "grade", "subject_id"),)

    subject_id: Mapped[str] = mapped_column(String(54, collation="C"), primary_key=True)
    grade: Mapped[str] = mapped_column(String(8, collation="C"))
    source: Mapped[str] = mapped_column(Text)
    month: Mapped[str] = mapped_column(String(7))


class ListEntry(Base):
    """An object is on a list from a day to a day, both included (R12); `valid_to` none: until further notice."""

    __tablename__ = "subject_lists"
    __table_args__ = (
        UniqueConstraint("subject_id", "list_code", "valid_from"),
        Index(None, "list_code", "subject_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    subject_id: Mapped[str] = mapped_column(String(54, collation="C"))
    list_code: Mapped[str] = mapped_column(String(30, collation="C"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str] = mapped_column(Text)
    """Who says so: the document or platform that the entry comes from."""
    recorded_by: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Complaint(Base):
    """A complaint about an object, or several told together (S0 三(二), S2 Art. 11). Append-only.

    The reference (工单号) of a source is counted once, however often it is sent.
    """

    __tablename__ = "subject_complaints"

    subject_id: Mapped[str] = mapped_column(String(54, collation="C"), primary_key=True)
    source: Mapped[str] = mapped_column(String(100), primary_key=True)
    reference: Mapped[str] = mapped_column(String(100), primary_key=True)
    received_on: Mapped[date]
    count: Mapped[int]
    matter: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Label(Base, RegionScoped, Stamped, Versioned):
    """A tag for objects of a region (R10): put on by a rule, by hand or for a whole search; tags form a tree."""

    __tablename__ = "labels"
    __table_args__ = (UniqueConstraint("region", "code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    code: Mapped[str] = mapped_column(String(54, collation="C"))
    name: Mapped[str] = mapped_column(Text)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("labels.id"))
    """Whoever carries a tag belongs to every tag above it."""
    dimension: Mapped[str] = mapped_column(String(20), default="", server_default="")
    org: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """The organisation that it is for; empty: every one of the region."""
    items: Mapped[list[str]] = mapped_column(ARRAY(String(54)), default=list, server_default=text("'{}'"))
    """Codes of the items that concern objects with this tag (S2 Art. 6 逐项建立); empty: says nothing of items."""
    rule: Mapped[dict[str, Any] | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    subjects: Mapped[int] = mapped_column(default=0)


class SubjectLabel(Base):
    """An object carries a label now."""

    __tablename__ = "subject_labels"
    __table_args__ = (Index(None, "subject_id"),)

    label_id: Mapped[UUID] = mapped_column(ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(54, collation="C"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(10), default="rule", server_default="rule")
    """`rule` or `hand`: only what a rule put on, a rule takes off."""
    since: Mapped[date] = mapped_column(server_default=_CHINA_TODAY)
    put_by: Mapped[str] = mapped_column(String(200), default="", server_default="")


class LabelEnd(Base):
    """An object carried a label from a day until another. Append-only."""

    __tablename__ = "subject_label_ends"
    __table_args__ = (Index(None, "subject_id"),)

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    label_id: Mapped[UUID]
    subject_id: Mapped[str] = mapped_column(String(54, collation="C"))
    origin: Mapped[str] = mapped_column(String(10))
    since: Mapped[date]
    until: Mapped[date] = mapped_column(server_default=_CHINA_TODAY)
    """First day without it."""
    put_by: Mapped[str] = mapped_column(String(200))
    taken_by: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Duplicate(Base, RegionScoped, Stamped, Versioned):
    """Two entries that look like one object (R8): found by comparison, proposed by one person, decided by another."""

    __tablename__ = "subject_duplicates"
    __table_args__ = (UniqueConstraint("first_id", "second_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    first_id: Mapped[str] = mapped_column(String(54, collation="C"))
    second_id: Mapped[str] = mapped_column(String(54, collation="C"))
    grounds: Mapped[list[str]] = mapped_column(ARRAY(String(20)))
    state: Mapped[str] = mapped_column(String(10))
    kept_id: Mapped[str | None] = mapped_column(String(54, collation="C"))
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    proposed_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    decided_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
