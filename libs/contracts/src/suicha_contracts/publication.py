"""What leaves the platform: records pushed to the public website and to a credit platform, and receipts.

Every pushed record has an id and a growing `version`; a receiver keeps each version and answers an older or
equal one again without changing anything. Bodies refuse unknown fields, so nothing that these types do not
name (an identity number, a telephone) can become public by accident (S2 Art. 18).
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from suicha_contracts.values import SHA256, DrawMode, FollowUpKind, ObjectId, RegionCode, ResultCode

M = TypeVar("M", bound=BaseModel)

DRAW_MODE_TEXT: dict[DrawMode, str] = {
    DrawMode.DIRECTED: "定向抽查",
    DrawMode.UNDIRECTED: "不定向抽查",
}
"""抽查类型 as printed (S4 四(一))."""

Version = Annotated[
    int, Field(ge=1, le=2**31 - 1, description="grows by one with every change of the record")
]
DrawId = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$", examples=["LY-2026-0001"])]
HashOrNone = Annotated[
    str, Field(pattern=r"^([0-9a-f]{64}|-)$", description="SHA-256, or `-` where lots were drawn by hand")
]
Line = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(max_length=4000)]


class _Public(BaseModel):
    """Base of everything that is pushed outside: immutable, and no field that is not named here."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RecordKind(StrEnum):
    """What a push carries."""

    PLAN = "plan"
    DRAW = "draw"
    RESULT = "result"
    CREDIT = "credit"


class PublicationStatus(StrEnum):
    """Whether the newest version of a record stands or was withdrawn (S3 Art. 16, 行政处罚法 Art. 48)."""

    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


# --- plans -----------------------------------------------------------------------------------------------


class PublicPlanTask(_Public):
    """One row of a plan, with the columns of S0 annex 1 and S4 annex together."""

    number: Line = Field(description="抽查任务编号", examples=["001号"])
    name: Line = Field(description="抽查任务名称")
    mode: DrawMode = Field(description="抽查类型")
    ratio: Line = Field(description="抽查比例 as printed", examples=["A 5%、B 10%"])
    frequency: Text = Field(default="", description="抽查频次", examples=["1-2次"])
    items: list[Line] = Field(min_length=1, description="抽查事项")
    object_range: Line = Field(description="抽查对象范围")
    method: Text = Field(default="", description="抽查方式", examples=["实地检查"])
    department: Line = Field(description="发起处室")
    joint_departments: list[Line] = Field(default_factory=list, description="联合处室")
    months: Line = Field(description="抽查时间, always with the month (S4 备注 2)", examples=["2026年11月"])
    basis: list[Line] = Field(default_factory=list, description="抽查依据")


class PublicPlan(_Public):
    """A yearly plan, or an adjusted version of it with its reason (S1 (二), S2 Art. 14)."""

    plan_id: UUID
    version: Version
    number: Line = Field(description="抽查计划编号", examples=["2026001"])
    name: Line = Field(description="抽查计划名称: 年度+部门+随机抽查+序号 (S4)")
    year: int = Field(ge=2000, le=2999)
    org: Line = Field(description="code of the organisation", examples=["410300-rsj"])
    org_name: Line = Field(description="单位")
    region: RegionCode
    reason: Text = Field(default="", description="why it was adjusted; required from version 2 on")
    published_at: AwareDatetime
    tasks: list[PublicPlanTask] = Field(min_length=1, max_length=500)

    @model_validator(mode="after")
    def _adjustments_say_why(self) -> Self:
        return _with_reason(self, self.version > 1, self.reason, "计划调整须说明理由")


# --- draws -----------------------------------------------------------------------------------------------


class PublicStratum(_Public):
    """One stratum of a list: n objects, k drawn, m substitutes; the rule is a ratio (bp) or a count."""

    code: str = Field(min_length=1, max_length=54, description="credit grade, or ALL (RID/1 §2)")
    n: int = Field(ge=0)
    k: int = Field(ge=0)
    m: int = Field(ge=0)
    bp: int | None = Field(default=None, ge=0, le=10_000, description="ratio in basis points")
    count: int | None = Field(default=None, ge=0)
    name: str = Field(default="", max_length=500, description="what the stratum is called")

    @model_validator(mode="after")
    def _no_more_than_there_are(self) -> Self:
        if self.k + self.m > self.n:
            raise ValueError("抽取数与候补数之和超过对象数")
        return self


class PublicList(_Public):
    """One list of a draw: what was drawn from (RID/1 §2). `registry_count` = pool + excluded."""

    code: str = Field(min_length=1, max_length=54)
    plan_number: Line
    plan_name: Line
    task_number: Line
    task_name: Line
    department: Line
    mode: DrawMode
    registry_count: int = Field(ge=0, description="objects in the registry when the list was frozen")
    excluded: int = Field(ge=0, description="left out with a reason (exemptions, caps)")
    strata: list[PublicStratum]

    @model_validator(mode="after")
    def _nobody_leaves_silently(self) -> Self:
        if self.registry_count != self.excluded + sum(stratum.n for stratum in self.strata):
            raise ValueError("名录总数不等于各层对象数与排除数之和（RID/1 §2 守恒）")
        return self


class PublicVoidedAttempt(_Public):
    """An attempt that was voided stays public with its reason (RID/1 §4)."""

    attempt: int = Field(ge=1)
    code: str = Field(default="", max_length=40, description="of codes.VOID_REASONS")
    reason: Line
    voided_at: AwareDatetime


class PublicEarlierDraw(_Public):
    """A draw of the same task that was completed before; a reader sees how often the task was drawn (D4)."""

    draw_id: DrawId
    attempts: int = Field(ge=1, description="how often it was tried")
    completed_at: AwareDatetime
    tasks: list[Line] = Field(description="numbers of the tasks that both draws carry out")


class PublicSubstitution(_Public):
    """An object or inspector replaced in order, with the reason (RID/1 §8, D23)."""

    kind: str = Field(pattern="^(object|inspector)$")
    list_code: str = Field(default="", max_length=54)
    out: Line
    into: Line
    reason: Line
    made_at: AwareDatetime


class PublicRuleset(_Public):
    """Which rules governed the draw."""

    id: Line
    version: Line
    sha256: SHA256


class PublicBundle(_Public):
    """The proof bundle of RID/1 §9, downloadable from the platform."""

    sha256: SHA256
    size: int = Field(ge=1, description="bytes")
    path: str = Field(
        pattern=r"^/public/[0-9A-Za-z._~/-]{1,200}$",
        description="path on the gateway",
        examples=["/public/draws/LY-2026-0001/bundle"],
    )
    version: int = Field(default=1, ge=1, description="grows when substitutions are added to it")


class PublicLots(_Public):
    """Lots drawn by hand (人工抽签、摇号; D1): what is on record instead of a proof."""

    method: str = Field(pattern="^(slips|balls)$", description="of codes.LOTS_METHODS")
    place: Line
    held_at: AwareDatetime
    present: list[Line] = Field(description="offices that were present, never names")
    evidence: SHA256 = Field(description="SHA-256 of the signed protocol or the video")
    content_hash: SHA256 = Field(description="SHA-256 of the result as two people recorded it")
    inputs_hash: SHA256 = Field(description="hash of the frozen lists, which witnesses signed before")


class PublicSavings(_Public):
    """What a joint draw saves by sharing tickets, beside draws held apart (进一次门、查多项事)."""

    selected: int = Field(ge=0, description="objects selected, counted once for each list")
    visits: int = Field(ge=0, description="different objects selected: one visit each")
    expected_visits_apart: str = Field(
        pattern=r"^\d+\.\d{2}$", description="visits to expect of draws held apart", examples=["36.04"]
    )
    saved_by_sharing: str = Field(
        pattern=r"^-?\d+\.\d{2}$", description="may be negative by chance", examples=["4.04"]
    )


class PublicDraw(_Public):
    """A completed draw with everything that lets anyone repeat it (RID/1), or with `lots` drawn by hand (D1)."""

    draw_id: DrawId
    version: Version
    attempt: int = Field(ge=1)
    org: Line
    org_name: Line
    region: RegionCode
    suite: str = Field(pattern="^(S256|SM3)$")
    manifest_hash: HashOrNone
    seed: HashOrNone
    result_hash: SHA256
    match_hash: SHA256
    dice: str = Field(max_length=100, description="`d10x20:` and 20 digits, or `-`")
    beacon: str = Field(default="-", max_length=200, description="`drand:round:hash`, or `-`")
    contributors: list[Line] = Field(
        description="names of the roles that gave a secret", examples=[["legal"]]
    )
    signed_by: Line = Field(description="the legal witness, as a role or office, never an identity number")
    completed_at: AwareDatetime
    inspect_from: date
    inspect_to: date
    visits: int = Field(ge=0, description="different objects drawn; each becomes one visit")
    ruleset: PublicRuleset
    lists: list[PublicList] = Field(min_length=1, max_length=200)
    bundle: PublicBundle | None = Field(default=None, description="none where lots were drawn by hand")
    lots: PublicLots | None = Field(
        default=None, description="the lots were drawn by hand: the result cannot be verified"
    )
    savings: PublicSavings | None = Field(
        default=None, description="of a draw of several lists, once they are counted"
    )
    voided: list[PublicVoidedAttempt] = Field(default_factory=list)
    earlier: list[PublicEarlierDraw] = Field(
        default_factory=list, description="completed draws of the same tasks before this one"
    )
    substitutions: list[PublicSubstitution] = Field(default_factory=list)
    reason: Text = Field(default="", description="why this version replaces the one before")
    published_at: AwareDatetime

    @property
    def verifiable(self) -> bool:
        """Tell whether anybody can repeat the draw."""
        return self.lots is None

    @model_validator(mode="after")
    def _proof_or_record(self) -> Self:
        proven = self.bundle is not None and "-" not in (self.manifest_hash, self.seed)
        nothing = self.bundle is None and {self.manifest_hash, self.seed, self.dice, self.beacon} == {"-"}
        if not (proven if self.verifiable else nothing):
            raise ValueError("由种子决定的抽取须有清单、种子和证明包；人工抽签的抽取三者皆无")
        return self


# --- results ---------------------------------------------------------------------------------------------


class PublicResultLine(_Public):
    """The eleven columns of a public result (features.md, public result record); a line for each check.

    `code_set` and `result_codes` say for programs what the column `result` says for people.
    """

    plan_number: Line = Field(description="抽查计划编号")
    plan_name: Line = Field(description="抽查计划名称")
    task_number: Line = Field(description="抽查任务编号")
    task_name: Line = Field(description="抽查任务名称")
    draw_type: DrawMode = Field(description="抽查类型")
    authority: Line = Field(description="检查机关")
    object_name: Line = Field(description="检查对象名称, masked where it is a person's (S2 Art. 18)")
    object_code: str = Field(max_length=54, description="统一社会信用代码/注册号; empty where there is none")
    finished_on: date = Field(description="检查完成日期")
    result: Line = Field(description="检查结果", examples=["未发现问题"])
    remark: Text = Field(default="", description="备注")
    code_set: str = Field(default="rz-2022", max_length=40)
    result_codes: list[ResultCode] = Field(description="most serious first; none where withheld")
    withheld: bool = Field(
        default=False, description="依法不予公开: the result is kept back, the remark says why (S2 Art. 18)"
    )

    @model_validator(mode="after")
    def _codes_unless_withheld(self) -> Self:
        if self.withheld == bool(self.result_codes):
            raise ValueError("检查结果须有代码；依法不予公开的不得带代码")
        return self


class PublicFollowUp(_Public):
    """A follow-up (后续处理) in words for the public, and whether it is done (S0 五(三), S1 (四))."""

    kind: FollowUpKind
    text: Line = Field(examples=["责令改正"])
    closed: bool
    closed_on: date | None = None


class PublicResult(_Public):
    """What the public may know of one visit; every version stays visible (X6, X8, S3 Art. 16)."""

    record_id: UUID
    visit_id: UUID
    draw_id: DrawId
    draw_attempt: int | None = Field(
        default=None, ge=1, description="which attempt at the draw this object was drawn in (RID/1 §4)"
    )
    voided: list[PublicVoidedAttempt] = Field(
        default_factory=list, description="the attempts before that one, each with its reason"
    )
    version: Version
    status: PublicationStatus = PublicationStatus.PUBLISHED
    reason: Text = Field(default="", description="why it was corrected or withdrawn; required then")
    object_name: Line
    object_code: Annotated[str, Field(pattern=r"^([0-9A-Z][0-9A-Z._-]{0,53})?$")] = ""
    object_region: RegionCode
    published_at: AwareDatetime
    lines: list[PublicResultLine] = Field(max_length=100)
    follow_ups: list[PublicFollowUp] = Field(default_factory=list)

    @model_validator(mode="after")
    def _corrections_say_why(self) -> Self:
        changed = self.version > 1 or self.status is PublicationStatus.WITHDRAWN
        return _with_reason(self, changed, self.reason, "更正或撤回须说明理由")

    @model_validator(mode="after")
    def _a_published_result_has_lines(self) -> Self:
        if self.status is PublicationStatus.PUBLISHED and not self.lines:
            raise ValueError("已公示的结果至少要有一行")
        return self


class CreditRecord(_Public):
    """What a credit platform consumes: 检查实施机关, 类型, 日期, 结果, object's name and code (X16)."""

    record_id: UUID
    version: Version
    status: PublicationStatus = PublicationStatus.PUBLISHED
    authority: Line = Field(description="检查实施机关")
    inspection_type: Line = Field(description="类型", examples=["双随机定向抽查"])
    inspected_on: date = Field(description="日期")
    result: Line = Field(description="结果")
    object_name: Line
    object_code: ObjectId
    reason: Text = Field(default="", description="why it was corrected or withdrawn; required then")

    @model_validator(mode="after")
    def _corrections_say_why(self) -> Self:
        changed = self.version > 1 or self.status is PublicationStatus.WITHDRAWN
        return _with_reason(self, changed, self.reason, "更正或撤回须说明理由")


# --- receipts and reconciliation -------------------------------------------------------------------------


class PushReceipt(BaseModel):
    """The website's answer to a push: 201 when the version is new, 200 when it was known (`duplicate`).

    When an older version arrives that was never held, the receipt is that of the newer version held instead.
    """

    receipt_id: UUID
    kind: RecordKind
    id: str
    version: int
    accepted_at: AwareDatetime
    duplicate: bool


class HeldRecord(BaseModel):
    """What a receiver holds of a record; reconciliation (DATA_CHECK) compares `sha256` with the body sent."""

    id: str
    version: int
    sha256: SHA256 = Field(description="of the newest version's body, byte for byte as received")


class HeldBody(HeldRecord):
    """A held record with its body."""

    body: dict[str, Any]


class HeldPage(BaseModel):
    """One page of a reconciliation list, ascending by id; `next` goes into `after`, None at the end."""

    items: list[HeldRecord]
    next: str | None


class CreditReceipt(BaseModel):
    """The credit platform's answer: 201 when stored, 200 when it had the version already (`duplicate`)."""

    receipt_no: str
    record_id: UUID
    version: int
    duplicate: bool


def _with_reason(model: M, needed: bool, reason: str, complaint: str) -> M:
    if needed and not reason.strip():
        raise ValueError(complaint)
    return model
