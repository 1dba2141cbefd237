"""Draws for everyone, without a token: every attempt that is in the log, and the bundles of completed ones."""

from typing import Annotated, Any

from fastapi import Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import Conflict, NotFound, problem_responses
from suicha_chassis.routes import Session, public, router
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import RegionCode, region_prefix

from suicha_draw.ledger.signer import signer_of
from suicha_draw.models import Round
from suicha_draw.plans.rulesets import ruleset_row
from suicha_draw.printing.answering import FILES, Form, answer
from suicha_draw.problems import Embargoed, PhysicalLots
from suicha_draw.rounds.api.reading import bundle_of, stream_bundle
from suicha_draw.rounds.bundles import versions
from suicha_draw.rounds.chances import chances_of
from suicha_draw.rounds.changes import changes_of
from suicha_draw.rounds.receipts import receipt_of
from suicha_draw.rounds.saving import statistics_of
from suicha_draw.rounds.schemas.outcomes import ChangeView, ListChances
from suicha_draw.rounds.schemas.views import BundleView, PublicRound, RoundStatistics
from suicha_draw.rounds.scheme import scheme_sheet
from suicha_draw.rounds.store import expect_seeded, ref_of
from suicha_draw.rounds.views import LOGGED, show_public, show_public_attempts

api = router(prefix="/public/draws", tags=["public draws"])

Anyone = Annotated[Caller, public()]


@api.get("", summary="公开的抽取")
async def list_public_draws(
    session: Session,
    _: Anyone,
    limit: Limit = 50,
    cursor: Cursor = "",
    region: Annotated[RegionCode | None, Query(description="only inside this region")] = None,
) -> Page[PublicRound]:
    """Every attempt from its freeze on, newest first; void ones stay with their reason."""
    wanted = select(Round).where(Round.state.in_(LOGGED))
    if region is not None:
        wanted = wanted.where(Round.region.startswith(region_prefix(region), autoescape=True))
    return await page(session, wanted, [Round.id], show_public, limit=limit, cursor=cursor, descending=True)


@api.get("/{draw_id}", summary="公开的抽取详情", responses=problem_responses(NotFound))
async def read_public_draw(draw_id: str, session: Session, _: Anyone, request: Request) -> list[PublicRound]:
    """All attempts at a draw, in order, with manifest, contributors and log."""
    attempts = await show_public_attempts(session, request.app.state.runtime.files, draw_id)
    if not attempts:
        raise NotFound("未找到该抽取")
    return attempts


@api.get("/{draw_id}/changes", summary="人工变更", responses=problem_responses(NotFound))
async def read_public_changes(
    draw_id: str, session: Session, _: Anyone, request: Request
) -> list[ChangeView]:
    """Every change by hand at any attempt: exemption, dispatch, recusal, substitution, void, withdrawal (D23)."""
    files = request.app.state.runtime.files
    attempts = await show_public_attempts(session, files, draw_id)
    changes = await changes_of(session, files, draw_id, attempts)
    if not attempts and not changes:
        raise NotFound("未找到该抽取")
    return changes


@api.get("/{draw_id}/probabilities", summary="各层被抽中的概率", responses=problem_responses(NotFound))
async def read_public_probabilities(
    draw_id: str, session: Session, _: Anyone, request: Request
) -> list[ListChances]:
    """The chance k/n of every object, stratum by stratum, of the newest attempt whose quotas are fixed."""
    row = await session.scalar(
        select(Round)
        .where(
            Round.draw_id == draw_id,
            Round.state.in_(LOGGED),
            or_(Round.manifest_hash.is_not(None), Round.settings["lots"].astext == "physical"),
        )
        .order_by(Round.attempt.desc())
        .limit(1)
    )
    if row is None:
        raise NotFound("未找到该抽取，或其清单尚未公开")
    return await chances_of(session, request.app.state.runtime.files, row)


@api.get(
    "/{draw_id}/scheme", summary="抽查实施方案", response_class=Response,
    responses={**problem_responses(NotFound), **FILES},
)  # fmt: skip
async def read_public_scheme(
    draw_id: str,
    session: Session,
    _: Anyone,
    form: Annotated[Form, Query(alias="format", description="printable page, spreadsheet, or PDF")] = "html",
) -> Response:
    """The scheme of the newest attempt at a draw, public from its freeze on (S1 二（二）)."""
    wanted = select(Round).where(Round.draw_id == draw_id, Round.state.in_(LOGGED))
    row = await session.scalar(wanted.order_by(Round.attempt.desc()).limit(1))
    if row is None:
        raise NotFound("未找到该抽取")
    rules = await ruleset_row(session, row.ruleset_id, row.ruleset_version)
    return await answer(scheme_sheet(row, Ruleset.model_validate(rules.document)), form)


@api.get(
    "/{draw_id}/bundle", summary="证明包下载", response_class=StreamingResponse,
    responses={**problem_responses(NotFound, Embargoed, PhysicalLots), 200: {"content": {"application/zip": {}}}},
)  # fmt: skip
async def read_public_bundle(
    draw_id: str, session: Session, _: Anyone, request: Request
) -> StreamingResponse:
    """The proof bundle of the completed attempt."""
    return await bundle_of(session, request, await _completed(session, draw_id))


@api.get("/{draw_id}/bundles", summary="证明包各版本", responses=problem_responses(NotFound))
async def list_public_bundles(draw_id: str, session: Session, _: Anyone) -> list[BundleView]:
    """Every version of the bundle, oldest first: it is written again when substitutions or signatures are added."""
    row = await _completed(session, draw_id)
    return [BundleView.model_validate(one, from_attributes=True) for one in await versions(session, row)]


@api.get(
    "/{draw_id}/bundles/{version}", summary="某一版证明包下载", response_class=StreamingResponse,
    responses={**problem_responses(NotFound, Embargoed, PhysicalLots), 200: {"content": {"application/zip": {}}}},
)  # fmt: skip
async def read_public_bundle_version(
    draw_id: str,
    version: Annotated[int, Path(ge=1, le=2**31 - 1)],
    session: Session,
    _: Anyone,
    request: Request,
) -> StreamingResponse:
    """One version of the bundle."""
    row = await _completed(session, draw_id)
    expect_seeded(row, "没有证明包")
    for one in await versions(session, row):
        if one.version == version:
            return stream_bundle(request, row, ref_of(one))
    raise NotFound("没有这一版证明包")


@api.get(
    "/{draw_id}/statistics",
    summary="联合抽查节省的入企次数",
    responses=problem_responses(NotFound, Conflict, PhysicalLots),
)
async def read_public_statistics(
    draw_id: str, session: Session, _: Anyone, request: Request
) -> RoundStatistics:
    """How many visits the draw saves by sharing tickets, beside the exact expectation of draws held apart."""
    row = await _completed(session, draw_id)
    return await statistics_of(session, request.app.state.runtime.files, row)


@api.get(
    "/{draw_id}/attempts/{attempt}/receipts/{object_id}", summary="企业回执",
    responses=problem_responses(NotFound, Conflict, Embargoed, PhysicalLots),
)  # fmt: skip
async def read_public_receipt(
    draw_id: str,
    attempt: Annotated[int, Path(ge=1, le=2**31 - 1)],
    object_id: Annotated[str, Path(max_length=54, examples=["91410300MA00000001"])],
    session: Session,
    _: Anyone,
    request: Request,
) -> dict[str, Any]:
    """One object's receipt (RID/1 §9): check it with `rid1 receipt --check` or in the browser, without the bundle."""
    row = await _completed(session, draw_id)
    if row.attempt != attempt:
        raise NotFound("该次抽取没有回执")
    runtime = request.app.state.runtime
    return await receipt_of(session, runtime.files, signer_of(runtime.settings), row, object_id)


async def _completed(session: AsyncSession, draw_id: str) -> Round:
    row = await session.scalar(select(Round).where(Round.draw_id == draw_id, Round.state == "completed"))
    if row is None:
        raise NotFound("该抽取尚未完成，没有证明包")
    return row
