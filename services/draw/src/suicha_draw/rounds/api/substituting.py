"""Substitutions over HTTP: one person asks, another approves."""

from uuid import UUID

from fastapi import Request
from sqlalchemy import select
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import Conflict, NotFound, SamePerson, problem_responses
from suicha_chassis.routes import Session, router

from suicha_draw.models import SubstitutionRow
from suicha_draw.problems import (
    BeaconInvalid,
    BeaconRoundMismatch,
    BeaconTooEarly,
    BeaconVerifiersDisagree,
    ReasonNotAllowed,
    SubstitutionRefused,
)
from suicha_draw.rounds import substituting
from suicha_draw.rounds.api.people import DEED, Either, Reader
from suicha_draw.rounds.beaconing import check_round
from suicha_draw.rounds.schemas.ceremony import BeaconRequest
from suicha_draw.rounds.schemas.substituting import SubstitutionRequest, SubstitutionView
from suicha_draw.rounds.store import find_round

api = router(prefix="/draw/v1/rounds", tags=["rounds"])


@api.post(
    "/{round_id}/substitutions",
    status_code=201,
    summary="申请递补",
    responses=problem_responses(*DEED, ReasonNotAllowed),
)
async def request_substitution(
    round_id: UUID, body: SubstitutionRequest, session: Session, caller: Either
) -> SubstitutionView:
    """Ask that an object or an inspector be replaced; nothing happens until another person approves."""
    row = await find_round(session, round_id, lock=True)
    asked = await substituting.ask(session, caller, row, body)
    return SubstitutionView.model_validate(asked, from_attributes=True)


@api.post(
    "/{round_id}/substitutions/{substitution_id}/approve", summary="批准递补",
    responses=problem_responses(*DEED, SamePerson, SubstitutionRefused),
)  # fmt: skip
async def approve_substitution(
    round_id: UUID, substitution_id: UUID, session: Session, caller: Either, request: Request
) -> SubstitutionView:
    """Approve as the second person: the next in order steps in, is logged and published."""
    row = await find_round(session, round_id, lock=True)
    asked = await substituting.find(session, row, substitution_id)
    await substituting.approve(session, request.app.state.runtime.files, caller, row, asked)
    await session.flush()
    return SubstitutionView.model_validate(asked, from_attributes=True)


@api.post(
    "/{round_id}/substitutions/{substitution_id}/beacon", summary="录入递补信标",
    responses=problem_responses(
        *DEED, SubstitutionRefused, BeaconRoundMismatch, BeaconTooEarly, BeaconInvalid, BeaconVerifiersDisagree
    ),
)  # fmt: skip
async def give_substitution_beacon(
    round_id: UUID, substitution_id: UUID, body: BeaconRequest, session: Session, _: Either, request: Request
) -> SubstitutionView:
    """Type in the round of the beacon that the drop-out named: it decides who steps in (RID/1 §8)."""
    signature = bytes.fromhex(body.signature)
    row = await find_round(session, round_id)
    asked = await substituting.find(session, row, substitution_id)
    if asked.beacon_round is None:
        raise Conflict("该递补不在等待信标", state=row.state)
    await check_round(row, asked.beacon_round, body.round, signature)
    row = await find_round(session, round_id, lock=True)
    await session.refresh(asked)
    await substituting.answer(session, request.app.state.runtime.files, row, asked, signature)
    await session.flush()
    return SubstitutionView.model_validate(asked, from_attributes=True)


@api.get("/{round_id}/substitutions", summary="递补记录", responses=problem_responses(NotFound))
async def list_round_substitutions(
    round_id: UUID, session: Session, _: Reader, limit: Limit = 50, cursor: Cursor = ""
) -> Page[SubstitutionView]:
    """Substitutions asked for and carried out, oldest first."""
    row = await find_round(session, round_id)
    return await page(
        session, select(SubstitutionRow).where(SubstitutionRow.round_id == row.id), [SubstitutionRow.id],
        lambda one: SubstitutionView.model_validate(one, from_attributes=True), limit=limit, cursor=cursor,
    )  # fmt: skip
