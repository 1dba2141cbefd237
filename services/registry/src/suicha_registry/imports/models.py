"""Imports and their refused rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, ForeignKey, String, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import OrgScoped

from suicha_registry.base import Base


class Import(Base, OrgScoped):
    """One file to import. What a crash left behind goes on where its last commit was."""

    __tablename__ = "imports"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(String(20))
    mode: Mapped[str] = mapped_column(String(10))
    upload_sha256: Mapped[str] = mapped_column(String(64), index=True)
    file_name: Mapped[str] = mapped_column(Text)
    personal: Mapped[bool] = mapped_column(default=False, server_default="false")
    """The file holds identity numbers in clear: it is removed as soon as it is read."""
    region_default: Mapped[str] = mapped_column(String(6))
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Fields that the importer names for headers of the file."""
    state: Mapped[str] = mapped_column(String(10), index=True)
    error: Mapped[str] = mapped_column(Text, default="")
    header: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    columns: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    """What each column of the file was taken for."""
    rows_total: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    rows_read: Mapped[int] = mapped_column(BigInteger, default=0)
    shares: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list, server_default="{}")
    """Rows that each reader of the file has read."""
    lines: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list, server_default="{}")
    """The last line of the file of which each reader has read its rows."""
    staged: Mapped[int | None] = mapped_column(BigInteger)
    """Rows that lie in the stage; null until the file is read to its end."""
    accepted: Mapped[int] = mapped_column(BigInteger, default=0)
    changed: Mapped[int] = mapped_column(BigInteger, default=0)
    unchanged: Mapped[int] = mapped_column(BigInteger, default=0)
    refused: Mapped[int] = mapped_column(BigInteger, default=0)
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    confirmed_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ImportRefusal(Base):
    """One row that was not taken, as it stood in the file, with every fault found in it. Append-only."""

    __tablename__ = "import_refusals"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    line: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(40))
    """Code of the first fault."""
    message: Mapped[str] = mapped_column(Text)
    faults: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    """Column, code and message of each fault."""
    raw: Mapped[list[str]] = mapped_column(ARRAY(Text))
