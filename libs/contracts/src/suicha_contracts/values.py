"""Value types that several services share: credit codes, regions, file references, result codes.

Nothing here does input or output.
"""

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

SHA256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="lower-case hex SHA-256")]

ObjectId = Annotated[
    str,
    Field(
        pattern=r"^[0-9A-Z][0-9A-Z._-]{0,53}$",
        description="id of an inspection object (RID/1 §1): the unified credit code where there is one",
        examples=["91410300MA3X93BJ5X"],
    ),
]

_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_CODE_VALUE = {char: index for index, char in enumerate(_CODE_ALPHABET)}


def credit_code_check_digit(first17: str) -> str:
    """Return the check digit of a unified social credit code (统一社会信用代码, GB 32100-2015 §4.6).

    Raises:
        KeyError: a character is outside the 31 letters and digits that GB 32100 allows.
    """
    total = sum(weight * _CODE_VALUE[char] for weight, char in zip(_CODE_WEIGHTS, first17, strict=True))
    return _CODE_ALPHABET[-total % 31]


_PAIR_SUMS = tuple(
    {
        first + second: _CODE_WEIGHTS[place] * _CODE_VALUE[first] + weight * _CODE_VALUE[second]
        for first in _CODE_ALPHABET
        for second in _CODE_ALPHABET
    }
    for place, weight in zip(range(0, 17, 2), (*_CODE_WEIGHTS[1::2], 1), strict=True)
)
_S0, _S1, _S2, _S3, _S4, _S5, _S6, _S7, _S8 = _PAIR_SUMS


def is_credit_code(text: str) -> bool:
    """Tell whether the text is an 18-character credit code with the right check digit (GB 32100-2015).

    The weighted sum of all 18 characters, the check digit's weight being 1, is a multiple of 31. Read from
    tables two characters at a time, because an import asks this for millions of codes.
    """
    if len(text) != 18:
        return False
    try:
        total = (
            _S0[text[0:2]] + _S1[text[2:4]] + _S2[text[4:6]] + _S3[text[6:8]] + _S4[text[8:10]]
            + _S5[text[10:12]] + _S6[text[12:14]] + _S7[text[14:16]] + _S8[text[16:18]]
        )  # fmt: skip
    except KeyError:
        return False
    return total % 31 == 0


def _checked_credit_code(text: str) -> str:
    if not is_credit_code(text):
        raise ValueError("统一社会信用代码的位数、字符或校验码不正确（GB 32100-2015）")
    return text


CreditCode = Annotated[
    str,
    AfterValidator(_checked_credit_code),
    Field(
        description="unified social credit code with its check digit (GB 32100)", min_length=18, max_length=18
    ),
]

RegionCode = Annotated[
    str,
    Field(pattern=r"^[1-9][0-9]{5}$", description="administrative division, GB/T 2260", examples=["410300"]),
]

_TRAILING_PAIRS = re.compile(r"(00)+$")


def region_prefix(region: str) -> str:
    """Return the prefix that all divisions inside a region share.

    410300 → 4103, 410000 → 41, 410482 → 410482. The empty string stands for the whole country.
    """
    return _TRAILING_PAIRS.sub("", region)


class FileRef(BaseModel):
    """A file in the shared file store, named by its content. Events carry this instead of the bytes."""

    model_config = ConfigDict(frozen=True)

    sha256: SHA256
    size: int = Field(ge=0, description="bytes")
    rows: int | None = Field(default=None, ge=0, description="lines, where the file is a table")
    media_type: str = "application/octet-stream"


class SubjectKind(StrEnum):
    """Kind of inspection object (检查对象类型; S0 annex 1, S4 二)."""

    ENTERPRISE = "enterprise"
    INDIVIDUAL = "individual"
    """个体户: published with a masked name (S2 Art. 18)."""
    INSTITUTION = "institution"
    """社保经办机构 and other bodies that are not market entities."""
    UNLICENSED = "unlicensed"
    """An unlicensed agency, which may have no credit code."""


class SubjectStatus(StrEnum):
    """Registration state of an inspection object (存续状态)."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


class SubjectList(StrEnum):
    """Lists that an object is on or not (R12, S2 Art. 11, 14); most are also reasons to raise (D9)."""

    ABNORMAL = "abnormal_list"
    """经营异常名录: 异常主体 in the words of S0 三(三)."""
    BLACKLIST = "blacklist"
    SERIOUS_VIOLATION = "serious_violation"
    """严重违法失信名单."""
    KEY_WATCH = "key_watch"
    """重点监控."""
    COMPLAINTS = "complaints"
    """投诉举报多."""
    PUBLIC_ATTENTION = "public_attention"
    """社会关注度高."""


class LicenceState(StrEnum):
    """Whether an object holds a licence for its business on a day (许可证状态)."""

    VALID = "valid"
    EXPIRED = "expired"
    NONE = "none"


class DrawMode(StrEnum):
    """定向 or 不定向 (S2 Art. 9, S3 Art. 8, S4 四(一))."""

    DIRECTED = "directed"
    UNDIRECTED = "undirected"


class ResultCode(StrEnum):
    """Result codes of the record form of S0 annex 2, code set `rz-2022`."""

    NO_PROBLEM = "1"
    NOT_DISCLOSED = "2"
    FALSE_DISCLOSURE = "3"
    UNTRACEABLE = "4"
    ORDERED_TO_CORRECT = "5"
    UNCOOPERATIVE = "6"
    NO_SUCH_ACTIVITY = "7"
    PENDING = "8"
    PASS = "9"  # noqa: S105 - 合格, not a password
    FAIL = "10"


RZ_2022: dict[ResultCode, str] = {
    ResultCode.NO_PROBLEM: "未发现问题",
    ResultCode.NOT_DISCLOSED: "未按规定公示应当公示的信息",
    ResultCode.FALSE_DISCLOSURE: "公示信息隐瞒真实情况、弄虚作假",
    ResultCode.UNTRACEABLE: "通过登记的住所（经营场所）无法取得联系",
    ResultCode.ORDERED_TO_CORRECT: "发现问题已责令整改",
    ResultCode.UNCOOPERATIVE: "不配合检查情节严重",
    ResultCode.NO_SUCH_ACTIVITY: "未发现本次抽查涉及的经营活动",
    ResultCode.PENDING: "发现问题待后续处理",
    ResultCode.PASS: "合格",
    ResultCode.FAIL: "不合格",
}
"""What each code of the set `rz-2022` says to people, as printed in S0 annex 2."""

NORMAL_RESULTS = frozenset({ResultCode.NO_PROBLEM, ResultCode.NO_SUCH_ACTIVITY, ResultCode.PASS})
"""Results without a problem; the others are handled first, then published (S4 四(五))."""

VIOLATION_RESULTS = frozenset(ResultCode) - NORMAL_RESULTS - {ResultCode.UNTRACEABLE}
"""Results in which a violation was found. One that could not be found (4) has a problem, but no violation
was seen (S2 Art. 11 counts violations)."""


class FollowUpKind(StrEnum):
    """What happens after a result (后续处理; features.md, follow-up kinds)."""

    NONE = "none"
    STOP_AND_REPORT = "stop_and_report"
    ORDER_CORRECTION = "order_correction"
    CASE_CLUE = "case_clue"
    NOTIFY_OTHER_BODY = "notify_other_body"
    CRIMINAL_TRANSFER = "criminal_transfer"
    OTHER = "other"


FOLLOW_UP_TEXT: dict[FollowUpKind, str] = {
    FollowUpKind.NONE: "无需后续处置",
    FollowUpKind.STOP_AND_REPORT: "停止检查、反馈日常监管部门",
    FollowUpKind.ORDER_CORRECTION: "责令改正",
    FollowUpKind.CASE_CLUE: "发现案件线索移送办案机构",
    FollowUpKind.NOTIFY_OTHER_BODY: "违反其他部门规定抄告",
    FollowUpKind.CRIMINAL_TRANSFER: "涉嫌犯罪移送",
    FollowUpKind.OTHER: "其他",
}


def percent(bp: int) -> str:
    """Write basis points as people read them: 550 → 5.5%."""
    whole, rest = divmod(bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"
