"""Endpoints for exports and for templates to fill in."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Select
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Forbidden, problem_responses
from suicha_chassis.routes import requires, router
from suicha_contracts.roles import Permission
from suicha_contracts.values import SubjectKind, SubjectList, SubjectStatus

from suicha_registry.experts.schemas import ExpertKind
from suicha_registry.exports import service
from suicha_registry.imports.schemas import ImportKind
from suicha_registry.inspectors.identity import Vault
from suicha_registry.inspectors.schemas import InspectorState
from suicha_registry.subjects.schemas import Search
from suicha_registry.tables.registers import COLUMNS, TITLES
from suicha_registry.tables.templates import csv_template, xlsx_template
from suicha_registry.tables.writing import CsvWriter, XlsxWriter

ROUTER = router(prefix="/registry/v1", tags=["exports"])


class FileFormat(StrEnum):
    """What kind of file."""

    CSV = "csv"
    """UTF-8 with byte order mark."""
    XLSX = "xlsx"


_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}, XlsxWriter.media_type: {}}, "description": "表头为中文，可原样再导入"}
}
Format = Annotated[FileFormat, Query(alias="format", description="csv or xlsx")]
Org = Annotated[str, Query(max_length=64)]
Reader = Annotated[Caller, requires(Permission.REGISTRY_READ)]


async def _answer(
    request: Request,
    caller: Caller,
    kind: ImportKind,
    file_format: FileFormat,
    statement: Select[Any],
    expand: service.Expand | None = None,
    *,
    deed: str = "export",
) -> StreamingResponse:
    """Answer an export; that it was taken is on record before its first byte leaves."""
    runtime = request.app.state.runtime
    conditions = dict(request.query_params)
    async with runtime.db.transaction(
        caller.scope, caller=caller, request_id=request.state.request_id
    ) as session:
        await audit.record(session, deed, kind, caller.org, after=conditions)
    writer = service.writer_of(kind, file_format)
    if kind is ImportKind.SUBJECTS:
        pieces = service.copied(runtime.db, caller, kind, statement, writer)
    else:
        pieces = service.stream(runtime.db, caller, kind, statement, writer, expand)
    return StreamingResponse(
        pieces,
        media_type=writer.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{kind}.{file_format}"',
            "Cache-Control": "no-store",
        },
    )


@ROUTER.get("/exports/subjects", summary="导出检查对象", response_class=StreamingResponse, responses=_FILES)
async def export_subjects(
    request: Request,
    caller: Reader,
    name: Annotated[str, Query(max_length=100, description="part of the name")] = "",
    code: Annotated[str, Query(max_length=54, description="beginning of the code")] = "",
    region: Annotated[str, Query(pattern=r"^[0-9]{0,6}$", description="beginning of the region")] = "",
    label: Annotated[str, Query(max_length=54)] = "",
    grade: Annotated[str, Query(max_length=8)] = "",
    on_list: Annotated[SubjectList | None, Query(description="on this list today (R12)")] = None,
    status: SubjectStatus | None = None,
    kind: SubjectKind | None = None,
    industry: Annotated[str, Query(max_length=10, description="beginning of the GB/T 4754 code")] = "",
    unit: Annotated[str, Query(max_length=54, description="监管单位")] = "",
    unlabelled: Annotated[bool, Query(description="only live objects that no label fits (R8)")] = False,
    file_format: Format = FileFormat.CSV,
) -> StreamingResponse:
    """Objects inside the caller's region, by the same conditions as their list, of any number."""
    search = Search(
        name=name, code=code, region=region, label=label, grade=grade, on_list=on_list, status=status,
        kind=kind, industry=industry, unit=unit, unlabelled=unlabelled,
    )  # fmt: skip
    statement = service.subjects(search)
    return await _answer(request, caller, ImportKind.SUBJECTS, file_format, statement)


@ROUTER.get("/exports/organisations", summary="导出机构", response_class=StreamingResponse, responses=_FILES)
async def export_organisations(
    request: Request, caller: Reader, file_format: Format = FileFormat.CSV
) -> StreamingResponse:
    """Organisations inside the caller's region with their departments."""
    return await _answer(request, caller, ImportKind.ORGANISATIONS, file_format, service.organisations())


@ROUTER.get("/exports/items", summary="导出抽查事项清单", response_class=StreamingResponse, responses=_FILES)
async def export_items(
    request: Request,
    caller: Reader,
    org: Org = "",
    code: Annotated[str, Query(max_length=54)] = "",
    file_format: Format = FileFormat.CSV,
) -> StreamingResponse:
    """Items inside the caller's scope, drafts included."""
    return await _answer(request, caller, ImportKind.ITEMS, file_format, service.items(org, code))


@ROUTER.get(
    "/exports/inspectors",
    summary="导出执法检查人员名录",
    response_class=StreamingResponse,
    responses={**_FILES, **problem_responses(Forbidden)},
)
async def export_inspectors(
    request: Request,
    caller: Reader,
    org: Org = "",
    crew: Annotated[str, Query(max_length=54)] = "",
    state: InspectorState | None = None,
    reveal: Annotated[
        bool, Query(description="identity numbers in clear; their keeper only, audited")
    ] = False,
    file_format: Format = FileFormat.CSV,
) -> StreamingResponse:
    """Inspectors inside the caller's scope; identity numbers masked, except for their keeper who asks for them."""
    vault = None
    if reveal:
        if not caller.may(Permission.IDENTITY_READ):
            raise Forbidden("只有名录库保管人可以导出身份证号码")
        vault = Vault(request.app.state.runtime.settings.pii_key)
    return await _answer(
        request,
        caller,
        ImportKind.INSPECTORS,
        file_format,
        service.inspectors(org, crew, state),
        service.shown_inspector(vault),
        deed="reveal_identities" if reveal else "export",
    )


@ROUTER.get("/exports/experts", summary="导出专家库", response_class=StreamingResponse, responses=_FILES)
async def export_experts(
    request: Request,
    caller: Reader,
    org: Org = "",
    kind: ExpertKind | None = None,
    file_format: Format = FileFormat.CSV,
) -> StreamingResponse:
    """The expert pools inside the caller's scope."""
    return await _answer(request, caller, ImportKind.EXPERTS, file_format, service.experts(org, kind))


@ROUTER.get("/exports/forms", summary="导出表单库", response_class=StreamingResponse, responses=_FILES)
async def export_forms(
    request: Request,
    caller: Reader,
    code: Annotated[str, Query(max_length=54)] = "",
    file_format: Format = FileFormat.CSV,
) -> StreamingResponse:
    """The newest version of each form inside the caller's scope, one row a question."""
    return await _answer(
        request, caller, ImportKind.FORMS, file_format, service.forms(code), service.shown_form
    )


@ROUTER.get(
    "/imports/templates/{kind}.csv",
    summary="导入模板（CSV）",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "只有表头"}},
)
async def get_csv_template(
    kind: ImportKind, _: Annotated[Caller, requires(Permission.REGISTRY_READ, Permission.REGISTRY_IMPORT)]
) -> Response:
    """The headers of a register."""
    return Response(
        csv_template(COLUMNS[kind]),
        media_type=CsvWriter.media_type,
        headers={"Content-Disposition": f'attachment; filename="template-{kind}.csv"'},
    )


@ROUTER.get(
    "/imports/templates/{kind}.xlsx",
    summary="导入模板（XLSX）",
    response_class=Response,
    responses={200: {"content": {XlsxWriter.media_type: {}}, "description": "填写表和填写说明"}},
)
async def get_xlsx_template(
    kind: ImportKind, _: Annotated[Caller, requires(Permission.REGISTRY_READ, Permission.REGISTRY_IMPORT)]
) -> Response:
    """A workbook to fill in: headers, lists to choose from, and a sheet that explains every column."""
    return Response(
        xlsx_template(TITLES[kind], COLUMNS[kind]),
        media_type=XlsxWriter.media_type,
        headers={"Content-Disposition": f'attachment; filename="template-{kind}.xlsx"'},
    )
