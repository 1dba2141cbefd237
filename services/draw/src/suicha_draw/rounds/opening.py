"""Opening a round over published tasks, trying its freeze again, and the next attempt after a void one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from rid1.beacon import QUICKNET, Chain
from rid1.log import history
from rid1.states import Event
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.ids import uuid7
from suicha_chassis.problems import Conflict, Invalid, SamePerson
from suicha_contracts.ruleset import InspectorChoice, Ruleset

from suicha_draw.conditions import conditions_text
from suicha_draw.ledger import service as ledger
from suicha_draw.models import Contributor, Plan, Round, RulesetRow, Task
from suicha_draw.numbering import next_number
from suicha_draw.plans.laws import laws_of, under_law
from suicha_draw.plans.rules import kind_refusal
from suicha_draw.plans.rulesets import ruleset_row, strictest
from suicha_draw.plans.schemas import TaskContent
from suicha_draw.problems import DispatchRefused, DispatchUnapproved, SeedSourcesMissing, TasksDoNotFit
from suicha_draw.raising import stratum_code
from suicha_draw.rounds.arrangements import (
    by_hand,
    checked_reveal_by,
    first_beacon,
    next_beacon,
    publish_after,
    salt_secret,
)
from suicha_draw.rounds.earlier import locked_tasks, refuse_second_draw, refuse_second_live
from suicha_draw.rounds.rules import chain_document, seed_sources
from suicha_draw.rounds.schemas.kept import (
    Dispatch,
    RoundCrew,
    RoundList,
    RoundProblem,
    RoundRaise,
    RoundSettings,
)
from suicha_draw.rounds.schemas.opening import RoundRequest
from suicha_draw.rounds.store import expect, lists_of, queue_work, settings_of
from suicha_draw.rounds.witnessing import required_witnesses
from suicha_draw.words import CHINA

UNAPPROVED = RoundProblem(code=DispatchUnapproved.code, message="等待另一人批准直接选派")
"""Why a round with a direct dispatch is not frozen yet."""


async def open_round(
    session: AsyncSession, caller: Caller, wanted: RoundRequest, chain: Chain = QUICKNET
) -> Round:
    """Open a round under the next number of region and year, and let a worker freeze it.

    Raises:
        TasksDoNotFit: the tasks are not of one body, one ruleset and published plans, or share a list code.
        TaskInDraw: another draw of one of the tasks is under way, or is void and to be repeated itself (D4).
        SeedSourcesMissing: fewer than two independent sources of the seed (RID/1 §5).
        OutsideRandomDraws: a task is of a kind that is not drawn (P16).
        DispatchRefused: inspectors may not be dispatched directly for these tasks (D18).
        Invalid: dates that cannot be.
    """
    if wanted.inspect_to < wanted.inspect_from:
        raise Invalid("检查结束日期早于开始日期")
    reveal_by = checked_reveal_by(wanted.reveal_by)
    if wanted.lots is not None:
        wanted = by_hand(wanted)
    names = sorted(set(wanted.contributors))
    if wanted.lots is None and seed_sources(names, wanted.dice, wanted.beacon is not None) < 2:
        raise SeedSourcesMissing("两名贡献人、骰子、信标三种来源至少须有其二（RID/1 第五节）")
    if wanted.substitutes == "fresh_beacon" and wanted.beacon is None and chain.sandbox:
        raise Invalid("演练时以信标递补的，抽取本身也须使用信标")
    beacon_round = None if wanted.beacon is None else first_beacon(chain, wanted.beacon, reveal_by)
    tasks = await _tasks(session, wanted.task_ids)
    await refuse_second_draw(session, wanted.task_ids)
    plan = tasks[0][0]
    rules = await ruleset_row(session, plan.ruleset_id, plan.ruleset_version)
    ruleset = Ruleset.model_validate(rules.document)
    _refuse_kinds([content for _, _, content in tasks], ruleset)
    dispatch = _dispatch_of(caller, wanted, [content for _, _, content in tasks], ruleset)
    laws, strict = await laws_of(session, plan.org), await strictest(session, plan, ruleset)
    lists = [list_of(*one, under_law(strict, one[2].items, laws)) for one in tasks]
    year = datetime.now(CHINA).year
    serial = await next_number(session, f"round|{plan.region}|{year}")
    row = Round(
        id=uuid7(), region=plan.region, org=plan.org, draw_id=f"{plan.region}-{year}-{serial:04d}", attempt=1,
        state="draft", org_name=plan.org_name, lists=[one.model_dump(mode="json") for one in lists],
        crews=[one.model_dump() for one in _crews_of([content for _, _, content in tasks])],
        settings=RoundSettings(
            suite=wanted.suite, contributors=names, dice=wanted.dice, substitutes=wanted.substitutes,
            disclosure=wanted.disclosure,
            sub_bp=ruleset.selection.substitutes_bp.value if wanted.sub_bp is None else wanted.sub_bp,
            units_by=wanted.units_by, exempt=wanted.exempt, witnesses=required_witnesses(ruleset),
            beacon=chain_document(chain) if beacon_round else None, embargo=wanted.embargo,
            dispatch=dispatch, lots=wanted.lots,
        ).model_dump(),
        salt_secret=salt_secret(wanted.disclosure), reveal_by=reveal_by, beacon_round=beacon_round,
        publish_after=publish_after(wanted, reveal_by),
        inspect_from=wanted.inspect_from, inspect_to=wanted.inspect_to,
        problems=[] if dispatch is None else [UNAPPROVED.model_dump()], progress={}, created_by=caller.subject,
    )  # fmt: skip
    _govern(row, rules)
    await _start(session, row, names)
    return row


async def repeat_round(session: AsyncSession, caller: Caller, before: Round, reveal_by: datetime) -> Round:
    """Open the next attempt after a void one; it names the one before in `prev` (RID/1 §4).

    A task that an adjustment withdrew before anything of the draw was public is left out.

    Raises:
        Conflict: the attempt is not void, or there is a later one already.
        TaskInDraw: another draw of one of its tasks is under way.
        TasksDoNotFit: an adjustment withdrew all its tasks before anything of the draw was public.
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
    lists, crews = before.lists, before.crews
    task_ids = [one.task_id for one in lists_of(before)]
    _, held = await locked_tasks(session, task_ids)
    await refuse_second_live(session, task_ids, before.draw_id)
    if before.manifest_hash is None and before.result_hash is None:
        # Nothing of it was public: the plan may have been adjusted since (P5), and as it is now it is drawn.
        ruleset = Ruleset.model_validate(
            (await ruleset_row(session, before.ruleset_id, before.ruleset_version)).document
        )
        planned = [one for one in task_ids if held[one].state != "withdrawn"]
        tasks = await _tasks(session, planned or task_ids)
        laws, strict = await laws_of(session, before.org), await strictest(session, tasks[0][0], ruleset)
        drawn = [list_of(*one, under_law(strict, one[2].items, laws)) for one in tasks]
        lists = [one.model_dump(mode="json") for one in drawn]
        crews = [one.model_dump() for one in _crews_of([content for _, _, content in tasks])]
    row = Round(
        id=uuid7(), region=before.region, org=before.org, draw_id=before.draw_id, attempt=before.attempt + 1,
        prev=logged[-1] if logged else None, state="draft", org_name=before.org_name, lists=lists,
        crews=crews, settings=before.settings, reveal_by=checked_reveal_by(reveal_by),
        salt_secret=salt_secret(settings.disclosure), beacon_round=next_beacon(settings, reveal_by),
        publish_after=before.publish_after,
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
        DispatchUnapproved: nobody has approved its direct dispatch yet.
    """
    expect(row, "draft")
    dispatch = settings_of(row).dispatch
    if dispatch is not None and dispatch.approved_by is None:
        raise DispatchUnapproved("直接选派须先由另一人批准，才能冻结名单")
    if reveal_by is not None:
        row.reveal_by = checked_reveal_by(reveal_by)
        row.beacon_round = next_beacon(settings_of(row), row.reveal_by)
    row.freeze_request, row.problems = uuid4(), []
    await audit.record(session, "round.freeze", "round", row.id)
    await queue_work(session, row)


async def approve_dispatch(session: AsyncSession, caller: Caller, row: Round) -> None:
    """Approve a direct dispatch as the second person; the lists are frozen then (D18).

    Raises:
        Conflict: there is no dispatch that waits.
        SamePerson: the caller asked for it.
    """
    expect(row, "draft")
    settings = settings_of(row)
    if settings.dispatch is None or settings.dispatch.approved_by is not None:
        raise Conflict("没有待批准的直接选派", state=row.state)
    if settings.dispatch.requested_by == caller.subject:
        raise SamePerson("直接选派须由另一人批准")
    settings.dispatch.approved_by = caller.subject
    row.settings, row.problems = settings.model_dump(), []
    said = settings.dispatch.model_dump()
    await audit.record(
        session, "round.dispatch", "round", row.id, after=said, reason=settings.dispatch.reason
    )
    await queue_work(session, row)


def _dispatch_of(
    caller: Caller, wanted: RoundRequest, tasks: Sequence[TaskContent], ruleset: Ruleset
) -> Dispatch | None:
    if wanted.dispatch is None:
        return None
    choice = ruleset.team.choice
    if choice.value is not InspectorChoice.RANDOM_OR_DIRECT:
        raise DispatchRefused(f"{ruleset.name}“{choice.clause}”只允许随机抽取检查人员，不能直接选派")
    planned = [task.name for task in tasks if task.kind == "random"]
    if planned:
        raise DispatchRefused(f"只有触发式抽查可以直接选派检查人员：任务“{planned[0]}”是计划内的随机抽查")
    return Dispatch(**wanted.dispatch.model_dump(), requested_by=caller.subject)


async def _start(session: AsyncSession, row: Round, names: Sequence[str]) -> None:
    session.add(row)
    await session.flush()
    session.add_all(Contributor(round_id=row.id, name=name) for name in names)
    tasks = [str(one.task_id) for one in lists_of(row)]
    await ledger.append(session, row, Event.CREATED, {"org": row.org, "tasks": tasks, "by": row.created_by})
    await audit.record(
        session, "round.open", "round", row.id, after={"draw_id": row.draw_id, "attempt": row.attempt}
    )
    if not row.problems:
        await queue_work(session, row)


def _refuse_kinds(tasks: Sequence[TaskContent], ruleset: Ruleset) -> None:
    """Let nothing into a draw that is not drawn (P16), and no triggered task beside one of the yearly plan."""
    for task in tasks:
        problem = kind_refusal(task, ruleset)
        if problem is not None:
            raise problem
    if len({task.kind == "random" for task in tasks}) > 1:
        raise TasksDoNotFit("触发式抽查与计划内的随机抽查不能合并为一次抽取")


def _govern(row: Round, rules: RulesetRow) -> None:
    row.ruleset_id, row.ruleset_version, row.ruleset_sha = rules.id, rules.version, rules.sha256
    row.freeze_request = uuid4()


async def _tasks(session: AsyncSession, task_ids: Sequence[UUID]) -> list[tuple[Plan, Task, TaskContent]]:
    plans, found = await locked_tasks(session, task_ids)
    if len(found) != len(task_ids):
        missing = [str(one) for one in task_ids if one not in found]
        raise TasksDoNotFit(f"任务不存在、重复或不在您的管辖范围内：{'、'.join(missing) or '任务编号重复'}")
    for plan in plans.values():
        if plan.state != "published":
            raise TasksDoNotFit(f"计划 {plan.number} 尚未公布，不能抽取")
    withdrawn = [task.number for task in found.values() if task.state == "withdrawn"]
    if withdrawn:
        raise TasksDoNotFit(f"任务 {'、'.join(sorted(withdrawn))} 已在计划调整中撤销，不能抽取")
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


def list_of(plan: Plan, row: Task, task: TaskContent, ruleset: Ruleset) -> RoundList:
    """Return the list of a round that carries out a task."""
    floor = ruleset.selection.floor_bp
    return RoundList(
        code=task.list_code, crew=task.crew, items=task.items, region=plan.region, criteria=task.criteria,
        by_grade=task.by_grade, ratios=task.ratios, ratio_bp=task.ratio_bp, counts=task.counts, count=task.count,
        floor_bp=floor.value, floor_clause=floor.clause, task_id=row.id, plan_id=plan.id,
        plan_number=plan.number, plan_name=plan.name, task_number=row.number, task_name=task.name,
        department=task.department, mode=task.mode, kind=task.kind,
        conditions=conditions_text(task.criteria), named=len(task.criteria.ids),
        raises=[
            RoundRaise(stratum=stratum_code(place, one.reason), **one.model_dump())
            for place, one in enumerate(task.raises, 1)
        ],
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
