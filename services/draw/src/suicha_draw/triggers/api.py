"""Signals, proposals, trigger records and direct cases over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import Conflict, Invalid, NotFound, Unavailable, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.codes import OUTSIDE_RANDOM_DRAWS
from suicha_contracts.roles import Permission

from suicha_draw.models import DirectCase, Proposal, Trigger
from suicha_draw.problems import (
    CountingTooLong,
    KindNeedsDraw,
    ListUnreadable,
    ObjectUnknown,
    RulesetElsewhere,
    RulesetUnknown,
)
from suicha_draw.triggers import cases, service
from suicha_draw.triggers.schemas import (
    CaseClosing,
    DirectCaseContent,
    DirectCaseView,
    ProposalView,
    SignalBatch,
    SignalsTaken,
    TriggerContent,
    TriggerDecision,
    TriggerView,
)

api = router(prefix="/draw/v1", tags=["triggers"])

Reader = Annotated[Caller, requires(Permission.PLAN_READ)]
Writer = Annotated[Caller, requires(Permission.PLAN_WRITE)]
Sender = Annotated[Caller, requires(Permission.PLAN_WRITE, Permission.REGISTRY_IMPORT)]


def show_proposal(row: Proposal) -> ProposalView:
    """Show a proposal."""
    return ProposalView.model_validate(row, from_attributes=True)


def show_trigger(row: Trigger) -> TriggerView:
    """Show a trigger record without the tasks that answer it."""
    own = set(TriggerView.model_fields) - {"tasks"}
    return TriggerView.model_validate({name: getattr(row, name) for name in own})


def show_case(row: DirectCase) -> DirectCaseView:
    """Show a direct case."""
    own = set(DirectCaseView.model_fields) - {"kind_name"}
    return DirectCaseView(
        **{name: getattr(row, name) for name in own}, kind_name=OUTSIDE_RANDOM_DRAWS.get(row.kind, row.kind)
    )


@api.post("/signals", summary="报送预警信号", responses=problem_responses(RulesetUnknown, RulesetElsewhere))
async def send_signals(body: SignalBatch, session: Session, caller: Sender) -> SignalsTaken:
    """Take complaints and warnings in. Where they reach a threshold of the ruleset, a trigger is proposed."""
    taken, proposals = await service.take_signals(session, caller, body.ruleset_id, body.signals)
    return SignalsTaken(
        taken=taken, known=len(body.signals) - taken, proposals=[show_proposal(one) for one in proposals]
    )


@api.get("/trigger-proposals", summary="预警建议")
async def list_trigger_proposals(
    session: Session,
    _: Reader,
    limit: Limit = 50,
    cursor: Cursor = "",
    state: Annotated[str, Query(description="`open`, `taken_up` or `dismissed`; empty: all")] = "",
) -> Page[ProposalView]:
    """What thresholds propose, oldest first, with what became of it and why."""
    wanted = select(Proposal)
    if state:
        wanted = wanted.where(Proposal.state == state)
    return await page(session, wanted, [Proposal.id], show_proposal, limit=limit, cursor=cursor)


@api.post(
    "/trigger-proposals/{proposal_id}/take-up", status_code=201, summary="采纳预警",
    responses=problem_responses(NotFound, Conflict),
)  # fmt: skip
async def take_up_proposal(
    proposal_id: UUID, body: TriggerDecision, session: Session, caller: Writer, response: Response
) -> TriggerView:
    """Make a trigger record of a proposal; a task may then answer it."""
    row = await service.find_proposal(session, proposal_id)
    trigger = await service.take_up(session, caller, row, body.reason)
    response.headers["Location"] = f"/draw/v1/triggers/{trigger.id}"
    return show_trigger(trigger)


@api.post(
    "/trigger-proposals/{proposal_id}/dismiss", summary="不采纳预警",
    responses=problem_responses(NotFound, Conflict),
)  # fmt: skip
async def dismiss_proposal(
    proposal_id: UUID, body: TriggerDecision, session: Session, caller: Writer
) -> ProposalView:
    """Dismiss a proposal with the reason."""
    row = await service.find_proposal(session, proposal_id)
    await service.dismiss(session, caller, row, body.reason)
    return show_proposal(row)


@api.post("/triggers", status_code=201, summary="登记触发记录", responses=problem_responses(Invalid))
async def create_trigger(
    body: TriggerContent, session: Session, caller: Writer, response: Response
) -> TriggerView:
    """Keep a trigger record for good: source, day, content hash. Triggered tasks name it."""
    row = await service.put_trigger(session, caller, body)
    response.headers["Location"] = f"/draw/v1/triggers/{row.id}"
    return show_trigger(row)


@api.get("/triggers", summary="触发记录列表")
async def list_triggers(
    session: Session, _: Reader, limit: Limit = 50, cursor: Cursor = ""
) -> Page[TriggerView]:
    """Trigger records within the caller's scope, oldest first."""
    return await page(session, select(Trigger), [Trigger.id], show_trigger, limit=limit, cursor=cursor)


@api.get("/triggers/{trigger_id}", summary="触发记录", responses=problem_responses(NotFound))
async def read_trigger(trigger_id: UUID, session: Session, _: Reader) -> TriggerView:
    """One trigger record with the tasks that answer it."""
    shown = show_trigger(await service.find_trigger(session, trigger_id))
    shown.tasks = await service.tasks_answering(session, trigger_id)
    return shown


@api.post(
    "/direct-cases", status_code=201, summary="直接办理（不经抽取）",
    responses=problem_responses(
        RulesetUnknown, RulesetElsewhere, KindNeedsDraw, NotFound, Invalid, ObjectUnknown, ListUnreadable,
        CountingTooLong, Unavailable,
    ),
)  # fmt: skip
async def open_direct_case(
    body: DirectCaseContent, session: Session, caller: Writer, request: Request, response: Response
) -> DirectCaseView:
    """Open a case at once, without a draw; the ruleset must name its kind, and the reason is mandatory."""
    row = await cases.open_case(session, request.app.state.runtime, caller, body)
    response.headers["Location"] = f"/draw/v1/direct-cases/{row.id}"
    return show_case(row)


@api.get("/direct-cases", summary="直接办理事项列表")
async def list_direct_cases(
    session: Session,
    _: Reader,
    limit: Limit = 50,
    cursor: Cursor = "",
    kind: Annotated[str, Query(description="only this kind", max_length=40)] = "",
) -> Page[DirectCaseView]:
    """Matters outside random draws with their reasons, oldest first (S0 二, S2 Art. 13, S4 四(一))."""
    wanted = select(DirectCase)
    if kind:
        wanted = wanted.where(DirectCase.kind == kind)
    return await page(session, wanted, [DirectCase.id], show_case, limit=limit, cursor=cursor)


@api.get("/direct-cases/{case_id}", summary="直接办理事项", responses=problem_responses(NotFound))
async def read_direct_case(case_id: UUID, session: Session, _: Reader) -> DirectCaseView:
    """One direct case."""
    return show_case(await cases.find_case(session, case_id))


@api.post(
    "/direct-cases/{case_id}/close", summary="办结", responses=problem_responses(NotFound, Conflict, Invalid)
)
async def close_direct_case(
    case_id: UUID, body: CaseClosing, session: Session, caller: Writer
) -> DirectCaseView:
    """Close a direct case with its outcome."""
    row = await cases.find_case(session, case_id, lock=True)
    await cases.close_case(session, caller, row, body)
    return show_case(row)
