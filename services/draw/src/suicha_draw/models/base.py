"""What every table of draw stands on."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from suicha_chassis.db import new_metadata

Document = dict[str, Any]
Rid = String(54, collation="C")
"""An id of RID/1 §1; compared by bytes."""


class Base(DeclarativeBase):
    """Base of draw's tables, together with those of the chassis."""

    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        Document: JSONB,
        list[Any]: JSONB,
        datetime: DateTime(timezone=True),
    }


class CounterRow(Base):
    """The last number given under a name; its row lock puts concurrent creators into a queue."""

    __tablename__ = "counters"
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
