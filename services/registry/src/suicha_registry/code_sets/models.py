"""Code sets as published. Append-only: a result keeps the set that it was given in."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, String, func
from sqlalchemy.orm import Mapped, mapped_column

from suicha_registry.base import Base


class PublishedCodeSet(Base):
    """One version of one set; public, so not limited to a region."""

    __tablename__ = "code_sets"

    id: Mapped[str] = mapped_column(String(30), primary_key=True)
    document: Mapped[dict[str, Any]]
    published_by: Mapped[str] = mapped_column(String(200))
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
