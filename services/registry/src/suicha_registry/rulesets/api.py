"""Endpoints for rulesets, with and without a token."""

from datetime import date
from typing import Annotated

from fastapi import Query, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import NotFound, problem_responses
from suicha_chassis.routes import Session, public, requires, router
from suicha_contracts.effective import resolve
from suicha_contracts.roles import Permission
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import RegionCode

from suicha_registry.problems import RulesetExists, RulesetInvalid
from suicha_registry.rulesets import binding, service
from suicha_registry.rulesets.explain import explained
from suicha_registry.rulesets.models import RulesetVersion
from suicha_registry.rulesets.schemas import (
    EffectiveRules,
    RulesetSummary,
    RulesetText,
    RulesetView,
    binding_view,
    effective_view,
    summary_of,
    view_of,
)

ROUTER = router(prefix="/registry/v1/rulesets", tags=["rulesets"])
PUBLIC = router(prefix="/public/rulesets", tags=["public"])

Version = Annotated[str, Query(max_length=16, description="empty: the version effective today")]
Region = Annotated[RegionCode, Query(description="administrative division, GB/T 2260")]
Day = Annotated[date | None, Query(description="today if absent")]
Body = Annotated[
    str, Query(max_length=64, description="of several bodies of the region only this one's own rules")
]
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


async def _effective(session: AsyncSession, region: str, on: date | None, org: str) -> EffectiveRules:
    day = on or service.today()
    rulesets = await binding.binding(session, region, day, org)
    return EffectiveRules(
        region=region,
        org=org,
        on=day,
        rulesets=[binding_view(one) for one in rulesets],
        values=[effective_view(path, found) for path, found in resolve(rulesets).items()],
    )


async def _page(session: AsyncSession, ruleset_id: str, version: str) -> HTMLResponse:
    row = await service.find(session, ruleset_id, version)
    return HTMLResponse(explained(Ruleset.model_validate(row.document), row.sha256))


@ROUTER.get("/effective", summary="生效的规则及其理由", response_model=EffectiveRules)
async def read_effective_rules(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    region: Region,
    on: Day = None,
    org: Body = "",
) -> EffectiveRules:
    """What holds in a region on a day: of every value the one that prevails, why, and which values it beat."""
    return await _effective(session, region, on, org)


@ROUTER.get(
    "/{ruleset_id}/explain",
    summary="规则集说明页",
    response_class=HTMLResponse,
    responses=problem_responses(NotFound),
)
async def explain_ruleset(
    ruleset_id: str,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    version: Version = "",
) -> HTMLResponse:
    """One version as a page to print: each value beside its clause and the words of the document."""
    return await _page(session, ruleset_id, version)


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


@PUBLIC.get("/effective", summary="公开的生效规则及其理由", response_model=EffectiveRules)
async def read_public_effective_rules(
    session: Session, _: Annotated[Caller, public()], region: Region, on: Day = None, org: Body = ""
) -> EffectiveRules:
    """What holds in a region on a day, for those whom it binds."""
    return await _effective(session, region, on, org)


@PUBLIC.get(
    "/{ruleset_id}/explain",
    summary="公开的规则集说明页",
    response_class=HTMLResponse,
    responses=problem_responses(NotFound),
)
async def explain_public_ruleset(
    ruleset_id: str, session: Session, _: Annotated[Caller, public()], version: Version = ""
) -> HTMLResponse:
    """The same page for anyone: rules are public, and a browser carries no token."""
    return await _page(session, ruleset_id, version)


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
