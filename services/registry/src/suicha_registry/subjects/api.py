"""Endpoints for inspection objects, labels and grades."""

import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.etags import require_match, set_etag
from suicha_chassis.paging import Cursor, Limit
from suicha_chassis.problems import (
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    MatchRequired,
    NotFound,
    StaleVersion,
    problem_responses,
)
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission
from suicha_contracts.values import SubjectKind, SubjectList, SubjectStatus

from suicha_registry.problems import Exists, UploadUnknown
from suicha_registry.subjects import grades, history, lists, service
from suicha_registry.subjects.models import ListEntry
from suicha_registry.subjects.schemas import (
    GradesBody,
    GradesResult,
    ListEntryBody,
    ListEntryView,
    Search,
    SubjectBody,
    SubjectPage,
    SubjectPatch,
    SubjectView,
)
from suicha_registry.subjects.searching import count as counted
from suicha_registry.subjects.searching import find_page
from suicha_registry.uploads import service as uploads

ROUTER = router(prefix="/registry/v1", tags=["subjects"])


@ROUTER.get(
    "/subjects", summary="查询检查对象", response_model=SubjectPage, responses=problem_responses(BadRequest)
)
async def list_subjects(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
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
    as_of: Annotated[date | None, Query(description="the register as it was on this day (R9)")] = None,
    count: Annotated[bool, Query(description="also count, up to 10,000")] = False,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> SubjectPage:
    """Objects inside the caller's region by all given conditions, in the order of region and code.

    With `as_of` name, code, region, status, kind, industry and unit are those of that day.
    """
    search = Search(
        name=name, code=code, region=region, label=label, grade=grade, on_list=on_list, status=status,
        kind=kind, industry=industry, unit=unit, unlabelled=unlabelled,
    )  # fmt: skip
    if as_of is not None:
        return await history.page_then(session, search, as_of, limit=limit, cursor=cursor)
    rows, following = await find_page(session, search, limit=limit, cursor=cursor)
    number, exact = await counted(session, search) if count else (None, None)
    return SubjectPage(
        items=await service.views(session, rows), next_cursor=following, count=number, count_exact=exact
    )


@ROUTER.post(
    "/subjects",
    summary="登记检查对象",
    status_code=201,
    response_model=SubjectView,
    responses=problem_responses(Exists, Forbidden, Invalid),
)
async def create_subject(
    body: SubjectBody,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> SubjectView:
    """Register an object by hand, such as an unlicensed agency without a credit code."""
    row = await service.create(session, caller, body)
    set_etag(response, row.version)
    response.headers["Location"] = f"/registry/v1/subjects/{row.id}"
    return (await service.views(session, [row]))[0]


@ROUTER.get(
    "/subjects/{subject_id}",
    summary="检查对象",
    response_model=SubjectView,
    responses={
        308: {"description": "该对象已并入另一对象（见 Location）"},
        **problem_responses(NotFound, Invalid),
    },
)
async def get_subject(
    subject_id: str,
    response: Response,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    as_of: Annotated[date | None, Query(description="the object as it was on this day (R9)")] = None,
) -> SubjectView | RedirectResponse:
    """One object, now or as it was on a day. One that was merged leads to the object that it is."""
    if as_of is not None:
        then = await service.find_then(session, subject_id, as_of)
        return (await service.views(session, [then], as_of))[0]
    row = await service.find(session, subject_id)
    if row.merged_into is not None:
        return RedirectResponse(f"/registry/v1/subjects/{row.merged_into}", status_code=308)
    set_etag(response, row.version)
    return (await service.views(session, [row]))[0]


@ROUTER.patch(
    "/subjects/{subject_id}",
    summary="修改检查对象",
    response_model=SubjectView,
    responses=problem_responses(NotFound, StaleVersion, MatchRequired, Invalid, Forbidden),
)
async def edit_subject(
    subject_id: str,
    body: SubjectPatch,
    request: Request,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
    effective_from: Annotated[date | None, Query(description="first day of the new state; today")] = None,
    source: Annotated[str, Query(max_length=500, description="document or report that says so")] = "",
) -> SubjectView:
    """Change an object; what it was before stays in its history."""
    row = await service.find(session, subject_id)
    require_match(request, row.version)
    await service.edit(session, caller, row, body, source=source, effective_from=effective_from)
    set_etag(response, row.version)
    return (await service.views(session, [row]))[0]


@ROUTER.post(
    "/subjects/{subject_id}/lists",
    summary="列入名单",
    status_code=201,
    response_model=ListEntryView,
    responses=problem_responses(NotFound, Exists),
)
async def list_subject(
    subject_id: str,
    body: ListEntryBody,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> ListEntryView:
    """Put an object on a list from a day on: abnormal, blacklist, serious violations, key watch, complaints."""
    row = await lists.put_on(session, caller, await service.find(session, subject_id), body)
    await session.refresh(row)
    return ListEntryView.model_validate(row, from_attributes=True)


@ROUTER.get(
    "/subjects/{subject_id}/lists",
    summary="列入名单的记录",
    response_model=list[ListEntryView],
    responses=problem_responses(NotFound),
)
async def list_subject_entries(
    subject_id: str, session: Session, _: Annotated[Caller, requires(Permission.REGISTRY_READ)]
) -> list[ListEntryView]:
    """Every list that an object is or was on, oldest first."""
    await service.find(session, subject_id)
    rows = await session.scalars(
        select(ListEntry)
        .where(ListEntry.subject_id == subject_id)
        .order_by(ListEntry.valid_from, ListEntry.id)
    )
    return [ListEntryView.model_validate(row, from_attributes=True) for row in rows]


@ROUTER.post(
    "/subjects/{subject_id}/lists/{entry_id}/end",
    summary="移出名单",
    response_model=ListEntryView,
    responses=problem_responses(NotFound, Conflict),
)
async def unlist_subject(
    subject_id: str,
    entry_id: UUID,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
    day: Annotated[date, Query(description="last day on the list")],
) -> ListEntryView:
    """Take an object off a list; the entry stays in its history."""
    row = await lists.take_off(session, caller, await service.find(session, subject_id), entry_id, day)
    return ListEntryView.model_validate(row, from_attributes=True)


@ROUTER.post(
    "/grades",
    summary="更新信用风险等级",
    response_model=GradesResult,
    responses=problem_responses(UploadUnknown, Invalid),
)
async def set_grades(
    body: GradesBody,
    request: Request,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE, Permission.REGISTRY_IMPORT)],
) -> GradesResult:
    """Set credit-risk grades of many objects, from a list or an uploaded file of a million lines.

    A wrong line is reported and the others count; the same again changes nothing; a changed grade is history.
    """
    if body.grades is not None:
        lines = ((number, line.id, line.grade) for number, line in enumerate(body.grades, 1))
        return await grades.grade(session, caller, body, lines)
    files = request.app.state.runtime.files
    assert body.upload_sha256 is not None
    await uploads.require(session, files, body.upload_sha256, where="body.upload_sha256")
    with tempfile.TemporaryDirectory(prefix="suicha-grades-") as folder:
        path = await files.fetch(body.upload_sha256, Path(folder) / "grades.csv")
        return await grades.grade(session, caller, body, grades.lines_of(path))
