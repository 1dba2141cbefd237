"""Endpoints for due dates, with a calendar feed that anyone may subscribe to."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Query, Response
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, NotFound, problem_responses
from suicha_chassis.routes import Session, public, requires, router
from suicha_contracts.roles import Permission

from suicha_registry.due_dates import service
from suicha_registry.due_dates.rules import Entry, icalendar
from suicha_registry.due_dates.schemas import DoneBody, DueDates
from suicha_registry.organisations import service as organisations
from suicha_registry.problems import OrganisationUnknown
from suicha_registry.rulesets.service import today

ROUTER = router(prefix="/registry/v1/due-dates", tags=["organisations"])
PUBLIC = router(prefix="/public/due-dates", tags=["public"])

PlanYear = Annotated[int, Path(ge=2000, le=2100)]
What = Annotated[str, Path(max_length=40, examples=["registries_complete"])]
_CALENDAR = "text/calendar; charset=utf-8"


@ROUTER.get("", summary="截止日清单", response_model=DueDates, responses=problem_responses(NotFound))
async def list_due_dates(
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    year: Annotated[
        int | None, Query(ge=2000, le=2100, description="of the plan; this year if absent")
    ] = None,
    org: Annotated[str, Query(max_length=64, description="the caller's if absent")] = "",
    soon_days: Annotated[int, Query(ge=0, le=366, description="`due_soon` from so many days before")] = 30,
) -> DueDates:
    """What the rulesets that bind an organisation ask for in a year, and where it stands (R19, P4, P6)."""
    organisation = await organisations.find(session, org or caller.org)
    return await service.due_dates(session, organisation, year or today().year, soon_days)


@ROUTER.put(
    "/{year}/{what}",
    summary="确认完成",
    response_model=DueDates,
    responses=problem_responses(NotFound, Conflict, OrganisationUnknown),
)
async def confirm_due_date(
    year: PlanYear,
    what: What,
    body: DoneBody,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE, Permission.PLAN_WRITE)],
) -> DueDates:
    """Confirm that something is done, on which day. What an event has shown needs no confirmation."""
    await service.confirm(session, caller, year, what, body)
    return await service.due_dates(session, await organisations.find(session, caller.org), year, 30)


@ROUTER.delete(
    "/{year}/{what}",
    summary="撤回完成确认",
    response_model=DueDates,
    responses=problem_responses(NotFound, Conflict),
)
async def reopen_due_date(
    year: PlanYear,
    what: What,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE, Permission.PLAN_WRITE)],
) -> DueDates:
    """Take a confirmation back; the audit trail keeps both."""
    await service.reopen(session, caller, year, what)
    return await service.due_dates(session, await organisations.find(session, caller.org), year, 30)


@PUBLIC.get(
    "/{org}.ics",
    summary="截止日日历订阅",
    response_class=Response,
    responses={**problem_responses(NotFound), 200: {"content": {"text/calendar": {}}}},
)
async def subscribe_due_dates(
    org: Annotated[str, Path(max_length=64, examples=["130102-rsj"])],
    session: Session,
    _: Annotated[Caller, public()],
) -> Response:
    """The due dates of last, this and next year as iCalendar (RFC 5545): days and clauses, not what is done."""
    organisation = await organisations.find(session, org)
    entries = [
        Entry(
            uid=f"{organisation.code}.{year}.{one.what}@suicha",
            day=one.due_on,
            title=f"{one.title}（{year}年）",
            text=f"《{one.document}》{one.clause}：{one.quote}" + (f"\n牵头：{one.lead}" if one.lead else ""),
        )
        for year in range(today().year - 1, today().year + 2)
        for one in (await service.due_dates(session, organisation, year, 0, states=False)).items
    ]
    feed = icalendar(f"{organisation.name}：双随机截止日", entries, datetime.now(UTC))
    return Response(feed, media_type=_CALENDAR)
