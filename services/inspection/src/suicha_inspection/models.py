"""Tables of the inspection service.

What comes from the draw is frozen: rounds, their lists, forms and roster, and the sealed records. What people
edit carries a version. Rows below a visit are reached through the visit, which is scoped (`access`).
"""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy import DateTime as _DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from suicha_chassis.db import new_metadata
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import OrgScoped

DateTime = _DateTime(timezone=True)
_ID = String(54, collation="C")
_CODE = String(54, collation="C")


class Base(DeclarativeBase):
    """Base of every table here."""

    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        datetime: DateTime,
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
    }


class Round(OrgScoped, Base):
    """A completed draw (RID/1 §8) whose objects are to be visited."""

    __tablename__ = "rounds"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    draw_id: Mapped[str]
    attempt: Mapped[int]
    voided: Mapped[list[Any]] = mapped_column(JSONB)
    """VoidedAttempts of the contracts: the attempts before this one (RID/1 §4)."""
    org_name: Mapped[str]
    inspect_from: Mapped[date]
    inspect_to: Mapped[date]
    ruleset: Mapped[dict[str, Any]]
    """RulesetRef of the contracts."""
    team_minimum: Mapped[int] = mapped_column(SmallInteger)
    """Inspectors of one crew that must be present (S0 四, S3 Art. 10), never below two."""
    result: Mapped[dict[str, Any]]
    dossier: Mapped[dict[str, Any]]
    """FileRefs of the contracts: where substitutes are found later."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class VoidedRound(Base):
    """A round that does not stand, with the reason (RID/1 §4); known even where its visits never were."""

    __tablename__ = "voided_rounds"
    round_id: Mapped[UUID] = mapped_column(primary_key=True)
    draw_id: Mapped[str]
    reason: Mapped[str]
    voided_at: Mapped[datetime]


class RoundList(Base):
    """A list of a round, and the task that it belongs to (RID/1 §2; S4 annex)."""

    __tablename__ = "round_lists"
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    code: Mapped[str] = mapped_column(_CODE, primary_key=True)
    crew: Mapped[str] = mapped_column(_CODE)
    department: Mapped[str]
    task_id: Mapped[UUID]
    plan_id: Mapped[UUID]
    plan_number: Mapped[str]
    plan_name: Mapped[str]
    task_number: Mapped[str]
    task_name: Mapped[str]
    mode: Mapped[str]
    items: Mapped[list[str]]


class FrozenItem(Base):
    """An item (抽查事项) with its form as frozen into the task (R18)."""

    __tablename__ = "frozen_items"
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    code: Mapped[str] = mapped_column(_CODE, primary_key=True)
    name: Mapped[str]
    content: Mapped[str]
    legal_basis: Mapped[list[str]]
    form: Mapped[dict[str, Any]]
    """PackageForm of the contracts."""


class RosterEntry(Base):
    """An inspector as the round knew him: licence number and validity (R13), never an identity number."""

    __tablename__ = "roster"
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    inspector_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    name: Mapped[str]
    org: Mapped[str]
    department: Mapped[str]
    crew: Mapped[str] = mapped_column(_CODE)
    unit: Mapped[str]
    licence_no: Mapped[str]
    licence_until: Mapped[date]


class Visit(OrgScoped, Base):
    """One visit to one drawn object, however many lists it was drawn in (S3 Art. 3 一次抽查、全面体检)."""

    __tablename__ = "visits"
    __table_args__ = (
        UniqueConstraint("round_id", "object_id"),
        CheckConstraint(
            "state IN ('assigned', 'started', 'submitted', 'closed', 'cancelled')", name="known_state"
        ),
        Index("ix_visits_round_id_state", "round_id", "state"),
        Index(
            "ix_visits_inspect_to", "inspect_to", postgresql_where=text("state IN ('assigned', 'started')")
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"))
    object_id: Mapped[str] = mapped_column(_ID, index=True)
    object_name: Mapped[str]
    object_kind: Mapped[str]
    credit_code: Mapped[str]
    object_region: Mapped[str] = mapped_column(String(6, collation="C"))
    address: Mapped[str]
    legal_representative: Mapped[str]
    business_scope: Mapped[str]
    credit_grade: Mapped[str]
    inspect_from: Mapped[date]
    inspect_to: Mapped[date]
    state: Mapped[str] = mapped_column(server_default="assigned", default="assigned")
    planned_on: Mapped[date | None]
    deviation_reason: Mapped[str] = mapped_column(server_default="", default="")
    """Why it is done outside the set time (E15)."""
    mode: Mapped[str] = mapped_column(server_default="", default="")
    started_at: Mapped[datetime | None]
    licences_shown: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    finished_on: Mapped[date | None]
    untraceable: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Reason, evidence, who and when: the object was not found at its address (result 4)."""
    submitted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    review_comment: Mapped[str] = mapped_column(server_default="", default="")
    """What the reviewer said last."""
    cancel_reason: Mapped[str] = mapped_column(server_default="", default="")
    record_version: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    """The newest sealed version; 0 before the first."""
    version: Mapped[int] = mapped_column(server_default=text("1"), default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class TeamMember(Base):
    """An inspector drawn for a visit, in the order of the draw (RID/1 §7; S0 四)."""

    __tablename__ = "team_members"
    __table_args__ = (CheckConstraint("kind IN ('team', 'alternate', 'replaced')", name="known_kind"),)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    inspector_id: Mapped[str] = mapped_column(_ID, primary_key=True, index=True)
    crew: Mapped[str] = mapped_column(_CODE)
    kind: Mapped[str]
    position: Mapped[int] = mapped_column(SmallInteger)
    present: Mapped[bool] = mapped_column(server_default=text("false"), default=False)


class PoolEntry(Base):
    """An expert or institution of a body's pool, as registry last told (R16, R17)."""

    __tablename__ = "pool_entries"
    code: Mapped[str] = mapped_column(_ID, primary_key=True)
    org: Mapped[str]
    region: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    institution: Mapped[str]
    tags: Mapped[list[str]]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    active: Mapped[bool]
    confidential_since: Mapped[date | None]
    conflicts: Mapped[list[str]]
    version: Mapped[int]


class Assistant(Base):
    """An expert who assists at a visit, as the pool knew him then (S3 Art. 9); never one of the team."""

    __tablename__ = "assistants"
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    code: Mapped[str] = mapped_column(_ID, primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    institution: Mapped[str]
    task: Mapped[str]
    added_by: Mapped[str]
    added_at: Mapped[datetime]


class Check(Base):
    """What one department inspects at a visit: one for each list in which the object was drawn."""

    __tablename__ = "checks"
    __table_args__ = (
        UniqueConstraint("visit_id", "list_code"),
        ForeignKeyConstraint(["round_id", "list_code"], ["round_lists.round_id", "round_lists.code"]),
        Index("ix_checks_round_id_list_code", "round_id", "list_code"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"))
    round_id: Mapped[UUID]
    list_code: Mapped[str] = mapped_column(_CODE)
    crew: Mapped[str] = mapped_column(_CODE)
    code_set: Mapped[str] = mapped_column(server_default="rz-2022", default="rz-2022")
    cancelled: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """The object was replaced in this list, and stays in another (RID/1 §8)."""
    opinion: Mapped[str] = mapped_column(server_default="", default="")
    remark: Mapped[str] = mapped_column(server_default="", default="")
    mitigation: Mapped[str] = mapped_column(server_default="", default="")
    """What the object reported or corrected by itself, which is in its favour (S4 四(四))."""
    edited_by: Mapped[str] = mapped_column(server_default="", default="")
    edited_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"), default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class CheckItem(Base):
    """One item of a check: answers to its frozen form, and a result code, which nobody fills in silently."""

    __tablename__ = "check_items"
    check_id: Mapped[UUID] = mapped_column(ForeignKey("checks.id"), primary_key=True)
    item_code: Mapped[str] = mapped_column(_CODE, primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    answers: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"), default=dict)
    result: Mapped[str | None] = mapped_column(String(2))


class Upload(OrgScoped, Base):
    """A file that somebody of an organisation uploaded; evidence can only name these."""

    __tablename__ = "uploads"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    org: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    uploaded_by: Mapped[str]
    uploaded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Evidence(Base):
    """A piece of the full-process record, by hash (E9, S2 Art. 17)."""

    __tablename__ = "evidence"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)
    check_id: Mapped[UUID | None] = mapped_column(ForeignKey("checks.id"))
    item_code: Mapped[str | None] = mapped_column(_CODE)
    question_key: Mapped[str | None]
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    media_type: Mapped[str]
    source: Mapped[str] = mapped_column(server_default="", default="")
    """Whose finding it is, where not the team's own: another authority, or an expert body (S3 Art. 9)."""
    taken_at: Mapped[datetime]
    added_by: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())


class NonCooperation(Base):
    """One of the four kinds of non-cooperation, with its evidence (S3 Art. 12)."""

    __tablename__ = "non_cooperations"
    __table_args__ = (CheckConstraint("kind BETWEEN 1 AND 4", name="kind_of_article_12"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)
    kind: Mapped[int] = mapped_column(SmallInteger)
    description: Mapped[str]
    evidence: Mapped[list[str]]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Signature(Base):
    """A signature, or why there is none (S3 Art. 10). Never changed: a later one of the same person counts."""

    __tablename__ = "signatures"
    __table_args__ = (
        CheckConstraint("role IN ('officer', 'representative', 'witness')", name="known_role"),
        CheckConstraint("state IN ('signed', 'sealed', 'refused', 'absent')", name="known_state"),
    )
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)
    role: Mapped[str]
    state: Mapped[str]
    name: Mapped[str]
    inspector_id: Mapped[str] = mapped_column(server_default="", default="")
    reason: Mapped[str] = mapped_column(server_default="", default="")
    content_sha256: Mapped[str] = mapped_column(String(64))
    """Hash of what was signed: a signature does not survive a change of the findings."""
    recorded_by: Mapped[str]
    signed_at: Mapped[datetime]


class FollowUp(Base):
    """What happens after a result (后续处理), open or closed, with receipts (S0 五(三), S1 (四))."""

    __tablename__ = "follow_ups"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)
    kind: Mapped[str]
    description: Mapped[str]
    due_on: Mapped[date | None] = mapped_column(index=True)
    receiving_body: Mapped[str] = mapped_column(server_default="", default="")
    outcome: Mapped[str] = mapped_column(server_default="", default="")
    receipt_no: Mapped[str] = mapped_column(server_default="", default="")
    opened_by: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_by: Mapped[str] = mapped_column(server_default="", default="")
    closed_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(server_default=text("1"), default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class RecordVersion(Base):
    """A sealed record: canonical JSON in the file store, here its hash. Versions are added, never changed."""

    __tablename__ = "record_versions"
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(server_default="", default="")
    """Why it was corrected; empty for a record that the team submitted."""
    sealed_by: Mapped[str]
    sealed_at: Mapped[datetime] = mapped_column(server_default=func.now())
