"""Endpoints for uploads and imports."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import NotFound, TooLarge, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission
from suicha_contracts.values import FileRef

from suicha_registry.imports import service
from suicha_registry.imports.models import Import
from suicha_registry.imports.schemas import ImportBody, ImportView, view
from suicha_registry.problems import UploadUnknown

ROUTER = router(prefix="/registry/v1", tags=["imports"])


@ROUTER.put(
    "/uploads/{sha256}",
    summary="上传文件",
    response_model=FileRef,
    responses=problem_responses(TooLarge),
    openapi_extra={
        "x-idempotent": True,
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
    },
)
async def upload_registry_file(
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the bytes")],
    request: Request,
    _: Annotated[Caller, requires(Permission.REGISTRY_IMPORT, Permission.REGISTRY_WRITE)],
) -> FileRef:
    """Store a file under its hash. The same bytes again are the same file."""
    runtime = request.app.state.runtime
    stored: FileRef = await runtime.files.put_stream(request.stream(), sha256, runtime.settings.upload_limit)
    return stored


@ROUTER.post(
    "/imports",
    summary="导入名录",
    status_code=202,
    response_model=ImportView,
    responses=problem_responses(UploadUnknown),
)
async def create_import(
    body: ImportBody,
    request: Request,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_IMPORT)],
) -> ImportView:
    """Import an uploaded file. All good rows come in at once, or none; refused rows are reported."""
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
    """Progress while it runs, counts when it is done."""
    return view(await service.find(session, import_id))


@ROUTER.get(
    "/imports/{import_id}/refusals.csv",
    summary="下载未导入的行",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/csv": {}}, "description": "行号、原因代码、原因、原始各列"},
        **problem_responses(NotFound),
    },
)
async def download_refusals(
    import_id: UUID,
    request: Request,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_IMPORT)],
) -> StreamingResponse:
    """Every refused row with its line number, the reason, and the row as it stood in the file."""
    row = await service.find(session, import_id)
    return StreamingResponse(
        service.refusals_csv(request.app.state.runtime.db, row),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="refusals-{import_id}.csv"'},
    )
