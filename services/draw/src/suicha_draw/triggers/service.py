"""Taking signals in, deciding on what thresholds propose, keeping trigger records (P13, P14)."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.ids import uuid7
from suicha_chassis.problems import Conflict, Invalid, NotFound
from suicha_contracts.ruleset import Ruleset

from suicha_draw.models import Plan, Proposal, RulesetRow, Signal, Task, Trigger
from suicha_draw.numbering import next_number
from suicha_draw.plans.publishing import PLANNED
from suicha_draw.plans.rulesets import china_today, ruleset_for
from suicha_draw.triggers.rules import REACHED_SQL, sign_rows
from suicha_draw.triggers.schemas import LinkedTask, SignalContent, TriggerContent

DECISION_TEXT = {"taken_up": "已采纳", "dismissed": "不采纳"}
"""What was decided on a proposal, in words."""


async def take_signals(
    session: AsyncSession, caller: Caller, ruleset_id: str, signals: Sequence[SignalContent]
) -> tuple[int, list[Proposal]]:
    """Keep new signals, in a few statements, and propose triggers where they reach a threshold.

    Return how many were new, and the proposals. Batches of one body are taken one after the other.

    Raises:
        RulesetUnknown: registry has published no such ruleset, or none is in force.
        RulesetElsewhere: it binds neither the caller's region nor one above it.
    """
    rules = await ruleset_for(session, caller.region, ruleset_id)
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"signals|{caller.org}"}
    )
    rows = [{"id": uuid7(), "region": caller.region, "org": caller.org} | one.model_dump() for one in signals]
    added = await session.scalars(insert(Signal).on_conflict_do_nothing().returning(Signal.object_id), rows)
    objects = list(added)
    if not objects:
        return 0, []
    await audit.record(session, "signals.take", "signals", caller.org, after={"taken": len(objects)})
    return len(objects), await _propose(session, caller, rules, sorted(set(objects)))


async def _propose(
    session: AsyncSession, caller: Caller, rules: RulesetRow, objects: Sequence[str]
) -> list[Proposal]:
    clause = Ruleset.model_validate(rules.document).selection.warnings
    if clause is None:
        return []
    on = china_today()
    names = {rule.code: rule.name for rule in clause.value}
    found = await session.execute(
        text(REACHED_SQL),
        {"org": caller.org, "on": on, "objects": list(objects), "signs": json.dumps(sign_rows(clause.value, on))},
    )  # fmt: skip
    rows = [
        {
            "id": uuid7(), "region": caller.region, "org": caller.org, "object_id": row.object_id,
            "rule": row.rule, "rule_name": names[row.rule], "clause": clause.clause, "ruleset_id": rules.id,
            "ruleset_version": rules.version, "reached": row.reached, "evidence": row.evidence,
        }
        for row in found
    ]  # fmt: skip
    if not rows:
        return []
    made = await session.scalars(insert(Proposal).on_conflict_do_nothing().returning(Proposal), rows)
    return list(made)


async def find_proposal(session: AsyncSession, proposal_id: UUID) -> Proposal:
    """Return a proposal within the session's scope, locked.

    Raises:
        NotFound: there is none.
    """
    found = await session.scalar(select(Proposal).where(Proposal.id == proposal_id).with_for_update())
    if found is None:
        raise NotFound("未找到该预警")
    return found


async def take_up(session: AsyncSession, caller: Caller, row: Proposal, reason: str) -> Trigger:
    """Make a trigger record of what a threshold proposed.

    Raises:
        Conflict: it was decided before.
    """
    _expect_open(row)
    latest = max(row.reached, key=lambda sign: (sign["signals"], sign["latest"]))
    trigger = await put_trigger(
        session, caller,
        TriggerContent(
            source=latest["source"], received_on=china_today(), content_sha256=row.evidence,
            summary=f"{row.rule_name}：{reason}"[:500], objects=[row.object_id],
        ),
    )  # fmt: skip
    await session.flush()
    row.trigger_id = trigger.id
    await _decide(session, caller, row, "taken_up", reason)
    return trigger


async def dismiss(session: AsyncSession, caller: Caller, row: Proposal, reason: str) -> None:
    """Dismiss what a threshold proposed, with the reason; its signals do not count for it again.

    Raises:
        Conflict: it was decided before.
    """
    _expect_open(row)
    await _decide(session, caller, row, "dismissed", reason)


async def put_trigger(session: AsyncSession, caller: Caller, content: TriggerContent) -> Trigger:
    """Keep a trigger record for good, under the next number of the organisation and year.

    Raises:
        Invalid: it was received in the future.
    """
    if content.received_on > china_today():
        raise Invalid("触发日期不能晚于今天")
    year = content.received_on.year
    serial = await next_number(session, f"trigger|{caller.org}|{year}")
    row = Trigger(
        id=uuid7(), region=caller.region, org=caller.org, number=f"CF{year}{serial:03d}",
        created_by=caller.subject, **content.model_dump(),
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await audit.record(
        session, "trigger.create", "trigger", row.id, after={"number": row.number, "source": row.source}
    )
    return row


async def find_trigger(session: AsyncSession, trigger_id: UUID) -> Trigger:
    """Return a trigger record within the session's scope.

    Raises:
        NotFound: there is none.
    """
    found = await session.scalar(select(Trigger).where(Trigger.id == trigger_id))
    if found is None:
        raise NotFound("未找到该触发记录")
    return found


async def tasks_answering(session: AsyncSession, trigger_id: UUID) -> list[LinkedTask]:
    """Return the planned tasks that name a trigger record (P13)."""
    wanted = select(Task).where(
        Task.content.contains({"trigger_ids": [str(trigger_id)]}), Task.state == PLANNED
    )
    rows = await session.execute(
        wanted.join(Plan, Plan.id == Task.plan_id).add_columns(Plan.number).order_by(Task.id)
    )
    return [
        LinkedTask(
            task_id=task.id, plan_id=task.plan_id, number=f"{number} {task.number}", name=task.content["name"]
        )
        for task, number in rows
    ]


async def _decide(session: AsyncSession, caller: Caller, row: Proposal, state: str, reason: str) -> None:
    row.state, row.reason, row.decided_by = state, reason, caller.subject
    # The database's clock, as for the signals: what came in until now does not count again.
    row.decided_at = await session.scalar(select(func.clock_timestamp())) or datetime.now(UTC)
    await audit.record(
        session, f"proposal.{state}", "proposal", row.id, after={"object_id": row.object_id}, reason=reason
    )
    await session.flush()


def _expect_open(row: Proposal) -> None:
    if row.state != "open":
        raise Conflict(f"该预警已处理（{DECISION_TEXT[row.state]}）", state=row.state)
