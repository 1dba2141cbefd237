"""Rounds: an attempt at a draw, who throws in, its files and who waits for a worker."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import OrgScoped

from suicha_draw.models.base import Base, Document, Rid


class Round(OrgScoped, Base):
    """One attempt at one draw (RID/1 §2, §4, §8). `state` is that of RID/1 §8."""

    __tablename__ = "rounds"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    draw_id: Mapped[str] = mapped_column(Rid)
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
    salt_secret: Mapped[str | None] = mapped_column(String(64))
    snapshot_id: Mapped[UUID | None]
    frozen: Mapped[Document | None]
    manifest_hash: Mapped[str | None] = mapped_column(String(64))
    dice_typed: Mapped[str | None] = mapped_column(String(20))
    dice_typed_by: Mapped[str | None] = mapped_column(String(200))
    dice: Mapped[str | None] = mapped_column(String(40))
    beacon_round: Mapped[int | None] = mapped_column(BigInteger)
    beacon: Mapped[str | None] = mapped_column(String(100))
    beacon_signature: Mapped[str | None] = mapped_column(String(96))
    seed: Mapped[str | None] = mapped_column(String(64))
    result_hash: Mapped[str | None] = mapped_column(String(64))
    match_hash: Mapped[str | None] = mapped_column(String(64))
    visits: Mapped[int | None]
    signed_by: Mapped[str | None] = mapped_column(String(200))
    void_code: Mapped[str | None] = mapped_column(String(40))
    void_reason: Mapped[str | None] = mapped_column(Text)
    void_evidence: Mapped[str | None] = mapped_column(String(64))
    void_requested_by: Mapped[str | None] = mapped_column(String(200))
    publish_after: Mapped[datetime | None]
    lots: Mapped[Document | None]
    closed_visits: Mapped[int] = mapped_column(default=0, server_default="0")
    unsealed_at: Mapped[datetime | None]
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
    __table_args__ = (
        UniqueConstraint("draw_id", "attempt"),
        Index("ix_rounds_lists", "lists", postgresql_using="gin", postgresql_ops={"lists": "jsonb_path_ops"}),
    )


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


class Signature(Base):
    """A witness's signature under the frozen inputs or the result of an attempt (S2 Art. 10; D3)."""

    __tablename__ = "signatures"
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    deed: Mapped[str] = mapped_column(String(10), primary_key=True)
    signed_by: Mapped[str] = mapped_column(String(200), primary_key=True)
    role: Mapped[str] = mapped_column(String(32))
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class RoundFile(Base):
    """A file of a round in the file store: inputs, manifest, package, result, match, dossier, bundle.

    A bundle is written again when more belongs in it; earlier versions stay. `covers` says what a bundle holds.
    """

    __tablename__ = "round_files"
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, default=1)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int | None] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    covers: Mapped[Document | None]


class RoundApproval(Base):
    """The approval before inspections begin, by the head of the body, where the ruleset demands it (P12)."""

    __tablename__ = "round_approvals"
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    approved_by: Mapped[str] = mapped_column(String(200))
    remark: Mapped[str] = mapped_column(Text)
    approved_at: Mapped[datetime] = mapped_column(server_default=func.now())
