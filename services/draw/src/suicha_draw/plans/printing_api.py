"""Plans as files, in the documents' own tables."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.auth import Caller
from suicha_chassis.problems import NotFound, problem_responses
from suicha_chassis.routes import Session, public, requires, router
from suicha_contracts.roles import Permission
from suicha_contracts.ruleset import PlanTable, Ruleset

from suicha_draw.plans import publishing, service
from suicha_draw.plans.rulesets import ruleset_row
from suicha_draw.plans.schemas import PublishedPlan
from suicha_draw.plans.tables import plan_sheet, table_of
from suicha_draw.printing.answering import FILES, Form, answer

api = router(prefix="/draw/v1/plans", tags=["plans"])
public_api = router(prefix="/public/plans", tags=["public plans"])

AsForm = Annotated[Form, Query(alias="format", description="spreadsheet, printable page, or PDF")]
Layout = Annotated[
    PlanTable | None,
    Query(description="`s0`: the eight columns of S0 annex 1; `s4`: S4's annex; default: the ruleset's"),
]


@api.get(
    "/{plan_id}/export", summary="导出计划表", response_class=Response,
    responses={**problem_responses(NotFound), **FILES},
)  # fmt: skip
async def export_plan(
    plan_id: UUID,
    session: Session,
    _: Annotated[Caller, requires(Permission.PLAN_READ)],
    form: AsForm = "xlsx",
    layout: Layout = None,
) -> Response:
    """The plan as it stands, drafts too, as the table that the documents print."""
    plan = await service.find_plan(session, plan_id)
    reason = (await publishing.newest_version(session, plan.id)).reason if plan.public_version else ""
    shown = publishing.public_view(plan, await service.tasks_of(session, plan.id), reason)
    return await _answer(session, shown, form, layout)


@public_api.get(
    "/{plan_id}/export", summary="下载公布的计划表", response_class=Response,
    responses={**problem_responses(NotFound), **FILES},
)  # fmt: skip
async def export_public_plan(
    plan_id: UUID,
    session: Session,
    _: Annotated[Caller, public()],
    form: AsForm = "xlsx",
    layout: Layout = None,
    version: Annotated[int | None, Query(ge=1, description="an earlier public version")] = None,
) -> Response:
    """A published plan as the table that the documents print."""
    found = (
        await publishing.newest_version(session, plan_id)
        if version is None
        else await publishing.version_of(session, plan_id, version)
    )
    return await _answer(session, publishing.as_public(found), form, layout)


async def _answer(
    session: AsyncSession, plan: PublishedPlan, form: Form, layout: PlanTable | None
) -> Response:
    if layout is None:
        row = await ruleset_row(session, plan.ruleset_id, plan.ruleset_version)
        layout = table_of(Ruleset.model_validate(row.document))
    return await answer(plan_sheet(plan, layout), form)
