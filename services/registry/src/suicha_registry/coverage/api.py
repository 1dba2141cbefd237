"""Endpoints for the coverage of lists."""

from typing import Annotated

from fastapi import Query
from suicha_chassis.auth import Caller
from suicha_chassis.routes import Session, public, requires, router
from suicha_contracts.roles import Permission

from suicha_registry.coverage import service
from suicha_registry.coverage.schemas import ListCoverage
from suicha_registry.items.schemas import ListKind
from suicha_registry.rulesets.service import today

ROUTER = router(prefix="/registry/v1/items/coverage", tags=["items"])
PUBLIC = router(prefix="/public/items/coverage", tags=["public"])

Year = Annotated[int | None, Query(ge=2000, le=2100, description="this year if absent")]


@ROUTER.get("", summary="清单年度覆盖率", response_model=ListCoverage)
async def read_coverage(
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    org: Annotated[str, Query(max_length=64, description="the caller's if absent")] = "",
    year: Year = None,
    kind: ListKind = ListKind.REGULAR,
) -> ListCoverage:
    """How much of a list was drawn in a year, item by item, beside the target (清单年度全覆盖, S4 附件; R4)."""
    return await service.coverage(session, org or caller.org, year or today().year, kind)


@PUBLIC.get("", summary="公开的清单年度覆盖率", response_model=ListCoverage)
async def read_public_coverage(
    session: Session,
    _: Annotated[Caller, public()],
    org: Annotated[str, Query(max_length=64)],
    year: Year = None,
    kind: ListKind = ListKind.REGULAR,
) -> ListCoverage:
    """The same for anyone: lists and draws are public."""
    return await service.coverage(session, org, year or today().year, kind)
