"""The deeds of the ceremony over HTTP: each is one person's, and one entry of the log."""

from uuid import UUID

from fastapi import Request
from suicha_chassis.problems import SamePerson, problem_responses
from suicha_chassis.routes import Session, router

from suicha_draw.problems import (
    AlreadyDone,
    ApprovalMissing,
    BeaconInvalid,
    BeaconRoundMismatch,
    BeaconTooEarly,
    BeaconVerifiersDisagree,
    CommitmentReused,
    DiceMismatch,
    InputsHashMismatch,
    NotYourPart,
    PhysicalLots,
    ResultHashMismatch,
    RevealMismatch,
    TooLate,
    VoidMismatch,
)
from suicha_draw.rounds import beaconing, ceremony, voiding, witnessing
from suicha_draw.rounds.api.people import DEED, Attesting, Either, Party
from suicha_draw.rounds.schemas.ceremony import (
    BeaconRequest,
    CommitmentRequest,
    DiceRequest,
    RevealRequest,
    SignFreezeRequest,
    SignRequest,
    VoidConfirmation,
    VoidRequest,
)
from suicha_draw.rounds.schemas.views import RoundView
from suicha_draw.rounds.store import find_round
from suicha_draw.rounds.views import show_round, show_whole

api = router(prefix="/draw/v1/rounds", tags=["rounds"])


@api.post(
    "/{round_id}/commitments", summary="提交承诺",
    responses=problem_responses(*DEED, PhysicalLots, NotYourPart, AlreadyDone, CommitmentReused, TooLate),
)  # fmt: skip
async def commit_to_round(
    round_id: UUID, body: CommitmentRequest, session: Session, caller: Party, request: Request
) -> RoundView:
    """Give the caller's own commitment. The last one logs the manifest; nothing can be changed from then on."""
    row = await find_round(session, round_id, lock=True)
    files = request.app.state.runtime.files
    await ceremony.commit(session, files, caller, row, body.name, body.commitment)
    await session.flush()
    return await show_whole(session, files, row)


@api.post(
    "/{round_id}/reveals", summary="揭示",
    responses=problem_responses(*DEED, PhysicalLots, NotYourPart, AlreadyDone, RevealMismatch, TooLate),
)  # fmt: skip
async def reveal_for_round(round_id: UUID, body: RevealRequest, session: Session, caller: Party) -> RoundView:
    """Give the secret behind the caller's own commitment, before `reveal_by`."""
    row = await find_round(session, round_id, lock=True)
    await ceremony.reveal(session, caller, row, body.name, body.secret)
    await session.flush()
    return show_round(row)


@api.post(
    "/{round_id}/dice", summary="录入骰子点数", responses=problem_responses(*DEED, PhysicalLots, AlreadyDone)
)
async def type_dice(round_id: UUID, body: DiceRequest, session: Session, caller: Either) -> RoundView:
    """Type the 20 digits thrown in public."""
    row = await find_round(session, round_id, lock=True)
    await ceremony.type_dice(session, caller, row, body.value)
    await session.flush()
    return show_round(row)


@api.post(
    "/{round_id}/dice/confirm", summary="确认骰子点数",
    responses=problem_responses(*DEED, PhysicalLots, AlreadyDone, SamePerson, DiceMismatch, TooLate),
)  # fmt: skip
async def confirm_dice(round_id: UUID, body: DiceRequest, session: Session, caller: Either) -> RoundView:
    """Type the same digits again, as another person."""
    row = await find_round(session, round_id, lock=True)
    await ceremony.confirm_dice(session, caller, row, body.value)
    await session.flush()
    return show_round(row)


@api.post(
    "/{round_id}/sign-freeze", summary="见证人签署冻结名单",
    responses=problem_responses(*DEED, NotYourPart, AlreadyDone, InputsHashMismatch, TooLate),
)  # fmt: skip
async def sign_round_freeze(
    round_id: UUID, body: SignFreezeRequest, session: Session, caller: Attesting, request: Request
) -> RoundView:
    """A witness signs the frozen lists; without this no manifest is logged. Nobody knows any secret yet."""
    row = await find_round(session, round_id, lock=True)
    files = request.app.state.runtime.files
    await witnessing.sign_freeze(session, caller, row, body.inputs_hash)
    await ceremony.log_manifest_if_ready(session, files, row)
    await session.flush()
    return await show_whole(session, files, row)


@api.post(
    "/{round_id}/beacon", summary="录入信标",
    responses=problem_responses(
        *DEED, PhysicalLots, AlreadyDone, BeaconRoundMismatch, BeaconTooEarly, BeaconInvalid, BeaconVerifiersDisagree
    ),
)  # fmt: skip
async def give_beacon(round_id: UUID, body: BeaconRequest, session: Session, caller: Either) -> RoundView:
    """Type in the planned round of the beacon; its signature is verified offline by two implementations."""
    signature = bytes.fromhex(body.signature)
    await beaconing.check_beacon(await find_round(session, round_id), body.round, signature)
    row = await find_round(session, round_id, lock=True)
    await beaconing.take_beacon(session, row, signature)
    await session.flush()
    return show_round(row)


@api.post(
    "/{round_id}/sign", summary="见证人签署结果",
    responses=problem_responses(*DEED, NotYourPart, AlreadyDone, ResultHashMismatch, ApprovalMissing),
)  # fmt: skip
async def sign_round(round_id: UUID, body: SignRequest, session: Session, caller: Attesting) -> RoundView:
    """A witness signs the result; after the last required one a worker writes the bundle and completes the round."""
    row = await find_round(session, round_id, lock=True)
    await witnessing.sign_result(session, caller, row, body.result_hash)
    await session.flush()
    return show_round(row)


@api.post("/{round_id}/void", summary="申请作废", responses=problem_responses(*DEED))
async def request_void(round_id: UUID, body: VoidRequest, session: Session, caller: Either) -> RoundView:
    """Ask for the attempt to be voided; nothing happens, and nothing is public, until another person confirms."""
    row = await find_round(session, round_id, lock=True)
    await voiding.request_void(session, caller, row, body)
    await session.flush()
    return show_round(row)


@api.post(
    "/{round_id}/void/withdraw", summary="撤回作废申请", responses=problem_responses(*DEED, NotYourPart)
)
async def withdraw_void(round_id: UUID, session: Session, caller: Either) -> RoundView:
    """Take back one's own request to void, before anybody confirmed it."""
    row = await find_round(session, round_id, lock=True)
    await voiding.withdraw_void(session, caller, row)
    await session.flush()
    return show_round(row)


@api.post(
    "/{round_id}/void/confirm", summary="确认作废",
    responses=problem_responses(*DEED, SamePerson, VoidMismatch),
)  # fmt: skip
async def confirm_void(round_id: UUID, body: VoidConfirmation, session: Session, caller: Either) -> RoundView:
    """Void the attempt, publicly and for good, as the second person, who names the request it has read."""
    row = await find_round(session, round_id, lock=True)
    await voiding.confirm_void(session, caller, row, body.content_hash)
    await session.flush()
    return show_round(row)
