"""The tables of draw. What a draw fixed (files, exclusions, results, matches, log) is append-only by trigger."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from suicha_chassis.db import new_metadata
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import OrgScoped

FROZEN_TABLES = ("round_files", "exclusions", "results", "matches", "log_entries")
"""Tables whose rows are added once and never changed or removed."""

Document = dict[str, Any]
_RID = String(54, collation="C")


class Base(DeclarativeBase):
    """Base of draw's tables, together with those of the chassis."""

    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        Document: JSONB,
        list[Any]: JSONB,
        datetime: DateTime(timezone=True),
    }


class CounterRow(Base):
    """The last number given under a name; its row lock puts concurrent creators into a queue."""

    __tablename__ = "counters"
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class RulesetRow(Base):
    """A ruleset version as published by registry."""

    __tablename__ = "rulesets"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    effective_from: Mapped[date]
    document: Mapped[Document]


class HistoryRow(Base):
    """One finished inspection of an object; `evidence` is SHA-256 of the canonical JSON of `document`."""

    __tablename__ = "history"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    object_id: Mapped[str] = mapped_column(_RID)
    finished_on: Mapped[date]
    violation: Mapped[bool]
    normal: Mapped[bool]
    document: Mapped[Document]
    evidence: Mapped[str] = mapped_column(String(64))
    __table_args__ = (
        Index("ix_history_object_id_finished_on", "object_id", "finished_on"),
        Index("ix_history_finished_on", "finished_on"),
    )


class Plan(OrgScoped, Base):
    """A yearly plan (年度抽查工作计划; S2 Art. 14, S4 annex)."""

    __tablename__ = "plans"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    year: Mapped[int]
    number: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(Text)
    org_name: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(Text)
    ruleset_id: Mapped[str] = mapped_column(String(64))
    ruleset_version: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="draft")
    author: Mapped[str] = mapped_column(String(200))
    approved_by: Mapped[str] = mapped_column(String(200), default="")
    remark: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer)
    __mapper_args__ = {  # noqa: RUF012 - read by SQLAlchemy
        "version_id_col": version
    }
    __table_args__ = (UniqueConstraint("org", "year", "number"),)


class Task(OrgScoped, Base):
    """One row of a plan; `content` is the `TaskContent` that was entered."""

    __tablename__ = "tasks"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plans.id"))
    number: Mapped[str] = mapped_column(String(20))
    content: Mapped[Document]
    version: Mapped[int] = mapped_column(Integer)
    __mapper_args__ = {  # noqa: RUF012 - read by SQLAlchemy
        "version_id_col": version
    }
    __table_args__ = (UniqueConstraint("plan_id", "number"),)


class Round(OrgScoped, Base):
    """One attempt at one draw (RID/1 §2, §4, §8). `state` is that of RID/1 §8."""

    __tablename__ = "rounds"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    draw_id: Mapped[str] = mapped_column(_RID)
    attempt: Mapped[int]
    prev: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20), index=True)
    org_name: Mapped[str] = mapped_column(Text)
    lists: Mapped[list[Any]]
    crews: Mapped[list[Any]]
    settings: Mapped[Document]
    reveal_by: Mapped[datetime]
    inspect_from: Mapped[date]
    inspect_to: Mapped[date]
    ruleset_id: Mapped[str] = mapped_column(String(64))
    ruleset_version: Mapped[str] = mapped_column(String(20))
    ruleset_sha: Mapped[str] = mapped_column(String(64))
    freeze_request: Mapped[UUID]
    snapshot_id: Mapped[UUID | None]
    frozen: Mapped[Document | None]
    manifest_hash: Mapped[str | None] = mapped_column(String(64))
    dice_typed: Mapped[str | None] = mapped_column(String(20))
    dice_typed_by: Mapped[str | None] = mapped_column(String(200))
    dice: Mapped[str | None] = mapped_column(String(40))
    seed: Mapped[str | None] = mapped_column(String(64))
    result_hash: Mapped[str | None] = mapped_column(String(64))
    match_hash: Mapped[str | None] = mapped_column(String(64))
    visits: Mapped[int | None]
    signed_by: Mapped[str | None] = mapped_column(String(200))
    void_reason: Mapped[str | None] = mapped_column(Text)
    void_evidence: Mapped[str | None] = mapped_column(String(64))
    void_requested_by: Mapped[str | None] = mapped_column(String(200))
    problems: Mapped[list[Any]] = mapped_column(default=list)
    progress: Mapped[Document] = mapped_column(default=dict)
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    completed_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer)
    __mapper_args__ = {  # noqa: RUF012 - read by SQLAlchemy
        "version_id_col": version
    }
    __table_args__ = (UniqueConstraint("draw_id", "attempt"),)


class RoundWork(Base):
    """A round that waits for a worker. Whoever works on it holds the row lock until the step is committed."""

    __tablename__ = "round_work"
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    queued_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Contributor(Base):
    """A party that throws in a secret (RID/1 §5): its commitment, and the secret once revealed."""

    __tablename__ = "contributors"
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(32, collation="C"), primary_key=True)
    commitment: Mapped[str | None] = mapped_column(String(64))
    committed_by: Mapped[str | None] = mapped_column(String(200))
    secret: Mapped[str | None] = mapped_column(String(64))
    revealed_by: Mapped[str | None] = mapped_column(String(200))


class RoundFile(Base):
    """A file of a round in the file store: inputs, manifest, package, result, match, dossier, bundle."""

    __tablename__ = "round_files"
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int | None] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))


class Exclusion(Base):
    """An object left out of a list, with the rule and the inspection that cause it (D10–D12)."""

    __tablename__ = "exclusions"
    round_id: Mapped[UUID] = mapped_column(primary_key=True)
    list_code: Mapped[str] = mapped_column(_RID, primary_key=True)
    object_id: Mapped[str] = mapped_column(_RID, primary_key=True)
    reason: Mapped[str] = mapped_column(String(54))
    evidence: Mapped[str] = mapped_column(String(64))
    history_id: Mapped[UUID]


class ResultRow(Base):
    """A line of result.tsv (RID/1 §6): rank, selected (S) or substitute (R), ticket."""

    __tablename__ = "results"
    round_id: Mapped[UUID] = mapped_column(primary_key=True)
    list_code: Mapped[str] = mapped_column(_RID, primary_key=True)
    stratum: Mapped[str] = mapped_column(_RID, primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(1))
    object_id: Mapped[str] = mapped_column(_RID)
    ticket: Mapped[str] = mapped_column(String(64))
    __table_args__ = (Index("ix_results_round_id_object_id", "round_id", "object_id"),)


class MatchRow(Base):
    """A line of match.tsv (RID/1 §7): who goes to which object, and who steps in."""

    __tablename__ = "matches"
    round_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    object_id: Mapped[str] = mapped_column(_RID)
    crew: Mapped[str] = mapped_column(_RID)
    unit: Mapped[str] = mapped_column(_RID)
    team: Mapped[list[str]] = mapped_column(ARRAY(Text))
    alternates: Mapped[list[str]] = mapped_column(ARRAY(Text))
    __table_args__ = (Index("ix_matches_round_id_object_id", "round_id", "object_id"),)


class SubstitutionRow(Base):
    """A substitution that one person asks for; once another approves it, it is in the log (RID/1 §8)."""

    __tablename__ = "substitutions"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), index=True)
    wanted: Mapped[Document]
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(String(64))
    requested_by: Mapped[str] = mapped_column(String(200))
    approved_by: Mapped[str | None] = mapped_column(String(200))
    outcome: Mapped[Document | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class LogEntry(Base):
    """An entry of the draw log: `line` is the canonical leaf data, `leaf` its RFC 9162 leaf hash."""

    __tablename__ = "log_entries"
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    draw_id: Mapped[str] = mapped_column(_RID)
    attempt: Mapped[int]
    seq: Mapped[int]
    event: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    line: Mapped[bytes] = mapped_column(LargeBinary)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (UniqueConstraint("draw_id", "seq"),)
