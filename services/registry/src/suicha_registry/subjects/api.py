"""Endpoints for inspection objects, labels and grades."""

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.etags import require_match, set_etag
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import Forbidden, MatchRequired, NotFound, StaleVersion, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_registry.problems import Exists, UploadUnknown
from suicha_registry.subjects import grades, labels, service
from suicha_registry.subjects.models import Label, Subject, SubjectChange
from suicha_registry.subjects.schemas import (
    GradesBody,
    GradesResult,
    LabelBody,
    LabelView,
    SubjectBody,
    SubjectChangeView,
    SubjectPatch,
    SubjectView,
)

ROUTER = router(prefix="/registry/v1", tags=["subjects"])


def _label_view(row: Label) -> LabelView:
    return LabelView.model_validate({name: getattr(row, name) for name in LabelView.model_fields})


def _change_view(row: SubjectChange) -> SubjectChangeView:
    return SubjectChangeView.model_validate(
        {name: getattr(row, name) for name in SubjectChangeView.model_fields}
    )


@ROUTER.get("/subjects", summary="查询检查对象", response_model=Page[SubjectView])
async def list_subjects(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    name: Annotated[str, Query(max_length=100, description="part of the name")] = "",
    code: Annotated[str, Query(max_length=54, description="beginning of the code")] = "",
    region: Annotated[str, Query(pattern=r"^[0-9]{0,6}$", description="beginning of the region")] = "",
    label: Annotated[str, Query(max_length=54)] = "",
    grade: Annotated[str, Query(max_length=8)] = "",
    unlabelled: Annotated[bool, Query(description="only live objects that no label fits (R8)")] = False,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[SubjectView]:
    """Objects inside the caller's region, by part of the name, code, region, label or grade."""
    search = service.Search(
        name=name, code=code, region=region, label=label, grade=grade, unlabelled=unlabelled
    )
    wanted = service.selection(search)
    found = await page(session, wanted, (Subject.id,), lambda row: row, limit=limit, cursor=cursor)
    return Page(items=await service.views(session, found.items), next_cursor=found.next_cursor)


@ROUTER.post(
    "/subjects",
    summary="登记检查对象",
    status_code=201,
    response_model=SubjectView,
    responses=problem_responses(Exists, Forbidden),
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
    responses=problem_responses(NotFound),
)
async def get_subject(
    subject_id: str,
    response: Response,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
) -> SubjectView:
    """One object."""
    row = await service.find(session, subject_id)
    set_etag(response, row.version)
    return (await service.views(session, [row]))[0]


@ROUTER.patch(
    "/subjects/{subject_id}",
    summary="修改检查对象",
    response_model=SubjectView,
    responses=problem_responses(NotFound, StaleVersion, MatchRequired),
)
async def edit_subject(
    subject_id: str,
    body: SubjectPatch,
    request: Request,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> SubjectView:
    """Change an object; what it was before stays in its history."""
    row = await service.find(session, subject_id)
    require_match(request, row.version)
    await service.edit(session, caller, row, body)
    set_etag(response, row.version)
    return (await service.views(session, [row]))[0]


@ROUTER.get(
    "/subjects/{subject_id}/changes",
    summary="检查对象变更记录",
    response_model=Page[SubjectChangeView],
    responses=problem_responses(NotFound),
)
async def list_subject_changes(
    subject_id: str,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[SubjectChangeView]:
    """Every change of an object, newest first."""
    await service.find(session, subject_id)
    wanted = select(SubjectChange).where(SubjectChange.subject_id == subject_id)
    return await page(
        session, wanted, (SubjectChange.seq,), _change_view, limit=limit, cursor=cursor, descending=True
    )


@ROUTER.post(
    "/labels",
    summary="新建标签",
    status_code=201,
    response_model=LabelView,
    responses=problem_responses(Exists),
)
async def create_label(
    body: LabelBody,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> LabelView:
    """Make a label for the caller's region and put it on every object that its rule fits."""
    return _label_view(await labels.create(session, caller, body))


@ROUTER.get("/labels", summary="标签列表", response_model=Page[LabelView])
async def list_labels(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[LabelView]:
    """Labels inside the caller's region."""
    return await page(
        session, select(Label), (Label.code, Label.region), _label_view, limit=limit, cursor=cursor
    )


@ROUTER.post(
    "/labels/{code}/apply",
    summary="重新标注",
    response_model=LabelView,
    responses=problem_responses(NotFound),
)
async def apply_label(
    code: str, session: Session, caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)]
) -> LabelView:
    """Put the label on exactly the objects that its rule fits now."""
    row = await labels.find(session, caller, code)
    await labels.apply(session, row)
    return _label_view(row)


@ROUTER.post(
    "/grades",
    summary="更新信用风险等级",
    response_model=GradesResult,
    responses=problem_responses(UploadUnknown),
)
async def set_grades(
    body: GradesBody,
    request: Request,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE, Permission.REGISTRY_IMPORT)],
) -> GradesResult:
    """Set credit-risk grades of many objects, from a list or an uploaded CSV."""
    if body.grades is not None:
        return await grades.grade(session, caller, body, iter(body.grades))
    files = request.app.state.runtime.files
    assert body.upload_sha256 is not None
    if not await files.exists(body.upload_sha256):
        raise UploadUnknown()
    with tempfile.TemporaryDirectory(prefix="suicha-grades-") as folder:
        path = await files.fetch(body.upload_sha256, Path(folder) / "grades.csv")
        return await grades.grade(session, caller, body, grades.lines_of(path))
