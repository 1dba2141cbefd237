"""What draw knows of earlier inspections and of rulesets."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, false, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.scope import OrgScoped

from suicha_draw.models.base import Base, Document, Rid


class RulesetRow(Base):
    """A ruleset version as published by registry."""

    __tablename__ = "rulesets"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    """The last day in force; None: until a later version."""
    document: Mapped[Document]


class HistoryImport(OrgScoped, Base):
    """A file of earlier inspections: received → checked → confirmed → done, or failed."""

    __tablename__ = "history_imports"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    prefix: Mapped[str] = mapped_column(String(6, collation="C"))
    state: Mapped[str] = mapped_column(String(20))
    upload_sha256: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(Text)
    authority: Mapped[str] = mapped_column(Text)
    read: Mapped[int] = mapped_column(BigInteger, server_default="0")
    added: Mapped[int] = mapped_column(BigInteger, server_default="0")
    changed: Mapped[int] = mapped_column(BigInteger, server_default="0")
    unchanged: Mapped[int] = mapped_column(BigInteger, server_default="0")
    refused: Mapped[int] = mapped_column(BigInteger, server_default="0")
    fault: Mapped[str] = mapped_column(Text, server_default="")
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    confirmed_by: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(Integer)
    __mapper_args__ = {  # noqa: RUF012 - read by SQLAlchemy
        "version_id_col": version
    }


class HistoryProblem(Base):
    """A row of an imported file that is left out, and why."""

    __tablename__ = "history_problems"
    import_id: Mapped[UUID] = mapped_column(ForeignKey("history_imports.id"), primary_key=True)
    line: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    message: Mapped[str] = mapped_column(Text)


class HistoryRow(Base):
    """One finished inspection of an object; `evidence` is SHA-256 of the canonical JSON of `document`."""

    __tablename__ = "history"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    object_id: Mapped[str] = mapped_column(Rid)
    finished_on: Mapped[date]
    violation: Mapped[bool]
    normal: Mapped[bool]
    triggered: Mapped[bool] = mapped_column(server_default=false())
    """Inspected upon a trigger: it counts towards no frequency, and maybe towards no cap."""
    org: Mapped[str] = mapped_column(Text, server_default="")
    """Whose inspection it was: a body's code; in an import another body may stand under its name alone."""
    document: Mapped[Document]
    evidence: Mapped[str] = mapped_column(String(64))
    imported_for: Mapped[str | None] = mapped_column(String(6, collation="C"))
    """Region prefix of whoever imported it; it counts for draws inside that region only. None: our own visit."""
    __table_args__ = (
        Index("ix_history_object_id_finished_on", "object_id", "finished_on"),
        Index("ix_history_finished_on", "finished_on"),
    )


class ItemListRow(Base):
    """A published 抽查事项清单 of an organisation, as registry told it (R4, R7; laws of items: P8, P17)."""

    __tablename__ = "item_lists"
    org: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    laws: Mapped[list[Any]]
    published_at: Mapped[datetime]
