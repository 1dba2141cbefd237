"""Opening a round over published tasks, trying its freeze again, and the next attempt after a void one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from rid1.log import history
from rid1.states import Event
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.ids import uuid7
from suicha_chassis.problems import Conflict, Invalid
from suicha_contracts.ruleset import Ruleset

from suicha_draw.ledger import service as ledger
from suicha_draw.models import Contributor, Plan, Round, RulesetRow, Task
from suicha_draw.numbering import next_number
from suicha_draw.plans.schemas import TaskContent
from suicha_draw.plans.service import ruleset_row
from suicha_draw.problems import SeedSourcesMissing, TasksDoNotFit
from suicha_draw.rounds.schemas import RoundCrew, RoundList, RoundRequest, RoundSettings
from suicha_draw.rounds.store import expect, lists_of, queue_work, settings_of

CHINA = ZoneInfo("Asia/Shanghai")


async def open_round(session: AsyncSession, caller: Caller, wanted: RoundRequest) -> Round:
    """Open a round under the next number of region and year, and let a worker freeze it.

    Raises:
        TasksDoNotFit: the tasks are not of one body, one ruleset and published plans, or share a list code.
        SeedSourcesMissing: fewer than two independent sources of the seed (RID/1 §5).
        Invalid: dates that cannot be.
    """
    if wanted.inspect_to < wanted.inspect_from:
        raise Invalid("检查结束日期早于开始日期")
    reveal_by = _checked_reveal_by(wanted.reveal_by)
    names = sorted(set(wanted.contributors))
    if (len(names) >= 2) + wanted.dice < 2:
        raise SeedSourcesMissing("两名贡献人、骰子须同时具备（RID/1 第五节：三种来源至少有其二）")
    tasks = await _tasks(session, wanted.task_ids)
    plan = tasks[0][0]
    rules = await ruleset_row(session, plan.ruleset_id, plan.ruleset_version)
    ruleset = Ruleset.model_validate(rules.document)
    lists = [_list_of(*one, ruleset) for one in tasks]
    year = datetime.now(CHINA).year
    serial = await next_number(session, f"round|{plan.region}|{year}")
    row = Round(
        id=uuid7(), region=plan.region, org=plan.org, draw_id=f"{plan.region}-{year}-{serial:04d}", attempt=1,
        state="draft", org_name=plan.org_name, lists=[one.model_dump(mode="json") for one in lists],
        crews=[one.model_dump() for one in _crews_of([content for _, _, content in tasks])],
        settings=RoundSettings(
            suite=wanted.suite, contributors=names, dice=wanted.dice, substitutes=wanted.substitutes,
            sub_bp=ruleset.selection.substitutes_bp.value if wanted.sub_bp is None else wanted.sub_bp,
            units_by=wanted.units_by, exempt=wanted.exempt,
        ).model_dump(),
        reveal_by=reveal_by, inspect_from=wanted.inspect_from, inspect_to=wanted.inspect_to,
        problems=[], progress={}, created_by=caller.subject,
    )  # fmt: skip
    _govern(row, rules)
    await _start(session, row, names)
    return row


async def repeat_round(session: AsyncSession, caller: Caller, before: Round, reveal_by: datetime) -> Round:
    """Open the next attempt after a void one; it names the one before in `prev` (RID/1 §4).

    Raises:
        Conflict: the attempt is not void, or there is a later one already.
    """
    expect(before, "void")
    later = await session.scalar(
        select(Round.attempt).where(Round.draw_id == before.draw_id, Round.attempt > before.attempt)
    )
    if later is not None:
        raise Conflict(f"该抽取已有第 {later} 次", state=before.state)
    attempts = history(await ledger.entries_of(session, before.draw_id))
    logged = [one.manifest.body["manifest_hash"] for one in attempts if one.manifest is not None]
    settings = settings_of(before)
    row = Round(
        id=uuid7(), region=before.region, org=before.org, draw_id=before.draw_id, attempt=before.attempt + 1,
        prev=logged[-1] if logged else None, state="draft", org_name=before.org_name, lists=before.lists,
        crews=before.crews, settings=before.settings, reveal_by=_checked_reveal_by(reveal_by),
        inspect_from=before.inspect_from, inspect_to=before.inspect_to, problems=[], progress={},
        created_by=caller.subject, ruleset_id=before.ruleset_id, ruleset_version=before.ruleset_version,
        ruleset_sha=before.ruleset_sha, freeze_request=uuid4(),
    )  # fmt: skip
    await _start(session, row, settings.contributors)
    return row


async def freeze_again(session: AsyncSession, row: Round, reveal_by: datetime | None) -> None:
    """Try the freeze again, with the registers as they are now.

    Raises:
        Conflict: the round is frozen already.
    """
    expect(row, "draft")
    if reveal_by is not None:
        row.reveal_by = _checked_reveal_by(reveal_by)
    row.freeze_request, row.problems = uuid4(), []
    await audit.record(session, "round.freeze", "round", row.id)
    await queue_work(session, row)


def _checked_reveal_by(moment: datetime) -> datetime:
    """Whole seconds in the future: log times are compared by the second (RID/1 §5)."""
    if moment <= datetime.now(UTC) + timedelta(seconds=1):
        raise Invalid("揭示截止时间必须晚于现在")
    return moment.astimezone(UTC).replace(microsecond=0)


async def _start(session: AsyncSession, row: Round, names: Sequence[str]) -> None:
    session.add(row)
    await session.flush()
    session.add_all(Contributor(round_id=row.id, name=name) for name in names)
    tasks = [str(one.task_id) for one in lists_of(row)]
    await ledger.append(session, row, Event.CREATED, {"org": row.org, "tasks": tasks, "by": row.created_by})
    await audit.record(
        session, "round.open", "round", row.id, after={"draw_id": row.draw_id, "attempt": row.attempt}
    )
    await queue_work(session, row)


def _govern(row: Round, rules: RulesetRow) -> None:
    row.ruleset_id, row.ruleset_version, row.ruleset_sha = rules.id, rules.version, rules.sha256
    row.freeze_request = uuid4()


async def _tasks(session: AsyncSession, task_ids: Sequence[UUID]) -> list[tuple[Plan, Task, TaskContent]]:
    found = {task.id: task for task in await session.scalars(select(Task).where(Task.id.in_(task_ids)))}
    if len(found) != len(task_ids):
        missing = [str(one) for one in task_ids if one not in found]
        raise TasksDoNotFit(f"任务不存在、重复或不在您的管辖范围内：{'、'.join(missing) or '任务编号重复'}")
    plans = {
        plan.id: plan
        for plan in await session.scalars(
            select(Plan).where(Plan.id.in_({t.plan_id for t in found.values()}))
        )
    }
    for plan in plans.values():
        if plan.state != "published":
            raise TasksDoNotFit(f"计划 {plan.number} 尚未公布（{plan.state}），不能抽取")
    if len({(plan.org, plan.ruleset_id, plan.ruleset_version) for plan in plans.values()}) > 1:
        raise TasksDoNotFit("所选任务不属于同一机构、同一规则集")
    rows = [
        (plans[task.plan_id], task, TaskContent.model_validate(task.content))
        for task in (found[one] for one in task_ids)
    ]
    codes = [content.list_code for _, _, content in rows]
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    if repeated:
        raise TasksDoNotFit(f"多个任务使用同一名单代码：{'、'.join(repeated)}")
    return rows


def _list_of(plan: Plan, row: Task, task: TaskContent, ruleset: Ruleset) -> RoundList:
    floor = ruleset.selection.floor_bp
    return RoundList(
        code=task.list_code, crew=task.crew, items=task.items, region=plan.region, criteria=task.criteria,
        by_grade=task.by_grade, ratios=task.ratios, ratio_bp=task.ratio_bp, counts=task.counts, count=task.count,
        floor_bp=floor.value, floor_clause=floor.clause, task_id=row.id, plan_id=plan.id,
        plan_number=plan.number, plan_name=plan.name, task_number=row.number, task_name=task.name,
        department=task.department, mode=task.mode,
    )  # fmt: skip


def _crews_of(tasks: Sequence[TaskContent]) -> list[RoundCrew]:
    """Where tasks share a crew, the largest team and the most alternates hold for all its lists."""
    crews: dict[str, RoundCrew] = {}
    for task in tasks:
        known = crews.setdefault(task.crew, RoundCrew(code=task.crew, team=0, alternates=0, slack=0))
        known.team = max(known.team, task.team)
        known.alternates = max(known.alternates, task.alternates)
        known.slack = max(known.slack, task.slack)
    return [crews[code] for code in sorted(crews)]
