"""The day and the start of a visit."""

from collections import Counter
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Fault, Invalid
from suicha_contracts.events import VoidedAttempt

from suicha_inspection.access import require_member, require_state
from suicha_inspection.build import inspector_of, object_of, record_of
from suicha_inspection.casefile import CaseFile, load_case_file
from suicha_inspection.clock import TOLERANCE, day_of, now
from suicha_inspection.completeness import missing
from suicha_inspection.models import Check, Visit
from suicha_inspection.problems import LicenceNotShown, NotOnTeam, OutsideWindow, TeamTooSmall
from suicha_inspection.states import Deed, VisitState
from suicha_inspection.visits.schemas import (
    CheckDetail,
    ItemDetail,
    ScheduleBody,
    StartBody,
    VisitDetail,
    VisitMode,
    VisitSummary,
)


async def schedule(session: AsyncSession, visit: Visit, caller: Caller, body: ScheduleBody) -> None:
    """Fix the day of a visit.

    Raises:
        OutsideWindow: the day is not within the time set, and no reason is given.
        NotOnTeam: an inspector of another team asks.
    """
    await require_member(session, visit, caller)
    _require_window(visit, body.planned_on, body.deviation_reason)
    before = {"planned_on": visit.planned_on, "deviation_reason": visit.deviation_reason}
    visit.planned_on, visit.deviation_reason = body.planned_on, body.deviation_reason
    await session.flush()
    after = {"planned_on": visit.planned_on, "deviation_reason": visit.deviation_reason}
    await audit.record(session, "visit.schedule", "visit", visit.id, before=before, after=after)


async def start(session: AsyncSession, visit: Visit, caller: Caller, body: StartBody) -> None:
    """Begin a visit with who is present; from now on the record is being made.

    Raises:
        NotOnTeam: somebody who was not drawn, or a caller who is not present.
        TeamTooSmall: fewer of a crew than the ruleset asks for (S0 四, S3 Art. 10).
        LicenceNotShown: on site without showing licences (S3 Art. 10).
        Invalid: a licence is not valid on that day (R13), or the time lies in the future.
        OutsideWindow: not within the time set, and no reason is given (E15).
    """
    following = require_state(visit, Deed.START)
    case = await load_case_file(session, visit)
    day = day_of(body.at)
    if body.at > now() + TOLERANCE:
        raise Invalid("开始时间不能晚于现在")
    if body.mode is VisitMode.ONSITE and not body.licences_shown:
        raise LicenceNotShown()
    _require_window(visit, day, body.deviation_reason or visit.deviation_reason)
    _require_team(case, caller, set(body.present), day)
    for member, _ in case.team:
        member.present = member.inspector_id in body.present
    visit.state, visit.mode = following, body.mode
    visit.started_at, visit.licences_shown = body.at, body.licences_shown
    visit.deviation_reason = body.deviation_reason or visit.deviation_reason
    await session.flush()
    await audit.record(
        session, "visit.start", "visit", visit.id,
        after={"mode": body.mode, "present": sorted(set(body.present)), "at": body.at,
               "licences_shown": body.licences_shown},
        reason=body.deviation_reason,
    )  # fmt: skip


def _require_window(visit: Visit, day: date, reason: str) -> None:
    if not visit.inspect_from <= day <= visit.inspect_to and not reason:
        raise OutsideWindow(f"规定的检查时间为 {visit.inspect_from} 至 {visit.inspect_to}，请写明原因")


def _require_team(case: CaseFile, caller: Caller, present: set[str], day: date) -> None:
    drawn = {member.inspector_id: (member, entry) for member, entry in case.team if member.kind == "team"}
    strangers = sorted(present - drawn.keys())
    if strangers:
        raise NotOnTeam(
            "有人员不在抽取的检查组内",
            faults=[
                Fault(where="body.present", code="not_on_team", message=f"{one} 不是抽取到的检查人员")
                for one in strangers
            ],
        )
    if caller.inspector not in present:
        raise NotOnTeam("应由到场的检查人员登记开始检查")
    expired = [
        Fault(
            where="body.present",
            code="licence_expired",
            message=f"{entry.name}的执法证有效期至 {entry.licence_until}，检查当日已失效",
        )
        for code, (_, entry) in sorted(drawn.items())
        if code in present and entry.licence_until < day
    ]
    if expired:
        raise Invalid("检查人员的执法证件已失效", faults=expired)
    counts = Counter(member.crew for code, (member, _) in drawn.items() if code in present)
    least = case.round.team_minimum
    small = [
        Fault(
            where="body.present",
            code="too_few_present",
            message=f"{case.lists[check.list_code].department}检查组到场 {counts[check.crew]} 人，至少 {least} 人",
        )
        for check in _one_check_of_each_crew(case)
        if counts[check.crew] < least
    ]
    if small:
        raise TeamTooSmall("；".join(fault.message for fault in small), faults=small)


def _one_check_of_each_crew(case: CaseFile) -> list[Check]:
    return list({check.crew: check for check in reversed(case.checks)}.values())


def faults_of(case: CaseFile) -> list[Fault]:
    """Return what keeps the record from being submitted, as faults."""
    record = record_of(case, version=case.visit.record_version + 1)
    return [Fault(where=one.where, code=one.code, message=one.message) for one in missing(record, case.forms)]


def summary_of(visit: Visit) -> VisitSummary:
    """Return a visit as a line of the list."""
    return VisitSummary(
        id=visit.id,
        round_id=visit.round_id,
        object_id=visit.object_id,
        object_name=visit.object_name,
        address=visit.address,
        state=VisitState(visit.state),
        planned_on=visit.planned_on,
        inspect_from=visit.inspect_from,
        inspect_to=visit.inspect_to,
        version=visit.version,
    )


def detail_of(case: CaseFile, caller: Caller) -> VisitDetail:
    """Return everything that a phone needs."""
    visit = case.visit
    record = record_of(case, version=visit.record_version)
    crews = {
        member.crew
        for member, _ in case.team
        if member.kind == "team" and member.inspector_id == caller.inspector
    }
    return VisitDetail(
        id=visit.id,
        version=visit.version,
        state=VisitState(visit.state),
        round_id=visit.round_id,
        draw_id=case.round.draw_id,
        attempt=case.round.attempt,
        voided=[VoidedAttempt.model_validate(one) for one in case.round.voided],
        org=visit.org,
        org_name=case.round.org_name,
        object=object_of(visit),
        inspect_from=visit.inspect_from,
        inspect_to=visit.inspect_to,
        team_minimum=case.round.team_minimum,
        planned_on=visit.planned_on,
        deviation_reason=visit.deviation_reason,
        mode=VisitMode(visit.mode) if visit.mode else None,
        started_at=visit.started_at,
        finished_on=visit.finished_on,
        team=[inspector_of(member, entry) for member, entry in case.team],
        assistants=record.assistants,
        checks=[check_detail(case, check, mine=check.crew in crews) for check in case.checks],
        evidence=record.evidence,
        signatures=record.signatures,
        untraceable=record.untraceable,
        non_cooperations=record.non_cooperations,
        follow_ups=record.follow_ups,
        review_comment=visit.review_comment,
        cancel_reason=visit.cancel_reason,
        record_version=visit.record_version,
        missing=faults_of(case) if visit.state == VisitState.STARTED else [],
    )


def check_detail(case: CaseFile, check: Check, *, mine: bool) -> CheckDetail:
    """Return one check with forms and answers."""
    row = case.lists[check.list_code]
    return CheckDetail(
        id=check.id,
        version=check.version,
        list_code=check.list_code,
        crew=check.crew,
        department=row.department,
        task_number=row.task_number,
        task_name=row.task_name,
        plan_number=row.plan_number,
        plan_name=row.plan_name,
        code_set=check.code_set,
        mine=mine,
        items=[
            ItemDetail(
                code=item.item_code,
                name=case.items[item.item_code].name,
                content=case.items[item.item_code].content,
                legal_basis=case.items[item.item_code].legal_basis,
                form=case.forms[item.item_code],
                answers=item.answers,
                result=item.result,
            )
            for item in case.check_items[check.id]
        ],
        opinion=check.opinion,
        remark=check.remark,
        mitigation=check.mitigation,
        edited_by=check.edited_by,
        edited_at=check.edited_at,
    )
