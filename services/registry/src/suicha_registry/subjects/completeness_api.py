"""Endpoints of 应入尽入: what is missing on either side, and what is there twice."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.auth import Caller
from suicha_chassis.etags import require_match, set_etag
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import (
    Conflict,
    Forbidden,
    MatchRequired,
    NotFound,
    SamePerson,
    StaleVersion,
    problem_responses,
)
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_registry.problems import TooMany
from suicha_registry.subjects import completeness, duplicates, service
from suicha_registry.subjects.duplicates import DuplicateState
from suicha_registry.subjects.models import Duplicate, Subject
from suicha_registry.subjects.schemas import (
    CompareResult,
    CompletenessView,
    DismissBody,
    DuplicateView,
    LackingItemView,
    MergeBody,
    SubjectView,
)

ROUTER = router(prefix="/registry/v1", tags=["subjects"])


@ROUTER.get("/completeness", summary="应入尽入情况", response_model=CompletenessView)
async def read_completeness(
    session: Session, _: Annotated[Caller, requires(Permission.REGISTRY_READ)]
) -> CompletenessView:
    """How many live objects no published item concerns, and how many published items have no object."""
    whole, without = await completeness.counts(session)
    lacking = await completeness.items_without_objects(session)
    return CompletenessView(objects=whole, objects_without_item=without, items_without_object=len(lacking))


@ROUTER.get("/completeness/objects", summary="没有事项覆盖的检查对象", response_model=Page[SubjectView])
async def list_objects_without_item(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[SubjectView]:
    """Live objects that no published item concerns, in the order of region and code."""
    condition = completeness.covered(await completeness.tags_of_items(session))
    wanted = select(Subject).where(completeness.live(), ~condition)
    found = await page(
        session, wanted, (Subject.region, Subject.id), lambda row: row, limit=limit, cursor=cursor
    )
    return Page(items=await service.views(session, found.items), next_cursor=found.next_cursor)


@ROUTER.get("/completeness/items", summary="没有检查对象的事项", response_model=list[LackingItemView])
async def list_items_without_object(
    session: Session, _: Annotated[Caller, requires(Permission.REGISTRY_READ)]
) -> list[LackingItemView]:
    """Published items that no live object falls under, with the reason."""
    return [
        LackingItemView(id=item.id, org=item.org, code=item.code, name=item.name, lack=lack)
        for item, lack in await completeness.items_without_objects(session)
    ]


async def _pairs(session: AsyncSession, rows: list[Duplicate]) -> list[DuplicateView]:
    ids = {one for row in rows for one in (row.first_id, row.second_id)}
    found = (await session.scalars(select(Subject).where(Subject.id.in_(ids)))).all()
    shown = {view.id: view for view in await service.views(session, found)}
    own = [name for name in DuplicateView.model_fields if name not in ("first", "second")]
    return [
        DuplicateView.model_validate(
            {name: getattr(row, name) for name in own}
            | {"first": shown[row.first_id], "second": shown[row.second_id]}
        )
        for row in rows
        if row.first_id in shown and row.second_id in shown
    ]


@ROUTER.post(
    "/duplicates/compare",
    summary="查找重复对象",
    response_model=CompareResult,
    responses=problem_responses(Forbidden, TooMany),
)
async def compare_subjects(
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
    region: Annotated[
        str, Query(pattern=r"^([0-9]{6})?$", description="only this part of the caller's region; empty: all")
    ] = "",
) -> CompareResult:
    """Compare all entries of a region by organisation code, name and address; keep new pairs.

    A region of more than two million entries is compared city by city.
    """
    return CompareResult(found=await duplicates.compare(session, caller, region))


@ROUTER.get("/duplicates", summary="疑似重复对象", response_model=Page[DuplicateView])
async def list_duplicates(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    state: Annotated[DuplicateState, Query()] = DuplicateState.FOUND,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[DuplicateView]:
    """Pairs inside the caller's region."""
    wanted = select(Duplicate).where(Duplicate.state == state)
    found = await page(session, wanted, (Duplicate.id,), lambda row: row, limit=limit, cursor=cursor)
    return Page(items=await _pairs(session, found.items), next_cursor=found.next_cursor)


@ROUTER.post(
    "/duplicates/{duplicate_id}/propose",
    summary="提出合并",
    response_model=DuplicateView,
    responses=problem_responses(NotFound, Conflict, StaleVersion, MatchRequired),
)
async def propose_merge(
    duplicate_id: UUID,
    body: MergeBody,
    request: Request,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> DuplicateView:
    """Say which of both entries stays, and why; another person decides."""
    row = await duplicates.find(session, duplicate_id)
    require_match(request, row.version)
    await duplicates.propose(session, caller, row, body.kept_id, body.reason)
    set_etag(response, row.version)
    return (await _pairs(session, [row]))[0]


@ROUTER.post(
    "/duplicates/{duplicate_id}/merge",
    summary="确认合并",
    response_model=DuplicateView,
    responses=problem_responses(NotFound, Conflict, SamePerson, Forbidden, StaleVersion, MatchRequired),
)
async def merge_subjects(
    duplicate_id: UUID,
    request: Request,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> DuplicateView:
    """Merge as another person proposed: one entry stays, the other leads to it and keeps its history."""
    row = await duplicates.find(session, duplicate_id)
    require_match(request, row.version)
    await duplicates.merge(session, caller, row)
    return (await _pairs(session, [row]))[0]


@ROUTER.post(
    "/duplicates/{duplicate_id}/dismiss",
    summary="不是重复对象",
    response_model=DuplicateView,
    responses=problem_responses(NotFound, Conflict, StaleVersion, MatchRequired),
)
async def dismiss_duplicate(
    duplicate_id: UUID,
    body: DismissBody,
    request: Request,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> DuplicateView:
    """Say that they are two objects; the pair is never proposed again."""
    row = await duplicates.find(session, duplicate_id)
    require_match(request, row.version)
    await duplicates.dismiss(session, caller, row, body.reason)
    return (await _pairs(session, [row]))[0]
