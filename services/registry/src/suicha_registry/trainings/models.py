"""Trainings held and who attended. Append-only: a training is a fact."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, String, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import OrgScoped

from suicha_registry.base import Base


class TrainingHeld(Base, OrgScoped):
    """One training."""

    __tablename__ = "trainings"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    topic: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    held_on: Mapped[date]
    minutes: Mapped[int]
    trainer: Mapped[str] = mapped_column(Text)
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """FileRef of the contracts: the attendance sheet, slides or a test."""
    recorded_by: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Attendance(Base):
    """An inspector who attended; reached through the training, which is scoped."""

    __tablename__ = "training_attendance"

    training_id: Mapped[UUID] = mapped_column(ForeignKey("trainings.id"), primary_key=True)
    inspector: Mapped[str] = mapped_column(
        ForeignKey("inspectors.code"), type_=String(54, collation="C"), primary_key=True, index=True
    )
