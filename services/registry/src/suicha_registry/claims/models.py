"""What a body has claimed of lists above it."""

from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import OrgScoped

from suicha_registry.base import Base, Stamped, Versioned


class ItemClaim(Base, OrgScoped, Stamped, Versioned):
    """One item of a superior list as one body stands to it."""

    __tablename__ = "item_claims"
    __table_args__ = (UniqueConstraint("org", "superior_org", "superior_code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    superior_org: Mapped[str] = mapped_column(String(64))
    superior_code: Mapped[str] = mapped_column(String(54, collation="C"))
    number: Mapped[int]
    """The published version of the superior item that the own item was last brought in line with."""
    state: Mapped[str] = mapped_column(String(10))
    item_id: Mapped[UUID | None] = mapped_column(ForeignKey("items.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str] = mapped_column(String(200))
