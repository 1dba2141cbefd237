"""Endpoint of the figures (X4, O6, O7)."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from suicha_chassis.auth import Caller
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_disclosure.api.schemas import GradeView, StatisticsView
from suicha_disclosure.api.views import ratio, result_counts
from suicha_disclosure.service.statistics import figures

routes = router(prefix="/disclosure/v1", tags=["disclosure statistics"])


@routes.get("/statistics", summary="公示统计")
async def disclosure_statistics(
    session: Session,
    _: Annotated[Caller, requires(Permission.DISCLOSURE_READ)],
    plan_id: UUID | None = None,
    round_id: UUID | None = None,
) -> StatisticsView:
    """Figures of a plan, a round, or everything in the caller's scope, counted from rows now."""
    found = await figures(session, plan_id=plan_id, round_id=round_id)
    return StatisticsView(
        as_of=datetime.now(UTC),
        due=found.due,
        due_exact=found.due_exact,
        closed=found.closed,
        released=found.released,
        disclosed=found.disclosed,
        withdrawn=found.withdrawn,
        overdue=found.overdue,
        late=found.late,
        provisional=found.provisional,
        problems=found.problems,
        disclosure_rate=ratio(found.disclosure_rate),
        completion_rate=ratio(found.completion_rate),
        problem_rate=ratio(found.problem_rate),
        by_result=result_counts(found.by_result),
        by_grade=[
            GradeView(
                grade=one.grade,
                closed=one.closed,
                problems=one.problems,
                problem_rate=ratio(one.problem_rate),
            )
            for one in found.by_grade
        ],
    )
