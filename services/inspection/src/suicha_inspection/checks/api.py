"""Endpoints of checks."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from suicha_chassis.auth import Caller
from suicha_chassis.etags import require_match, set_etag
from suicha_chassis.problems import Conflict, MatchRequired, NotFound, StaleVersion, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_inspection.access import find_visit, membership, open_visit, require_member
from suicha_inspection.casefile import load_case_file
from suicha_inspection.checks import service
from suicha_inspection.checks.schemas import CheckEntry
from suicha_inspection.fields import IfMatch
from suicha_inspection.problems import InvalidAnswers, NotOnTeam
from suicha_inspection.states import Deed
from suicha_inspection.visits.schemas import CheckDetail
from suicha_inspection.visits.service import check_detail

routes = router(prefix="/inspection/v1/visits/{visit_id}/checks", tags=["checks"])


@routes.get("/{check_id}", summary="一个部门的检查项", responses=problem_responses(NotFound))
async def read_check(
    visit_id: UUID,
    check_id: UUID,
    session: Session,
    caller: Annotated[Caller, requires(Permission.VISIT_READ)],
    response: Response,
) -> CheckDetail:
    """Questions, answers and results of one check, with its ETag."""
    visit = await find_visit(session, caller, visit_id)
    case = await load_case_file(session, visit)
    check = case.check(check_id)
    member = await membership(session, visit, caller)
    set_etag(response, check.version)
    return check_detail(case, check, mine=member is not None and member.crew == check.crew)


@routes.put(
    "/{check_id}",
    summary="录入检查情况",
    responses=problem_responses(NotFound, Conflict, NotOnTeam, InvalidAnswers, StaleVersion, MatchRequired),
)
async def record_check(
    visit_id: UUID,
    check_id: UUID,
    body: CheckEntry,
    session: Session,
    caller: Annotated[Caller, requires(Permission.VISIT_RECORD)],
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> CheckDetail:
    """Replace the draft of one check; only the crew that was drawn for it may (X1 谁检查、谁录入)."""
    visit = await open_visit(session, caller, visit_id, Deed.RECORD, lock="share")
    case = await load_case_file(session, visit)
    check = case.check(check_id)
    await require_member(session, visit, caller, check.crew)
    require_match(request, check.version)
    await service.enter(session, case, check, caller, body)
    set_etag(response, check.version)
    return check_detail(case, check, mine=True)
