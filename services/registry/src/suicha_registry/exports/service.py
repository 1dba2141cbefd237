"""Reading registers for an export: one statement, in the caller's scope, streamed by a cursor of the server.

The statement sees one moment of the register, however long the answer takes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Row, Select, Text, and_, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import aliased
from suicha_chassis.auth import Caller
from suicha_chassis.db import DIALECT, Database, psycopg_url
from suicha_chassis.scope import within

from suicha_registry.experts.models import Expert
from suicha_registry.exports.cells import Show, row_maker, shows_of
from suicha_registry.forms.models import Form
from suicha_registry.inspectors.identity import Vault
from suicha_registry.inspectors.models import Inspector
from suicha_registry.items.models import Item
from suicha_registry.organisations.models import Organisation
from suicha_registry.rulesets.service import today
from suicha_registry.subjects.conditions import conditions
from suicha_registry.subjects.models import Label, ListEntry, Subject, SubjectGrade, SubjectLabel
from suicha_registry.subjects.schemas import Search
from suicha_registry.tables.columns import Column
from suicha_registry.tables.copy_text import read_lines
from suicha_registry.tables.registers import COLUMNS
from suicha_registry.tables.writing import CsvWriter, Writer, XlsxWriter

BATCH = 2000
"""Rows fetched, written and sent at once."""

Fields = Mapping[str, Any]
Expand = Callable[[dict[str, Any]], list[Fields]]
"""What one row of the statement says as rows of the table."""


def subjects(search: Search) -> Select[Any]:
    """Select objects with what other tables know of them; such as turned out to be another one are left out.

    Every column as text, for `copied`.
    """
    labels = (
        select(func.string_agg(Label.code, aggregate_order_by(literal("；"), Label.code)))
        .join(SubjectLabel, SubjectLabel.label_id == Label.id)
        .where(SubjectLabel.subject_id == Subject.id)
        .scalar_subquery()
    )
    day = today()
    on = (
        select(func.string_agg(ListEntry.list_code, aggregate_order_by(literal("；"), ListEntry.list_code)))
        .where(
            ListEntry.subject_id == Subject.id,
            ListEntry.valid_from <= day,
            func.coalesce(ListEntry.valid_to, day) >= day,
        )
        .scalar_subquery()
    )
    beside: dict[str, Any] = {
        "credit_grade": SubjectGrade.grade,
        "grade_source": SubjectGrade.source,
        "grade_month": SubjectGrade.month,
        "labels": labels,
        "lists": on,
    }
    names = [column.name for column in _columns("subjects")]
    values = (beside[name] if name in beside else getattr(Subject, name) for name in names)
    texts = (func.coalesce(cast(value, Text), "") for value in values)
    found: Select[*tuple[Any, ...]] = select(*texts).select_from(Subject)
    found = found.outerjoin(SubjectGrade, SubjectGrade.subject_id == Subject.id)
    found = found.where(*conditions(search), Subject.merged_into.is_(None))
    return found.order_by(Subject.region, Subject.id)


def organisations() -> Select[Any]:
    """Select organisations."""
    return select(*_own(Organisation, "organisations")).order_by(Organisation.code)


def items(org: str, code: str) -> Select[Any]:
    """Select items, drafts included."""
    state = case((Item.published_at.is_(None), "草案"), else_="已公布").label("state")
    found = select(*_own(Item, "items", "state"), state).order_by(Item.code, Item.org)
    if org:
        found = found.where(Item.org == org)
    return found.where(Item.code == code) if code else found


def inspectors(org: str, crew: str, state: str | None) -> Select[Any]:
    """Select inspectors; the identity number sealed and masked."""
    columns = _own(Inspector, "inspectors", "identity_number")
    found = select(*columns, Inspector.identity_sealed, Inspector.identity_masked).order_by(Inspector.code)
    if org:
        found = found.where(Inspector.org == org)
    if crew:
        found = found.where(Inspector.crew == crew)
    return found.where(Inspector.state == state) if state else found


def shown_inspector(vault: Vault | None) -> Expand:
    """Return what shows an inspector: the identity number masked, or in clear where a vault is given."""

    def show(row: dict[str, Any]) -> list[Fields]:
        sealed, number = row["identity_sealed"], row["identity_masked"]
        if vault is not None and sealed is not None:
            number = vault.open(bytes(sealed))
        return [row | {"identity_number": number}]

    return show


def experts(org: str, kind: str | None) -> Select[Any]:
    """Select the expert pool."""
    found = select(*_own(Expert, "experts")).order_by(Expert.code)
    if org:
        found = found.where(Expert.org == org)
    return found.where(Expert.kind == kind) if kind else found


def forms(code: str) -> Select[Any]:
    """Select the newest version of each form, beside the questions of the base form frozen into it."""
    base = aliased(Form)
    found = (
        select(
            *(getattr(Form, name) for name in _FORM),
            Form.published_at,
            base.questions.label("base_questions"),
        )
        .outerjoin(
            base,
            and_(base.org == Form.org, base.code == Form.extends, base.number == Form.base_number),
        )
        .ext(distinct_on(Form.org, Form.code))
        .order_by(Form.org, Form.code, Form.number.desc())
    )
    return found.where(Form.code == code) if code else found


_FORM = ("code", "org", "name", "clause", "extends", "number", "questions")


def shown_form(row: dict[str, Any]) -> list[Fields]:
    """Show a form: one row for each question of its own."""
    form = row | {"published": "草案" if row["published_at"] is None else "已发布"}
    absent = {"section": "", "options": [], "required": True, "guidance": "", "legal_article": ""}
    frozen_in = {question["key"] for question in row["base_questions"] or ()}
    own = [question for question in row["questions"] if question["key"] not in frozen_in]
    return [form | absent | {"evidence_required_if": []} | question for question in own]


def _columns(kind: str) -> list[Column]:
    """Return the columns that an export writes."""
    return [column for column in COLUMNS[kind] if not column.folded]


def _own(entity: Any, kind: str, *beside: str) -> list[Any]:
    return [getattr(entity, column.name) for column in _columns(kind) if column.name not in beside]


def writer_of(kind: str, file_format: str) -> Writer:
    """Return the writer of a register in the wanted format."""
    header = [column.title for column in _columns(kind)]
    return XlsxWriter(header) if file_format == "xlsx" else CsvWriter(header)


async def stream(
    db: Database,
    caller: Caller,
    kind: str,
    statement: Select[Any],
    writer: Writer,
    expand: Expand | None = None,
) -> AsyncIterator[bytes]:
    """Yield the file of an export. Nobody sees rows outside of the caller's scope."""
    columns = _columns(kind)
    row_of = row_maker(kind, columns)
    in_order = itemgetter(*(column.name for column in columns))

    def written(names: Sequence[str], rows: Sequence[Row[Any]]) -> bytes:
        found = (dict(zip(names, row, strict=True)) for row in rows)
        shown = (one for row in found for one in (expand(row) if expand else [row]))
        return writer.rows([row_of(in_order(one)) for one in shown])

    async with db.session(caller.scope, caller=caller) as session:
        found = await session.stream(statement, execution_options={"yield_per": BATCH})
        names = list(found.keys())
        async for rows in found.partitions(BATCH):
            yield await asyncio.to_thread(written, names, rows)
    yield writer.end()


async def copied(
    db: Database, caller: Caller, kind: str, statement: Select[Any], writer: Writer
) -> AsyncIterator[bytes]:
    """Do as `stream` with a statement of texts in the order of the columns, of millions of rows.

    A thread reads and writes in turns, and the database runs ahead of it by what the connection holds. Side by side,
    reading would wait for the writer to let go of the interpreter at every piece that comes. While a piece is sent,
    the next is made.
    """
    shows = shows_of(kind, _columns(kind))
    pieces = _pieces(psycopg_url(db.url), within(statement, caller.scope), shows, writer)

    def begin() -> asyncio.Task[bytes | None]:
        return asyncio.create_task(asyncio.to_thread(next, pieces, None))

    piece = begin()
    try:
        while (got := await asyncio.shield(piece)) is not None:
            piece = begin()
            yield got
    finally:  # whoever asked may have gone; a generator cannot be closed while it makes the next piece
        await asyncio.gather(piece, return_exceptions=True)
        await asyncio.to_thread(pieces.close)
    yield writer.end()


def _pieces(
    url: str, statement: Select[Any], shows: Sequence[tuple[int, Show]], writer: Writer
) -> Generator[bytes]:
    compiled = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    query = sql.SQL("COPY ({}) TO STDOUT").format(sql.SQL(str(compiled)))
    with (
        psycopg.connect(url, connect_timeout=5) as connection,
        connection.cursor() as cursor,
        cursor.copy(query, compiled.params) as copy,
    ):
        while lines := b"".join(islice(copy, BATCH)):
            rows = read_lines(lines)
            for row in rows:
                for index, show in shows:
                    row[index] = show(row[index])
            yield writer.rows(rows)
