"""Plans and draws: what draw told, and the public records made of it (S1 (二), S2 Art. 10, RID/1).

Facts are kept as they come, in any order; a draw's record is built again whenever one of them is new.
"""

from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.bus import PermanentError, TransientError
from suicha_chassis.ids import uuid7
from suicha_contracts.events import (
    BundleRewritten,
    DrawCompleted,
    DrawUnsealed,
    DrawVoided,
    PlanPublished,
    SavingsCounted,
    SubstitutionMade,
)
from suicha_contracts.publication import (
    PublicBundle,
    PublicDraw,
    PublicEarlierDraw,
    PublicList,
    PublicLots,
    PublicPlan,
    PublicPlanTask,
    PublicRuleset,
    PublicSavings,
    PublicStratum,
    PublicSubstitution,
    PublicVoidedAttempt,
    RecordKind,
)

from suicha_disclosure.models import (
    BundleVersion,
    JointSavings,
    PlanFact,
    Publication,
    PublicationCause,
    RoundFact,
    RoundList,
    Substitution,
    VoidedAttempt,
)
from suicha_disclosure.redaction import scrub
from suicha_disclosure.service.publish import Issue, issue

NO_REASON = "发布单位未说明理由"
WITNESS = "法制机构"
"""The legal witness is public as an office, never by name (S2 Art. 10)."""
NOBODY = "无（候补已用尽）"
"""Who steps in for an object whose stratum has no substitute left (RID/1 §8)."""


async def publish_plan(session: AsyncSession, event: PlanPublished) -> None:
    """Publish a plan or its adjusted version. A version older than one already public is not issued."""
    await _alone(session, f"plan:{event.plan_id}")
    newest = await session.get(PlanFact, event.plan_id)
    if newest is not None and newest.version >= event.version:
        return
    if newest is None:
        newest = PlanFact(plan_id=event.plan_id)
        session.add(newest)
    newest.version, newest.number, newest.name, newest.year = (
        event.version, event.number, event.name, event.year,
    )  # fmt: skip
    newest.org, newest.org_name, newest.region = event.org, event.org_name, event.region
    try:
        document = _public_plan(event)
    except ValidationError as error:
        raise PermanentError(f"plan {event.number} cannot be public: {error}") from error
    await issue(
        session,
        [
            Issue(
                kind=RecordKind.PLAN, record_id=str(event.plan_id), version=event.version,
                region=event.region, org=event.org, document=document,
                cause=PublicationCause.FIRST if event.version == 1 else PublicationCause.CORRECTION,
            )
        ],
    )  # fmt: skip


async def keep_round(session: AsyncSession, event: DrawCompleted) -> None:
    """Remember how many visits are due (the denominator of every rate) and publish the draw."""
    await _alone(session, f"draw:{event.draw_id}")
    added = await session.scalar(
        insert(RoundFact)
        .values(
            round_id=event.round_id, draw_id=event.draw_id, attempt=event.attempt, region=event.region,
            org=event.org, org_name=event.org_name, visits=event.visits, completed_at=event.completed_at,
            event=event.model_dump(mode="json"),
        )
        .on_conflict_do_nothing()
        .returning(RoundFact.round_id)
    )  # fmt: skip
    if added is None:
        return
    await session.execute(
        insert(RoundList),
        [
            {
                "round_id": event.round_id,
                "list_code": one.code,
                "plan_id": one.plan_id,
                "selected": sum(stratum.k for stratum in one.strata),
            }
            for one in event.lists
        ],
    )
    await _drop_voided(session, event.draw_id)
    await _publish_draw(session, event.draw_id, reason="")


async def unseal_round(session: AsyncSession, event: DrawUnsealed) -> None:
    """Publish a draw whose embargo has ended, with the seed and the proof bundle it was drawn with (RID/1 §5).

    Raises:
        TransientError: the draw itself has not arrived yet.
    """
    await _alone(session, f"draw:{event.draw_id}")
    fact = await session.get(RoundFact, event.round_id)
    if fact is None:
        raise TransientError(f"draw {event.draw_id} is not known yet")
    completed = DrawCompleted.model_validate(fact.event)
    if not completed.embargoed:
        return
    files = completed.files.model_copy(update={"bundle": event.bundle})
    open_now = completed.model_copy(update={"seed": event.seed, "embargoed": False, "files": files})
    fact.event = open_now.model_dump(mode="json")
    await session.flush()
    await _publish_draw(session, event.draw_id, reason="")


async def keep_voided(session: AsyncSession, event: DrawVoided) -> None:
    """Keep a voided attempt public with its reason (RID/1 §4); results of it that wait are dropped."""
    await _alone(session, f"draw:{event.draw_id}")
    await session.execute(
        insert(VoidedAttempt)
        .values(
            round_id=event.round_id, attempt=event.attempt, draw_id=event.draw_id, code=event.code,
            reason=event.reason, voided_at=event.voided_at,
        )
        .on_conflict_do_nothing()
    )  # fmt: skip
    await _drop_voided(session, event.draw_id)
    await _publish_draw(session, event.draw_id, reason=f"第{event.attempt}次抽取作废：{event.reason}")


async def keep_bundle(session: AsyncSession, event: BundleRewritten) -> None:
    """Publish the draw with the proof bundle that was written again; an older one never takes its place."""
    await _alone(session, f"draw:{event.draw_id}")
    newest = await _newest_bundle(session, event.round_id)
    await session.execute(
        insert(BundleVersion)
        .values(
            round_id=event.round_id, version=event.version, sha256=event.bundle.sha256, size=event.bundle.size
        )
        .on_conflict_do_nothing()
    )
    if newest is None or newest.version < event.version:
        await _publish_draw(session, event.draw_id, reason=f"证明包更新为第{event.version}版")


async def keep_savings(session: AsyncSession, event: SavingsCounted) -> None:
    """Publish with the draw what it saves by sharing tickets; nobody waited for the counting of it."""
    await _alone(session, f"draw:{event.draw_id}")
    added = await session.scalar(
        insert(JointSavings)
        .values(
            round_id=event.round_id, selected=event.selected, visits=event.visits,
            expected_visits_apart=event.expected_visits_apart, saved_by_sharing=event.saved_by_sharing,
        )
        .on_conflict_do_nothing()
        .returning(JointSavings.round_id)
    )  # fmt: skip
    if added is not None:
        await _publish_draw(session, event.draw_id, reason="补充联合抽查的统计，抽取结果不变")


async def _newest_bundle(session: AsyncSession, round_id: UUID) -> BundleVersion | None:
    return await session.scalar(
        select(BundleVersion)
        .where(BundleVersion.round_id == round_id)
        .order_by(BundleVersion.version.desc())
        .limit(1)
    )


async def keep_substitution(session: AsyncSession, event: SubstitutionMade) -> None:
    """Publish that an object or inspector was replaced, and why (D23)."""
    await _alone(session, f"draw:{event.draw_id}")
    session.add(
        Substitution(
            id=uuid7(), draw_id=event.draw_id, kind=event.kind, list_code=event.list_code, out=event.out,
            into=event.into, reason=event.reason, made_at=event.made_at,
        )
    )  # fmt: skip
    await session.flush()
    await _publish_draw(session, event.draw_id, reason=f"依次递补：{event.reason}")


async def voided_reason(session: AsyncSession, round_id: UUID, draw_id: str) -> str | None:
    """Return why the attempt that a round completed with was voided, None if it stands.

    Until the caller commits, no such news about the draw can arrive unseen.
    """
    await session.execute(
        text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:what, 0))"), {"what": f"draw:{draw_id}"}
    )
    return await session.scalar(
        select(VoidedAttempt.reason)
        .join(RoundFact, RoundFact.round_id == VoidedAttempt.round_id)
        .where(RoundFact.round_id == round_id, VoidedAttempt.attempt == RoundFact.attempt)
    )


async def _drop_voided(session: AsyncSession, draw_id: str) -> None:
    """Take back results that wait although their draw does not stand. Public ones are for a person."""
    await session.execute(
        text(
            "UPDATE disclosures d SET state = 'withdrawn', withdrawn_reason = v.reason, "
            "version = d.version + 1 FROM round_facts r "
            "JOIN voided_attempts v ON v.round_id = r.round_id AND v.attempt = r.attempt "
            "WHERE d.round_id = r.round_id AND r.draw_id = :draw AND d.state = 'pending'"
        ),
        {"draw": draw_id},
    )


async def _publish_draw(session: AsyncSession, draw_id: str, reason: str) -> None:
    """Issue the draw's record as the facts now are; nothing while the draw is not completed or under embargo."""
    completed = (
        await session.scalars(
            select(RoundFact).where(RoundFact.draw_id == draw_id).order_by(RoundFact.attempt.desc()).limit(1)
        )
    ).first()
    if completed is None:
        return
    version = 1 + (
        await session.scalar(
            select(func.coalesce(func.max(Publication.version), 0)).where(
                Publication.kind == RecordKind.DRAW, Publication.record_id == draw_id
            )
        )
        or 0
    )
    voided = await session.scalars(
        select(VoidedAttempt).where(VoidedAttempt.draw_id == draw_id).order_by(VoidedAttempt.attempt)
    )
    replaced = await session.scalars(
        select(Substitution)
        .where(Substitution.draw_id == draw_id)
        .order_by(Substitution.made_at, Substitution.id)
    )
    event = DrawCompleted.model_validate(completed.event)
    if event.embargoed:
        return
    try:
        document = _public_draw(
            event,
            version,
            reason if version > 1 else "",
            list(voided.all()),
            list(replaced.all()),
            await _newest_bundle(session, event.round_id),
            await session.get(JointSavings, event.round_id),
        )
    except ValidationError as error:
        raise PermanentError(f"draw {draw_id} cannot be public: {error}") from error
    await issue(
        session,
        [
            Issue(
                kind=RecordKind.DRAW, record_id=draw_id, version=version, region=event.region, org=event.org,
                document=document,
                cause=PublicationCause.FIRST if version == 1 else PublicationCause.CORRECTION,
            )
        ],
    )  # fmt: skip


def _public_plan(event: PlanPublished) -> PublicPlan:
    return PublicPlan(
        plan_id=event.plan_id,
        version=event.version,
        number=event.number,
        name=event.name,
        year=event.year,
        org=event.org,
        org_name=event.org_name,
        region=event.region,
        reason=event.reason or (NO_REASON if event.version > 1 else ""),
        published_at=event.published_at,
        tasks=[
            PublicPlanTask(
                number=task.number, name=task.name, mode=task.mode, ratio=task.ratio_text,
                frequency=task.frequency_text, items=task.items, object_range=task.object_range,
                method=task.method, department=task.department, joint_departments=task.joint_departments,
                months=task.months, basis=task.basis,
            )
            for task in event.tasks
        ],
    )  # fmt: skip


def _public_draw(
    event: DrawCompleted,
    version: int,
    reason: str,
    voided: list[VoidedAttempt],
    replaced: list[Substitution],
    bundle: BundleVersion | None,
    savings: JointSavings | None,
) -> PublicDraw:
    return PublicDraw(
        draw_id=event.draw_id,
        version=version,
        attempt=event.attempt,
        org=event.org,
        org_name=event.org_name,
        region=event.region,
        suite=event.suite,
        manifest_hash=event.manifest_hash,
        seed=event.seed,
        result_hash=event.result_hash,
        match_hash=event.match_hash,
        dice=event.dice,
        beacon=event.beacon,
        contributors=event.contributors,
        signed_by=WITNESS,
        completed_at=event.completed_at,
        inspect_from=event.inspect_from,
        inspect_to=event.inspect_to,
        visits=event.visits,
        ruleset=PublicRuleset(
            id=event.ruleset.id, version=event.ruleset.version, sha256=event.ruleset.sha256
        ),
        lists=[
            PublicList(
                code=one.code, plan_number=one.plan_number, plan_name=one.plan_name,
                task_number=one.task_number, task_name=one.task_name, department=one.department,
                mode=one.mode, registry_count=one.registry_count, excluded=one.excluded,
                strata=[PublicStratum(**stratum.model_dump()) for stratum in one.strata],
            )
            for one in event.lists
        ],
        bundle=_public_bundle(event, bundle),
        lots=_public_lots(event),
        savings=_public_savings(savings),
        voided=[public_void(one) for one in voided],
        earlier=[PublicEarlierDraw(**one.model_dump()) for one in event.earlier],
        substitutions=[
            PublicSubstitution(
                kind=one.kind, list_code=one.list_code, out=one.out, into=one.into or NOBODY,
                reason=scrub(one.reason)[:500] or NO_REASON, made_at=one.made_at,
            )
            for one in replaced
        ],
        reason=scrub(reason)[:4000],
        published_at=event.completed_at,
    )  # fmt: skip


def _public_lots(event: DrawCompleted) -> PublicLots | None:
    """Lots drawn by hand; places and offices are free text, so they are scrubbed as every other."""
    if event.lots is None:
        return None
    said = event.lots.model_dump()
    return PublicLots.model_validate(
        said | {"place": scrub(said["place"]), "present": [scrub(one) for one in said["present"]]}
    )


def _public_savings(counted: JointSavings | None) -> PublicSavings | None:
    if counted is None:
        return None
    return PublicSavings(
        selected=counted.selected, visits=counted.visits,
        expected_visits_apart=counted.expected_visits_apart, saved_by_sharing=counted.saved_by_sharing,
    )  # fmt: skip


def _public_bundle(event: DrawCompleted, newest: BundleVersion | None) -> PublicBundle | None:
    """Each version keeps its own path: a page that was printed names the file that it meant."""
    path = f"/public/draws/{event.draw_id}/bundle"
    if newest is None:
        first = event.files.bundle
        if first is None:
            return None
        return PublicBundle(sha256=first.sha256, size=first.size, path=f"{path}s/1")
    return PublicBundle(
        sha256=newest.sha256, size=newest.size, path=f"{path}s/{newest.version}", version=newest.version
    )


def public_void(one: VoidedAttempt) -> PublicVoidedAttempt:
    """Return a voided attempt as the public may see it."""
    return PublicVoidedAttempt(
        attempt=one.attempt,
        code=one.code,
        reason=scrub(one.reason)[:500] or NO_REASON,
        voided_at=one.voided_at,
    )


async def _alone(session: AsyncSession, what: str) -> None:
    """Let only one effect at a time work on one plan or draw."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what})
