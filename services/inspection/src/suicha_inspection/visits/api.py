"""Endpoints of visits."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from suicha_chassis.auth import Caller
from suicha_chassis.etags import require_match, set_etag
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import Conflict, MatchRequired, NotFound, StaleVersion, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission
from suicha_contracts.values import ObjectId

from suicha_inspection.access import find_visit, on_team, open_visit, visits_of
from suicha_inspection.casefile import load_case_file
from suicha_inspection.fields import IfMatch
from suicha_inspection.models import Visit
from suicha_inspection.problems import LicenceNotShown, NotOnTeam, OutsideWindow, TeamTooSmall
from suicha_inspection.states import Deed, VisitState
from suicha_inspection.visits import service
from suicha_inspection.visits.schemas import ScheduleBody, StartBody, VisitDetail, VisitSummary

routes = router(prefix="/inspection/v1/visits", tags=["visits"])
Reader = Annotated[Caller, requires(Permission.VISIT_READ)]
Recorder = Annotated[Caller, requires(Permission.VISIT_RECORD)]


@routes.get("", summary="检查任务列表", responses=problem_responses())
async def list_visits(
    session: Session,
    caller: Reader,
    state: Annotated[list[VisitState] | None, Query(description="any of these states")] = None,
    round_id: UUID | None = None,
    object_id: ObjectId | None = None,
    mine: Annotated[bool, Query(description="only visits of the caller's own teams")] = False,
    due: Annotated[
        date | None, Query(description="not yet submitted, and to be done by this day at the latest")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[VisitSummary]:
    """Visits that the caller may see, in the order in which they were created."""
    statement = visits_of(caller)
    if state:
        statement = statement.where(Visit.state.in_(state))
    if round_id is not None:
        statement = statement.where(Visit.round_id == round_id)
    if object_id is not None:
        statement = statement.where(Visit.object_id == object_id)
    if mine:
        statement = statement.where(on_team(caller))
    if due is not None:
        statement = statement.where(
            Visit.state.in_([VisitState.ASSIGNED, VisitState.STARTED]), Visit.inspect_to <= due
        )
    return await page(session, statement, [Visit.id], service.summary_of, limit=limit, cursor=cursor)


@routes.get("/{visit_id}", summary="检查任务详情", responses=problem_responses(NotFound))
async def read_visit(visit_id: UUID, session: Session, caller: Reader, response: Response) -> VisitDetail:
    """Everything that a phone needs: object, team, checks with their frozen forms, the record so far."""
    visit = await find_visit(session, caller, visit_id)
    set_etag(response, visit.version)
    return service.detail_of(await load_case_file(session, visit), caller)


@routes.put(
    "/{visit_id}/schedule",
    summary="安排检查日期",
    responses=problem_responses(NotFound, Conflict, NotOnTeam, OutsideWindow, StaleVersion, MatchRequired),
)
async def schedule_visit(
    visit_id: UUID,
    body: ScheduleBody,
    session: Session,
    caller: Recorder,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> VisitSummary:
    """Fix the day; outside the time set only with a reason (E15)."""
    visit = await open_visit(session, caller, visit_id, Deed.SCHEDULE)
    require_match(request, visit.version)
    await service.schedule(session, visit, caller, body)
    set_etag(response, visit.version)
    return service.summary_of(visit)


@routes.post(
    "/{visit_id}/start",
    summary="开始检查",
    responses=problem_responses(NotFound, Conflict, NotOnTeam, TeamTooSmall, LicenceNotShown, OutsideWindow),
)
async def start_visit(
    visit_id: UUID, body: StartBody, session: Session, caller: Recorder, response: Response
) -> VisitSummary:
    """Begin: who is present, licences shown (S3 Art. 10), when, and how."""
    visit = await open_visit(session, caller, visit_id, Deed.START)
    await service.start(session, visit, caller, body)
    set_etag(response, visit.version)
    return service.summary_of(visit)
