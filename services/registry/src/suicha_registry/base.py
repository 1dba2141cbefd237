"""The declarative base of every table of the registry."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from suicha_chassis.db import new_metadata

Bytes = String(collation="C")
"""Text that is compared and sorted by its bytes (RID/1 §1)."""


class Base(DeclarativeBase):
    """Base of the registry's rows; the metadata holds the chassis tables too."""

    metadata = new_metadata()
    type_annotation_map = {dict[str, Any]: JSONB, list[dict[str, Any]]: JSONB}  # noqa: RUF012 - SQLAlchemy's


class Stamped:
    """When a row was made and last changed."""

    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), onupdate=func.now()
    )


class Versioned:
    """A row that people edit: `version` is its ETag and is checked by every UPDATE."""

    version: Mapped[int] = mapped_column(default=1, server_default="1")

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        """Let SQLAlchemy check and raise the version."""
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]
