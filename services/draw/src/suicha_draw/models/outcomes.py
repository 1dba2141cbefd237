"""What a draw yielded and what was changed after it; append-only by trigger except for approvals."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.ids import uuid7

from suicha_draw.models.base import Base, Document, Rid


class Exclusion(Base):
    """An object left out of a list, with the rule and the inspection that cause it (D10–D12)."""

    __tablename__ = "exclusions"
    round_id: Mapped[UUID] = mapped_column(primary_key=True)
    list_code: Mapped[str] = mapped_column(Rid, primary_key=True)
    object_id: Mapped[str] = mapped_column(Rid, primary_key=True)
    reason: Mapped[str] = mapped_column(String(54))
    evidence: Mapped[str] = mapped_column(String(64))
    history_id: Mapped[UUID]


class ResultRow(Base):
    """A line of result.tsv (RID/1 §6): rank, selected (S) or substitute (R), ticket."""

    __tablename__ = "results"
    round_id: Mapped[UUID] = mapped_column(primary_key=True)
    list_code: Mapped[str] = mapped_column(Rid, primary_key=True)
    stratum: Mapped[str] = mapped_column(Rid, primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(1))
    object_id: Mapped[str] = mapped_column(Rid)
    ticket: Mapped[str] = mapped_column(String(64))
    __table_args__ = (Index("ix_results_round_id_object_id", "round_id", "object_id"),)


class MatchRow(Base):
    """A line of match.tsv (RID/1 §7): who goes to which object, and who steps in."""

    __tablename__ = "matches"
    round_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    object_id: Mapped[str] = mapped_column(Rid)
    crew: Mapped[str] = mapped_column(Rid)
    unit: Mapped[str] = mapped_column(Rid)
    team: Mapped[list[str]] = mapped_column(ARRAY(Text))
    alternates: Mapped[list[str]] = mapped_column(ARRAY(Text))
    __table_args__ = (Index("ix_matches_round_id_object_id", "round_id", "object_id"),)


class Overlap(Base):
    """How many pooled objects lie in just these strata; each is written `list/stratum`, in the order of lists."""

    __tablename__ = "round_overlaps"
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    strata: Mapped[list[str]] = mapped_column(ARRAY(Text), primary_key=True)
    objects: Mapped[int] = mapped_column(BigInteger)


class SubstitutionRow(Base):
    """A substitution that one person asks for; once another approves it, it is in the log (RID/1 §8)."""

    __tablename__ = "substitutions"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), index=True)
    wanted: Mapped[Document]
    reason_code: Mapped[str] = mapped_column(String(40), server_default="")
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(String(64))
    requested_by: Mapped[str] = mapped_column(String(200))
    approved_by: Mapped[str | None] = mapped_column(String(200))
    beacon_round: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[Document | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
