"""What has been done of the things that are due in a year."""

from datetime import date, datetime

from sqlalchemy import DateTime, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.scope import OrgScoped

from suicha_registry.base import Base


class DueDone(Base, OrgScoped):
    """That something is done for a year: told by an event, or confirmed by a person."""

    __tablename__ = "due_done"

    org: Mapped[str] = mapped_column(String(64), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    what: Mapped[str] = mapped_column(String(40), primary_key=True)
    done_on: Mapped[date]
    done_by: Mapped[str] = mapped_column(Text)
    """Who or what did it, in Chinese: `计划 2026001 公布`, or the officer."""
    told_by: Mapped[str] = mapped_column(String(10))
    """`event` or `person`."""
    note: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
