"""Forms by version. A published version never changes; an inspection keeps the one that it began with."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import OrgScoped

from suicha_registry.base import Base, Stamped


class Form(Base, OrgScoped, Stamped):
    """One version of one form."""

    __tablename__ = "forms"
    __table_args__ = (UniqueConstraint("org", "code", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    code: Mapped[str] = mapped_column(String(54, collation="C"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    clause: Mapped[str] = mapped_column(Text)
    extends: Mapped[str] = mapped_column(String(54, collation="C"), default="", server_default="")
    """Code of the base form whose questions come first (基础检查表, R18); frozen in when it is published."""
    base_number: Mapped[int | None]
    questions: Mapped[list[dict[str, Any]]]
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
