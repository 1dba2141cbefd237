"""Draws for everyone, without a token: every attempt that is in the log, and the bundles of completed ones."""

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import NotFound, problem_responses
from suicha_chassis.routes import Session, public, router
from suicha_contracts.values import RegionCode, region_prefix

from suicha_draw.models import Round
from suicha_draw.rounds.api import bundle_of
from suicha_draw.rounds.schemas import PublicRound
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


@api.get(
    "/{draw_id}/bundle", summary="证明包下载", response_class=StreamingResponse,
    responses={**problem_responses(NotFound), 200: {"content": {"application/zip": {}}}},
)  # fmt: skip
async def read_public_bundle(
    draw_id: str, session: Session, _: Anyone, request: Request
) -> StreamingResponse:
    """The proof bundle of the completed attempt."""
    row = await session.scalar(select(Round).where(Round.draw_id == draw_id, Round.state == "completed"))
    if row is None:
        raise NotFound("该抽取尚未完成，没有证明包")
    return await bundle_of(session, request, row)
