"""Taking up imports, confirming them, and reporting what they would do and what they refuse."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

from psycopg import sql
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.db import Database, driver_connection
from suicha_chassis.files import FileStore
from suicha_chassis.paging import Page, decode_cursor, encode_cursor
from suicha_chassis.problems import Fault, Forbidden, Invalid, NotFound
from suicha_chassis.scope import SYSTEM
from suicha_contracts.roles import Permission

from suicha_registry.imports.models import Import, ImportRefusal
from suicha_registry.imports.runner import CHANNEL, differences_of
from suicha_registry.imports.schemas import ChangedRow, ImportBody, ImportKind, ImportState
from suicha_registry.problems import ImportNotChecked
from suicha_registry.tables.registers import COLUMNS, REPORT_TITLES, TITLES
from suicha_registry.tables.writing import csv_lines, csv_start
from suicha_registry.uploads import service as uploads

_BATCH = 2000


async def receive(session: AsyncSession, caller: Caller, files: FileStore, body: ImportBody) -> Import:
    """Note an import; the loop takes it up when this commits.

    Raises:
        UploadUnknown: the file was not uploaded.
        Invalid: a header is said to mean a field that the register does not have.
        Forbidden: the register is one that only its keeper writes.
    """
    _require_keeper(caller, body.kind)
    fields = {column.name for column in COLUMNS[body.kind] if not column.told}
    strange = [name for name in body.headers.values() if name not in fields]
    if strange:
        faults = [
            Fault(where="body.headers", code="field_unknown", message=f"没有字段 {one}") for one in strange
        ]
        raise Invalid(f"没有字段：{'、'.join(strange)}", faults=faults)
    await uploads.require(session, files, body.upload_sha256, where="body.upload_sha256")
    row = Import(
        kind=body.kind,
        mode=body.mode,
        upload_sha256=body.upload_sha256,
        file_name=body.file_name,
        region_default=body.region_default or "",
        headers=body.headers,
        state=ImportState.RECEIVED,
        region=caller.region,
        org=caller.org,
        created_by=caller.subject,
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    await audit.record(session, "import", body.kind, row.id, after=body.model_dump(mode="json"))
    await session.execute(text(f"NOTIFY {CHANNEL}"))
    return row


async def confirm(session: AsyncSession, caller: Caller, import_id: UUID) -> Import:
    """Have a checked import applied. Confirming again changes nothing.

    Raises:
        NotFound: there is none.
        ImportNotChecked: it is not checked yet, failed, or was discarded.
        Forbidden: the register is one that only its keeper writes.
    """
    row = await find(session, import_id, lock=True)
    _require_keeper(caller, row.kind)
    if row.confirmed_at is not None:
        return row
    _require_checked(row)
    row.state = ImportState.CONFIRMED
    row.confirmed_by, row.confirmed_at = caller.subject, datetime.now(UTC)
    await session.flush()
    counts = {"new": row.accepted, "changed": row.changed, "refused": row.refused}
    await audit.record(session, "confirm_import", row.kind, row.id, after=counts)
    await session.execute(text(f"NOTIFY {CHANNEL}"))
    return row


async def discard(session: AsyncSession, caller: Caller, import_id: UUID) -> Import:
    """Give a checked import up; nothing of it was written. Discarding again changes nothing.

    Raises:
        NotFound: there is none.
        ImportNotChecked: it is not checked yet, or was confirmed.
        Forbidden: the register is one that only its keeper writes.
    """
    row = await find(session, import_id, lock=True)
    _require_keeper(caller, row.kind)
    if row.state == ImportState.DISCARDED:
        return row
    _require_checked(row)
    row.state, row.finished_at = ImportState.DISCARDED, datetime.now(UTC)
    await session.flush()
    await audit.record(session, "discard_import", row.kind, row.id)
    await session.execute(text(f"NOTIFY {CHANNEL}"))
    return row


def _require_keeper(caller: Caller, kind: str) -> None:
    """Let machines bring objects only: every other register is kept by people (S2 Art. 5, 6)."""
    if kind != ImportKind.SUBJECTS and not caller.may(Permission.REGISTRY_WRITE):
        raise Forbidden(f"只有名录库保管人可以导入{TITLES[kind]}")


def _require_checked(row: Import) -> None:
    if row.state != ImportState.CHECKED:
        raise ImportNotChecked(f"导入目前的状态是 {row.state}，只有检查完、待确认的导入可以确认或放弃")


async def changed_rows(session: AsyncSession, row: Import, *, limit: int, cursor: str) -> Page[ChangedRow]:
    """Return a page of what confirming would do, in the order of lines.

    Plain SQL is not limited by the session's scope: the caller MUST have loaded `row` inside its own, and its
    stage only holds rows that its importer may write.

    Raises:
        ImportNotChecked: there is no stage to compare.
    """
    _require_checked(row)
    after = int(decode_cursor(cursor, 1)[0]) if cursor else 0
    connection = await driver_connection(session)
    statement = sql.SQL(
        "SELECT line, id, is_new, before, after FROM ({}) d WHERE line > {} ORDER BY line LIMIT {}"
    ).format(differences_of(row), after, limit + 1)
    found = await (await connection.execute(statement)).fetchall()
    items = [
        ChangedRow(
            line=line,
            key=key,
            before=None if is_new else {name: value for name, value in old.items() if value != new.get(name)},
            after=new if is_new else {name: value for name, value in new.items() if value != old.get(name)},
        )
        for line, key, is_new, old, new in found[:limit]
    ]
    following = encode_cursor([items[-1].line]) if len(found) > limit else None
    return Page(items=items, next_cursor=following)


async def find(session: AsyncSession, import_id: UUID, *, lock: bool = False) -> Import:
    """Return an import inside the session's scope, and lock it if it is to be changed.

    Raises:
        NotFound: there is none.
    """
    wanted = select(Import).where(Import.id == import_id)
    row = await session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise NotFound("导入任务不存在，或不在您的管辖范围内")
    return row


async def refusals_csv(db: Database, row: Import) -> AsyncIterator[bytes]:
    """Yield the refused rows of an import as CSV, in order: what is wrong, then the row as it stood in the file.

    Corrected, the file can be imported as it is: the columns that say what was wrong are not read. The caller
    MUST have loaded `row` inside its own scope.
    """
    yield csv_start()
    yield csv_lines([[*REPORT_TITLES, *row.header]])
    after = 0
    async with db.session(SYSTEM) as session:
        while True:
            batch = (
                await session.scalars(
                    select(ImportRefusal)
                    .where(ImportRefusal.import_id == row.id, ImportRefusal.line > after)
                    .order_by(ImportRefusal.line)
                    .limit(_BATCH)
                )
            ).all()
            if batch:
                yield csv_lines([_report_of(one) for one in batch])
                after = batch[-1].line
            if len(batch) < _BATCH:
                return
            session.expunge_all()


def _report_of(one: ImportRefusal) -> list[str]:
    columns = "、".join(dict.fromkeys(fault["column"] for fault in one.faults if fault["column"]))
    return [str(one.line), one.code, one.message, columns, *one.raw]
