"""From a plan and the register as it is now to the figures of its year."""

from collections.abc import Iterable, Iterator

from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.app import Runtime
from suicha_chassis.problems import Invalid
from suicha_contracts.ruleset import Ruleset

from suicha_draw.exclusions import CAPPED, FREQUENT, RECENT, REPEATED, SECOND, clause_of, rules_of
from suicha_draw.models import Plan
from suicha_draw.plans.laws import laws_of, under_law
from suicha_draw.plans.publishing import PLANNED
from suicha_draw.plans.rulesets import ruleset_row
from suicha_draw.plans.schemas import TaskContent
from suicha_draw.plans.service import tasks_of
from suicha_draw.plans.simulating.child import computed
from suicha_draw.plans.simulating.schemas import Question, Simulation
from suicha_draw.plans.surveying import survey_of
from suicha_draw.rounds.opening import list_of
from suicha_draw.settings import Settings


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
        Unavailable, CountingTooLong, ListUnreadable: as for `survey_of` and `computed`.
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
    contents = [content for _, content in tasks]
    binding = {month: under_law(ruleset, _items(contents, month), laws) for month in months_of(contents)}
    asking = plan.org, str(plan.id), plan.number
    # Nothing is written: the connection goes back while registry counts and the child computes.
    await session.commit()
    settings = runtime.settings
    assert isinstance(settings, Settings)
    survey = await survey_of(runtime, asking[0], lists, units_by=units_by, object_id=object_id)
    question = Question(
        plan_id=asking[1], number=asking[2], lists=lists, contents=contents, survey=survey,
        rules={month: rules_of(one, exempt=True) for month, one in binding.items()},
        exemption=exemption_text(binding.values()), seed=seed, object_id=object_id,
    )  # fmt: skip
    return await computed(question, settings.counting_seconds)


def months_of(contents: Iterable[TaskContent]) -> list[int]:
    """Return the months in which tasks are drawn."""
    return sorted({content.month for content in contents})


def _items(contents: Iterable[TaskContent], month: int) -> list[str]:
    return [item for content in contents if content.month == month for item in content.items]


def exemption_text(rulesets: Iterable[Ruleset]) -> str:
    """Say which rules leave objects out within a year, each with its clause, as they bind the months' rounds."""
    said = dict.fromkeys(words for ruleset in rulesets for words in _said(ruleset))
    return "；".join(said) or "规则集没有免检、避免重复、频次上限的条款"


def _said(ruleset: Ruleset) -> Iterator[str]:
    rules = rules_of(ruleset, exempt=True)

    def clause(reason: str) -> str:
        found = clause_of(ruleset, reason)
        return f"（{found.clause}）" if found else ""

    if rules.exemption is not None:
        may = "，按适用推演" if rules.exemption.discretionary else ""
        yield f"最近 {rules.exemption.months} 个月内抽查过且结果正常的不再入库{may}{clause(RECENT)}"
    if rules.repeat is not None:
        yield (
            f"{rules.repeat.months} 个月内已查 {rules.repeat.inspections} 次未发现违法的避免重复抽查{clause(REPEATED)}"
        )
    if rules.cap is not None:
        yield f"每户每年至多检查 {rules.cap.inspections} 次{clause(CAPPED)}"
    if rules.most is not None:
        yield f"每户每年至多抽查 {rules.most} 次{clause(FREQUENT)}"
    if rules.second is not None:
        yield f"本部门 {rules.second.months} 个月内不再第二次上门{clause(SECOND)}"
