"""Endpoints for claiming items of superior lists."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import Conflict, NotFound, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_registry.claims import service
from suicha_registry.claims.schemas import ClaimBody, ClaimState, ClaimWithdrawal, DeclineBody, SuperiorItem
from suicha_registry.items.models import ItemVersion
from suicha_registry.problems import DepartmentUnknown, Exists, OrganisationUnknown

ROUTER = router(prefix="/registry/v1/claims", tags=["items"])


@ROUTER.get("", summary="上级清单与认领情况", response_model=Page[SuperiorItem])
async def list_claims(
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    state: ClaimState | None = None,
    pending: Annotated[
        bool | None, Query(description="only what the superior changed since, or only the rest")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[SuperiorItem]:
    """Items of the lists of all bodies above, each with how the caller's body stands to it (R6)."""
    wanted = service.with_state(service.newest_above(caller.region), caller.org, state, pending)
    found: Page[ItemVersion] = await page(
        session, wanted, (ItemVersion.org, ItemVersion.code), lambda row: row, limit=limit, cursor=cursor
    )
    return Page(items=await service.shown(session, caller, found.items), next_cursor=found.next_cursor)


@ROUTER.post(
    "",
    summary="认领上级清单的事项",
    status_code=201,
    response_model=SuperiorItem,
    responses=problem_responses(NotFound, Conflict, Exists, OrganisationUnknown, DepartmentUnknown),
)
async def claim_item(
    body: ClaimBody,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> SuperiorItem:
    """Claim an item: it becomes a draft of the own list, with form and department of the own body (S1 二（一）)."""
    row, _ = await service.claim(session, caller, body)
    return (await service.shown(session, caller, [row]))[0]


@ROUTER.post(
    "/decline",
    summary="不予认领",
    response_model=SuperiorItem,
    responses=problem_responses(NotFound, Conflict),
)
async def decline_item(
    body: DeclineBody,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> SuperiorItem:
    """Say that an item is no power of this body, with the reason."""
    row, _ = await service.decline(session, caller, body)
    return (await service.shown(session, caller, [row]))[0]


@ROUTER.post(
    "/{claim_id}/follow",
    summary="跟进上级变更",
    response_model=SuperiorItem,
    responses=problem_responses(NotFound, Conflict),
)
async def follow_claim(
    claim_id: UUID,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> SuperiorItem:
    """Take over what the superior changed: a draft for a new legal review; a retired item is retired here too."""
    row, _ = await service.follow(session, caller, claim_id)
    return (await service.shown(session, caller, [row]))[0]


@ROUTER.post(
    "/{claim_id}/withdraw",
    summary="撤回认领",
    response_model=SuperiorItem,
    responses=problem_responses(NotFound, Conflict),
)
async def withdraw_claim(
    claim_id: UUID,
    body: ClaimWithdrawal,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> SuperiorItem:
    """Give a claim up, with the reason; the own item leaves the list."""
    row, _ = await service.withdraw(session, caller, claim_id, body.reason)
    return (await service.shown(session, caller, [row]))[0]
