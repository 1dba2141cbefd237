"""Endpoints for calendars."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from suicha_chassis.auth import Caller
from suicha_chassis.problems import NotFound, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_registry import national
from suicha_registry.calendars import service
from suicha_registry.calendars.models import Calendar
from suicha_registry.problems import CalendarUnknown

ROUTER = router(prefix="/registry/v1/calendars", tags=["calendars"])


class CalendarBody(BaseModel):
    """A year to publish. Without days they come from the official notices that the product knows."""

    model_config = ConfigDict(extra="forbid")

    year: int = Field(ge=2004, le=2100, examples=[2026])
    holidays: list[date] | None = Field(default=None, description="weekdays off")
    workdays: list[date] | None = Field(default=None, description="Saturdays and Sundays worked (调休)")
    source: str = Field(default="", max_length=300, examples=["国办发明电〔2026〕7号"])

    @model_validator(mode="after")
    def _all_or_nothing(self) -> "CalendarBody":
        given = (self.holidays is not None, self.workdays is not None, bool(self.source))
        if any(given) and not all(given):
            raise ValueError("导入放假安排时须同时给出 holidays、workdays 和 source")
        for day in (*(self.holidays or ()), *(self.workdays or ())):
            if day.year != self.year:
                raise ValueError(f"{day} 不在 {self.year} 年")
        if any(day.weekday() >= 5 for day in self.holidays or ()):
            raise ValueError("holidays 只列工作日中的放假日，不含周末")
        if any(day.weekday() < 5 for day in self.workdays or ()):
            raise ValueError("workdays 只列调休上班的周末")
        return self


class CalendarView(BaseModel):
    """A published year."""

    year: int
    revision: int = Field(description="1 for the first publication, more after corrections")
    holidays: list[date]
    workdays: list[date]
    source: str
    published_at: datetime


def _view(row: Calendar) -> CalendarView:
    return CalendarView(
        year=row.year,
        revision=row.revision,
        holidays=row.holidays,
        workdays=row.workdays,
        source=row.source,
        published_at=row.published_at,
    )


@ROUTER.post(
    "",
    summary="发布年度工作日历",
    status_code=201,
    response_model=CalendarView,
    responses=problem_responses(CalendarUnknown),
)
async def publish_calendar(
    body: CalendarBody,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.RULESET_WRITE)],
) -> CalendarView:
    """Publish the official days of a year, as a province or above. The same days again change nothing (200)."""
    national.check_keeper(caller)
    days = (
        None
        if body.holidays is None or body.workdays is None
        else (sorted(set(body.holidays)), sorted(set(body.workdays)))
    )
    row, new = await service.publish(session, caller, body.year, days, body.source)
    response.status_code = 201 if new else 200
    return _view(row)


@ROUTER.get("", summary="工作日历列表", response_model=list[CalendarView])
async def list_calendars(
    session: Session, _: Annotated[Caller, requires(Permission.REGISTRY_READ)]
) -> list[CalendarView]:
    """The newest revision of every published year; there are few years."""
    newest = (
        select(Calendar).ext(distinct_on(Calendar.year)).order_by(Calendar.year, Calendar.revision.desc())
    )
    return [_view(row) for row in await session.scalars(newest)]


@ROUTER.get(
    "/{year}", summary="年度工作日历", response_model=CalendarView, responses=problem_responses(NotFound)
)
async def get_calendar(
    year: int, session: Session, _: Annotated[Caller, requires(Permission.REGISTRY_READ)]
) -> CalendarView:
    """The newest revision of a year."""
    row = await service.newest(session, year)
    if row is None:
        raise NotFound(f"{year} 年的工作日历尚未发布")
    return _view(row)
