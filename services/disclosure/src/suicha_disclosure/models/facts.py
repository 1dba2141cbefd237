"""What registry and draw told, as far as disclosure needs it. Written by event effects only."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.scope import OrgScoped

from suicha_disclosure.models.base import Base


class RulesetVersion(Base):
    """One version of a ruleset, whole, as registry published it."""

    __tablename__ = "ruleset_versions"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class CalendarYear(Base):
    """The official days of one year."""

    __tablename__ = "calendar_years"

    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    holidays: Mapped[list[date]] = mapped_column(ARRAY(Date))
    workdays: Mapped[list[date]] = mapped_column(ARRAY(Date))
    source: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class PlanFact(OrgScoped, Base):
    """The newest known version of a yearly plan."""

    __tablename__ = "plan_facts"

    plan_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(SmallInteger)
    org_name: Mapped[str] = mapped_column(Text)


class RoundFact(OrgScoped, Base):
    """A completed round: how many visits are due, and everything that its publication is made from."""

    __tablename__ = "round_facts"

    round_id: Mapped[UUID] = mapped_column(primary_key=True)
    draw_id: Mapped[str] = mapped_column(String(64, collation="C"), index=True)
    attempt: Mapped[int] = mapped_column(Integer)
    org_name: Mapped[str] = mapped_column(Text)
    visits: Mapped[int] = mapped_column(Integer)
    completed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    event: Mapped[dict[str, Any]] = mapped_column(JSONB)


class RoundList(Base):
    """One list of a completed round and the plan that it belongs to."""

    __tablename__ = "round_lists"

    round_id: Mapped[UUID] = mapped_column(
        ForeignKey("round_facts.round_id", ondelete="CASCADE"), primary_key=True
    )
    list_code: Mapped[str] = mapped_column(String(54), primary_key=True)
    plan_id: Mapped[UUID] = mapped_column()
    selected: Mapped[int] = mapped_column(Integer)

    __table_args__ = (Index("ix_round_lists_plan_id_round_id", "plan_id", "round_id"),)


class VoidedAttempt(Base):
    """An attempt that was voided (RID/1 §4). May be known before or after its draw is completed."""

    __tablename__ = "voided_attempts"

    round_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    draw_id: Mapped[str] = mapped_column(String(64, collation="C"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    voided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class BundleVersion(Base):
    """A later version of a round's proof bundle (RID/1 §9); the first is in the round's event."""

    __tablename__ = "bundle_versions"

    round_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)


class JointSavings(Base):
    """What a joint round saves by sharing tickets (进一次门、查多项事); numbers as draw told them."""

    __tablename__ = "joint_savings"

    round_id: Mapped[UUID] = mapped_column(primary_key=True)
    selected: Mapped[int] = mapped_column(Integer)
    visits: Mapped[int] = mapped_column(Integer)
    expected_visits_apart: Mapped[str] = mapped_column(String(30))
    saved_by_sharing: Mapped[str] = mapped_column(String(30))


class Substitution(Base):
    """An object or inspector replaced in order (RID/1 §8); public with its reason (D23)."""

    __tablename__ = "substitutions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    draw_id: Mapped[str] = mapped_column(String(64, collation="C"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    list_code: Mapped[str] = mapped_column(String(54))
    out: Mapped[str] = mapped_column(Text)
    into: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
