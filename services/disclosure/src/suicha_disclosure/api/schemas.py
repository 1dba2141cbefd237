"""What the endpoints take and give. Field names are English; words for people are Chinese."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from suicha_chassis.problems import Fault
from suicha_contracts.publication import PublicFollowUp, PublicResult, PublicResultLine
from suicha_contracts.ruleset import DeadlineKind

from suicha_disclosure.models import DeliveryState, DisclosureState, PublicationCause

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=1000)]


class _Body(BaseModel):
    """Base of request bodies: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class StateFilter(StrEnum):
    """States to filter by: the four stored ones, and two that depend on the day."""

    PENDING = "pending"
    DUE = "due"
    """Not public and due soon (setting DISCLOSURE_DUE_SOON_DAYS), or a handled problem without a day."""
    OVERDUE = "overdue"
    RELEASED = "released"
    DISCLOSED = "disclosed"
    WITHDRAWN = "withdrawn"


class DeadlineView(BaseModel):
    """The last day in time, and how it was counted (X3)."""

    due_on: date | None = Field(description="null: no ruleset yet, or problems are handled first")
    provisional: bool = Field(description="a calendar or the ruleset is missing; the day may still move")
    overdue: bool
    kind: DeadlineKind | None = None
    days: int | None = None
    promptly: bool = Field(default=False, description="尽快/及时: days is the outer limit only")
    clause: str = Field(default="", examples=["第十四条"])
    quote: str = ""
    explanation: str = Field(examples=["自检查结束次日起 20 个工作日（第十四条）"])


class DisclosureSummary(BaseModel):
    """One result on a list."""

    id: UUID
    visit_id: UUID
    round_id: UUID
    draw_id: str
    org: str
    region: str
    object_id: str
    object_name: str
    credit_grade: str
    finished_on: date
    normal: bool
    state: DisclosureState
    due_on: date | None
    provisional: bool
    overdue: bool
    public_version: int = Field(description="newest version issued; 0 while nothing was")
    released_at: datetime | None
    disclosed_at: datetime | None


class LineView(BaseModel):
    """One check before and after redaction."""

    check_id: UUID
    department: str
    list_code: str
    result_codes: list[str]
    result: str
    remark: str
    withheld_reason: str = Field(description="依法不予公开的理由; empty when the line is public")
    public: PublicResultLine = Field(description="as the public will read it")


class VersionView(BaseModel):
    """One issued version."""

    kind: str
    version: int
    cause: PublicationCause
    sha256: str
    issued_at: datetime


class DisclosureDetail(DisclosureSummary):
    """One result with all that a publisher needs to decide."""

    org_name: str
    object_kind: str
    object_region: str
    ruleset_id: str
    ruleset_version: str
    channels: list[str] = Field(description="where it will be public")
    deadline: DeadlineView
    lines: list[LineView]
    follow_ups: list[PublicFollowUp] = Field(description="as the public will read them")
    handling_note: str
    waits_for_handling: bool = Field(description="a problem that must be handled first (S4 四(五))")
    withdrawn_reason: str
    released_by: str
    record_version: int
    versions: list[VersionView]


class ReleaseBody(_Body):
    """Releasing one result."""

    handling_note: str = Field(
        default="", max_length=1000, description="how a problem was handled, where no follow-up tells it"
    )


class ReleaseManyBody(_Body):
    """Releasing many: either exactly these, or all of a round that can be."""

    ids: list[UUID] | None = Field(default=None, min_length=1, max_length=20_000)
    round_id: UUID | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "ReleaseManyBody":
        if (self.ids is None) == (self.round_id is None):
            raise ValueError("ids 与 round_id 须且只须给出一个")
        return self


class ReleaseManyResult(BaseModel):
    """What a bulk release did."""

    released: int
    skipped: list[Fault] = Field(description="what kept the others of the round, at most 500")
    skipped_count: int


class WithholdBody(_Body):
    """The lines that stay out of the public, all of them; an empty list shows everything again."""

    lines: list[UUID] = Field(max_length=100, description="check ids")
    reason: Reason = Field(examples=["涉及商业秘密"])


class WithdrawBody(_Body):
    """Taking back a result."""

    reason: Reason = Field(examples=["检查对象登记错误"])


class DeliveryView(BaseModel):
    """One version of a record on its way to one channel."""

    id: UUID
    channel: str
    kind: str
    record_id: str
    version: int
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_at: datetime | None = Field(description="next push, null when none will come by itself")
    accepted_at: datetime | None
    reason: str = Field(description="why the newest push did not succeed")
    receipt: dict[str, Any] | None


class AttemptView(BaseModel):
    """One push and what came of it."""

    number: int
    cause: str
    verdict: str
    status: int | None
    answer: str = Field(description="first 2 KB of the answer")
    reason: str
    ms: int
    ended_at: datetime


class DeliveryDetail(DeliveryView):
    """A delivery with every attempt, oldest first."""

    log: list[AttemptView]


class ReconcileBody(_Body):
    """Which channels to compare; none named means all."""

    channels: list[str] = Field(default_factory=list, examples=[["public-site"]])


class ReconciliationView(BaseModel):
    """One comparison with what a channel holds (DATA_CHECK)."""

    id: UUID
    channel: str
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    held: int
    missing: int = Field(description="versions that the channel had accepted and did not hold")
    different: int = Field(description="versions that it held with another content")
    unknown: int = Field(description="records that it holds and we never sent")
    error: str = Field(description="why the channel could not be read")


class ReconciliationsAsked(BaseModel):
    """The comparisons that will be made."""

    items: list[ReconciliationView]


class RatioView(BaseModel):
    """A share: numerator, denominator, basis points rounded down; bp is null for an empty whole."""

    num: int
    den: int
    bp: int | None


class GradeView(BaseModel):
    """What was found among objects of one credit grade."""

    grade: str
    closed: int
    problems: int
    problem_rate: RatioView


class ResultCount(BaseModel):
    """How many checks had a result."""

    code: str
    text: str
    count: int


class StatisticsView(BaseModel):
    """The figures of a plan, a round, or everything in the caller's scope."""

    as_of: datetime
    due: int = Field(description="应检查: visits of completed draws")
    due_exact: bool = Field(description="false: a joint round gives only an upper bound for one plan")
    closed: int = Field(description="已办结")
    released: int = Field(description="公示中")
    disclosed: int = Field(description="已公示: every channel has accepted it")
    withdrawn: int = Field(description="已撤回")
    overdue: int = Field(description="超期件: not public after the deadline")
    late: int = Field(description="public, but after the deadline")
    provisional: int = Field(description="deadlines that may still move")
    problems: int = Field(description="发现问题")
    disclosure_rate: RatioView = Field(description="公示率 = 已公示 / 已办结")
    completion_rate: RatioView = Field(description="完成率 = 已公示 / 应检查")
    problem_rate: RatioView = Field(description="问题发现率 = 发现问题 / 已办结")
    by_result: list[ResultCount]
    by_grade: list[GradeView]


class PublicResultSummary(BaseModel):
    """One public result on a list."""

    record_id: UUID
    version: int
    status: str
    object_name: str
    object_code: str
    results: list[str] = Field(description="检查结果")
    finished_on: date | None
    published_at: datetime
    draw_id: str
    draw_attempt: int | None = Field(
        description="which attempt at the draw this object was drawn in (RID/1 §4); null while the draw is not known"
    )


class PublicResultHistory(BaseModel):
    """A public result, newest version first; corrected ones stay readable (S3 Art. 16)."""

    current: PublicResult
    earlier: list[PublicResult]


class PublicStatisticsView(BaseModel):
    """Figures for everyone."""

    as_of: datetime
    due: int
    disclosed: int
    completion_rate: RatioView
    by_result: list[ResultCount]
