"""Endpoints for rulesets, with and without a token."""

from typing import Annotated

from fastapi import Query, Response
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import NotFound, problem_responses
from suicha_chassis.routes import Session, public, requires, router
from suicha_contracts.roles import Permission

from suicha_registry.problems import RulesetExists, RulesetInvalid
from suicha_registry.rulesets import service
from suicha_registry.rulesets.models import RulesetVersion
from suicha_registry.rulesets.schemas import RulesetSummary, RulesetText, RulesetView, summary_of, view_of

ROUTER = router(prefix="/registry/v1/rulesets", tags=["rulesets"])
PUBLIC = router(prefix="/public/rulesets", tags=["public"])

Version = Annotated[str, Query(max_length=16, description="empty: the version effective today")]
_KEY = (RulesetVersion.id, RulesetVersion.version)


@ROUTER.post(
    "",
    summary="发布规则集版本",
    status_code=201,
    response_model=RulesetView,
    responses=problem_responses(RulesetInvalid, RulesetExists),
)
async def publish_ruleset(
    body: RulesetText,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.RULESET_WRITE)],
) -> RulesetView:
    """Check a ruleset against the schema and publish it. 201 if new, 200 if this content is there already."""
    row, new = await service.publish(session, caller, body.yaml)
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/registry/v1/rulesets/{row.id}?version={row.version}"
    return view_of(row)


@ROUTER.get("", summary="规则集列表", response_model=Page[RulesetSummary])
async def list_rulesets(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[RulesetSummary]:
    """Every published version, of every jurisdiction: rules are public."""
    return await page(session, select(RulesetVersion), _KEY, summary_of, limit=limit, cursor=cursor)


@ROUTER.get(
    "/{ruleset_id}", summary="规则集", response_model=RulesetView, responses=problem_responses(NotFound)
)
async def get_ruleset(
    ruleset_id: str,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    version: Version = "",
) -> RulesetView:
    """One version with every value and its clause."""
    return view_of(await service.find(session, ruleset_id, version))


@PUBLIC.get("", summary="公开的规则集", response_model=Page[RulesetSummary])
async def list_public_rulesets(
    session: Session, _: Annotated[Caller, public()], limit: Limit = 100, cursor: Cursor = ""
) -> Page[RulesetSummary]:
    """Every published version, for anyone."""
    return await page(session, select(RulesetVersion), _KEY, summary_of, limit=limit, cursor=cursor)


@PUBLIC.get(
    "/{ruleset_id}",
    summary="公开的规则集内容",
    response_model=RulesetView,
    responses=problem_responses(NotFound),
)
async def get_public_ruleset(
    ruleset_id: str, session: Session, _: Annotated[Caller, public()], version: Version = ""
) -> RulesetView:
    """One version with every value and its clause, for anyone."""
    return view_of(await service.find(session, ruleset_id, version))
