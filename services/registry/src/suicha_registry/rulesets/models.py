"""Ruleset versions as published. Append-only: a draw keeps the version that it began under."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import DateTime, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from suicha_registry.base import Base


class RulesetVersion(Base):
    """One published version; public, so it is not limited to a region when read."""

    __tablename__ = "rulesets"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[str] = mapped_column(String(16), primary_key=True)
    region: Mapped[str] = mapped_column(String(6), index=True)
    name: Mapped[str] = mapped_column(Text)
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    sha256: Mapped[str] = mapped_column(String(64))
    document: Mapped[dict[str, Any]]
    source: Mapped[str] = mapped_column(Text)
    """The YAML as it came, comments and all."""
    published_by: Mapped[str] = mapped_column(String(200))
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
