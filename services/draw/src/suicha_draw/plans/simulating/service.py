"""From a plan and the register as it is now to the figures of its year."""

import asyncio
from collections.abc import Mapping, Sequence

from rid1 import quota
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.app import Runtime
from suicha_chassis.problems import Invalid
from suicha_contracts.freeze import Survey
from suicha_contracts.ruleset import Ruleset

from suicha_draw.exclusions import rules_of
from suicha_draw.models import Plan
from suicha_draw.plans.laws import laws_of, under_law
from suicha_draw.plans.publishing import PLANNED
from suicha_draw.plans.rulesets import ruleset_row
from suicha_draw.plans.schemas import TaskContent
from suicha_draw.plans.service import tasks_of
from suicha_draw.plans.simulating.expectation import Group, PlannedList
from suicha_draw.plans.simulating.figures import Played, Simulated, figures
from suicha_draw.plans.simulating.schemas import Simulation
from suicha_draw.plans.simulating.trial import Exemptions
from suicha_draw.plans.surveying import survey_of
from suicha_draw.rounds.opening import list_of
from suicha_draw.rounds.rules import strata_of
from suicha_draw.rounds.schemas.kept import RoundList


async def simulate(
    session: AsyncSession,
    runtime: Runtime,
    plan: Plan,
    *,
    units_by: str,
    seed: int,
    object_id: str | None,
) -> Simulation:
    """Simulate the year of a plan; nothing is frozen and nothing is written.

    Raises:
        Invalid: the plan has no task that is drawn by lot.
        Unavailable, ListUnreadable: as for `survey_of`.
    """
    tasks = [
        (row, content)
        for row in await tasks_of(session, plan.id)
        if row.state == PLANNED and (content := TaskContent.model_validate(row.content)).kind == "random"
    ]
    if not tasks:
        raise Invalid("计划中没有随机抽查任务，无从推演")
    rules = await ruleset_row(session, plan.ruleset_id, plan.ruleset_version)
    ruleset, laws = Ruleset.model_validate(rules.document), await laws_of(session, plan.org)
    # Tasks of different months may use one list code; here every task is a list of its own.
    lists = [
        list_of(plan, row, content, under_law(ruleset, content.items, laws)).model_copy(
            update={"code": f"T{number:03d}"}
        )
        for number, (row, content) in enumerate(tasks, 1)
    ]
    survey = await survey_of(runtime, plan, lists, units_by=units_by, object_id=object_id)
    contents = [content for _, content in tasks]
    items = [item for _, content in tasks for item in content.items]
    left_out = rules_of(under_law(ruleset, items, laws), exempt=True)
    played = Played(
        Exemptions(
            left_out.exemption.months if left_out.exemption else None,
            left_out.cap.inspections if left_out.cap else None,
        ),
        exemption_text(ruleset),
        seed,
    )
    return await asyncio.to_thread(_compute, plan, lists, contents, survey, played, object_id)


def exemption_text(ruleset: Ruleset) -> str:
    """Say which rules of a ruleset leave objects out within a year, with their clauses."""
    said = []
    exemption, cap = ruleset.selection.exemption, ruleset.limits.yearly_cap
    if exemption is not None:
        said.append(f"最近 {exemption.value.months} 个月内抽查过且结果正常的不再入库（{exemption.clause}）")
    if cap is not None:
        said.append(f"每户每年至多检查 {cap.value.inspections} 次（{cap.clause}）")
    return "；".join(said) or "规则集没有豁免条款"


def _compute(
    plan: Plan,
    wanted: Sequence[RoundList],
    contents: Sequence[TaskContent],
    survey: Survey,
    played: Played,
    object_id: str | None,
) -> Simulation:
    groups = [Group(one.strata, one.unit, one.objects) for one in survey.groups]
    sizes: dict[str, dict[str, int]] = {one.code: {} for one in wanted}
    for group in groups:
        for code, stratum in group.strata.items():
            sizes[code][stratum] = sizes[code].get(stratum, 0) + group.objects
    quotas = {one.code: _quotas(one, sizes[one.code]) for one in wanted}
    lists = {
        one.code: PlannedList(
            one.code, one.task_name, one.crew, content.team, content.month,
            {stratum: (n, _drawn(quotas[one.code], stratum, n)) for stratum, n in sorted(sizes[one.code].items())},
        )
        for one, content in zip(wanted, contents, strict=True)
    }  # fmt: skip
    made = Simulated(
        plan_id=str(plan.id), number=plan.number, counted_at=survey.counted_at,
        register_size=survey.register_size, numbers={one.code: one.task_number for one in wanted},
        groups=groups, lists=lists, inspectors={(one.crew, one.unit): one.inspectors for one in survey.staff},
        object_id=object_id, object_strata=survey.object_strata or {},
    )  # fmt: skip
    return figures(made, played, lambda code, stratum, left: _drawn(quotas[code], stratum, left))


def _quotas(wanted: RoundList, sizes: Mapping[str, int]) -> dict[str, tuple[int | None, int | None]]:
    return {one.code: (one.bp, one.count) for one in strata_of(wanted, sizes)}


def _drawn(quotas: Mapping[str, tuple[int | None, int | None]], stratum: str, n: int) -> int:
    """Return how many of n objects are drawn; a stratum for which the task says nothing cannot be drawn."""
    bp, count = quotas.get(stratum, (None, 0))
    return quota.by_number(n, count or 0) if bp is None else quota.by_ratio(n, bp)
