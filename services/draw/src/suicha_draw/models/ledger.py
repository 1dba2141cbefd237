"""The draw log: its entries, and what others put their names to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, SmallInteger, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.ids import uuid7

from suicha_draw.models.base import Base, Rid


class LogEntry(Base):
    """An entry of the draw log: `line` is the canonical leaf data, `leaf` its RFC 9162 leaf hash."""

    __tablename__ = "log_entries"
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    draw_id: Mapped[str] = mapped_column(Rid)
    attempt: Mapped[int]
    seq: Mapped[int]
    event: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    line: Mapped[bytes] = mapped_column(LargeBinary)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (UniqueConstraint("draw_id", "seq"),)


class LogNode(Base):
    """The root over 2^level entries from index·2^level on, level ≥ 1; written with the entry that completes it."""

    __tablename__ = "log_nodes"
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class LogCosignature(Base):
    """A witness's signature line under the checkpoint of a size; `time` is the witness's own (Unix seconds)."""

    __tablename__ = "log_cosignatures"
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(String(200), primary_key=True)
    time: Mapped[int] = mapped_column(BigInteger)
    line: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class LogTimestamp(Base):
    """An RFC 3161 response over the checkpoint of a size; `verified` when a trust anchor was set to check it with."""

    __tablename__ = "log_timestamps"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    size: Mapped[int] = mapped_column(BigInteger, index=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    response: Mapped[bytes] = mapped_column(LargeBinary)
    stamped_at: Mapped[datetime]
    policy: Mapped[str] = mapped_column(Text)
    verified: Mapped[bool]
    given_by: Mapped[str] = mapped_column(String(200))
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
