"""Endpoints of follow-ups."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import Conflict, Forbidden, NotFound, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_inspection.access import membership, open_visit, visible
from suicha_inspection.follow_ups import service
from suicha_inspection.follow_ups.schemas import FollowUpBody, FollowUpCloseBody, FollowUpView
from suicha_inspection.models import FollowUp, Visit
from suicha_inspection.problems import NotOnTeam
from suicha_inspection.record import RecordFollowUp
from suicha_inspection.states import Deed

routes = router(prefix="/inspection/v1", tags=["follow-ups"])
Writer = Annotated[Caller, requires(Permission.FOLLOW_UP_WRITE)]


@routes.get("/follow-ups", summary="后续处理列表", responses=problem_responses())
async def list_follow_ups(
    session: Session,
    caller: Annotated[Caller, requires(Permission.VISIT_READ)],
    open_only: Annotated[bool, Query(alias="open", description="only what is not done yet")] = True,
    visit_id: UUID | None = None,
    due: Annotated[
        date | None, Query(description="to be done by this day at the latest: what is to be looked at again")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[RecordFollowUp]:
    """Follow-ups of the visits that the caller may see."""
    seen = select(Visit.id).where(visible(caller))
    statement = select(FollowUp).where(FollowUp.visit_id.in_(seen))
    if open_only:
        statement = statement.where(FollowUp.closed_on.is_(None))
    if visit_id is not None:
        statement = statement.where(FollowUp.visit_id == visit_id)
    if due is not None:
        statement = statement.where(FollowUp.due_on <= due)
    return await page(
        session, statement, [FollowUp.id],
        lambda row: RecordFollowUp.model_validate(row, from_attributes=True),
        limit=limit, cursor=cursor,
    )  # fmt: skip


@routes.post(
    "/visits/{visit_id}/follow-ups",
    summary="登记后续处理",
    status_code=201,
    responses=problem_responses(NotFound, Conflict, NotOnTeam, Forbidden),
)
async def add_follow_up(visit_id: UUID, body: FollowUpBody, session: Session, caller: Writer) -> FollowUpView:
    """Say what happens next, or why nothing does (kind `none`, which closes itself)."""
    visit = await open_visit(session, caller, visit_id, Deed.FOLLOW_UP)
    await _require_part(session, visit, caller)
    return _view(visit, await service.add(session, visit, caller, body))


@routes.post(
    "/follow-ups/{follow_up_id}/close",
    summary="办结后续处理",
    responses=problem_responses(NotFound, Conflict, NotOnTeam, Forbidden),
)
async def close_follow_up(
    follow_up_id: UUID, body: FollowUpCloseBody, session: Session, caller: Writer
) -> FollowUpView:
    """Close with the outcome, and the receipt of the body that received it."""
    row = await session.get(FollowUp, follow_up_id)
    if row is None:
        raise NotFound()
    visit = await open_visit(session, caller, row.visit_id, Deed.FOLLOW_UP)
    await _require_part(session, visit, caller)
    await session.refresh(row)  # as it is under the lock of its visit
    await service.close(session, visit, row, caller, body)
    return _view(visit, row)


async def _require_part(session: AsyncSession, visit: Visit, caller: Caller) -> None:
    """Let the team and reviewers of the body in."""
    if caller.may(Permission.VISIT_REVIEW):
        return
    if await membership(session, visit, caller) is None:
        raise NotOnTeam()


def _view(visit: Visit, row: FollowUp) -> FollowUpView:
    return FollowUpView(
        **RecordFollowUp.model_validate(row, from_attributes=True).model_dump(),
        visit_id=visit.id,
        object_name=visit.object_name,
        version=row.version,
    )
