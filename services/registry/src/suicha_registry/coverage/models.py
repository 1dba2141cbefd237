"""Which items were drawn when, as completed draws tell."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, String
from sqlalchemy.orm import Mapped, mapped_column

from suicha_registry.base import Base


class ItemDraw(Base):
    """An item that a completed draw was held for. Draws are public, so no scope limits it."""

    __tablename__ = "item_draws"

    round_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(54, collation="C"), primary_key=True)
    org: Mapped[str] = mapped_column(String(64), index=True)
    year: Mapped[int]
    """Of the day on which the draw was completed, in China."""
    draw_id: Mapped[str] = mapped_column(String(60))
    completed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class VoidedDraw(Base):
    """A draw that does not stand; it may be told before its completion is."""

    __tablename__ = "voided_draws"

    round_id: Mapped[UUID] = mapped_column(primary_key=True)
