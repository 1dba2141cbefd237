"""Frozen snapshots. Append-only: a round refers to its snapshot for ever."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, String
from sqlalchemy.orm import Mapped, mapped_column

from suicha_registry.base import Base


class FrozenSnapshot(Base):
    """One request to freeze and what was answered. Only our own services reach these rows."""

    __tablename__ = "snapshots"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(unique=True)
    org: Mapped[str] = mapped_column(String(64))
    region: Mapped[str] = mapped_column(String(6))
    request: Mapped[dict[str, Any]]
    answer: Mapped[dict[str, Any]]
    frozen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
