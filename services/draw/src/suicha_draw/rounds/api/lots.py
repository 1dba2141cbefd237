"""Lots drawn by hand over HTTP: typed by one person, compared and confirmed by another (D1)."""

from uuid import UUID

from fastapi import Request
from suicha_chassis.problems import NotFound, SamePerson, problem_responses
from suicha_chassis.routes import Session, router

from suicha_draw.problems import LotsMismatch, LotsRefused, SeededRound, TooLate
from suicha_draw.rounds import lots
from suicha_draw.rounds.api.people import DEED, Either, Operator, Reader
from suicha_draw.rounds.schemas.lots import LotsConfirmation, LotsRequest, LotsView
from suicha_draw.rounds.schemas.views import RoundView
from suicha_draw.rounds.store import find_round
from suicha_draw.rounds.views import show_whole

api = router(prefix="/draw/v1/rounds", tags=["rounds"])


@api.post(
    "/{round_id}/lots", summary="录入人工抽签、摇号的结果",
    responses=problem_responses(*DEED, SeededRound, LotsRefused),
)  # fmt: skip
async def type_lots(
    round_id: UUID, body: LotsRequest, session: Session, caller: Operator, request: Request
) -> LotsView:
    """Record the protocol and the result of lots drawn by hand; the frozen lists decide what can be right.

    It counts once another person confirms `content_hash`. Until then it may be typed again.
    """
    row = await find_round(session, round_id, lock=True)
    return await lots.type_lots(session, request.app.state.runtime.files, caller, row, body)


@api.get("/{round_id}/lots", summary="录入的人工抽签结果", responses=problem_responses(NotFound))
async def read_lots(round_id: UUID, session: Session, _: Reader, request: Request) -> LotsView:
    """The result as it was typed, for whoever compares it with the signed protocol."""
    return await lots.show_lots(request.app.state.runtime.files, await find_round(session, round_id))


@api.post(
    "/{round_id}/lots/confirm", summary="确认人工抽签、摇号的结果",
    responses=problem_responses(*DEED, SeededRound, LotsRefused, LotsMismatch, SamePerson, TooLate),
)  # fmt: skip
async def confirm_lots(
    round_id: UUID, body: LotsConfirmation, session: Session, caller: Either, request: Request
) -> RoundView:
    """Confirm the result as another person; it is logged, and marked as not verifiable for good."""
    row = await find_round(session, round_id, lock=True)
    files = request.app.state.runtime.files
    await lots.confirm_lots(session, files, caller, row, body.content_hash)
    await session.flush()
    return await show_whole(session, files, row)
