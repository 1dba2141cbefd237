"""What a publisher decides: release, withhold, withdraw. Whoever inspects or reviews may not (X2)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, Fault, Forbidden, NotFound, Problem, SamePerson
from suicha_contracts.roles import Permission
from suicha_contracts.ruleset import Ruleset

from suicha_disclosure.models import (
    Disclosure,
    DisclosureLine,
    DisclosureState,
    FollowUp,
    PublicationCause,
)
from suicha_disclosure.problems import HandlingFirst, NoChannel, NotReleasable, RulesetUnknown, UnknownLine
from suicha_disclosure.redaction import public_code
from suicha_disclosure.service.facts import ruleset_of
from suicha_disclosure.service.publish import PUBLIC_SITE
from suicha_disclosure.service.records import channels_of, issue_versions

_STATE_WORDS = {
    DisclosureState.PENDING: "待公示",
    DisclosureState.RELEASED: "公示中",
    DisclosureState.DISCLOSED: "已公示",
    DisclosureState.WITHDRAWN: "已撤回",
}


async def locked(session: AsyncSession, caller: Caller, disclosure_id: UUID) -> Disclosure:
    """Return one disclosure that the caller's organisation owns, locked until the end of the deed.

    Raises:
        NotFound: there is none in the caller's scope.
        Forbidden: it belongs to another organisation.
        SamePerson: the caller also inspects or reviews.
    """
    rows = await _locked(session, caller, Disclosure.id == disclosure_id)
    if not rows:
        raise NotFound("没有这条检查结果，或不在您的管辖范围内")
    return rows[0]


async def release_one(session: AsyncSession, disclosure: Disclosure, caller: Caller, note: str) -> None:
    """Release one result. Releasing what is on its way already changes nothing.

    Raises:
        Conflict: it was withdrawn and not corrected since.
        RulesetUnknown, HandlingFirst, NoChannel: see there.
    """
    if note:
        disclosure.handling_note = note
    complaint = (await _complaints(session, [disclosure])).get(disclosure.id)
    if complaint is not None:
        raise complaint
    await _release(session, [disclosure], caller)


async def release_many(session: AsyncSession, caller: Caller, ids: Sequence[UUID]) -> int:
    """Release exactly these results or none of them; return how many were not released before.

    Raises:
        NotFound: some are not in the caller's scope.
        NotReleasable: some cannot be released; `faults` names each.
    """
    rows = await _locked(session, caller, Disclosure.id.in_(ids))
    if len(rows) != len(set(ids)):
        raise NotFound("部分检查结果不存在，或不在您的管辖范围内")
    complaints = await _complaints(session, rows)
    if complaints:
        raise NotReleasable(faults=[_fault(row, complaints[row.id]) for row in rows if row.id in complaints])
    return await _release(session, rows, caller)


async def release_round(session: AsyncSession, caller: Caller, round_id: UUID) -> tuple[int, list[Fault]]:
    """Release every result of a round that can be; return how many, and what keeps each of the others."""
    rows = await _locked(
        session, caller, Disclosure.round_id == round_id, Disclosure.state == DisclosureState.PENDING
    )
    complaints = await _complaints(session, rows)
    released = await _release(session, [row for row in rows if row.id not in complaints], caller)
    return released, [_fault(row, complaints[row.id]) for row in rows if row.id in complaints]


async def withhold(
    session: AsyncSession, disclosure: Disclosure, check_ids: Sequence[UUID], reason: str
) -> None:
    """Keep lines from the public (S2 Art. 18); the others are shown again. What is public changes at once.

    Raises:
        UnknownLine: a check is not part of the record.
        Conflict: the record was withdrawn.
    """
    if disclosure.state == DisclosureState.WITHDRAWN:
        raise _wrong_state(disclosure)
    lines = (
        await session.scalars(
            select(DisclosureLine).where(DisclosureLine.disclosure_id == disclosure.id).with_for_update()
        )
    ).all()
    unknown = set(check_ids) - {line.check_id for line in lines}
    if unknown:
        raise UnknownLine(
            faults=[
                Fault(where=str(one), code="unknown_line", message="检查结果中没有这一项")
                for one in sorted(unknown)
            ]
        )
    before = [str(line.check_id) for line in lines if line.withheld_reason]
    for line in lines:
        line.withheld_reason = reason if line.check_id in check_ids else ""
    # The lines belong to the record: its version grows, so that nobody edits it unread.
    flag_modified(disclosure, "state")
    await session.flush()
    if disclosure.state in (DisclosureState.RELEASED, DisclosureState.DISCLOSED):
        await issue_versions(session, [disclosure], PublicationCause.CORRECTION, reason)
    await audit.record(
        session, "disclosure.withhold", "disclosure", disclosure.id, reason=reason,
        before={"withheld": before}, after={"withheld": [str(one) for one in check_ids]},
    )  # fmt: skip


async def withdraw(session: AsyncSession, disclosure: Disclosure, reason: str) -> None:
    """Take a result back, in public where it was public (行政处罚法 Art. 48).

    Raises:
        Conflict: it was withdrawn before.
    """
    if disclosure.state == DisclosureState.WITHDRAWN:
        raise _wrong_state(disclosure)
    before = disclosure.state
    disclosure.state, disclosure.withdrawn_reason = DisclosureState.WITHDRAWN, reason
    if disclosure.public_version:
        await issue_versions(session, [disclosure], PublicationCause.WITHDRAWAL, reason)
    await audit.record(
        session, "disclosure.withdraw", "disclosure", disclosure.id, reason=reason,
        before={"state": before}, after={"state": DisclosureState.WITHDRAWN},
    )  # fmt: skip


async def _locked(session: AsyncSession, caller: Caller, *wanted: object) -> Sequence[Disclosure]:
    """Read what the caller may see, and refuse what the caller may not change, before anything is done."""
    if caller.may(Permission.VISIT_RECORD) or caller.may(Permission.VISIT_REVIEW):
        raise SamePerson("检查或审核人员不能公示检查结果")
    statement = select(Disclosure).where(*wanted).order_by(Disclosure.id).with_for_update()  # type: ignore[arg-type]
    rows = (await session.scalars(statement)).all()
    if any(row.org != caller.org for row in rows):
        raise Forbidden("检查结果由实施检查的机构公示，您只能查看")
    return rows


async def _complaints(session: AsyncSession, rows: Sequence[Disclosure]) -> dict[UUID, Problem]:
    """Say for each result that cannot be released why not."""
    visits = [row.visit_id for row in rows if not row.normal]
    known = (await session.scalars(select(FollowUp).where(FollowUp.visit_id.in_(visits)))).all()
    handled = {one.visit_id for one in known} - {one.visit_id for one in known if not one.closed}
    rulesets: dict[tuple[str, str], Ruleset | None] = {}
    found: dict[UUID, Problem] = {}
    for row in rows:
        key = (row.ruleset_id, row.ruleset_version)
        if key not in rulesets:
            rulesets[key] = await ruleset_of(session, *key)
        complaint = _complaint(row, rulesets[key], row.visit_id in handled)
        if complaint is not None:
            found[row.id] = complaint
    return found


def _complaint(row: Disclosure, ruleset: Ruleset | None, handled: bool) -> Problem | None:
    if row.state == DisclosureState.WITHDRAWN:
        return _wrong_state(row)
    if ruleset is None:
        return RulesetUnknown()
    channels = channels_of(ruleset)
    if not channels or (PUBLIC_SITE not in channels and not public_code(row.object_id)):
        return NoChannel()
    first = ruleset.disclosure.problems_after_handling
    if first.value and not row.normal and not handled and not row.handling_note:
        return HandlingFirst(f"{HandlingFirst.title}（{first.clause}）")
    return None


async def _release(session: AsyncSession, rows: Sequence[Disclosure], caller: Caller) -> int:
    fresh = [row for row in rows if row.state == DisclosureState.PENDING]
    if not fresh:
        return 0
    now = datetime.now(UTC)
    for row in fresh:
        row.state, row.released_at, row.released_by = DisclosureState.RELEASED, now, caller.subject
    first = [row for row in fresh if not row.public_version]
    again = [row for row in fresh if row.public_version]
    await issue_versions(session, first, PublicationCause.FIRST)
    await issue_versions(session, again, PublicationCause.CORRECTION, "更正后重新公示")
    await audit.record(
        session,
        "disclosure.release",
        "disclosure" if len(fresh) == 1 else "disclosures",
        fresh[0].id if len(fresh) == 1 else fresh[0].round_id,
        after={"ids": [str(row.id) for row in fresh]},
    )
    return len(fresh)


def _fault(row: Disclosure, problem: Problem) -> Fault:
    return Fault(where=str(row.id), code=problem.code, message=problem.detail)


def _wrong_state(row: Disclosure) -> Conflict:
    words = _STATE_WORDS[DisclosureState(row.state)]
    return Conflict(f"该检查结果{words}，不能进行此操作", state=row.state)
