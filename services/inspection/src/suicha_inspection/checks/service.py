"""Entering what one crew found (X1): drafts may have gaps, nothing in them may be wrong."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Fault

from suicha_inspection.casefile import CaseFile
from suicha_inspection.checks.schemas import CheckEntry, ItemEntry
from suicha_inspection.clock import now
from suicha_inspection.forms import slips
from suicha_inspection.models import Check
from suicha_inspection.problems import InvalidAnswers


async def enter(
    session: AsyncSession, case: CaseFile, check: Check, caller: Caller, entry: CheckEntry
) -> None:
    """Replace the draft of a check.

    Raises:
        InvalidAnswers: something does not fit the frozen forms; every such thing is a fault.
    """
    require_fitting(case, check, entry.items)
    before = snapshot(case, check)
    entries = {one.item_code: one for one in entry.items}
    for item in case.check_items[check.id]:
        given = entries.get(item.item_code, ItemEntry(item_code=item.item_code))
        item.answers, item.result = given.answers, given.result
    check.opinion, check.remark, check.mitigation = entry.opinion, entry.remark, entry.mitigation
    check.edited_by, check.edited_at = caller.subject, now()
    await session.flush()
    await audit.record(
        session, "check.record", "visit", check.visit_id, before=before, after=snapshot(case, check)
    )


def require_fitting(case: CaseFile, check: Check, entries: Sequence[ItemEntry]) -> None:
    """Compare entries with the frozen forms of a check.

    Raises:
        InvalidAnswers: an item that the check does not have or has twice, or answers that do not fit.
    """
    known = {item.item_code for item in case.check_items[check.id]}
    faults: list[Fault] = []
    seen: set[str] = set()
    for number, one in enumerate(entries):
        where = f"body.items.{number}"
        if one.item_code not in known:
            message = f"该部门的检查没有事项 {one.item_code}"
            faults.append(Fault(where=where, code="unknown_item", message=message))
        elif one.item_code in seen:
            faults.append(Fault(where=where, code="duplicate_item", message=f"事项 {one.item_code} 重复填写"))
        else:
            faults += [
                Fault(where=f"{where}.answers.{slip.key}", code=slip.code, message=slip.message)
                for slip in slips(case.forms[one.item_code], one.answers)
            ]
        seen.add(one.item_code)
    if faults:
        raise InvalidAnswers("；".join(fault.message for fault in faults[:5]), faults=faults)


def snapshot(case: CaseFile, check: Check) -> dict[str, object]:
    """Return what the audit trail keeps of a check: results and versions, no answers in clear."""
    return {
        "check": check.list_code,
        "version": check.version,
        "results": {item.item_code: item.result for item in case.check_items[check.id]},
    }
