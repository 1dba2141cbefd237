"""What is still missing before a record can be sealed: each thing by itself, in Chinese (E7, O3). Pure.

Nothing is ever taken as compliant because nobody answered it; a result that needs no answers needs something
else in their place.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from suicha_contracts.freeze import PackageForm
from suicha_contracts.values import RZ_2022, ResultCode

from suicha_inspection.forms import needing_evidence, slips, unanswered
from suicha_inspection.record import Record, RecordCheck, RecordItem, findings_sha256
from suicha_inspection.results import WITHOUT_ANSWERS, is_normal

OFFICERS_WHO_SIGN = 2
"""Of every crew (S3 Art. 10, 行政处罚法 Art. 42)."""


@dataclass(frozen=True)
class Missing:
    """One thing that is missing: where, a code for programs, words for people."""

    where: str
    code: str
    message: str


def missing(record: Record, forms: Mapping[str, PackageForm]) -> list[Missing]:
    """Return everything that keeps a record from being sealed; `forms` by item code."""
    return [
        *missing_findings(record, forms),
        *_missing_signatures(record),
    ]


def missing_findings(record: Record, forms: Mapping[str, PackageForm]) -> list[Missing]:
    """Return what is missing apart from signatures; a correction must not miss any of it either."""
    return [
        *(one for check in record.checks for one in _missing_in_check(record, check, forms)),
        *_missing_follow_up(record),
    ]


def _missing_in_check(
    record: Record, check: RecordCheck, forms: Mapping[str, PackageForm]
) -> Iterator[Missing]:
    for item in check.items:
        where = f"checks.{check.id}.items.{item.code}"
        title = f"{check.department}“{item.name}”"
        yield from _missing_answers(record, check, item, forms[item.code], where, title)
        yield from _missing_for_result(record, check, item, where, title)


def _missing_answers(
    record: Record, check: RecordCheck, item: RecordItem, form: PackageForm, where: str, title: str
) -> Iterator[Missing]:
    answers = {one.key: one.answer for one in item.answers if one.answer is not None}
    for slip in slips(form, answers):
        yield Missing(f"{where}.answers.{slip.key}", slip.code, f"{title}：{slip.message}")
    if item.result not in WITHOUT_ANSWERS:
        for question in unanswered(form, answers):
            yield Missing(
                f"{where}.answers.{question.key}", "answer_missing", f"{title}：未填写“{question.text}”"
            )
    for question in needing_evidence(form, answers):
        if not any(
            (one.check_id, one.item_code, one.question_key) == (check.id, item.code, question.key)
            for one in record.evidence
        ):
            yield Missing(
                f"{where}.evidence.{question.key}",
                "evidence_missing",
                f"{title}：“{question.text}”的回答须附证据",
            )


def _missing_for_result(
    record: Record, check: RecordCheck, item: RecordItem, where: str, title: str
) -> Iterator[Missing]:
    if item.result is None:
        yield Missing(f"{where}.result", "result_missing", f"{title}：未填写检查结果")
        return
    untraceable = item.result is ResultCode.UNTRACEABLE
    if untraceable and record.untraceable is None:
        yield Missing(
            "untraceable", "untraceable_not_declared", f"{title}：结果为 4，须先登记无法取得联系的经过和证据"
        )
    if not untraceable and record.untraceable is not None:
        yield Missing(f"{where}.result", "result_contradicts", f"{title}：已登记无法取得联系，检查结果应为 4")
    if item.result is ResultCode.UNCOOPERATIVE and not record.non_cooperations:
        yield Missing(
            "non_cooperations", "non_cooperation_missing", f"{title}：结果为 6，须先登记不予配合的情形和证据"
        )
    if item.result is ResultCode.NO_SUCH_ACTIVITY and not (check.opinion.strip() or check.remark.strip()):
        yield Missing(
            f"checks.{check.id}.opinion",
            "explanation_missing",
            f"{title}：结果为 7，须在处理意见或备注中说明未发现的经营活动",
        )


def _missing_follow_up(record: Record) -> Iterator[Missing]:
    results = record.results()
    if results and not is_normal(results) and not record.follow_ups:
        names = "、".join(dict.fromkeys(RZ_2022[code] for code in results if not is_normal([code])))
        yield Missing(
            "follow_ups",
            "follow_up_missing",
            f"检查结果为“{names}”，须登记后续处理，或写明无需后续处置的理由",
        )


def _missing_signatures(record: Record) -> Iterator[Missing]:
    current = findings_sha256(record)
    for number, one in enumerate(record.signatures):
        if one.content_sha256 != current:
            yield Missing(
                f"signatures.{number}",
                "signature_outdated",
                f"{one.name or one.role}签名之后内容已修改，须重新签名",
            )
    crew_of = {one.id: one.crew for one in record.inspectors}
    signed = Counter(crew_of[one.inspector_id] for one in record.signatures if one.role == "officer")
    for crew, department in sorted({(check.crew, check.department) for check in record.checks}):
        if signed[crew] < OFFICERS_WHO_SIGN:
            yield Missing(
                f"signatures.officer.{crew}",
                "officer_signature_missing",
                f"{department}检查组只有 {signed[crew]} 名检查人员签名，至少 {OFFICERS_WHO_SIGN} 名",
            )
    if record.mode != "onsite" or record.untraceable is not None:
        return
    representative = record.signature_of("representative")
    if representative is None:
        yield Missing(
            "signatures.representative",
            "representative_signature_missing",
            "缺少检查对象签名或盖章；无法取得的，应注明原因",
        )
    elif representative.state in ("refused", "absent") and record.signature_of("witness") is None:
        yield Missing(
            "signatures.witness", "witness_missing", "检查对象未签名，须有见证人签名，或注明没有见证人的原因"
        )
