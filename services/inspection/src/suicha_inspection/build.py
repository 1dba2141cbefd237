"""From rows to values: the record that a case file amounts to now, and the outcomes that are told to others."""

from collections.abc import Iterable

from suicha_contracts.events import CheckOutcome, FollowUpState, RulesetRef
from suicha_contracts.values import DrawMode, FollowUpKind

from suicha_inspection.casefile import CaseFile
from suicha_inspection.models import Check, CheckItem, FollowUp, RosterEntry, TeamMember, Visit
from suicha_inspection.record import (
    Record,
    RecordAnswer,
    RecordAssistant,
    RecordCheck,
    RecordEvidence,
    RecordFollowUp,
    RecordInspector,
    RecordItem,
    RecordNonCooperation,
    RecordObject,
    RecordSignature,
    RecordUntraceable,
)
from suicha_inspection.results import most_serious_first


def record_of(case: CaseFile, *, version: int, reason: str = "") -> Record:
    """Return the record as it stands."""
    visit = case.visit
    return Record(
        visit_id=visit.id,
        version=version,
        reason=reason,
        round_id=visit.round_id,
        draw_id=case.round.draw_id,
        org=visit.org,
        org_name=case.round.org_name,
        region=visit.region,
        ruleset=RulesetRef.model_validate(case.round.ruleset),
        object=object_of(visit),
        mode=visit.mode,
        started_at=visit.started_at,
        finished_on=visit.finished_on,
        licences_shown=visit.licences_shown,
        planned_on=visit.planned_on,
        deviation_reason=visit.deviation_reason,
        inspectors=[inspector_of(member, entry) for member, entry in case.team],
        assistants=[RecordAssistant.model_validate(row, from_attributes=True) for row in case.assistants],
        checks=[_check(case, check) for check in case.checks],
        untraceable=RecordUntraceable.model_validate(visit.untraceable) if visit.untraceable else None,
        non_cooperations=[
            RecordNonCooperation.model_validate(row, from_attributes=True) for row in case.non_cooperations
        ],
        evidence=[RecordEvidence.model_validate(row, from_attributes=True) for row in case.evidence],
        signatures=[RecordSignature.model_validate(row, from_attributes=True) for row in case.signatures],
        follow_ups=[follow_up_of(row) for row in case.follow_ups],
    )


def object_of(visit: Visit) -> RecordObject:
    """Return the object of a visit."""
    return RecordObject(
        id=visit.object_id,
        name=visit.object_name,
        kind=visit.object_kind,
        credit_code=visit.credit_code,
        region=visit.object_region,
        address=visit.address,
        legal_representative=visit.legal_representative,
        business_scope=visit.business_scope,
        credit_grade=visit.credit_grade,
    )


def inspector_of(member: TeamMember, entry: RosterEntry) -> RecordInspector:
    """Return a member of the team with what the round knew of him."""
    return RecordInspector(
        id=member.inspector_id,
        name=entry.name,
        org=entry.org,
        department=entry.department,
        crew=member.crew,
        licence_no=entry.licence_no,
        licence_until=entry.licence_until,
        kind=member.kind,
        position=member.position,
        present=member.present,
    )


def follow_up_of(row: FollowUp) -> RecordFollowUp:
    """Return a follow-up."""
    return RecordFollowUp.model_validate(row, from_attributes=True)


def _check(case: CaseFile, check: Check) -> RecordCheck:
    row = case.lists[check.list_code]
    return RecordCheck(
        id=check.id,
        list_code=check.list_code,
        crew=check.crew,
        department=row.department,
        task_id=row.task_id,
        task_number=row.task_number,
        task_name=row.task_name,
        plan_number=row.plan_number,
        plan_name=row.plan_name,
        code_set=check.code_set,
        items=[_item(case, item) for item in case.check_items[check.id]],
        opinion=check.opinion,
        remark=check.remark,
        mitigation=check.mitigation,
    )


def _item(case: CaseFile, item: CheckItem) -> RecordItem:
    frozen, form = case.items[item.item_code], case.forms[item.item_code]
    return RecordItem(
        code=item.item_code,
        name=frozen.name,
        legal_basis=frozen.legal_basis,
        form_code=form.code,
        form_version=form.version,
        answers=[
            RecordAnswer(key=question.key, text=question.text, answer=item.answers.get(question.key))
            for question in form.questions
        ],
        result=item.result,
    )


def outcomes_of(case: CaseFile, record: Record) -> list[CheckOutcome]:
    """Return what each department found, as it goes to disclosure: no personal data, no answers."""
    return [
        CheckOutcome(
            check_id=check.id,
            list_code=check.list_code,
            crew=check.crew,
            department=check.department,
            task_id=check.task_id,
            plan_number=check.plan_number,
            plan_name=check.plan_name,
            task_number=check.task_number,
            task_name=check.task_name,
            mode=DrawMode(case.lists[check.list_code].mode),
            items=[item.name for item in check.items],
            code_set=check.code_set,
            results=most_serious_first(item.result for item in check.items if item.result is not None),
            remark=check.remark,
        )
        for check in record.checks
    ]


def follow_up_states(rows: Iterable[FollowUp]) -> list[FollowUpState]:
    """Return whether each follow-up is done."""
    return [
        FollowUpState(
            follow_up_id=row.id,
            kind=FollowUpKind(row.kind),
            closed=row.closed_on is not None,
            due_on=row.due_on,
        )
        for row in rows
    ]
