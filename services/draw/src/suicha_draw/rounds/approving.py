"""The approval before inspections begin: by the head of the body, where the ruleset demands it (54号, P12)."""

from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, SamePerson
from suicha_contracts.ruleset import Ruleset

from suicha_draw.models import Round, RoundApproval
from suicha_draw.plans.rulesets import ruleset_row
from suicha_draw.problems import ApprovalMissing
from suicha_draw.rounds.store import expect


async def approve(session: AsyncSession, caller: Caller, row: Round, remark: str) -> RoundApproval:
    """Approve that the objects drawn are inspected; once, for good, by somebody who did not open the round.

    Raises:
        Conflict: there is no result yet, the inspections have begun, or they are approved already.
        SamePerson: the caller opened the round.
    """
    expect(row, "drawn")
    if caller.subject == row.created_by:
        raise SamePerson("检查须由发起抽取以外的负责人批准")
    if await session.get(RoundApproval, row.id) is not None:
        raise Conflict(f"抽取 {row.draw_id} 的检查已获批准", state=row.state)
    found = RoundApproval(round_id=row.id, approved_by=caller.subject, remark=remark)
    session.add(found)
    await session.flush()
    await audit.record(session, "round.approve_inspection", "round", row.id, after={"remark": remark})
    return found


async def require_approval(session: AsyncSession, row: Round) -> None:
    """Let inspections begin only when approved, where the ruleset of the round demands it.

    Raises:
        ApprovalMissing: nobody has approved; the problem names the clause.
    """
    rules = await ruleset_row(session, row.ruleset_id, row.ruleset_version)
    ruleset = Ruleset.model_validate(rules.document)
    asked = ruleset.limits.approval_before
    if asked is None or not asked.value or await session.get(RoundApproval, row.id) is not None:
        return
    raise ApprovalMissing(
        f"{ruleset.name}“{asked.clause}”要求检查前经机关负责人批准；抽取 {row.draw_id} 尚未批准，不能签署结果、开始检查"
    )
