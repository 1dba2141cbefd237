"""Figures of a round, or of all that the caller may see (features.md, statistics people use)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.auth import Caller
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.code_sets import RZ, translated
from suicha_contracts.roles import Permission
from suicha_contracts.values import ResultCode

from suicha_inspection.access import visible
from suicha_inspection.models import Check, CheckItem, FollowUp, Visit
from suicha_inspection.states import VisitState

routes = router(prefix="/inspection/v1/statistics", tags=["statistics"])


class InspectionStatistics(BaseModel):
    """Counts of visits; a result is counted for each item of a closed visit."""

    to_inspect: int = Field(description="应检查: every visit that was not cancelled")
    waiting: int = Field(description="待录入")
    recording: int = Field(description="录入中")
    submitted: int = Field(description="已提交")
    closed: int = Field(description="已办结")
    cancelled: int = Field(description="已取消: replaced by substitutes, or their draw was voided")
    code_set: str = Field(description="set of the result codes below", examples=["rz-2022"])
    results: dict[str, int] = Field(
        description="items of closed visits by result code of `code_set`", examples=[{"1": 12, "5": 1}]
    )
    follow_ups: int = Field(description="后续处理: all")
    follow_ups_closed: int = Field(description="后续处理: done")


@routes.get("", summary="检查统计")
async def read_inspection_statistics(
    session: Session,
    caller: Annotated[Caller, requires(Permission.VISIT_READ)],
    round_id: UUID | None = None,
    code_set: Annotated[
        Literal["rz-2022", "gs-2015", "gs-2020", "pt-2024"],
        Query(description="set in which results are read; each is mapped to the one that they were given in"),
    ] = "rz-2022",
) -> InspectionStatistics:
    """Where the visits stand, and what was found; results may be read in another set of codes."""
    states = await _states(session, caller, round_id)
    opened, done = await _follow_ups(session, caller, round_id)
    return InspectionStatistics(
        to_inspect=sum(count for state, count in states.items() if state != VisitState.CANCELLED),
        waiting=states.get(VisitState.ASSIGNED, 0),
        recording=states.get(VisitState.STARTED, 0),
        submitted=states.get(VisitState.SUBMITTED, 0),
        closed=states.get(VisitState.CLOSED, 0),
        cancelled=states.get(VisitState.CANCELLED, 0),
        code_set=code_set,
        results=_read_in(await _results(session, caller, round_id), code_set),
        follow_ups=opened,
        follow_ups_closed=done,
    )


async def _states(session: AsyncSession, caller: Caller, round_id: UUID | None) -> dict[str, int]:
    statement = select(Visit.state, func.count()).where(visible(caller)).group_by(Visit.state)
    if round_id is not None:
        statement = statement.where(Visit.round_id == round_id)
    return dict((await session.execute(statement)).all())


async def _results(session: AsyncSession, caller: Caller, round_id: UUID | None) -> dict[ResultCode, int]:
    statement = (
        select(CheckItem.result, func.count())
        .join(Check, Check.id == CheckItem.check_id)
        .join(Visit, Visit.id == Check.visit_id)
        .where(
            visible(caller),
            Visit.state == VisitState.CLOSED,
            Check.cancelled.is_(False),
            CheckItem.result.is_not(None),
        )
        .group_by(CheckItem.result)
    )
    if round_id is not None:
        statement = statement.where(Visit.round_id == round_id)
    found = {ResultCode(str(code)): count for code, count in await session.execute(statement)}
    return {code: found[code] for code in ResultCode if code in found}


def _read_in(counts: dict[ResultCode, int], code_set: str) -> dict[str, int]:
    own = {code.value: count for code, count in counts.items()}
    mapping = next((one for one in RZ.mappings if one.to == code_set), None)
    return own if mapping is None else translated(own, mapping)


async def _follow_ups(session: AsyncSession, caller: Caller, round_id: UUID | None) -> tuple[int, int]:
    statement = (
        select(func.count(), func.count(FollowUp.closed_on))
        .select_from(FollowUp)
        .join(Visit, Visit.id == FollowUp.visit_id)
        .where(visible(caller))
    )
    if round_id is not None:
        statement = statement.where(Visit.round_id == round_id)
    opened, done = (await session.execute(statement)).one()
    return opened, done
