"""Endpoints of the history: changes of one object, the feed of changes, complaints."""

from typing import Annotated

from fastapi import Query
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import BadRequest, NotFound, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_registry.problems import FeedRestarted
from suicha_registry.subjects import complaints, history, service
from suicha_registry.subjects.models import Complaint
from suicha_registry.subjects.schemas import (
    ComplaintsBody,
    ComplaintsResult,
    ComplaintView,
    Feed,
    SubjectChangeView,
)

ROUTER = router(prefix="/registry/v1", tags=["subjects"])


@ROUTER.get(
    "/subjects/changes",
    summary="名录增量",
    response_model=Feed,
    responses=problem_responses(BadRequest, FeedRestarted),
)
async def feed_subject_changes(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    since: Annotated[
        str, Query(max_length=500, description="`cursor` of the answer before; empty: all")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=2000, description="rows in one answer")] = 500,
) -> Feed:
    """New, changed and merged objects since a cursor, each with its present state, oldest first.

    No change is ever left out: what an unfinished transaction holds, and everything after it, waits until it
    ends. Objects are never deleted; one that no longer exists has the status `cancelled`. After the database was
    restored from a copy a cursor answers 410: begin anew with an empty one.
    """
    return await history.feed_since(session, since, limit)


@ROUTER.get(
    "/subjects/{subject_id}/changes",
    summary="检查对象变更记录",
    response_model=Page[SubjectChangeView],
    responses=problem_responses(NotFound),
)
async def list_subject_changes(
    subject_id: str,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[SubjectChangeView]:
    """Every change of an object, newest first."""
    await service.find(session, subject_id)
    return await history.changes_of(session, subject_id, limit, cursor)


@ROUTER.post("/complaints", summary="登记投诉举报", response_model=ComplaintsResult)
async def receive_complaints(
    body: ComplaintsBody,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE, Permission.REGISTRY_IMPORT)],
) -> ComplaintsResult:
    """Keep complaints about objects; a reference that its source sent before changes nothing."""
    return await complaints.receive(session, caller, body)


@ROUTER.get(
    "/subjects/{subject_id}/complaints",
    summary="检查对象的投诉举报",
    response_model=Page[ComplaintView],
    responses=problem_responses(NotFound),
)
async def list_subject_complaints(
    subject_id: str,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[ComplaintView]:
    """Complaints about an object, newest first."""
    await service.find(session, subject_id)
    return await page(
        session,
        select(Complaint).where(Complaint.subject_id == subject_id),
        (Complaint.received_on, Complaint.source, Complaint.reference),
        lambda row: ComplaintView.model_validate(row, from_attributes=True),
        limit=limit,
        cursor=cursor,
        descending=True,
    )
