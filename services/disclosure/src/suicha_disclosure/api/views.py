"""From rows to what the endpoints show. Rows MUST have been read in the caller's scope."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.ruleset import DeadlineKind, Ruleset
from suicha_contracts.values import RZ_2022, ResultCode

from suicha_disclosure.api.schemas import (
    AttemptView,
    DeadlineView,
    DeliveryDetail,
    DeliveryView,
    DisclosureDetail,
    DisclosureSummary,
    LineView,
    RatioView,
    ReconciliationView,
    ResultCount,
    VersionView,
)
from suicha_disclosure.models import (
    Attempt,
    Delivery,
    DeliveryState,
    Disclosure,
    DisclosureLine,
    DisclosureState,
    FollowUp,
    Publication,
    PublicationCause,
    Reconciliation,
)
from suicha_disclosure.redaction import public_follow_ups, public_line, result_text
from suicha_disclosure.service.facts import ruleset_of
from suicha_disclosure.service.records import channels_of, facts_of
from suicha_disclosure.service.statistics import Ratio, today

_OPEN = (DisclosureState.PENDING, DisclosureState.RELEASED)
_DAYS = {DeadlineKind.WORKING_DAYS: "个工作日", DeadlineKind.CALENDAR_DAYS: "日（自然日）"}


def summary(row: Disclosure) -> DisclosureSummary:
    """Show one result on a list."""
    return DisclosureSummary(
        id=row.id, visit_id=row.visit_id, round_id=row.round_id, draw_id=row.draw_id, org=row.org,
        region=row.region, object_id=row.object_id, object_name=row.object_name,
        credit_grade=row.credit_grade, finished_on=row.finished_on, normal=row.normal,
        state=DisclosureState(row.state), due_on=row.due_on, provisional=row.provisional,
        overdue=_overdue(row), public_version=row.public_version, released_at=row.released_at,
        disclosed_at=row.disclosed_at,
    )  # fmt: skip


async def detail(session: AsyncSession, row: Disclosure) -> DisclosureDetail:
    """Show one result with everything."""
    ruleset = await ruleset_of(session, row.ruleset_id, row.ruleset_version)
    visit = (await facts_of(session, [row]))[row.id]
    lines = (
        await session.scalars(
            select(DisclosureLine)
            .where(DisclosureLine.disclosure_id == row.id)
            .order_by(DisclosureLine.position)
        )
    ).all()
    follow_ups = (await session.scalars(select(FollowUp).where(FollowUp.visit_id == row.visit_id))).all()
    handled = bool(follow_ups) and all(one.closed for one in follow_ups)
    first = ruleset is not None and ruleset.disclosure.problems_after_handling.value
    versions = await session.scalars(
        select(Publication)
        .where(Publication.disclosure_id == row.id)
        .order_by(Publication.version, Publication.kind)
    )
    return DisclosureDetail(
        **summary(row).model_dump(),
        org_name=row.org_name,
        object_kind=row.object_kind,
        object_region=row.object_region,
        ruleset_id=row.ruleset_id,
        ruleset_version=row.ruleset_version,
        channels=sorted(channels_of(ruleset)) if ruleset else [],
        deadline=_deadline(row, ruleset),
        lines=[
            LineView(
                check_id=line.check_id, department=line.department, list_code=line.list_code,
                result_codes=line.results, result=result_text([ResultCode(code) for code in line.results]),
                remark=line.remark, withheld_reason=line.withheld_reason,
                public=public_line(visit, known),
            )
            for line, known in zip(lines, visit.lines, strict=True)
        ],
        follow_ups=public_follow_ups(visit.follow_ups),
        handling_note=row.handling_note,
        waits_for_handling=bool(first and not row.normal and not handled and not row.handling_note),
        withdrawn_reason=row.withdrawn_reason,
        released_by=row.released_by,
        record_version=row.record_version,
        versions=[
            VersionView(
                kind=one.kind, version=one.version, cause=PublicationCause(one.cause), sha256=one.sha256,
                issued_at=one.issued_at,
            )
            for one in versions
        ],
    )  # fmt: skip


def _deadline(row: Disclosure, ruleset: Ruleset | None) -> DeadlineView:
    shown = DeadlineView(
        due_on=row.due_on,
        provisional=row.provisional,
        overdue=_overdue(row),
        explanation="所适用的规则集尚未到达，期限待定",
    )
    if ruleset is None:
        return shown
    clause = ruleset.disclosure.deadline
    rule = clause.value
    if row.due_on is None:
        handling = ruleset.disclosure.problems_after_handling
        words = f"问题结果先处理后公示，处理完毕即公示（{handling.clause}）"
        return shown.model_copy(
            update={"explanation": words, "clause": handling.clause, "quote": handling.quote}
        )
    words = f"自检查结束次日起 {rule.days} {_DAYS[rule.kind]}（{clause.clause}）"
    if rule.promptly:
        words = f"检查结束后及时公示，最迟{words.removeprefix('自')}"
    if row.provisional:
        words += "；有年份尚无官方放假安排，暂按星期推算，安排公布后重新计算"
    return shown.model_copy(
        update={
            "kind": rule.kind, "days": rule.days, "promptly": rule.promptly, "clause": clause.clause,
            "quote": clause.quote, "explanation": words,
        }
    )  # fmt: skip


def _overdue(row: Disclosure) -> bool:
    return row.state in _OPEN and row.due_on is not None and row.due_on < today()


def delivery_view(row: Delivery) -> DeliveryView:
    """Show one delivery on a list."""
    return DeliveryView(
        id=row.id, channel=row.channel, kind=row.kind, record_id=row.record_id, version=row.version,
        state=DeliveryState(row.state), attempts=row.attempts, created_at=row.created_at,
        next_at=row.next_at if row.state == DeliveryState.WAITING else None, accepted_at=row.accepted_at,
        reason=row.reason, receipt=row.receipt,
    )  # fmt: skip


async def delivery_detail(session: AsyncSession, row: Delivery) -> DeliveryDetail:
    """Show one delivery with every attempt."""
    attempts = await session.scalars(
        select(Attempt).where(Attempt.delivery_id == row.id).order_by(Attempt.seq)
    )
    return DeliveryDetail(
        **delivery_view(row).model_dump(),
        log=[
            AttemptView(
                number=one.number, cause=one.cause, verdict=one.verdict, status=one.status,
                answer=one.answer, reason=one.reason, ms=one.ms, ended_at=one.ended_at,
            )
            for one in attempts
        ],
    )  # fmt: skip


def reconciliation_view(row: Reconciliation) -> ReconciliationView:
    """Show one comparison."""
    return ReconciliationView(
        id=row.id, channel=row.channel, asked_by=row.asked_by, asked_at=row.asked_at,
        finished_at=row.finished_at, held=row.held, missing=row.missing, different=row.different,
        unknown=row.unknown, error=row.error,
    )  # fmt: skip


def ratio(share: Ratio) -> RatioView:
    """Show a share."""
    return RatioView(num=share.num, den=share.den, bp=share.bp)


def result_counts(counts: dict[str, int]) -> list[ResultCount]:
    """Show results with their words."""
    return [
        ResultCount(code=code, text=RZ_2022[ResultCode(code)], count=count) for code, count in counts.items()
    ]
