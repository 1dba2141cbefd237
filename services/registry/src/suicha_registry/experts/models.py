"""Experts and institutions."""

from datetime import date

from sqlalchemy import ARRAY, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.scope import OrgScoped

from suicha_registry.base import Base, Bytes, Stamped, Versioned


class Expert(Base, OrgScoped, Stamped, Versioned):
    """One entry of a body's pool."""

    __tablename__ = "experts"

    code: Mapped[str] = mapped_column(String(54, collation="C"), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(30))
    institution: Mapped[str] = mapped_column(Text)
    credit_code: Mapped[str] = mapped_column(String(18))
    qualification: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(60)), server_default=text("'{}'"))
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    confidential_since: Mapped[date | None]
    conflicts: Mapped[list[str]] = mapped_column(ARRAY(Bytes), server_default=text("'{}'"))
    """Objects that the entry has an interest in and must not come near (回避)."""
    state: Mapped[str] = mapped_column(String(20))
