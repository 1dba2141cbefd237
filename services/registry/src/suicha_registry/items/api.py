"""Endpoints for items, with and without a token."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import any_, literal, select
from suicha_chassis.auth import Caller
from suicha_chassis.etags import require_match, set_etag
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import (
    Conflict,
    MatchRequired,
    NotFound,
    SamePerson,
    StaleVersion,
    problem_responses,
)
from suicha_chassis.routes import Session, public, requires, router
from suicha_contracts.roles import Permission

from suicha_registry.items import service
from suicha_registry.items.models import Item, ItemList, ItemVersion
from suicha_registry.items.schemas import (
    ItemBody,
    ItemListVersion,
    ItemPatch,
    ItemVersionView,
    ItemView,
    LegalReview,
    ListKind,
    PublicItem,
    PublicItemVersion,
    Retirement,
    ReviewOpinion,
    list_view,
    public_version_view,
    public_view,
    version_view,
    view,
)
from suicha_registry.problems import (
    DepartmentUnknown,
    Exists,
    NoForm,
    NoLegalBasis,
    NotReviewed,
    OrganisationUnknown,
    UploadUnknown,
)

ROUTER = router(prefix="/registry/v1/items", tags=["items"])
PUBLIC = router(prefix="/public/items", tags=["public"])


@ROUTER.post(
    "",
    summary="登记抽查事项",
    status_code=201,
    response_model=ItemView,
    responses=problem_responses(Exists, OrganisationUnknown, DepartmentUnknown),
)
async def create_item(
    body: ItemBody,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> ItemView:
    """Add an item to the list of the caller's organisation. It is a draft until it is published."""
    row = await service.create(session, caller, body)
    set_etag(response, row.version)
    response.headers["Location"] = f"/registry/v1/items/{row.id}"
    return view(row)


@ROUTER.get("", summary="抽查事项列表", response_model=Page[ItemView])
async def list_items(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    org: str = "",
    code: str = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[ItemView]:
    """Items inside the caller's scope, drafts included."""
    wanted = select(Item)
    if org:
        wanted = wanted.where(Item.org == org)
    if code:
        wanted = wanted.where(Item.code == code)
    return await page(session, wanted, (Item.code, Item.org), view, limit=limit, cursor=cursor)


@ROUTER.get("/{item_id}", summary="抽查事项", response_model=ItemView, responses=problem_responses(NotFound))
async def get_item(
    item_id: UUID,
    response: Response,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
) -> ItemView:
    """One item."""
    row = await service.find(session, item_id)
    set_etag(response, row.version)
    return view(row)


@ROUTER.patch(
    "/{item_id}",
    summary="修改抽查事项",
    response_model=ItemView,
    responses=problem_responses(NotFound, StaleVersion, MatchRequired, DepartmentUnknown),
)
async def edit_item(
    item_id: UUID,
    body: ItemPatch,
    request: Request,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> ItemView:
    """Change an item. A published item becomes a draft again: changes need a new legal review."""
    row = await service.find(session, item_id)
    require_match(request, row.version)
    await service.edit(session, caller, row, body)
    set_etag(response, row.version)
    return view(row)


@ROUTER.post(
    "/{item_id}/review",
    summary="法制机构核准抽查事项",
    response_model=ItemView,
    responses=problem_responses(NotFound, Conflict, SamePerson, NoLegalBasis, NoForm),
)
async def review_item(
    item_id: UUID,
    body: ReviewOpinion,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.ITEM_REVIEW)],
) -> ItemView:
    """Approve a draft as the legal department (S2 Art. 5): never whoever wrote it. A change undoes it."""
    row = await service.find(session, item_id)
    await service.review(session, caller, row, body.opinion)
    set_etag(response, row.version)
    return view(row)


@ROUTER.post(
    "/{item_id}/retire",
    summary="取消抽查事项",
    response_model=ItemView,
    responses=problem_responses(NotFound, Conflict),
)
async def retire_item(
    item_id: UUID,
    body: Retirement,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> ItemView:
    """Take an item off the public list, with the reason; the list gets a new version (动态更新, S2 Art. 5)."""
    row = await service.find(session, item_id)
    await service.retire(session, caller, row, body.reason)
    set_etag(response, row.version)
    return view(row)


@ROUTER.post(
    "/{item_id}/publish",
    summary="公布抽查事项",
    response_model=ItemView,
    responses=problem_responses(NotFound, NoLegalBasis, NoForm, NotReviewed, SamePerson, UploadUnknown),
)
async def publish_item(
    item_id: UUID,
    request: Request,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
    body: LegalReview | None = None,
) -> ItemView:
    """Publish an item in a new version of its lists (S2 Art. 5).

    Either the legal department has approved it here (`review`), or the body says who approved it on paper, and
    names the signed document, which was uploaded before.
    """
    row = await service.find(session, item_id)
    await service.publish(session, caller, row, body, request.app.state.runtime.files)
    set_etag(response, row.version)
    return view(row)


@ROUTER.get(
    "/{item_id}/versions",
    summary="抽查事项的历次版本",
    response_model=Page[ItemVersionView],
    responses=problem_responses(NotFound),
)
async def list_item_versions(
    item_id: UUID,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[ItemVersionView]:
    """What the item said each time it was published, and who approved that, newest first (S2 Art. 5)."""
    row = await service.find(session, item_id)
    wanted = select(ItemVersion).where(ItemVersion.org == row.org, ItemVersion.code == row.code)
    return await page(
        session, wanted, (ItemVersion.number,), version_view, limit=limit, cursor=cursor, descending=True
    )


@PUBLIC.get("", summary="公布的抽查事项清单", response_model=Page[PublicItem])
async def list_public_items(
    session: Session,
    _: Annotated[Caller, public()],
    org: str = "",
    region: str = "",
    kind: ListKind | None = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[PublicItem]:
    """Published items of every body, for anyone; optionally of one body or one region."""
    wanted = select(Item).where(Item.published_at.is_not(None))
    if org:
        wanted = wanted.where(Item.org == org)
    if region:
        wanted = wanted.where(Item.region == region)
    if kind is not None:
        wanted = wanted.where(literal(kind.value) == any_(Item.lists))
    return await page(session, wanted, (Item.code, Item.org), public_view, limit=limit, cursor=cursor)


@PUBLIC.get("/versions", summary="抽查事项清单的历次版本", response_model=Page[ItemListVersion])
async def list_item_list_versions(
    session: Session,
    _: Annotated[Caller, public()],
    org: str = "",
    kind: ListKind = ListKind.REGULAR,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[ItemListVersion]:
    """Every published version of every body's list, newest first; a version never changes (S2 Art. 5)."""
    wanted = select(ItemList).where(ItemList.kind == kind)
    if org:
        wanted = wanted.where(ItemList.org == org)
    key = (ItemList.org, ItemList.version)
    return await page(session, wanted, key, list_view, limit=limit, cursor=cursor, descending=True)


@PUBLIC.get(
    "/{org}/{code}/versions",
    summary="公布的抽查事项的历次版本",
    response_model=Page[PublicItemVersion],
)
async def list_public_item_versions(
    org: str,
    code: str,
    session: Session,
    _: Annotated[Caller, public()],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[PublicItemVersion]:
    """What an item of a body's list said each time, and how that was approved, newest first (S2 Art. 5)."""
    wanted = select(ItemVersion).where(ItemVersion.org == org, ItemVersion.code == code)
    return await page(
        session,
        wanted,
        (ItemVersion.number,),
        public_version_view,
        limit=limit,
        cursor=cursor,
        descending=True,
    )
