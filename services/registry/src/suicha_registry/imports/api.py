"""Endpoints for uploads and imports."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import Forbidden, NotFound, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_registry.imports import service
from suicha_registry.imports.models import Import, ImportRefusal
from suicha_registry.imports.schemas import (
    ChangedRow,
    ImportBody,
    ImportView,
    RefusedRow,
    refused_view,
    view,
)
from suicha_registry.problems import ImportNotChecked, UploadUnknown

ROUTER = router(prefix="/registry/v1", tags=["imports"])


@ROUTER.post(
    "/imports",
    summary="导入名录",
    status_code=202,
    response_model=ImportView,
    responses=problem_responses(UploadUnknown, Forbidden),
)
async def create_import(
    body: ImportBody,
    request: Request,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_IMPORT)],
) -> ImportView:
    """Check an uploaded file, row by row, against the rules and the register, and say what it would do.

    A caller who may only import brings objects; the other registers are imported by whoever keeps them.
    Nothing is written before it is confirmed; with `mode=direct` what was checked is applied at once. All good
    rows come in together, or none; refused rows are reported.
    """
    row = await service.receive(session, caller, request.app.state.runtime.files, body)
    response.headers["Location"] = f"/registry/v1/imports/{row.id}"
    return view(row)


@ROUTER.get("/imports", summary="导入列表", response_model=Page[ImportView])
async def list_imports(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_IMPORT)],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[ImportView]:
    """Imports of the caller's organisation and of regions below, newest first."""
    return await page(
        session, select(Import), (Import.id,), view, limit=limit, cursor=cursor, descending=True
    )


@ROUTER.get(
    "/imports/{import_id}",
    summary="导入进度和结果",
    response_model=ImportView,
    responses=problem_responses(NotFound),
)
async def get_import(
    import_id: UUID, session: Session, _: Annotated[Caller, requires(Permission.REGISTRY_IMPORT)]
) -> ImportView:
    """Progress while it runs; counts, and what each column was taken for, when it is checked or done."""
    return view(await service.find(session, import_id))


@ROUTER.post(
    "/imports/{import_id}/confirm",
    summary="确认导入",
    status_code=202,
    response_model=ImportView,
    responses=problem_responses(NotFound, ImportNotChecked, Forbidden),
)
async def confirm_import(
    import_id: UUID, session: Session, caller: Annotated[Caller, requires(Permission.REGISTRY_IMPORT)]
) -> ImportView:
    """Write what was checked into the register. The counts are made anew: it may have changed meanwhile."""
    return view(await service.confirm(session, caller, import_id))


@ROUTER.post(
    "/imports/{import_id}/discard",
    summary="放弃导入",
    response_model=ImportView,
    responses=problem_responses(NotFound, ImportNotChecked, Forbidden),
)
async def discard_import(
    import_id: UUID, session: Session, caller: Annotated[Caller, requires(Permission.REGISTRY_IMPORT)]
) -> ImportView:
    """Give a checked import up. Nothing of it was written."""
    return view(await service.discard(session, caller, import_id))


@ROUTER.get(
    "/imports/{import_id}/changes",
    summary="确认前：将新增和变更的行",
    response_model=Page[ChangedRow],
    responses=problem_responses(NotFound, ImportNotChecked),
)
async def list_import_changes(
    import_id: UUID,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_IMPORT)],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[ChangedRow]:
    """What confirming would do, row by row: as it is and as it would be. Unchanged rows are left out."""
    row = await service.find(session, import_id)
    return await service.changed_rows(session, row, limit=limit, cursor=cursor)


@ROUTER.get(
    "/imports/{import_id}/refusals",
    summary="未导入的行",
    response_model=Page[RefusedRow],
    responses=problem_responses(NotFound),
)
async def list_refusals(
    import_id: UUID,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_IMPORT)],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[RefusedRow]:
    """Every refused row with its line number, each fault by column, and the row as it stood in the file."""
    await service.find(session, import_id)
    wanted = select(ImportRefusal).where(ImportRefusal.import_id == import_id)
    return await page(session, wanted, (ImportRefusal.line,), refused_view, limit=limit, cursor=cursor)


@ROUTER.get(
    "/imports/{import_id}/refusals.csv",
    summary="下载未导入的行",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/csv": {}}, "description": "行号、原因代码、原因、有误的列、原始各列"},
        **problem_responses(NotFound),
    },
)
async def download_refusals(
    import_id: UUID,
    request: Request,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_IMPORT)],
) -> StreamingResponse:
    """The refused rows as a file that can be corrected and imported again."""
    row = await service.find(session, import_id)
    return StreamingResponse(
        service.refusals_csv(request.app.state.runtime.db, row),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="refusals-{import_id}.csv"'},
    )
