"""Endpoints of disclosures: lists, one with its lines before and after redaction, and a publisher's deeds."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import and_, exists, or_, select
from suicha_chassis.auth import Caller
from suicha_chassis.etags import require_match, set_etag
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import (
    BadRequest,
    Conflict,
    MatchRequired,
    NotFound,
    SamePerson,
    StaleVersion,
    problem_responses,
)
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_disclosure.api.schemas import (
    DisclosureDetail,
    DisclosureSummary,
    ReleaseBody,
    ReleaseManyBody,
    ReleaseManyResult,
    StateFilter,
    WithdrawBody,
    WithholdBody,
)
from suicha_disclosure.api.views import detail, summary
from suicha_disclosure.models import Disclosure, DisclosureState, FollowUp
from suicha_disclosure.problems import HandlingFirst, NoChannel, NotReleasable, RulesetUnknown, UnknownLine
from suicha_disclosure.service import release
from suicha_disclosure.service.statistics import in_plan, is_overdue, today

routes = router(prefix="/disclosure/v1", tags=["disclosures"])
_SKIPPED_SHOWN = 500


@routes.get("/disclosures", summary="检查结果列表", responses=problem_responses(BadRequest))
async def list_disclosures(
    request: Request,
    session: Session,
    _: Annotated[Caller, requires(Permission.DISCLOSURE_READ)],
    state: StateFilter | None = None,
    plan_id: UUID | None = None,
    round_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[DisclosureSummary]:
    """Results of the caller's scope in the order in which they arrived."""
    statement = select(Disclosure)
    if state is StateFilter.OVERDUE:
        statement = statement.where(is_overdue())
    elif state is StateFilter.DUE:
        soon = today() + timedelta(days=request.app.state.runtime.settings.due_soon_days)
        unhandled = exists().where(FollowUp.visit_id == Disclosure.visit_id, ~FollowUp.closed)
        statement = statement.where(
            Disclosure.state.in_((DisclosureState.PENDING, DisclosureState.RELEASED)),
            or_(
                Disclosure.due_on.between(today(), soon),
                and_(Disclosure.due_on.is_(None), Disclosure.ruleset_known, ~unhandled),
            ),
        )
    elif state is not None:
        statement = statement.where(Disclosure.state == state.value)
    if plan_id is not None:
        statement = statement.where(in_plan(plan_id))
    if round_id is not None:
        statement = statement.where(Disclosure.round_id == round_id)
    return await page(session, statement, (Disclosure.id,), summary, limit=limit, cursor=cursor)


@routes.get("/overdue", summary="超期未公示的检查结果", responses=problem_responses(BadRequest))
async def list_overdue(
    session: Session,
    _: Annotated[Caller, requires(Permission.DISCLOSURE_READ)],
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[DisclosureSummary]:
    """Results that are not public although their deadline has passed (X4)."""
    statement = select(Disclosure).where(is_overdue())
    return await page(session, statement, (Disclosure.id,), summary, limit=limit, cursor=cursor)


@routes.get("/disclosures/{disclosure_id}", summary="检查结果详情", responses=problem_responses(NotFound))
async def read_disclosure(
    disclosure_id: UUID,
    session: Session,
    response: Response,
    _: Annotated[Caller, requires(Permission.DISCLOSURE_READ)],
) -> DisclosureDetail:
    """One result: its lines before and after redaction, and its deadline with how it was counted."""
    found = await session.scalar(select(Disclosure).where(Disclosure.id == disclosure_id))
    if found is None:
        raise NotFound()
    set_etag(response, found.version)
    return await detail(session, found)


@routes.post(
    "/disclosures/release",
    summary="批量公示",
    responses=problem_responses(NotFound, NotReleasable, SamePerson),
)
async def release_disclosures(
    body: ReleaseManyBody,
    session: Session,
    caller: Annotated[Caller, requires(Permission.DISCLOSURE_RELEASE)],
) -> ReleaseManyResult:
    """Release exactly the named results or none; or every result of a round that can be released."""
    if body.ids is not None:
        return ReleaseManyResult(
            released=await release.release_many(session, caller, body.ids), skipped=[], skipped_count=0
        )
    assert body.round_id is not None
    released, skipped = await release.release_round(session, caller, body.round_id)
    return ReleaseManyResult(released=released, skipped=skipped[:_SKIPPED_SHOWN], skipped_count=len(skipped))


@routes.post(
    "/disclosures/{disclosure_id}/release",
    summary="公示一条检查结果",
    responses=problem_responses(
        NotFound, Conflict, RulesetUnknown, HandlingFirst, NoChannel, SamePerson, StaleVersion
    ),
)
async def release_disclosure(
    disclosure_id: UUID,
    body: ReleaseBody,
    request: Request,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.DISCLOSURE_RELEASE)],
) -> DisclosureDetail:
    """Release one result to the channels of its ruleset. If-Match is optional and honoured."""
    found = await release.locked(session, caller, disclosure_id)
    if "if-match" in request.headers:
        require_match(request, found.version)
    await release.release_one(session, found, caller, body.handling_note.strip())
    await session.flush()
    set_etag(response, found.version)
    return await detail(session, found)


@routes.post(
    "/disclosures/{disclosure_id}/withhold",
    summary="依法不予公开部分内容",
    responses=problem_responses(NotFound, Conflict, UnknownLine, SamePerson, MatchRequired, StaleVersion),
)
async def withhold_lines(
    disclosure_id: UUID,
    body: WithholdBody,
    request: Request,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.DISCLOSURE_RELEASE)],
) -> DisclosureDetail:
    """Set which lines are replaced by 依法不予公开 with the reason (S2 Art. 18). Needs If-Match."""
    found = await release.locked(session, caller, disclosure_id)
    require_match(request, found.version)
    await release.withhold(session, found, body.lines, body.reason)
    await session.flush()
    set_etag(response, found.version)
    return await detail(session, found)


@routes.post(
    "/disclosures/{disclosure_id}/withdraw",
    summary="撤回检查结果",
    responses=problem_responses(NotFound, Conflict, SamePerson, StaleVersion),
)
async def withdraw_disclosure(
    disclosure_id: UUID,
    body: WithdrawBody,
    request: Request,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.DISCLOSURE_RELEASE)],
) -> DisclosureDetail:
    """Withdraw a result; where it was public, the withdrawal and its reason are public too."""
    found = await release.locked(session, caller, disclosure_id)
    if "if-match" in request.headers:
        require_match(request, found.version)
    await release.withdraw(session, found, body.reason)
    await session.flush()
    set_etag(response, found.version)
    return await detail(session, found)
