"""Calendars as published. A correction is a new revision; nothing is overwritten."""

from datetime import date, datetime

from sqlalchemy import ARRAY, Date, DateTime, Integer, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from suicha_registry.base import Base


class Calendar(Base):
    """The official working days of a year, national, so not limited to a region."""

    __tablename__ = "calendars"

    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    holidays: Mapped[list[date]] = mapped_column(ARRAY(Date))
    workdays: Mapped[list[date]] = mapped_column(ARRAY(Date))
    source: Mapped[str] = mapped_column(Text)
    published_by: Mapped[str] = mapped_column(String(200))
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
