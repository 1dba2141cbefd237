"""Inspectors and their recusals."""

from datetime import date, datetime

from sqlalchemy import ARRAY, DateTime, ForeignKey, LargeBinary, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.scope import OrgScoped

from suicha_registry.base import Base, Bytes, Stamped, Versioned


class Inspector(Base, OrgScoped, Stamped, Versioned):
    """A person who may inspect. The code is the person's id in draws."""

    __tablename__ = "inspectors"

    code: Mapped[str] = mapped_column(String(54, collation="C"), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(String(54))
    crew: Mapped[str] = mapped_column(String(54, collation="C"))
    unit: Mapped[str] = mapped_column(String(54, collation="C"))
    licence_no: Mapped[str] = mapped_column(String(60))
    licence_until: Mapped[date]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Bytes))
    """Codes of the items that the person is qualified for; `*` for all."""
    expertise: Mapped[list[str]] = mapped_column(ARRAY(String(60)), server_default=text("'{}'"))
    """What the person knows best (执法人员专长, R14), in the same words as the items ask for it."""
    state: Mapped[str] = mapped_column(String(20))
    identity_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    identity_masked: Mapped[str] = mapped_column(String(18), default="")
    address_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """住址, encrypted: only compared with the addresses of objects when a list is frozen (回避, D16)."""


class Recusal(Base, OrgScoped):
    """An object that an inspector must not inspect (回避, S2 Art. 12)."""

    __tablename__ = "recusals"

    inspector: Mapped[str] = mapped_column(
        ForeignKey("inspectors.code"), type_=String(54, collation="C"), primary_key=True
    )
    object_id: Mapped[str] = mapped_column(String(54, collation="C"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(54))
    note: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
