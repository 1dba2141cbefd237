"""Taking up imports and reporting refused rows."""

import csv
import io
from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.db import Database
from suicha_chassis.files import FileStore
from suicha_chassis.problems import NotFound
from suicha_chassis.scope import SYSTEM

from suicha_registry.imports.models import Import, ImportRefusal
from suicha_registry.imports.runner import CHANNEL
from suicha_registry.imports.schemas import ImportBody
from suicha_registry.problems import UploadUnknown

_BATCH = 2000


async def receive(session: AsyncSession, caller: Caller, files: FileStore, body: ImportBody) -> Import:
    """Note an import; the loop takes it up when this commits.

    Raises:
        UploadUnknown: the file was not uploaded.
    """
    if not await files.exists(body.upload_sha256):
        raise UploadUnknown("文件尚未上传，请先 PUT /registry/v1/uploads/{sha256}")
    row = Import(
        kind=body.kind,
        upload_sha256=body.upload_sha256,
        file_name=body.file_name,
        region_default=body.region_default or "",
        dry_run=body.dry_run,
        state="received",
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


async def find(session: AsyncSession, import_id: UUID) -> Import:
    """Return an import inside the session's scope.

    Raises:
        NotFound: there is none.
    """
    row = await session.scalar(select(Import).where(Import.id == import_id))
    if row is None:
        raise NotFound("导入任务不存在，或不在您的管辖范围内")
    return row


async def refusals_csv(db: Database, row: Import) -> AsyncIterator[bytes]:
    """Yield the refused rows of an import as CSV (UTF-8 with BOM, as spreadsheets expect), in order.

    The caller MUST have loaded `row` inside its own scope. Cells that a spreadsheet would read as a formula
    are given a leading apostrophe.
    """
    yield "\ufeff".encode()
    yield _csv_lines([["行号", "原因代码", "原因", *row.header]])
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
                yield _csv_lines([[str(one.line), one.code, one.message, *one.raw] for one in batch])
                after = batch[-1].line
            if len(batch) < _BATCH:
                return
            session.expunge_all()


def _csv_lines(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([[_plain(cell) for cell in row] for row in rows])
    return out.getvalue().encode()


def _plain(cell: str) -> str:
    return "'" + cell if cell[:1] in ("=", "+", "-", "@", "\t") and cell[1:] else cell
