"""From facts about visits to issued versions: what a publisher's release or a correction sends out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.publication import PublicationStatus, PublicVoidedAttempt, RecordKind
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import DrawMode, FollowUpKind, ResultCode

from suicha_disclosure.models import (
    Disclosure,
    DisclosureLine,
    DisclosureState,
    FollowUp,
    PublicationCause,
    RoundFact,
    VoidedAttempt,
)
from suicha_disclosure.redaction import (
    FollowUpFacts,
    LineFacts,
    VisitFacts,
    credit_record,
    public_result,
)
from suicha_disclosure.service.facts import ruleset_of
from suicha_disclosure.service.plans_and_draws import public_void
from suicha_disclosure.service.publish import CREDIT_PLATFORM, PUBLIC_SITE, Issue, issue

FOLLOW_UP_CLOSED = "后续处理结果更新"


async def facts_of(session: AsyncSession, disclosures: Sequence[Disclosure]) -> dict[UUID, VisitFacts]:
    """Return all that redaction needs of some disclosures, by their id. Rows MUST be in scope already."""
    by_visit = {one.visit_id: one for one in disclosures}
    lines: dict[UUID, list[LineFacts]] = {one.id: [] for one in disclosures}
    for row in await session.scalars(
        select(DisclosureLine)
        .where(DisclosureLine.disclosure_id.in_(lines))
        .order_by(DisclosureLine.disclosure_id, DisclosureLine.position)
    ):
        lines[row.disclosure_id].append(line_facts(row))
    follow_ups: dict[UUID, list[FollowUpFacts]] = {visit: [] for visit in by_visit}
    for done in await session.scalars(
        select(FollowUp).where(FollowUp.visit_id.in_(by_visit)).order_by(FollowUp.follow_up_id)
    ):
        follow_ups[done.visit_id].append(FollowUpFacts(FollowUpKind(done.kind), done.closed, done.closed_on))
    attempts = await _attempts_of(session, disclosures)
    return {
        one.id: VisitFacts(
            record_id=one.id,
            visit_id=one.visit_id,
            draw_id=one.draw_id,
            org_name=one.org_name,
            object_id=one.object_id,
            object_name=one.object_name,
            object_kind=one.object_kind,
            object_region=one.object_region,
            finished_on=one.finished_on,
            lines=tuple(lines[one.id]),
            follow_ups=tuple(follow_ups[one.visit_id]),
            draw_attempt=attempts.get(one.round_id, (None, ()))[0],
            voided=attempts.get(one.round_id, (None, ()))[1],
        )
        for one in disclosures
    }


async def _attempts_of(
    session: AsyncSession, disclosures: Sequence[Disclosure]
) -> dict[UUID, tuple[int, tuple[PublicVoidedAttempt, ...]]]:
    """Return, by round, which attempt its objects were drawn in, and the void ones before (RID/1 §4)."""
    rounds = await session.execute(
        select(RoundFact.round_id, RoundFact.draw_id, RoundFact.attempt).where(
            RoundFact.round_id.in_({one.round_id for one in disclosures})
        )
    )
    known = {round_id: (draw_id, attempt) for round_id, draw_id, attempt in rounds}
    voided = await session.scalars(
        select(VoidedAttempt)
        .where(VoidedAttempt.draw_id.in_({draw_id for draw_id, _ in known.values()}))
        .order_by(VoidedAttempt.attempt)
    )
    rows = list(voided)
    return {
        round_id: (
            attempt,
            tuple(public_void(row) for row in rows if row.draw_id == draw_id and row.attempt < attempt),
        )
        for round_id, (draw_id, attempt) in known.items()
    }


def line_facts(row: DisclosureLine) -> LineFacts:
    """Return a stored line as redaction reads it."""
    return LineFacts(
        check_id=row.check_id,
        plan_number=row.plan_number,
        plan_name=row.plan_name,
        task_number=row.task_number,
        task_name=row.task_name,
        mode=DrawMode(row.mode),
        code_set=row.code_set,
        results=tuple(ResultCode(code) for code in row.results),
        remark=row.remark,
        withheld_reason=row.withheld_reason,
    )


def channels_of(ruleset: Ruleset) -> frozenset[str]:
    """Return the ruleset's channels that the platform delivers to (X5); people serve the others."""
    return frozenset(ruleset.disclosure.channels.value) & {PUBLIC_SITE, CREDIT_PLATFORM}


async def issue_versions(
    session: AsyncSession,
    disclosures: Sequence[Disclosure],
    cause: PublicationCause,
    reason: str = "",
) -> None:
    """Issue the next version of each disclosure to the channels of its ruleset.

    A closed follow-up changes only what the website shows, so only the website gets that version.
    """
    facts = await facts_of(session, disclosures)
    rulesets: dict[tuple[str, str], Ruleset | None] = {}
    issues: list[Issue] = []
    now = datetime.now(UTC)
    for one in disclosures:
        key = (one.ruleset_id, one.ruleset_version)
        if key not in rulesets:
            rulesets[key] = await ruleset_of(session, *key)
        ruleset = rulesets[key]
        assert ruleset is not None, "issued before its ruleset arrived"
        one.public_version += 1
        issues += _issues(one, facts[one.id], channels_of(ruleset), cause, reason, now)
    await issue(session, issues)


def _issues(
    one: Disclosure,
    visit: VisitFacts,
    channels: frozenset[str],
    cause: PublicationCause,
    reason: str,
    now: datetime,
) -> list[Issue]:
    withdrawn = one.state == DisclosureState.WITHDRAWN
    status = PublicationStatus.WITHDRAWN if withdrawn else PublicationStatus.PUBLISHED
    version, made = one.public_version, list[Issue]()
    if PUBLIC_SITE in channels:
        document = public_result(visit, version, status, reason, now)
        made.append(
            Issue(RecordKind.RESULT, str(one.id), version, one.region, one.org, cause, document, one.id)
        )
    record = credit_record(visit, version, status, reason)
    # Without a website in the ruleset the follow-up still makes a version: every version goes somewhere.
    if CREDIT_PLATFORM in channels and record and (cause != PublicationCause.FOLLOW_UP or not made):
        made.append(
            Issue(RecordKind.CREDIT, str(one.id), version, one.region, one.org, cause, record, one.id)
        )
    return made
