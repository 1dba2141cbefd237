"""Direct cases: matters outside random draws, each of a kind that the ruleset names, with its reason (P15, P16)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.app import Runtime
from suicha_chassis.auth import Caller
from suicha_chassis.ids import uuid7
from suicha_chassis.problems import Conflict, Invalid, NotFound
from suicha_contracts.codes import OUTSIDE_RANDOM_DRAWS
from suicha_contracts.ruleset import Ruleset

from suicha_draw.models import DirectCase
from suicha_draw.numbering import next_number
from suicha_draw.plans.rulesets import china_today, ruleset_for
from suicha_draw.plans.surveying import on_register
from suicha_draw.problems import KindNeedsDraw, ObjectUnknown
from suicha_draw.triggers.schemas import CaseClosing, DirectCaseContent
from suicha_draw.triggers.service import find_trigger


async def open_case(
    session: AsyncSession, runtime: Runtime, caller: Caller, content: DirectCaseContent
) -> DirectCase:
    """Open a direct case under the next number of the organisation and year.

    Raises:
        RulesetUnknown: registry has published no such ruleset, or none was in force on that day.
        RulesetElsewhere: it binds neither the caller's region nor one above it.
        KindNeedsDraw: the ruleset does not keep this kind out of random draws.
        NotFound: the trigger record named does not exist.
        Invalid: it was opened in the future.
        ObjectUnknown: no live object of the caller's region has this id.
        Unavailable, CountingTooLong, ListUnreadable: registry does not answer, is too slow, or does not know
            the organisation.
    """
    if content.opened_on > china_today():
        raise Invalid("立案日期不能晚于今天")
    rules = await ruleset_for(session, caller.region, content.ruleset_id, on=content.opened_on)
    ruleset = Ruleset.model_validate(rules.document)
    outside = ruleset.selection.outside_random_draws
    if content.kind not in outside.value:
        words = OUTSIDE_RANDOM_DRAWS.get(content.kind, content.kind)
        raise KindNeedsDraw(
            f"{ruleset.name}“{outside.clause}”没有把“{words}”列为随机抽查以外的事项，应随机抽取"
        )
    if content.trigger_id is not None:
        await find_trigger(session, content.trigger_id)
    if not await on_register(runtime, caller.org, caller.region, content.object_id):
        raise ObjectUnknown(
            f"“{content.object_id}”不在区划 {caller.region} 的名录库中，或已注销；无证机构也须先登记再立案"
        )
    year = content.opened_on.year
    serial = await next_number(session, f"case|{caller.org}|{year}")
    row = DirectCase(
        id=uuid7(), region=caller.region, org=caller.org, number=f"ZJ{year}{serial:03d}",
        ruleset_version=rules.version, clause=outside.clause, opened_by=caller.subject, state="open",
        outcome="", closed_by="", **content.model_dump(),
    )  # fmt: skip
    session.add(row)
    await session.flush()
    after = {"number": row.number, "kind": row.kind, "object_id": row.object_id}
    await audit.record(session, "case.open", "direct_case", row.id, after=after, reason=row.reason)
    return row


async def find_case(session: AsyncSession, case_id: UUID, *, lock: bool = False) -> DirectCase:
    """Return a direct case within the session's scope.

    Raises:
        NotFound: there is none.
    """
    wanted = select(DirectCase).where(DirectCase.id == case_id)
    found = await session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound("未找到该直接办理事项")
    return found


async def close_case(session: AsyncSession, caller: Caller, row: DirectCase, closing: CaseClosing) -> None:
    """Close a direct case with its outcome.

    Raises:
        Conflict: it is closed.
        Invalid: it would have been closed before it was opened.
    """
    if row.state != "open":
        raise Conflict("该事项已办结", state=row.state)
    if closing.closed_on < row.opened_on:
        raise Invalid("办结日期早于立案日期")
    row.state, row.outcome = "closed", closing.outcome
    row.closed_on, row.closed_by = closing.closed_on, caller.subject
    await audit.record(session, "case.close", "direct_case", row.id, after={"outcome": closing.outcome})
    await session.flush()
