"""The database of one service: psycopg 3 under SQLAlchemy, sessions with a scope, COPY for bulk work.

Every table is made by migrations; `Base` of a service takes `new_metadata()` and gains the chassis tables.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from pydantic_core import from_json
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.ext.asyncio import async_sessionmaker as sessionmaker

from suicha_chassis.scope import Scope
from suicha_chassis.settings import DatabaseSettings

DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
"""For statements that are written out to be used inside others, as in COPY."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

_now = func.now()


def new_metadata() -> MetaData:
    """Return metadata with the naming convention and the tables that the chassis keeps in every service."""
    metadata = MetaData(naming_convention=NAMING)
    Table(
        "outbox",
        metadata,
        Column("seq", BigInteger, Identity(always=True), primary_key=True),
        Column("id", Uuid, nullable=False, unique=True),
        Column("subject", Text, nullable=False),
        Column("payload", JSONB, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
        Column("published_at", DateTime(timezone=True)),
        Index("ix_outbox_waiting", "seq", postgresql_where=text("published_at IS NULL")),
        Index("ix_outbox_published_at", "published_at"),
    )
    Table(
        "inbox",
        metadata,
        Column("consumer", String(100), primary_key=True),
        Column("event_id", Uuid, primary_key=True),
        Column("received_at", DateTime(timezone=True), nullable=False, server_default=_now),
        Index("ix_inbox_received_at", "received_at"),
    )
    Table(
        "idempotency",
        metadata,
        Column("principal", String(200), primary_key=True),
        Column("key", String(200), primary_key=True),
        Column("request_hash", String(64), nullable=False),
        Column("status", Integer, nullable=False),
        Column("headers", JSONB, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now, index=True),
    )
    Table(
        "audit_entries",
        metadata,
        Column("seq", BigInteger, Identity(always=True), primary_key=True),
        Column("at", DateTime(timezone=True), nullable=False, server_default=_now),
        Column("actor", String(200), nullable=False),
        Column("roles", Text, nullable=False),
        Column("org", String(64), nullable=False),
        Column("region", String(6), nullable=False),
        Column("action", String(100), nullable=False),
        Column("object_type", String(60), nullable=False),
        Column("object_id", String(200), nullable=False),
        Column("reason", Text, nullable=False, server_default=""),
        Column("before", JSONB),
        Column("after", JSONB),
        Column("request_id", String(100), nullable=False, server_default=""),
        Index("ix_audit_entries_object_type_object_id", "object_type", "object_id"),
    )
    Table(
        "audit_seals",
        metadata,
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("seq", BigInteger, nullable=False, unique=True),
        Column("hash", String(64), nullable=False),
    )
    return metadata


def psycopg_url(url: str) -> str:
    """Turn a SQLAlchemy address into one that psycopg reads."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


class Database:
    """Connections of one process to its service's own database."""

    def __init__(self, settings: DatabaseSettings) -> None:
        url = make_url(settings.database_url.get_secret_value()).set(drivername="postgresql+psycopg")
        self.url = url.render_as_string(hide_password=False)
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=settings.database_pool,
            max_overflow=settings.database_pool,
            pool_pre_ping=True,
            pool_timeout=10,
            # Compiling is set off by a guess of cost, which some statements exceed that run for milliseconds.
            connect_args={"connect_timeout": 5, "options": "-c jit=off"},
            json_deserializer=from_json,  # many columns hold `[]`, which takes json.loads two microseconds
        )
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    def session(self, scope: Scope, **info: Any) -> AsyncSession:
        """Return a new session for a scope. The caller commits; leaving without commit rolls back."""
        return self._sessions(info={"scope": scope, **info})

    @asynccontextmanager
    async def transaction(self, scope: Scope, **info: Any) -> AsyncIterator[AsyncSession]:
        """Open a session, commit when the block ends, roll back when it raises."""
        async with self.session(scope, **info) as session, session.begin():
            yield session

    async def raw(self, *, autocommit: bool = True) -> psycopg.AsyncConnection[Any]:
        """Return a psycopg connection of its own, outside the pool: LISTEN, advisory locks, long COPY."""
        return await psycopg.AsyncConnection.connect(
            psycopg_url(self.url), autocommit=autocommit, connect_timeout=5
        )

    async def ping(self) -> None:
        """Raise if the database does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


async def driver_connection(session: AsyncSession) -> psycopg.AsyncConnection[Any]:
    """Return the psycopg connection under a session, for COPY inside its transaction."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)
    return driver
