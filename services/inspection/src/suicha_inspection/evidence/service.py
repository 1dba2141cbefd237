"""Evidence is kept by hash (E9); whoever claims that nobody was there, or that somebody resisted, has some."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Fault, Invalid
from suicha_contracts.values import FileRef, ResultCode

from suicha_inspection.casefile import CaseFile
from suicha_inspection.clock import TOLERANCE, now
from suicha_inspection.evidence.schemas import EvidenceBody, NonCooperationBody, UntraceableBody
from suicha_inspection.models import Evidence, NonCooperation, Upload, Visit
from suicha_inspection.problems import EvidenceRequired


async def remember_upload(session: AsyncSession, caller: Caller, ref: FileRef) -> None:
    """Note that the caller's organisation holds a file; uploading it again changes nothing."""
    await session.execute(
        insert(Upload)
        .values(
            sha256=ref.sha256,
            org=caller.org,
            region=caller.region,
            size=ref.size,
            uploaded_by=caller.subject,
        )
        .on_conflict_do_nothing()
    )


async def add(session: AsyncSession, case: CaseFile, caller: Caller, body: EvidenceBody) -> Evidence:
    """Attach an upload to a visit, a check or one question.

    Raises:
        Invalid: it was not uploaded, or names a check, item or question that the visit does not have.
    """
    upload = await session.scalar(
        select(Upload).where(Upload.sha256 == body.upload_sha256, Upload.org == caller.org)
    )
    if upload is None:
        raise Invalid("请先上传该文件", code_hint="not_uploaded")
    if body.taken_at > now() + TOLERANCE:
        raise Invalid("取证时间不能晚于现在")
    row = Evidence(
        visit_id=case.visit.id,
        check_id=body.check_id,
        item_code=_item_of(case, body),
        question_key=body.question_key,
        sha256=upload.sha256,
        size=upload.size,
        name=body.name,
        media_type=body.media_type,
        source=body.source,
        taken_at=body.taken_at,
        added_by=caller.subject,
    )
    session.add(row)
    await session.flush()
    await audit.record(
        session, "evidence.add", "visit", case.visit.id,
        after={"evidence": row.id, "sha256": row.sha256, "check": row.check_id, "question": row.question_key,
               "source": row.source},
    )  # fmt: skip
    return row


def _item_of(case: CaseFile, body: EvidenceBody) -> str | None:
    if body.check_id is None:
        if body.question_key is not None or body.item_code is not None:
            raise Invalid("指明检查题目时须同时指明检查项（check_id）")
        return None
    check = case.check(body.check_id)
    codes = [item.item_code for item in case.check_items[check.id]]
    if body.item_code is not None:
        codes = [code for code in codes if code == body.item_code]
        if not codes:
            raise Invalid(f"该检查项没有事项 {body.item_code}")
    if body.question_key is None:
        return body.item_code
    asking = [
        code for code in codes if any(one.key == body.question_key for one in case.forms[code].questions)
    ]
    if not asking:
        raise Invalid(f"表单中没有“{body.question_key}”这一项")
    if len(asking) > 1:
        raise Invalid(f"多个事项都有“{body.question_key}”，请指明事项（item_code）：{'、'.join(asking)}")
    return asking[0]


async def declare_untraceable(
    session: AsyncSession, case: CaseFile, caller: Caller, body: UntraceableBody
) -> None:
    """Record that the object could not be found; every item gets result 4 (S0 附件2).

    Raises:
        EvidenceRequired: the evidence named is not of this visit.
    """
    _require_own_evidence(case, body.evidence)
    visit = case.visit
    visit.untraceable = {
        "reason": body.reason,
        "evidence": [str(one) for one in body.evidence],
        "declared_by": caller.subject,
        "declared_at": now().isoformat(),
    }
    await _set_results(session, case, caller, None, ResultCode.UNTRACEABLE)
    await audit.record(session, "visit.untraceable", "visit", visit.id, reason=body.reason)


async def withdraw_untraceable(session: AsyncSession, case: CaseFile, caller: Caller) -> None:
    """Take the declaration back: the object was found after all. Results 4 become open again."""
    case.visit.untraceable = None
    await _set_results(session, case, caller, ResultCode.UNTRACEABLE, None)
    await audit.record(session, "visit.untraceable.withdraw", "visit", case.visit.id)


async def _set_results(
    session: AsyncSession, case: CaseFile, caller: Caller, only: ResultCode | None, to: ResultCode | None
) -> None:
    for check in case.checks:
        for item in case.check_items[check.id]:
            if only is None or item.result == only:
                item.result = to
        check.edited_by, check.edited_at = caller.subject, now()
    await session.flush()


async def record_non_cooperation(
    session: AsyncSession, case: CaseFile, caller: Caller, body: NonCooperationBody
) -> NonCooperation:
    """Record one kind of non-cooperation (S3 Art. 12: 做好记录并留取相关证据).

    Raises:
        EvidenceRequired: the evidence named is not of this visit.
    """
    _require_own_evidence(case, body.evidence)
    row = NonCooperation(
        visit_id=case.visit.id,
        kind=body.kind,
        description=body.description,
        evidence=[str(one) for one in body.evidence],
        recorded_by=caller.subject,
        recorded_at=now(),
    )
    session.add(row)
    await session.flush()
    await audit.record(session, "visit.non_cooperation", "visit", case.visit.id, after={"kind": body.kind})
    return row


def _require_own_evidence(case: CaseFile, named: Sequence[UUID]) -> None:
    own = {row.id for row in case.evidence}
    faults = [
        Fault(where="body.evidence", code="unknown_evidence", message=f"本次检查没有证据 {one}")
        for one in named
        if one not in own
    ]
    if faults:
        raise EvidenceRequired(faults=faults)


async def find_evidence(session: AsyncSession, visit: Visit, evidence_id: UUID) -> Evidence | None:
    """Return a piece of evidence of a visit that was found through `access`."""
    row = await session.get(Evidence, evidence_id)
    return row if row is not None and row.visit_id == visit.id else None
