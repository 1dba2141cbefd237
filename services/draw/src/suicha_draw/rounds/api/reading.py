"""Rounds as officers read them over HTTP: state, live events, results, reasons, bundle."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import NotFound, problem_responses
from suicha_chassis.routes import Session, router
from suicha_contracts.values import FileRef

from suicha_draw.models import Exclusion, MatchRow, ResultRow, Round
from suicha_draw.problems import Embargoed, PhysicalLots
from suicha_draw.rounds.api.people import DEED, Reader
from suicha_draw.rounds.saving import statistics_of
from suicha_draw.rounds.schemas.outcomes import ExclusionView, MatchView, ResultView, Why
from suicha_draw.rounds.schemas.views import RoundStatistics, RoundView
from suicha_draw.rounds.sealing import receipt_of_sealed
from suicha_draw.rounds.store import expect, expect_published, expect_seeded, files_of, find_round
from suicha_draw.rounds.stream import follow
from suicha_draw.rounds.views import show_round, show_whole
from suicha_draw.rounds.why import explain

api = router(prefix="/draw/v1/rounds", tags=["rounds"])


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
    "/{round_id}/objects/{object_id}/why", summary="为何（未）被抽中", responses=problem_responses(*DEED)
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
    "/{round_id}/statistics",
    summary="联合抽查节省的入企次数",
    responses=problem_responses(*DEED, PhysicalLots),
)
async def read_round_statistics(
    round_id: UUID, session: Session, _: Reader, request: Request
) -> RoundStatistics:
    """How many visits a joint round saves by sharing tickets, beside the exact expectation of draws held apart."""
    row = await find_round(session, round_id)
    return await statistics_of(session, request.app.state.runtime.files, row)


@api.get(
    "/{round_id}/objects/{object_id}/receipt", summary="回执（封存名单由保管方出具）",
    responses=problem_responses(*DEED, Embargoed, PhysicalLots),
)  # fmt: skip
async def read_object_receipt(
    round_id: UUID, object_id: str, session: Session, _: Reader, request: Request
) -> dict[str, Any]:
    """The receipt of one object with its salt, to be handed to that enterprise and to nobody else."""
    row = await find_round(session, round_id)
    return await receipt_of_sealed(session, request.app.state.runtime.files, row, object_id)


@api.get(
    "/{round_id}/bundle", summary="证明包下载", response_class=StreamingResponse,
    responses={**problem_responses(*DEED, Embargoed, PhysicalLots), 200: {"content": {"application/zip": {}}}},
)  # fmt: skip
async def read_round_bundle(
    round_id: UUID, session: Session, _: Reader, request: Request
) -> StreamingResponse:
    """The proof bundle of RID/1 §9; check it with `rid1 verify`."""
    row = await find_round(session, round_id)
    expect(row, "completed")
    return await bundle_of(session, request, row)


async def bundle_of(session: Session, request: Request, row: Round) -> StreamingResponse:
    """Answer with the newest bundle of a completed round, in chunks.

    Raises:
        PhysicalLots: lots drawn by hand prove nothing.
        Embargoed: it would give away what is not public yet.
    """
    expect_seeded(row, "没有证明包")
    return stream_bundle(request, row, (await files_of(session, row.id))["bundle"])


def stream_bundle(request: Request, row: Round, ref: FileRef) -> StreamingResponse:
    """Answer with a bundle, in chunks.

    Raises:
        Embargoed: it would give away what is not public yet.
    """
    expect_published(row)
    headers = {
        "Content-Length": str(ref.size),
        "Content-Disposition": f'attachment; filename="{row.draw_id}-{row.attempt}.zip"',
        "ETag": f'"{ref.sha256}"',
    }
    stream = request.app.state.runtime.files.stream(ref)
    return StreamingResponse(stream, media_type="application/zip", headers=headers)
