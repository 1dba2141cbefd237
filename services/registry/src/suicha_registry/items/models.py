"""Matters that may be inspected, and every version of the published list."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, String, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import OrgScoped

from suicha_registry.base import Base, Stamped, Versioned


class Item(Base, OrgScoped, Stamped, Versioned):
    """One matter (抽查事项) of one body's list."""

    __tablename__ = "items"
    __table_args__ = (UniqueConstraint("org", "code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    code: Mapped[str] = mapped_column(String(54, collation="C"))
    name: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(40))
    enforcement: Mapped[str] = mapped_column(String(40))
    basis: Mapped[list[dict[str, Any]]]
    body: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(String(54))
    ratio_bp: Mapped[int | None]
    frequency: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text)
    staff: Mapped[int | None]
    staff_requirement: Mapped[str] = mapped_column(Text)
    object_kinds: Mapped[list[str]] = mapped_column(ARRAY(String(20)))
    object_range: Mapped[str] = mapped_column(Text)
    form_code: Mapped[str] = mapped_column(String(54))
    source: Mapped[str] = mapped_column(Text)
    lists: Mapped[list[str]] = mapped_column(ARRAY(String(20)), server_default=text("'{regular}'"))
    """Which lists it stands on: the yearly one, the triggered one (R7), or both."""
    expertise: Mapped[list[str]] = mapped_column(ARRAY(String(60)), server_default=text("'{}'"))
    legal_ratio: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    legal_frequency: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    edited_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    reviewed_by: Mapped[str] = mapped_column(Text, default="")
    reviewed_on: Mapped[date | None]
    review_method: Mapped[str] = mapped_column(String(10), default="", server_default="")
    review_document: Mapped[str] = mapped_column(Text, default="", server_default="")
    review_sha256: Mapped[str] = mapped_column(String(64), default="", server_default="")
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Null while the item, or a change to it, has not been reviewed and published (S2 Art. 5)."""


class ItemVersion(Base):
    """What an item said each time it was published, or that it was taken off the list. Public, append-only."""

    __tablename__ = "item_versions"

    org: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(String(54, collation="C"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    region: Mapped[str] = mapped_column(String(6, collation="C"), index=True)
    content: Mapped[dict[str, Any]]
    retired: Mapped[bool]
    reviewed_by: Mapped[str] = mapped_column(Text, server_default="")
    reviewed_on: Mapped[date | None]
    review_method: Mapped[str] = mapped_column(String(10), server_default="")
    review_document: Mapped[str] = mapped_column(Text, server_default="")
    review_sha256: Mapped[str] = mapped_column(String(64), server_default="")
    """How this version was approved (S2 Art. 5); empty where it was taken off the list."""
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ItemList(Base):
    """One version of a body's published list. Append-only."""

    __tablename__ = "item_lists"

    org: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True, server_default="regular")
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    region: Mapped[str] = mapped_column(String(6))
    items: Mapped[list[str]] = mapped_column(ARRAY(String(54)))
    published_by: Mapped[str] = mapped_column(String(200))
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
