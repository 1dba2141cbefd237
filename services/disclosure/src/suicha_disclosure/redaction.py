"""What of a record may be public, and in which words (X6, X7; S2 Art. 18).

Pure, and the only place where internal facts become public text. What is built here holds the eleven columns
of the public result record and nothing else: no identity number, no telephone, no name of an inspector or
representative. The shop name of an individual (个体户) is masked, because it is often the owner's.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from suicha_contracts.publication import (
    CreditRecord,
    PublicationStatus,
    PublicFollowUp,
    PublicResult,
    PublicResultLine,
    PublicVoidedAttempt,
)
from suicha_contracts.values import (
    FOLLOW_UP_TEXT,
    RZ_2022,
    DrawMode,
    FollowUpKind,
    ResultCode,
    SubjectKind,
    is_credit_code,
)

WITHHELD = "依法不予公开"
"""Stands in place of what the law keeps from the public (S2 Art. 18)."""
REMOVED = "［已隐去］"
NAMELESS = "（无名称）"
_STAR = "*"
_LINE, _TEXT = 500, 4000

_SEPARATED_IDENTITY = re.compile(r"(?<!\d)\d{6}[ \-]\d{8}[ \-]\d{3}[\dXxＸｘ](?![\dA-Za-z])")
_SEPARATED_MOBILE = re.compile(r"(?<!\d)(?:\+?\d{2}[ \-])?1[3-9]\d[ \-]\d{4}[ \-]\d{4}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)[(（]?0\d{2,3}[)）]?[ \-]?\d{7,8}(?!\d)")
_DIGITS = re.compile(r"\+?\d{11,}[XxＸｘ]?")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LONGEST_NUMBER = 15
"""Fifteen digits and more are an identity number (old ones have 15), an account or a card."""
_NAMED_PERSON = re.compile(
    r"(法定代表人|代表人|负责人|联系人|经办人|检查人员|执法人员|检查员|见证人|当事人|被授权人|劳动者|投诉人|举报人)"
    r"(姓名)?([：:])\s*[\u4e00-\u9fff·]{2,15}(?:[、和]\s*[\u4e00-\u9fff·]{2,15})*"
)
_IDENTITY = re.compile(r"[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dX]")
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_NEVER_PUBLIC = frozenset({FollowUpKind.CRIMINAL_TRANSFER})
_PUBLIC_WHEN_CLOSED = frozenset({FollowUpKind.CASE_CLUE})
_MODE_WORDS = {DrawMode.DIRECTED: "定向", DrawMode.UNDIRECTED: "不定向"}


@dataclass(frozen=True)
class LineFacts:
    """One check of a visit as inspection reported it, and why it is withheld, if it is."""

    check_id: UUID
    plan_number: str
    plan_name: str
    task_number: str
    task_name: str
    mode: DrawMode
    code_set: str
    results: tuple[ResultCode, ...]
    remark: str
    withheld_reason: str = ""


@dataclass(frozen=True)
class FollowUpFacts:
    """A follow-up and whether it is done."""

    kind: FollowUpKind
    closed: bool
    closed_on: date | None


@dataclass(frozen=True)
class VisitFacts:
    """All that redaction is given of a visit. It holds no names of persons to begin with."""

    record_id: UUID
    visit_id: UUID
    draw_id: str
    org_name: str
    object_id: str
    object_name: str
    object_kind: str
    object_region: str
    finished_on: date
    lines: tuple[LineFacts, ...]
    follow_ups: tuple[FollowUpFacts, ...] = ()
    draw_attempt: int | None = None
    voided: tuple[PublicVoidedAttempt, ...] = ()


def mask_name(name: str) -> str:
    """Mask the name of an individual: the first character and, from five characters on, the last two stay.

    张三 → 张*, 涧西区张三小吃店 → 涧******吃店. Masking twice changes nothing.
    """
    kept_tail = 2 if len(name) >= 5 else 0
    hidden = max(len(name) - 1 - kept_tail, 0)
    return (name[:1] if len(name) > 1 else _STAR) + _STAR * hidden + name[len(name) - kept_tail :]


def public_name(name: str, kind: str) -> str:
    """Return the object's name as the public may see it."""
    shown = mask_name(name) if kind == SubjectKind.INDIVIDUAL else scrub(name)
    return shown[:_LINE] or NAMELESS


def public_code(object_id: str) -> str:
    """Return 统一社会信用代码/注册号, or nothing where the id is one of our own making or a person's."""
    known = is_credit_code(object_id) or _is_registration_number(object_id)
    return object_id if known and not _is_identity_number(object_id) else ""


def _is_registration_number(text: str) -> bool:
    """Tell whether the text is a 注册号 of 15 digits with its check digit (ISO 7064 MOD 11,10)."""
    if not re.fullmatch(r"[0-9]{15}", text):
        return False
    carry = 10
    for digit in map(int, text):
        carry = (carry + digit) % 10 or 10
        carry = carry * 2 % 11
    # The check digit itself was taken in like the others: after it the carry is 2 (1 doubled).
    return carry == 2


def _is_identity_number(text: str) -> bool:
    """Tell whether the text is a citizen's identity number with its check digit (GB 11643)."""
    if not _IDENTITY.fullmatch(text):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_IDENTITY_WEIGHTS, text[:17], strict=True))
    return "10X98765432"[total % 11] == text[17]


def scrub(text: str) -> str:
    """Take identity numbers, telephone numbers and persons named after a colon out of free text.

    Goes too far rather than not far enough: any number of fifteen or more digits goes, and so does one of
    eleven or more that holds a mobile number. Digits of any script (full-width ones) become plain ones first.
    """
    text = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
    text = _SEPARATED_IDENTITY.sub(REMOVED, text)
    text = _SEPARATED_MOBILE.sub(REMOVED, text)
    text = _DIGITS.sub(_without_personal_number, text)
    text = _LANDLINE.sub(REMOVED, text)
    return _NAMED_PERSON.sub(lambda found: f"{found[1]}{found[2] or ''}{found[3]}{REMOVED}", text)


def _without_personal_number(found: re.Match[str]) -> str:
    number = found[0]
    return REMOVED if len(number) >= _LONGEST_NUMBER or _MOBILE.search(number) else number


def result_text(results: Sequence[ResultCode]) -> str:
    """Return 检查结果 in the words of S0 annex 2."""
    return "；".join(RZ_2022[code] for code in results)


def public_line(visit: VisitFacts, line: LineFacts) -> PublicResultLine:
    """Return the eleven columns of one check. A withheld one says so instead of its result and remark."""
    withheld = bool(line.withheld_reason)
    return PublicResultLine(
        plan_number=line.plan_number,
        plan_name=scrub(line.plan_name)[:_LINE],
        task_number=line.task_number,
        task_name=scrub(line.task_name)[:_LINE],
        draw_type=line.mode,
        authority=visit.org_name,
        object_name=public_name(visit.object_name, visit.object_kind),
        object_code=public_code(visit.object_id),
        finished_on=visit.finished_on,
        result=WITHHELD if withheld else result_text(line.results),
        remark=_remark(visit, line.withheld_reason if withheld else line.remark),
        code_set=line.code_set,
        result_codes=[] if withheld else list(line.results),
        withheld=withheld,
    )


def _remark(visit: VisitFacts, text: str) -> str:
    if visit.object_kind == SubjectKind.INDIVIDUAL and len(visit.object_name) > 1:
        text = text.replace(visit.object_name, mask_name(visit.object_name))
    return scrub(text)[:_TEXT]


def public_follow_ups(follow_ups: Sequence[FollowUpFacts]) -> list[PublicFollowUp]:
    """Return the follow-ups that are public. Criminal transfers never are; case clues only when closed."""
    return [
        PublicFollowUp(
            kind=one.kind, text=FOLLOW_UP_TEXT[one.kind], closed=one.closed, closed_on=one.closed_on
        )
        for one in follow_ups
        if one.kind not in _NEVER_PUBLIC and (one.closed or one.kind not in _PUBLIC_WHEN_CLOSED)
    ]


def public_result(
    visit: VisitFacts, version: int, status: PublicationStatus, reason: str, published_at: datetime
) -> PublicResult:
    """Build what the public may know of a visit. A withdrawn record keeps its object and loses its lines."""
    withdrawn = status is PublicationStatus.WITHDRAWN
    return PublicResult(
        record_id=visit.record_id,
        visit_id=visit.visit_id,
        draw_id=visit.draw_id,
        draw_attempt=visit.draw_attempt,
        voided=list(visit.voided),
        version=version,
        status=status,
        reason=_remark(visit, reason),
        object_name=public_name(visit.object_name, visit.object_kind),
        object_code=public_code(visit.object_id),
        object_region=visit.object_region,
        published_at=published_at,
        lines=[] if withdrawn else [public_line(visit, line) for line in visit.lines],
        follow_ups=[] if withdrawn else public_follow_ups(visit.follow_ups),
    )


def credit_record(
    visit: VisitFacts, version: int, status: PublicationStatus, reason: str
) -> CreditRecord | None:
    """Build the record that a credit platform consumes (X16); None where the object has no public code."""
    code = public_code(visit.object_id)
    if not code:
        return None
    modes = [mode for mode in DrawMode if any(line.mode is mode for line in visit.lines)]
    withdrawn = status is PublicationStatus.WITHDRAWN
    results = dict.fromkeys(
        part
        for line in visit.lines
        for part in ([WITHHELD] if line.withheld_reason else [RZ_2022[code] for code in line.results])
    )
    return CreditRecord(
        record_id=visit.record_id,
        version=version,
        status=status,
        authority=visit.org_name,
        inspection_type=f"双随机{'、'.join(_MODE_WORDS[mode] for mode in modes)}抽查",
        inspected_on=visit.finished_on,
        result="已撤回" if withdrawn else "；".join(results),
        object_name=public_name(visit.object_name, visit.object_kind),
        object_code=code,
        reason=_remark(visit, reason),
    )
