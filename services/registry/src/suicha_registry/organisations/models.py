"""Inspecting bodies."""

from typing import Any

from sqlalchemy import String, Text, text
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.scope import RegionScoped

from suicha_registry.base import Base, Stamped, Versioned


class Organisation(Base, RegionScoped, Stamped, Versioned):
    """One body with its departments."""

    __tablename__ = "organisations"

    code: Mapped[str] = mapped_column(String(64, collation="C"), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    departments: Mapped[list[dict[str, Any]]]
    leading_group: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    responsibilities: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
