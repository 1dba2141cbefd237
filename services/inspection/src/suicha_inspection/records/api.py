"""Endpoints of records: submit, review, correct, print, history."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, Forbidden, NotFound, SamePerson, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_inspection.access import find_visit, open_visit, require_member
from suicha_inspection.build import record_of
from suicha_inspection.casefile import load_case_file
from suicha_inspection.fields import RecordNumber
from suicha_inspection.models import Base, RecordVersion, Visit
from suicha_inspection.problems import Incomplete, InvalidAnswers, NothingCorrected, NotOnTeam
from suicha_inspection.record import Record
from suicha_inspection.records import service
from suicha_inspection.records.printed import printed
from suicha_inspection.records.schemas import (
    CorrectBody,
    DeedView,
    HistoryView,
    RecordVersionView,
    ReviewBody,
    SubmitBody,
    VisitStanding,
)
from suicha_inspection.states import Deed, VisitState

routes = router(prefix="/inspection/v1/visits/{visit_id}", tags=["records"])
Reader = Annotated[Caller, requires(Permission.VISIT_READ)]
Reviewer = Annotated[Caller, requires(Permission.VISIT_REVIEW)]
_AUDIT = Base.metadata.tables["audit_entries"]


def _version(row: RecordVersion) -> RecordVersionView:
    return RecordVersionView.model_validate(row, from_attributes=True)


def _standing(visit: Visit, sealed: RecordVersion | None) -> VisitStanding:
    return VisitStanding(
        id=visit.id,
        state=VisitState(visit.state),
        version=visit.version,
        record=_version(sealed) if sealed is not None else None,
    )


@routes.post(
    "/submit",
    summary="提交检查记录",
    responses=problem_responses(NotFound, Conflict, NotOnTeam, Incomplete),
)
async def submit_visit(
    visit_id: UUID,
    session: Session,
    caller: Annotated[Caller, requires(Permission.VISIT_RECORD)],
    request: Request,
    body: SubmitBody | None = None,
) -> VisitStanding:
    """Seal the record when nothing is missing; otherwise every missing thing is named and nothing changes."""
    visit = await open_visit(session, caller, visit_id, Deed.SUBMIT)
    await require_member(session, visit, caller)
    files = request.app.state.runtime.files
    sealed = await service.submit(session, files, visit, caller, body or SubmitBody())
    return _standing(visit, sealed)


@routes.post(
    "/review", summary="审核", responses=problem_responses(NotFound, Conflict, SamePerson, Forbidden)
)
async def review_visit(visit_id: UUID, body: ReviewBody, session: Session, caller: Reviewer) -> VisitStanding:
    """Approve, which closes the visit and sends InspectionClosed, or return with a comment (X2)."""
    visit = await open_visit(
        session, caller, visit_id, Deed.APPROVE if body.decision == "approve" else Deed.RETURN
    )
    await service.review(session, visit, caller, body)
    return _standing(visit, await service.newest_version(session, visit))


@routes.post(
    "/correct",
    summary="更正已办结的检查记录",
    responses=problem_responses(
        NotFound, Conflict, SamePerson, InvalidAnswers, NothingCorrected, Incomplete, Forbidden
    ),
)
async def correct_visit(
    visit_id: UUID, body: CorrectBody, session: Session, caller: Reviewer, request: Request
) -> VisitStanding:
    """Put a closed record right with a reason; every earlier version stays (S3 Art. 16)."""
    visit = await open_visit(session, caller, visit_id, Deed.CORRECT)
    sealed = await service.correct(session, request.app.state.runtime.files, visit, caller, body)
    return _standing(visit, sealed)


@routes.get(
    "/record",
    summary="打印检查记录表",
    response_class=HTMLResponse,
    responses=problem_responses(NotFound),
)
async def print_visit_record(
    visit_id: UUID,
    session: Session,
    caller: Reader,
    request: Request,
    version: Annotated[
        int | None,
        Query(ge=1, le=2**31 - 1, description="a sealed version; the newest, or the draft, unless given"),
    ] = None,
) -> Response:
    """The record form of S0 annex 2, ready to print: sealed as it was, or marked as a draft."""
    visit = await find_visit(session, caller, visit_id)
    draft = visit.state in (VisitState.ASSIGNED, VisitState.STARTED, VisitState.CANCELLED)
    if version is None and draft:
        case = await load_case_file(session, visit)
        return HTMLResponse(printed(record_of(case, version=visit.record_version + 1)))
    sealed = await session.get(RecordVersion, (visit.id, version or visit.record_version))
    if sealed is None:
        raise NotFound("没有这一版检查记录")
    record = await service.sealed_record(request.app.state.runtime.files, sealed)
    return HTMLResponse(printed(record, sealed.sha256))


@routes.get("/records/{version}", summary="封存的检查记录", responses=problem_responses(NotFound))
async def read_visit_record_version(
    visit_id: UUID, version: RecordNumber, session: Session, caller: Reader, request: Request
) -> Record:
    """A sealed version as data. Its canonical JSON (RFC 8785) has the hash that the version names."""
    visit = await find_visit(session, caller, visit_id)
    sealed = await session.get(RecordVersion, (visit.id, version))
    if sealed is None:
        raise NotFound("没有这一版检查记录")
    return await service.sealed_record(request.app.state.runtime.files, sealed)


@routes.get("/history", summary="检查全过程", responses=problem_responses(NotFound))
async def read_visit_history(visit_id: UUID, session: Session, caller: Reader) -> HistoryView:
    """Who did what, when and why, from the audit trail, and every sealed version (E10 责任可追溯)."""
    visit = await find_visit(session, caller, visit_id)
    deeds = await session.execute(
        select(*(_AUDIT.c[name] for name in DeedView.model_fields))
        .where(_AUDIT.c.object_type == "visit", _AUDIT.c.object_id == str(visit.id))
        .order_by(_AUDIT.c.seq)
    )
    return HistoryView(
        deeds=[DeedView.model_validate(dict(row)) for row in deeds.mappings()],
        versions=[_version(row) for row in await service.versions_of(session, visit)],
    )
