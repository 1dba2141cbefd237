"""Imports of earlier inspections over HTTP: check, read the problems, confirm."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import Conflict, NotFound, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_draw.history import service
from suicha_draw.history.schemas import HistoryImportRequest, HistoryImportView, HistoryProblemView
from suicha_draw.models import HistoryImport, HistoryProblem
from suicha_draw.problems import UploadMissing

api = router(prefix="/draw/v1/history/imports", tags=["history"])

Importer = Annotated[Caller, requires(Permission.REGISTRY_IMPORT)]


def _view(row: HistoryImport) -> HistoryImportView:
    return HistoryImportView.model_validate(row, from_attributes=True)


@api.post("", status_code=202, summary="导入历年检查记录", responses=problem_responses(UploadMissing))
async def import_history(
    body: HistoryImportRequest, session: Session, caller: Importer, request: Request, response: Response
) -> HistoryImportView:
    """Check a file of earlier inspections (CSV or JSON Lines). Nothing is written before it is confirmed."""
    row = await service.receive(session, request.app.state.runtime.files, caller, body)
    response.headers["Location"] = f"/draw/v1/history/imports/{row.id}"
    return _view(row)


@api.get("", summary="历年检查记录的导入")
async def list_history_imports(
    session: Session, _: Importer, limit: Limit = 50, cursor: Cursor = ""
) -> Page[HistoryImportView]:
    """Imports within the caller's scope, newest first."""
    return await page(
        session, select(HistoryImport), [HistoryImport.id], _view, limit=limit, cursor=cursor, descending=True
    )


@api.get("/{import_id}", summary="导入情况", responses=problem_responses(NotFound))
async def read_history_import(import_id: UUID, session: Session, _: Importer) -> HistoryImportView:
    """Counts once it is checked: new, changed, unchanged, refused."""
    return _view(await service.find(session, import_id))


@api.get("/{import_id}/problems", summary="有问题的行", responses=problem_responses(NotFound))
async def list_history_problems(
    import_id: UUID, session: Session, _: Importer, limit: Limit = 50, cursor: Cursor = ""
) -> Page[HistoryProblemView]:
    """Every row that is left out, by line, with the reason."""
    row = await service.find(session, import_id)
    return await page(
        session, select(HistoryProblem).where(HistoryProblem.import_id == row.id), [HistoryProblem.line],
        lambda one: HistoryProblemView.model_validate(one, from_attributes=True), limit=limit, cursor=cursor,
    )  # fmt: skip


@api.post(
    "/{import_id}/confirm",
    status_code=202,
    summary="确认导入",
    responses=problem_responses(NotFound, Conflict),
)
async def confirm_history_import(import_id: UUID, session: Session, caller: Importer) -> HistoryImportView:
    """Take a checked file in, all rows at once."""
    row = await service.find(session, import_id, lock=True)
    await service.confirm(session, caller, row)
    return _view(row)
