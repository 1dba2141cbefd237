"""Endpoints of those who assist at a visit."""

from typing import Annotated
from uuid import UUID

from fastapi import Response
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, NotFound, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_inspection.access import open_visit, require_member
from suicha_inspection.assistants import service
from suicha_inspection.assistants.schemas import AssistantBody
from suicha_inspection.problems import ExpertUnfit, NotOnTeam, ThirdPartyInspects
from suicha_inspection.record import RecordAssistant
from suicha_inspection.states import Deed

routes = router(prefix="/inspection/v1/visits/{visit_id}/assistants", tags=["visits"])
Recorder = Annotated[Caller, requires(Permission.VISIT_RECORD)]


@routes.post(
    "",
    summary="请专家或专业机构协助",
    status_code=201,
    responses=problem_responses(NotFound, Conflict, NotOnTeam, ExpertUnfit, ThirdPartyInspects),
)
async def add_visit_assistant(
    visit_id: UUID, body: AssistantBody, session: Session, caller: Recorder
) -> RecordAssistant:
    """Ask an expert of the pool to assist (S3 Art. 9). He stands on the record and never counts as an officer."""
    visit = await open_visit(session, caller, visit_id, Deed.ASSIST)
    await require_member(session, visit, caller)
    row = await service.add(session, visit, caller, body)
    return RecordAssistant.model_validate(row, from_attributes=True)


@routes.delete(
    "/{code}",
    summary="取消协助",
    status_code=204,
    responses=problem_responses(NotFound, Conflict, NotOnTeam),
)
async def remove_visit_assistant(visit_id: UUID, code: str, session: Session, caller: Recorder) -> Response:
    """Take an expert off the list before the record is submitted; the audit trail keeps both deeds."""
    visit = await open_visit(session, caller, visit_id, Deed.ASSIST)
    await require_member(session, visit, caller)
    await service.remove(session, visit, code)
    return Response(status_code=204)
