"""Sealing, review and correction of a record. What is sealed lies in the file store and never changes."""

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.files import FileStore
from suicha_chassis.outbox import emit
from suicha_chassis.problems import Fault, Invalid, Problem, SamePerson
from suicha_contracts.events import InspectionClosed, InspectionCorrected, RulesetRef
from suicha_contracts.values import FileRef

from suicha_inspection.access import membership, require_state
from suicha_inspection.build import follow_up_states, outcomes_of, record_of
from suicha_inspection.casefile import CaseFile, load_case_file
from suicha_inspection.checks.schemas import ItemEntry
from suicha_inspection.checks.service import require_fitting, snapshot
from suicha_inspection.clock import day_of, now, today
from suicha_inspection.completeness import Missing, missing, missing_findings
from suicha_inspection.models import Check, RecordVersion, Signature, Visit
from suicha_inspection.problems import Incomplete, NothingCorrected
from suicha_inspection.record import Record, findings_sha256, sealed_bytes
from suicha_inspection.records.schemas import CheckCorrection, CorrectBody, Decision, ReviewBody, SubmitBody
from suicha_inspection.results import has_violation, is_normal
from suicha_inspection.states import Deed

MEDIA_TYPE = "application/json"


async def submit(
    session: AsyncSession, files: FileStore, visit: Visit, caller: Caller, body: SubmitBody
) -> RecordVersion:
    """Seal the record and hand it to the reviewer.

    Raises:
        Incomplete: something is missing; every such thing is a fault, and nothing changes (E7).
        Invalid: the day on which it ended lies before its start or in the future.
    """
    following = require_state(visit, Deed.SUBMIT)
    assert visit.started_at is not None, "a visit that is being recorded was started"
    finished_on = body.finished_on or today()
    if not day_of(visit.started_at) <= finished_on <= today():
        raise Invalid(f"检查完成日期应在 {day_of(visit.started_at)} 至 {today()} 之间")
    visit.finished_on = finished_on
    case = await load_case_file(session, visit)
    record = record_of(case, version=visit.record_version + 1)
    _refuse(missing(record, case.forms), Incomplete)
    sealed = await _seal(session, files, visit, caller, record)
    visit.state, visit.submitted_at = following, now()
    await session.flush()
    await audit.record(
        session, "visit.submit", "visit", visit.id, after={"version": sealed.version, "sha256": sealed.sha256}
    )
    return sealed


async def review(session: AsyncSession, visit: Visit, caller: Caller, body: ReviewBody) -> None:
    """Approve a sealed record, which closes the visit and tells everyone, or return it with a comment.

    Raises:
        SamePerson: the reviewer inspected it (X2).
    """
    await _require_outsider(session, visit, caller)
    approve = body.decision is Decision.APPROVE
    visit.state = require_state(visit, Deed.APPROVE if approve else Deed.RETURN)
    visit.review_comment = body.comment
    if approve:
        visit.closed_at = now()
        await emit(session, await _closed(session, visit), str(visit.id))
    await session.flush()
    await audit.record(
        session, f"visit.{body.decision}", "visit", visit.id, after={"version": visit.record_version},
        reason=body.comment,
    )  # fmt: skip


async def _closed(session: AsyncSession, visit: Visit) -> InspectionClosed:
    case = await load_case_file(session, visit)
    record = record_of(case, version=visit.record_version)
    sealed = await newest_version(session, visit)
    representative = record.signature_of("representative")
    assert visit.finished_on is not None and visit.closed_at is not None and sealed is not None
    return InspectionClosed(
        visit_id=visit.id,
        round_id=visit.round_id,
        draw_id=case.round.draw_id,
        org=visit.org,
        org_name=case.round.org_name,
        region=visit.region,
        object_id=visit.object_id,
        object_name=visit.object_name,
        object_kind=visit.object_kind,
        object_region=visit.object_region,
        credit_grade=visit.credit_grade,
        finished_on=visit.finished_on,
        closed_at=visit.closed_at,
        normal=is_normal(record.results()),
        violation=has_violation(record.results()),
        refused_signature=representative is not None and representative.state == "refused",
        checks=outcomes_of(case, record),
        follow_ups=follow_up_states(case.follow_ups),
        ruleset=RulesetRef.model_validate(case.round.ruleset),
        record=FileRef(sha256=sealed.sha256, size=sealed.size, media_type=MEDIA_TYPE),
    )


async def correct(
    session: AsyncSession, files: FileStore, visit: Visit, caller: Caller, body: CorrectBody
) -> RecordVersion:
    """Put a closed record right: a new sealed version beside the earlier ones (S3 Art. 16).

    Raises:
        SamePerson: who inspected does not correct.
        InvalidAnswers: corrected answers do not fit the frozen forms.
        NothingCorrected: the record would say the same.
        Incomplete: the corrected findings ask for something that is missing, such as a follow-up.
    """
    await _require_outsider(session, visit, caller)
    case = await load_case_file(session, visit)
    before = findings_sha256(record_of(case, version=visit.record_version))
    for one in body.checks:
        await _correct_check(session, case, case.check(one.check_id), caller, one)
    record = record_of(case, version=visit.record_version + 1, reason=body.reason)
    if findings_sha256(record) == before:
        raise NothingCorrected()
    _refuse(missing_findings(record, case.forms), Incomplete)
    sealed = await _seal(session, files, visit, caller, record)
    visit.state = require_state(visit, Deed.CORRECT)
    await session.flush()
    await audit.record(
        session, "visit.correct", "visit", visit.id,
        after={"version": sealed.version, "sha256": sealed.sha256}, reason=body.reason,
    )  # fmt: skip
    event = InspectionCorrected(
        visit_id=visit.id,
        version=sealed.version,
        reason=body.reason,
        corrected_at=sealed.sealed_at,
        checks=outcomes_of(case, record),
        normal=is_normal(record.results()),
        violation=has_violation(record.results()),
    )
    await emit(session, event, str(visit.id))
    return sealed


async def _correct_check(
    session: AsyncSession, case: CaseFile, check: Check, caller: Caller, correction: CheckCorrection
) -> None:
    rows = {item.item_code: item for item in case.check_items[check.id]}
    entries = [
        ItemEntry(
            item_code=one.item_code,
            result=one.result,
            answers=one.answers
            if one.answers is not None
            else (rows[one.item_code].answers if one.item_code in rows else {}),
        )
        for one in correction.items
    ]
    require_fitting(case, check, entries)
    before = snapshot(case, check)
    for entry in entries:
        rows[entry.item_code].answers, rows[entry.item_code].result = entry.answers, entry.result
    check.opinion = check.opinion if correction.opinion is None else correction.opinion
    check.remark = check.remark if correction.remark is None else correction.remark
    check.edited_by, check.edited_at = caller.subject, now()
    await session.flush()
    await audit.record(
        session, "check.correct", "visit", check.visit_id, before=before, after=snapshot(case, check)
    )


async def _seal(
    session: AsyncSession, files: FileStore, visit: Visit, caller: Caller, record: Record
) -> RecordVersion:
    ref = await files.put(sealed_bytes(record), MEDIA_TYPE)
    sealed = RecordVersion(
        visit_id=visit.id,
        version=record.version,
        sha256=ref.sha256,
        size=ref.size,
        reason=record.reason,
        sealed_by=caller.subject,
        sealed_at=now(),
    )
    session.add(sealed)
    visit.record_version = record.version
    return sealed


async def _require_outsider(session: AsyncSession, visit: Visit, caller: Caller) -> None:
    """Keep out the team, and whoever signed or took a signature under another role (X2)."""
    took_part = exists().where(Signature.visit_id == visit.id, Signature.recorded_by == caller.subject)
    if await membership(session, visit, caller) is not None or await session.scalar(select(took_part)):
        raise SamePerson()


def _refuse(found: list[Missing], problem: type[Problem]) -> None:
    if found:
        faults = [Fault(where=one.where, code=one.code, message=one.message) for one in found]
        raise problem(f"还缺 {len(faults)} 项：" + "；".join(one.message for one in found[:5]), faults=faults)


async def newest_version(session: AsyncSession, visit: Visit) -> RecordVersion | None:
    """Return the newest sealed version of a visit."""
    return await session.get(RecordVersion, (visit.id, visit.record_version))


async def versions_of(session: AsyncSession, visit: Visit) -> list[RecordVersion]:
    """Return every sealed version of a visit, the oldest first."""
    rows = await session.scalars(
        select(RecordVersion).where(RecordVersion.visit_id == visit.id).order_by(RecordVersion.version)
    )
    return list(rows)


async def sealed_record(files: FileStore, version: RecordVersion) -> Record:
    """Return the record of a sealed version.

    Raises:
        Invalid: the stored bytes are not what was sealed.
    """
    return Record.model_validate_json(await files.read(version.sha256))
