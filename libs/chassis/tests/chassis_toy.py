"""A small service that uses every part of the chassis, as a real one would."""

import asyncio
from pathlib import Path
from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, SecretStr
from sqlalchemy import create_engine, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from suicha_chassis import audit, testing
from suicha_chassis.app import Process, create_app
from suicha_chassis.audit_api import audit_router
from suicha_chassis.auth import Caller
from suicha_chassis.bus import PermanentError
from suicha_chassis.consumers import on
from suicha_chassis.db import new_metadata, psycopg_url
from suicha_chassis.embedded import ensure_database
from suicha_chassis.etags import require_match, set_etag
from suicha_chassis.ids import uuid7
from suicha_chassis.migrations import APPEND_ONLY, append_only
from suicha_chassis.outbox import emit
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import NotFound, StaleVersion, problem_responses
from suicha_chassis.routes import Session, public, requires, router
from suicha_chassis.scope import OrgScoped
from suicha_chassis.settings import DatabaseSettings
from suicha_contracts.envelope import Event
from suicha_contracts.roles import Permission


class Base(DeclarativeBase):
    metadata = new_metadata()


class Note(OrgScoped, Base):
    __tablename__ = "note"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    text: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: ClassVar[dict[str, object]] = {"version_id_col": version}


class Seen(Base):
    __tablename__ = "seen"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


class NoteWritten(Event):
    service: ClassVar[str] = "toy"
    text: str


class NoteBody(BaseModel):
    text: str
    org: str = ""


class NoteView(BaseModel):
    id: UUID
    text: str
    version: int


routes = router(prefix="/toy/v1/notes", tags=["notes"])
Writer = Annotated[Caller, requires(Permission.PLAN_WRITE)]
Reader = Annotated[Caller, requires(Permission.PLAN_READ)]


def show(note: Note) -> NoteView:
    return NoteView(id=note.id, text=note.text, version=note.version)


async def find(session: AsyncSession, note_id: UUID) -> Note:
    note = await session.get(Note, note_id)
    if note is None:
        raise NotFound()
    return note


@routes.post("", status_code=201, summary="write")
async def write_note(body: NoteBody, session: Session, caller: Writer, response: Response) -> NoteView:
    note = Note(text=body.text, region=caller.region, org=body.org or caller.org)
    session.add(note)
    await session.flush()
    await audit.record(session, "note.write", "note", note.id, after={"text": note.text})
    await emit(session, NoteWritten(text=note.text), str(note.id))
    if note.text == "crash":
        raise RuntimeError("after everything was written")
    set_etag(response, note.version)
    return show(note)


@routes.get("", summary="list")
async def list_notes(
    session: Session, caller: Reader, limit: Limit = 2, cursor: Cursor = ""
) -> Page[NoteView]:
    return await page(session, select(Note), [Note.id], show, limit=limit, cursor=cursor)


@routes.get("/{note_id}", summary="read", responses=problem_responses(NotFound))
async def read_note(note_id: UUID, session: Session, caller: Reader) -> NoteView:
    return show(await find(session, note_id))


@routes.patch("/{note_id}", summary="change", responses=problem_responses(NotFound, StaleVersion))
async def change_note(
    note_id: UUID, body: NoteBody, session: Session, caller: Writer, request: Request
) -> NoteView:
    note = await find(session, note_id)
    require_match(request, note.version)
    note.text = body.text
    await session.flush()
    return show(note)


@routes.post("/{note_id}/after/{other_id}", summary="change two, one after the other")
async def change_two(note_id: UUID, other_id: UUID, session: Session, caller: Writer) -> list[NoteView]:
    changed = []
    for one in (note_id, other_id):
        note = await session.get_one(Note, one, with_for_update=True)
        note.text += "+"
        await session.flush()
        changed.append(show(note))
        await asyncio.sleep(0.2)
    return changed


@routes.get("/public/count", summary="count")
async def count_notes(session: Session, caller: Annotated[Caller, public()]) -> int:
    return len((await session.scalars(select(Note))).all())


async def remember(session: AsyncSession, event: NoteWritten) -> None:
    if event.text.startswith("poison"):
        raise PermanentError("poison")
    if event.text.startswith("never"):
        raise ValueError("never works")
    await session.execute(text("INSERT INTO seen (text) VALUES (:text)"), {"text": event.text})


PROCESS = Process(
    service="toy",
    title="toy",
    description="",
    routers=(routes, audit_router("toy")),
    handlers=(on(NoteWritten, "remember", remember),),
)


def make_database(postgres: testing.PostgresServer) -> testing.ServiceDatabase:
    """A fresh database for the toy; real services take theirs from migrations."""
    name = f"toy_{uuid7().hex[-12:]}"
    ensure_database(postgres.place, name, "toy_owner", "toy_service", "test")
    database = testing.ServiceDatabase(
        name,
        postgres.place.url(name, "toy_service", "test"),
        postgres.place.url(name, "toy_owner", "test"),
    )
    engine = create_engine(database.owner_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        for statement in [APPEND_ONLY, *append_only("audit_entries"), *append_only("audit_seals")]:
            connection.execute(text(statement))
        connection.execute(
            text("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO toy_service")
        )
        connection.execute(text("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO toy_service"))
    engine.dispose()
    assert psycopg_url(database.url)
    return database


def settings(
    database: testing.ServiceDatabase, nats_url: str, issuer: testing.Issuer, files: Path
) -> DatabaseSettings:
    return DatabaseSettings(
        environment="test",
        database_url=SecretStr(database.url),
        nats_url=nats_url,
        jwks_url=issuer.jwks_url,
        files_url=files.as_uri(),
        log_level="WARNING",
        _env_file=None,
    )


def build(config: DatabaseSettings):
    return create_app(PROCESS, config)
