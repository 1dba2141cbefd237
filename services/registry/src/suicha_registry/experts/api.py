"""Endpoints for the expert pool."""

from datetime import date
from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy import any_, literal, select
from suicha_chassis.auth import Caller
from suicha_chassis.etags import require_match, set_etag
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import MatchRequired, NotFound, StaleVersion, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_registry.experts import service
from suicha_registry.experts.models import Expert
from suicha_registry.experts.schemas import (
    ExpertBody,
    ExpertKind,
    ExpertPatch,
    ExpertState,
    ExpertView,
    view,
)
from suicha_registry.problems import Exists, OrganisationUnknown

ROUTER = router(prefix="/registry/v1/experts", tags=["experts"])


@ROUTER.post(
    "",
    summary="登记专家或专业机构",
    status_code=201,
    response_model=ExpertView,
    responses=problem_responses(Exists, OrganisationUnknown),
)
async def create_expert(
    body: ExpertBody,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> ExpertView:
    """Add an expert or institution to the pool (S1 二（一）, S3 Art. 9). They assist; they never inspect."""
    row = await service.create(session, caller, body)
    set_etag(response, row.version)
    response.headers["Location"] = f"/registry/v1/experts/{row.code}"
    return view(row)


@ROUTER.get("", summary="专家库", response_model=Page[ExpertView])
async def list_experts(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    org: str = "",
    kind: ExpertKind | None = None,
    tag: Annotated[str, Query(max_length=60, description="entries that carry this tag")] = "",
    usable_on: Annotated[
        date | None, Query(description="active, valid and bound to confidentiality on this day")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[ExpertView]:
    """Entries inside the caller's scope, by kind and tag (R16: 分类标注)."""
    wanted = select(Expert)
    if org:
        wanted = wanted.where(Expert.org == org)
    if kind is not None:
        wanted = wanted.where(Expert.kind == kind)
    if tag:
        wanted = wanted.where(literal(tag) == any_(Expert.tags))
    if usable_on is not None:
        wanted = wanted.where(
            Expert.state == ExpertState.ACTIVE,
            Expert.valid_from <= usable_on,
            Expert.valid_until >= usable_on,
            Expert.confidential_since <= usable_on,
        )
    return await page(session, wanted, (Expert.code,), view, limit=limit, cursor=cursor)


@ROUTER.get("/{code}", summary="专家或机构", response_model=ExpertView, responses=problem_responses(NotFound))
async def get_expert(
    code: str,
    response: Response,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
) -> ExpertView:
    """One entry of the pool."""
    row = await service.find(session, code)
    set_etag(response, row.version)
    return view(row)


@ROUTER.patch(
    "/{code}",
    summary="修改专家或机构",
    response_model=ExpertView,
    responses=problem_responses(NotFound, StaleVersion, MatchRequired),
)
async def edit_expert(
    code: str,
    body: ExpertPatch,
    request: Request,
    response: Response,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> ExpertView:
    """Change an entry: validity, tags, declaration, objects of interest."""
    row = await service.find(session, code)
    require_match(request, row.version)
    await service.edit(session, row, body)
    set_etag(response, row.version)
    return view(row)
