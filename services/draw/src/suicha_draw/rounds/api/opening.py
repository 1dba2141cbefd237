"""Opening a round, freezing it again, and the next attempt, over HTTP."""

from uuid import UUID

from fastapi import Request, Response
from suicha_chassis.problems import SamePerson, problem_responses
from suicha_chassis.routes import Session, router

from suicha_draw.models import Round
from suicha_draw.problems import (
    DispatchRefused,
    DispatchUnapproved,
    OutsideRandomDraws,
    RulesetUnknown,
    SeedSourcesMissing,
    TaskInDraw,
    TasksDoNotFit,
)
from suicha_draw.rounds import opening
from suicha_draw.rounds.api.people import DEED, Either, Operator
from suicha_draw.rounds.schemas.opening import FreezeRequest, RepeatRequest, RoundAccepted, RoundRequest
from suicha_draw.rounds.store import find_round

api = router(prefix="/draw/v1/rounds", tags=["rounds"])


def _accepted(row: Round) -> RoundAccepted:
    return RoundAccepted(id=row.id, draw_id=row.draw_id, attempt=row.attempt, state=row.state)


@api.post(
    "", status_code=202, summary="发起抽取",
    responses=problem_responses(
        TasksDoNotFit, SeedSourcesMissing, RulesetUnknown, OutsideRandomDraws, DispatchRefused, TaskInDraw
    ),
)  # fmt: skip
async def open_round(
    body: RoundRequest, session: Session, caller: Operator, request: Request, response: Response
) -> RoundAccepted:
    """Open a round over published tasks. A worker freezes its lists; follow `events` or read the round."""
    chain = request.app.state.runtime.settings.beacon_chain
    row = await opening.open_round(session, caller, body, chain)
    response.headers["Location"] = f"/draw/v1/rounds/{row.id}"
    return _accepted(row)


@api.post(
    "/{round_id}/dispatch/approve", status_code=202, summary="批准直接选派",
    responses=problem_responses(*DEED, SamePerson),
)  # fmt: skip
async def approve_round_dispatch(round_id: UUID, session: Session, caller: Either) -> RoundAccepted:
    """Approve a direct dispatch as the second person (D18); a worker freezes the lists then."""
    row = await find_round(session, round_id, lock=True)
    await opening.approve_dispatch(session, caller, row)
    return _accepted(row)


@api.post(
    "/{round_id}/freeze",
    status_code=202,
    summary="重新冻结",
    responses=problem_responses(*DEED, DispatchUnapproved),
)
async def freeze_round(round_id: UUID, body: FreezeRequest, session: Session, _: Operator) -> RoundAccepted:
    """Try the freeze again after the registry was put right."""
    row = await find_round(session, round_id, lock=True)
    await opening.freeze_again(session, row, body.reveal_by)
    return _accepted(row)


@api.post(
    "/{round_id}/repeat",
    status_code=202,
    summary="再次抽取",
    responses=problem_responses(*DEED, TaskInDraw, TasksDoNotFit),
)
async def repeat_round(
    round_id: UUID, body: RepeatRequest, session: Session, caller: Operator, response: Response
) -> RoundAccepted:
    """Open the next attempt after a void one; its manifest names the one before."""
    before = await find_round(session, round_id, lock=True)
    row = await opening.repeat_round(session, caller, before, body.reveal_by)
    response.headers["Location"] = f"/draw/v1/rounds/{row.id}"
    return _accepted(row)
