"""The approval before inspections begin, over HTTP (P12)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from suicha_chassis.auth import Caller
from suicha_chassis.problems import NotFound, SamePerson, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_draw.models import RoundApproval
from suicha_draw.rounds import approving
from suicha_draw.rounds.api.people import DEED, Reader
from suicha_draw.rounds.store import find_round

api = router(prefix="/draw/v1/rounds", tags=["rounds"])


class ApprovalRequest(BaseModel):
    """What the head of the body says to the inspections."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"remark": "同意检查"}]})

    remark: str = Field(min_length=1, max_length=500)


class ApprovalView(BaseModel):
    """Who approved the inspections of a round, and when."""

    round_id: UUID
    approved_by: str
    remark: str
    approved_at: datetime


@api.post(
    "/{round_id}/inspection-approval", status_code=201, summary="检查前批准",
    responses=problem_responses(*DEED, SamePerson),
)  # fmt: skip
async def approve_inspections(
    round_id: UUID,
    body: ApprovalRequest,
    session: Session,
    caller: Annotated[Caller, requires(Permission.PLAN_APPROVE)],
) -> ApprovalView:
    """Approve that the drawn objects are inspected. Where the ruleset demands it, nothing is signed before."""
    row = await find_round(session, round_id, lock=True)
    found = await approving.approve(session, caller, row, body.remark)
    return ApprovalView.model_validate(found, from_attributes=True)


@api.get("/{round_id}/inspection-approval", summary="检查前批准记录", responses=problem_responses(NotFound))
async def read_inspection_approval(round_id: UUID, session: Session, _: Reader) -> ApprovalView:
    """The approval of a round's inspections."""
    await find_round(session, round_id)
    found = await session.get(RoundApproval, round_id)
    if found is None:
        raise NotFound("该抽取的检查尚未批准")
    return ApprovalView.model_validate(found, from_attributes=True)
