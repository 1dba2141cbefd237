"""Receiving and confirming files of earlier inspections."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit, outbox
from suicha_chassis.auth import Caller
from suicha_chassis.files import FileStore
from suicha_chassis.ids import uuid7
from suicha_chassis.problems import Conflict, NotFound
from suicha_contracts.values import region_prefix

from suicha_draw.history.importing import JOB
from suicha_draw.history.schemas import HistoryImportRequest
from suicha_draw.models import HistoryImport
from suicha_draw.problems import UploadMissing
from suicha_draw.words import import_state_words


async def receive(
    session: AsyncSession, files: FileStore, caller: Caller, wanted: HistoryImportRequest
) -> HistoryImport:
    """Take up an uploaded file; a worker checks it, nothing is written before it is confirmed.

    Raises:
        UploadMissing: no such file was uploaded.
    """
    if not await files.exists(wanted.upload_sha256):
        raise UploadMissing("请先上传文件，再导入")
    row = HistoryImport(
        id=uuid7(), region=caller.region, org=caller.org, prefix=region_prefix(caller.region), state="received",
        upload_sha256=wanted.upload_sha256, source=wanted.source, authority=wanted.authority or caller.org,
        created_by=caller.subject,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await audit.record(session, "history.import", "history_import", row.id, after=wanted.model_dump())
    await outbox.enqueue(session, JOB, {"import_id": str(row.id)})
    await session.refresh(row)
    return row


async def find(session: AsyncSession, import_id: UUID, *, lock: bool = False) -> HistoryImport:
    """Return an import within the session's scope.

    Raises:
        NotFound: there is none.
    """
    wanted = select(HistoryImport).where(HistoryImport.id == import_id)
    row = await session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise NotFound("未找到该导入")
    return row


async def confirm(session: AsyncSession, caller: Caller, row: HistoryImport) -> None:
    """Have a checked file taken in.

    Raises:
        Conflict: it is not checked yet, or taken in already.
    """
    if row.state != "checked":
        raise Conflict(f"该导入当前为“{import_state_words(row.state)}”，不能确认", state=row.state)
    row.state, row.confirmed_by = "confirmed", caller.subject
    await session.flush()
    await audit.record(session, "history.confirm", "history_import", row.id)
    await outbox.enqueue(session, JOB, {"import_id": str(row.id)})
