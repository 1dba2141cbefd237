"""Rounds over HTTP: opening them, the deeds of the ceremony, and what they are shown as."""

from typing import Annotated
from uuid import UUID

from fastapi import Header, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import Conflict, NotFound, SamePerson, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_draw.models import Exclusion, MatchRow, ResultRow, Round, SubstitutionRow
from suicha_draw.problems import (
    AlreadyDone,
    CommitmentReused,
    DiceMismatch,
    NotYourPart,
    ResultHashMismatch,
    RevealMismatch,
    RulesetUnknown,
    SeedSourcesMissing,
    SubstitutionRefused,
    TasksDoNotFit,
    TooLate,
)
from suicha_draw.rounds import ceremony, opening, substituting, voiding
from suicha_draw.rounds.schemas import (
    CommitmentRequest,
    DiceRequest,
    ExclusionView,
    FreezeRequest,
    MatchView,
    RepeatRequest,
    ResultView,
    RevealRequest,
    RoundAccepted,
    RoundRequest,
    RoundView,
    SignRequest,
    SubstitutionRequest,
    SubstitutionView,
    VoidRequest,
    Why,
)
from suicha_draw.rounds.store import expect, files_of, find_round
from suicha_draw.rounds.stream import follow
from suicha_draw.rounds.views import show_round, show_whole
from suicha_draw.rounds.why import explain

api = router(prefix="/draw/v1/rounds", tags=["rounds"])

Reader = Annotated[Caller, requires(Permission.ROUND_READ)]
Operator = Annotated[Caller, requires(Permission.ROUND_OPERATE)]
Witness = Annotated[Caller, requires(Permission.ROUND_WITNESS)]
Party = Annotated[Caller, requires(Permission.ROUND_CONTRIBUTE)]
Either = Annotated[Caller, requires(Permission.ROUND_OPERATE, Permission.ROUND_WITNESS)]
_DEED = (NotFound, Conflict)


def _accepted(row: Round) -> RoundAccepted:
    return RoundAccepted(id=row.id, draw_id=row.draw_id, attempt=row.attempt, state=row.state)


@api.post(
    "", status_code=202, summary="发起抽取",
    responses=problem_responses(TasksDoNotFit, SeedSourcesMissing, RulesetUnknown),
)  # fmt: skip
async def open_round(
    body: RoundRequest, session: Session, caller: Operator, response: Response
) -> RoundAccepted:
    """Open a round over published tasks. A worker freezes its lists; follow `events` or read the round."""
    row = await opening.open_round(session, caller, body)
    response.headers["Location"] = f"/draw/v1/rounds/{row.id}"
    return _accepted(row)


@api.get("", summary="抽取列表")
async def list_rounds(session: Session, _: Reader, limit: Limit = 50, cursor: Cursor = "") -> Page[RoundView]:
    """Rounds within the caller's scope, newest first, without their manifests and logs."""
    return await page(
        session, select(Round), [Round.id], show_round, limit=limit, cursor=cursor, descending=True
    )


@api.get("/{round_id}", summary="抽取", responses=problem_responses(NotFound))
async def read_round(round_id: UUID, session: Session, _: Reader, request: Request) -> RoundView:
    """One round: state, manifest, hashes, contributors, log entries, progress, problems."""
    return await show_whole(session, request.app.state.runtime.files, await find_round(session, round_id))


@api.get(
    "/{round_id}/events", summary="抽取进程（服务器推送）", response_class=StreamingResponse,
    responses={**problem_responses(NotFound), 200: {"content": {"text/event-stream": {}}}},
)  # fmt: skip
async def follow_round(
    round_id: UUID,
    session: Session,
    caller: Reader,
    request: Request,
    last_event_id: Annotated[int, Header(ge=-1, description="index of the last log entry seen")] = -1,
) -> StreamingResponse:
    """Server-sent events: `log` for each entry, `state` for each change of state, progress or problems."""
    await find_round(session, round_id)
    stream = follow(request.app.state.runtime, caller.scope, round_id, last_event_id)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@api.post("/{round_id}/freeze", status_code=202, summary="重新冻结", responses=problem_responses(*_DEED))
async def freeze_round(round_id: UUID, body: FreezeRequest, session: Session, _: Operator) -> RoundAccepted:
    """Try the freeze again after the registry was put right."""
    row = await find_round(session, round_id, lock=True)
    await opening.freeze_again(session, row, body.reveal_by)
    return _accepted(row)


@api.post(
    "/{round_id}/commitments", summary="提交承诺",
    responses=problem_responses(*_DEED, NotYourPart, AlreadyDone, CommitmentReused, TooLate),
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
    responses=problem_responses(*_DEED, NotYourPart, AlreadyDone, RevealMismatch, TooLate),
)  # fmt: skip
async def reveal_for_round(round_id: UUID, body: RevealRequest, session: Session, caller: Party) -> RoundView:
    """Give the secret behind the caller's own commitment, before `reveal_by`."""
    row = await find_round(session, round_id, lock=True)
    await ceremony.reveal(session, caller, row, body.name, body.secret)
    await session.flush()
    return show_round(row)


@api.post("/{round_id}/dice", summary="录入骰子点数", responses=problem_responses(*_DEED, AlreadyDone))
async def type_dice(round_id: UUID, body: DiceRequest, session: Session, caller: Either) -> RoundView:
    """Type the 20 digits thrown in public."""
    row = await find_round(session, round_id, lock=True)
    await ceremony.type_dice(session, caller, row, body.value)
    await session.flush()
    return show_round(row)


@api.post(
    "/{round_id}/dice/confirm", summary="确认骰子点数",
    responses=problem_responses(*_DEED, AlreadyDone, SamePerson, DiceMismatch, TooLate),
)  # fmt: skip
async def confirm_dice(round_id: UUID, body: DiceRequest, session: Session, caller: Either) -> RoundView:
    """Type the same digits again, as another person."""
    row = await find_round(session, round_id, lock=True)
    await ceremony.confirm_dice(session, caller, row, body.value)
    await session.flush()
    return show_round(row)


@api.post(
    "/{round_id}/sign", summary="法制机构签署结果", responses=problem_responses(*_DEED, ResultHashMismatch)
)
async def sign_round(round_id: UUID, body: SignRequest, session: Session, caller: Witness) -> RoundView:
    """The legal witness signs the result; a worker then writes the bundle and completes the round."""
    row = await find_round(session, round_id, lock=True)
    await ceremony.sign(session, caller, row, body.result_hash)
    await session.flush()
    return show_round(row)


@api.post("/{round_id}/void", summary="申请作废", responses=problem_responses(*_DEED))
async def request_void(round_id: UUID, body: VoidRequest, session: Session, caller: Either) -> RoundView:
    """Ask for the attempt to be voided; nothing happens until another person confirms."""
    row = await find_round(session, round_id, lock=True)
    await voiding.request_void(session, caller, row, body.reason, body.evidence)
    await session.flush()
    return show_round(row)


@api.post("/{round_id}/void/confirm", summary="确认作废", responses=problem_responses(*_DEED, SamePerson))
async def confirm_void(round_id: UUID, session: Session, caller: Either) -> RoundView:
    """Void the attempt, publicly and for good, as the second person."""
    row = await find_round(session, round_id, lock=True)
    await voiding.confirm_void(session, caller, row)
    await session.flush()
    return show_round(row)


@api.post("/{round_id}/repeat", status_code=202, summary="再次抽取", responses=problem_responses(*_DEED))
async def repeat_round(
    round_id: UUID, body: RepeatRequest, session: Session, caller: Operator, response: Response
) -> RoundAccepted:
    """Open the next attempt after a void one; its manifest names the one before."""
    before = await find_round(session, round_id, lock=True)
    row = await opening.repeat_round(session, caller, before, body.reveal_by)
    response.headers["Location"] = f"/draw/v1/rounds/{row.id}"
    return _accepted(row)


@api.post(
    "/{round_id}/substitutions", status_code=201, summary="申请递补", responses=problem_responses(*_DEED)
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
    responses=problem_responses(*_DEED, SamePerson, SubstitutionRefused),
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


@api.get("/{round_id}/results", summary="抽取结果", responses=problem_responses(NotFound))
async def list_round_results(
    round_id: UUID, session: Session, _: Reader, limit: Limit = 50, cursor: Cursor = ""
) -> Page[ResultView]:
    """Selected objects and substitutes by list, stratum and rank."""
    row = await find_round(session, round_id)
    key = [ResultRow.list_code, ResultRow.stratum, ResultRow.rank]
    return await page(
        session, select(ResultRow).where(ResultRow.round_id == row.id), key,
        lambda one: ResultView.model_validate(one, from_attributes=True), limit=limit, cursor=cursor,
    )  # fmt: skip


@api.get("/{round_id}/matches", summary="检查人员匹配", responses=problem_responses(NotFound))
async def list_round_matches(
    round_id: UUID, session: Session, _: Reader, limit: Limit = 50, cursor: Cursor = ""
) -> Page[MatchView]:
    """Teams and alternates of every selected object, in the order of match.tsv."""
    row = await find_round(session, round_id)
    return await page(
        session, select(MatchRow).where(MatchRow.round_id == row.id), [MatchRow.position],
        lambda one: MatchView.model_validate(one, from_attributes=True), limit=limit, cursor=cursor,
    )  # fmt: skip


@api.get("/{round_id}/exclusions", summary="排除名单", responses=problem_responses(NotFound))
async def list_round_exclusions(
    round_id: UUID, session: Session, _: Reader, limit: Limit = 50, cursor: Cursor = ""
) -> Page[ExclusionView]:
    """Objects left out, each with its reason and the hash of the inspection that causes it."""
    row = await find_round(session, round_id)
    return await page(
        session, select(Exclusion).where(Exclusion.round_id == row.id),
        [Exclusion.list_code, Exclusion.object_id],
        lambda one: ExclusionView.model_validate(one, from_attributes=True), limit=limit, cursor=cursor,
    )  # fmt: skip


@api.get(
    "/{round_id}/objects/{object_id}/why", summary="为何（未）被抽中", responses=problem_responses(*_DEED)
)
async def explain_object(
    round_id: UUID, object_id: str, session: Session, _: Reader, request: Request
) -> Why:
    """Why an object is in or out of each list, drawn or not: stratum, probability k/n, rank, ticket."""
    row = await find_round(session, round_id)
    if row.frozen is None:
        expect(row, "frozen")
    return await explain(session, request.app.state.runtime.files, row, object_id)


@api.get(
    "/{round_id}/bundle", summary="证明包下载", response_class=StreamingResponse,
    responses={**problem_responses(*_DEED), 200: {"content": {"application/zip": {}}}},
)  # fmt: skip
async def read_round_bundle(
    round_id: UUID, session: Session, _: Reader, request: Request
) -> StreamingResponse:
    """The proof bundle of RID/1 §9; check it with `rid1 verify`."""
    row = await find_round(session, round_id)
    expect(row, "completed")
    return await bundle_of(session, request, row)


async def bundle_of(session: Session, request: Request, row: Round) -> StreamingResponse:
    """Answer with the bundle of a completed round, in chunks."""
    ref = (await files_of(session, row.id))["bundle"]
    headers = {
        "Content-Length": str(ref.size),
        "Content-Disposition": f'attachment; filename="{row.draw_id}-{row.attempt}.zip"',
        "ETag": f'"{ref.sha256}"',
    }
    stream = request.app.state.runtime.files.stream(ref)
    return StreamingResponse(stream, media_type="application/zip", headers=headers)
