"""What inspection told: closed visits, corrections, closed follow-ups. Each has its effect once, in any order.

Every effect first takes the visit's lock, keeps its fact, and then brings the disclosure, if there is one, to
where the facts say it is. So a correction that arrives before its record is applied when the record arrives.
"""

from uuid import UUID

from sqlalchemy import delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.events import CheckOutcome, FollowUpClosed, InspectionClosed, InspectionCorrected

from suicha_disclosure.models import (
    Correction,
    Disclosure,
    DisclosureLine,
    DisclosureState,
    FollowUp,
    PublicationCause,
)
from suicha_disclosure.service.facts import count_deadline, hold_rules
from suicha_disclosure.service.plans_and_draws import voided_reason
from suicha_disclosure.service.records import FOLLOW_UP_CLOSED, issue_versions


async def record_inspection(session: AsyncSession, event: InspectionClosed) -> None:
    """Make the one disclosure of a visit, with its deadline as far as it can be known (X3)."""
    await _lock_visit(session, event.visit_id)
    await hold_rules(session)
    if await _disclosure(session, event.visit_id) is not None:
        return
    disclosure = Disclosure(
        visit_id=event.visit_id, round_id=event.round_id, draw_id=event.draw_id, org=event.org,
        org_name=event.org_name, region=event.region, object_id=event.object_id,
        object_name=event.object_name, object_kind=event.object_kind, object_region=event.object_region,
        credit_grade=event.credit_grade, finished_on=event.finished_on, closed_at=event.closed_at,
        normal=event.normal, ruleset_id=event.ruleset.id, ruleset_version=event.ruleset.version,
    )  # fmt: skip
    session.add(disclosure)
    checks = event.checks
    correction = (
        await session.scalars(
            select(Correction)
            .where(Correction.visit_id == event.visit_id)
            .order_by(Correction.version.desc())
            .limit(1)
        )
    ).first()
    if correction is not None:
        disclosure.normal, disclosure.record_version = correction.normal, correction.version
        checks = [CheckOutcome.model_validate(check) for check in correction.checks]
    voided = await voided_reason(session, event.round_id, event.draw_id)
    if voided is not None:
        disclosure.state, disclosure.withdrawn_reason = DisclosureState.WITHDRAWN, voided
    await count_deadline(session, disclosure)
    await session.flush()
    await _put_lines(session, disclosure, checks)
    for one in event.follow_ups:
        await _put_follow_up(
            session, event.visit_id, one.follow_up_id,
            {"kind": one.kind, "closed": one.closed, "due_on": one.due_on},
        )  # fmt: skip


async def correct_inspection(session: AsyncSession, event: InspectionCorrected) -> None:
    """Take in a correction. What is public already is corrected at once; both versions stay (S3 Art. 16)."""
    await _lock_visit(session, event.visit_id)
    await hold_rules(session)
    kept = await session.scalar(
        insert(Correction)
        .values(
            visit_id=event.visit_id, version=event.version, reason=event.reason,
            corrected_at=event.corrected_at, normal=event.normal,
            checks=[check.model_dump(mode="json") for check in event.checks],
        )
        .on_conflict_do_nothing()
        .returning(Correction.version)
    )  # fmt: skip
    disclosure = await _disclosure(session, event.visit_id)
    if kept is None or disclosure is None or disclosure.record_version >= event.version:
        return
    disclosure.normal, disclosure.record_version = event.normal, event.version
    await count_deadline(session, disclosure)
    await _put_lines(session, disclosure, event.checks)
    if disclosure.state in (DisclosureState.RELEASED, DisclosureState.DISCLOSED):
        await issue_versions(session, [disclosure], PublicationCause.CORRECTION, event.reason)
    elif disclosure.state == DisclosureState.WITHDRAWN and disclosure.public_version:
        disclosure.state = DisclosureState.PENDING


async def close_follow_up(session: AsyncSession, event: FollowUpClosed) -> None:
    """Take in that a follow-up is done; what is public already says so from now on (X10)."""
    await _lock_visit(session, event.visit_id)
    await _put_follow_up(
        session, event.visit_id, event.follow_up_id,
        {"kind": event.kind, "closed": True, "closed_on": event.closed_on},
    )  # fmt: skip
    disclosure = await _disclosure(session, event.visit_id)
    if disclosure is not None and disclosure.state in (DisclosureState.RELEASED, DisclosureState.DISCLOSED):
        await issue_versions(session, [disclosure], PublicationCause.FOLLOW_UP, FOLLOW_UP_CLOSED)


async def _lock_visit(session: AsyncSession, visit_id: UUID) -> None:
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": f"visit:{visit_id}"}
    )


async def _disclosure(session: AsyncSession, visit_id: UUID) -> Disclosure | None:
    """Return the visit's disclosure, locked against people who release or withdraw it meanwhile."""
    return await session.scalar(select(Disclosure).where(Disclosure.visit_id == visit_id).with_for_update())


async def _put_lines(session: AsyncSession, disclosure: Disclosure, checks: list[CheckOutcome]) -> None:
    """Replace the lines. A line that was withheld stays withheld when its check is corrected."""
    await session.execute(
        delete(DisclosureLine).where(
            DisclosureLine.disclosure_id == disclosure.id,
            DisclosureLine.check_id.not_in([check.check_id for check in checks]),
        )
    )
    if not checks:
        return
    statement = insert(DisclosureLine).values(
        [
            {
                "disclosure_id": disclosure.id, "check_id": check.check_id, "position": position,
                "region": disclosure.region, "org": disclosure.org, "round_id": disclosure.round_id,
                "list_code": check.list_code, "department": check.department,
                "plan_number": check.plan_number, "plan_name": check.plan_name,
                "task_number": check.task_number, "task_name": check.task_name, "mode": check.mode.value,
                "code_set": check.code_set, "results": [code.value for code in check.results],
                "remark": check.remark,
            }
            for position, check in enumerate(checks)
        ]
    )  # fmt: skip
    fresh = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["disclosure_id", "check_id"],
            set_={
                "position": fresh.position, "results": fresh.results, "remark": fresh.remark,
                "code_set": fresh.code_set,
            },
        )
    )  # fmt: skip


async def _put_follow_up(
    session: AsyncSession, visit_id: UUID, follow_up_id: UUID, values: dict[str, object]
) -> None:
    """Keep what is known of a follow-up: closed stays closed, and a day once known stays known."""
    statement = insert(FollowUp).values(visit_id=visit_id, follow_up_id=follow_up_id, **values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["visit_id", "follow_up_id"],
            set_={
                "closed": or_(FollowUp.closed, statement.excluded.closed),
                "due_on": text("coalesce(follow_ups.due_on, excluded.due_on)"),
                "closed_on": text("coalesce(follow_ups.closed_on, excluded.closed_on)"),
            },
        )
    )
