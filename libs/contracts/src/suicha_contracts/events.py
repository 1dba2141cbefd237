"""Every event of the platform, in the order of a season: registry, draw, inspection, disclosure."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from suicha_contracts.envelope import Event
from suicha_contracts.ruleset import ReceivedRuleset
from suicha_contracts.values import SHA256, DrawMode, FileRef, FollowUpKind, ObjectId, RegionCode, ResultCode


class Part(BaseModel):
    """A value inside an event; ignores fields that a newer sender added."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RulesetRef(Part):
    """Which version of which ruleset governs: a draw and its inspections keep the one they began under."""

    id: str
    version: str
    sha256: SHA256


# --- registry --------------------------------------------------------------------------------------------


class RulesetPublished(Event):
    """A ruleset version is in force for a jurisdiction from its effective date."""

    service: ClassVar[str] = "registry"
    ruleset: ReceivedRuleset
    sha256: SHA256


class CalendarPublished(Event):
    """The official working days of a year (国务院办公厅 holiday notice). Weekends are known to everyone."""

    service: ClassVar[str] = "registry"
    year: int
    revision: int = Field(
        default=0, description="a higher one replaces a lower one, in whatever order they come; 0: not told"
    )
    holidays: list[date] = Field(description="weekdays on which nobody works")
    workdays: list[date] = Field(description="Saturdays and Sundays on which everybody works (调休)")
    source: str


class ItemLaw(Part):
    """What a law itself prescribes for an item; it wins over every ruleset (P8, P17; S0 三（二）, S3 Art. 4)."""

    code: str = Field(description="item code")
    ratio_bp: int | None = Field(default=None, description="least ratio, basis points")
    ratio_clause: str = Field(default="", description="law and article of the ratio")
    frequency_minimum: int | None = Field(default=None, description="inspections of one object in a year")
    frequency_maximum: int | None = None
    frequency_clause: str = Field(default="", description="law and article of the frequency")


class ItemListPublished(Event):
    """A version of an 抽查事项清单 is public (S2 Art. 5)."""

    service: ClassVar[str] = "registry"
    org: str
    region: RegionCode
    version: int
    items: list[str] = Field(description="item codes")
    published_at: datetime
    kind: str = Field(
        default="regular", description="`regular`, or `triggered`: the list of its own of S3 Art. 2 (R7)"
    )
    laws: list[ItemLaw] = Field(
        default_factory=list, description="items of the list for which a law prescribes ratio or frequency"
    )


class ExpertRegistered(Event):
    """An expert or institution of the pool (专家库, R16, R17) was registered or changed: the whole entry."""

    service: ClassVar[str] = "registry"
    org: str
    region: RegionCode
    code: str
    name: str
    kind: str = Field(description="`expert`, or a kind of institution, e.g. `accounting_firm`")
    institution: str = Field(default="", description="where an expert works")
    tags: list[str] = Field(default_factory=list)
    valid_from: date
    valid_until: date
    active: bool
    confidential_since: date | None = Field(description="when confidentiality was promised; null: not yet")
    conflicts: list[ObjectId] = Field(
        default_factory=list, description="objects that the entry must not come near (回避)"
    )
    version: int


# --- draw ------------------------------------------------------------------------------------------------


class PlanTask(Part):
    """One row of a published plan (S0 annex 1, S4 annex)."""

    task_id: UUID
    number: str = Field(examples=["001号"])
    name: str
    department: str = Field(description="发起处室")
    joint_departments: list[str] = Field(default_factory=list, description="联合处室")
    mode: DrawMode
    ratio_text: str = Field(description="抽查比例 as printed, e.g. `A 5%、B 10%`")
    frequency_text: str
    items: list[str] = Field(description="抽查事项, names")
    object_range: str = Field(description="抽查对象范围")
    method: str = Field(description="抽查方式, e.g. 实地检查")
    months: str = Field(description="抽查时间, e.g. 2026年11月")
    basis: list[str] = Field(description="抽查依据")


class PlanPublished(Event):
    """A yearly plan, or a new version of it, is public (S1 (二), S2 Art. 14)."""

    service: ClassVar[str] = "draw"
    plan_id: UUID
    number: str = Field(examples=["2026001"])
    name: str
    year: int
    org: str
    org_name: str
    region: RegionCode
    version: int
    reason: str = Field(default="", description="why it was adjusted; empty for the first version")
    published_at: datetime
    tasks: list[PlanTask]


class StratumOutcome(Part):
    """One stratum of a list: n objects, k drawn, m substitutes, ratio in basis points."""

    code: str
    n: int
    k: int
    m: int
    bp: int | None = None
    count: int | None = None
    name: str = Field(default="", description="what the stratum is called", examples=["加大力度：投诉举报多"])


class ListOutcome(Part):
    """One list of a completed round and the task it belongs to."""

    code: str
    crew: str
    task_id: UUID
    plan_id: UUID
    plan_number: str
    plan_name: str
    task_number: str
    task_name: str
    department: str
    mode: DrawMode
    registry_count: int
    excluded: int
    strata: list[StratumOutcome]
    kind: str = Field(default="random", description="`random`, or the trigger (P13)")
    conditions: str = Field(default="", description="the conditions of a directed draw in words (D6)")
    items: list[str] = Field(default_factory=list, description="item codes that the list was drawn for (R4)")


class DrawFiles(Part):
    """Where the files of a completed round lie."""

    result: FileRef
    match: FileRef
    dossier: FileRef = Field(description="JSON Lines: Dossier of every selected or substitute object")
    package: FileRef = Field(description="JSON: RoundPackage with tasks, items, forms, inspectors, ruleset")
    bundle: FileRef | None = Field(
        default=None, description="the proof bundle, RID/1 §9; none where lots were drawn by hand"
    )


class LotsRecord(Part):
    """Lots drawn by hand (人工抽签、摇号; D1): what is on record instead of a proof."""

    method: str = Field(description="of codes.LOTS_METHODS")
    place: str
    held_at: datetime
    present: list[str] = Field(description="offices that were present, never names")
    evidence: SHA256 = Field(description="SHA-256 of the signed protocol or the video")
    content_hash: SHA256 = Field(description="SHA-256 of the result as two people recorded it")
    inputs_hash: SHA256 = Field(description="hash of the frozen lists, which witnesses signed before")


class VoidedAttempt(Part):
    """An earlier attempt at the same draw that was voided (RID/1 §4)."""

    attempt: int
    code: str = Field(default="", description="of codes.VOID_REASONS")
    reason: str
    voided_at: datetime


class EarlierDraw(Part):
    """A completed draw of the same task before this one, under a number of its own (年抽查 1 至 2 次, S0 三(二))."""

    draw_id: str
    attempts: int = Field(description="how often it was tried")
    completed_at: datetime
    tasks: list[str] = Field(
        description="numbers of the tasks that both draws carry out", examples=[["001号"]]
    )


class DrawCompleted(Event):
    """A round was drawn, matched and signed by the legal witness (RID/1 §8)."""

    service: ClassVar[str] = "draw"
    round_id: UUID
    draw_id: str
    attempt: int
    org: str
    org_name: str
    region: RegionCode
    suite: str
    manifest_hash: str = Field(description="`-` where lots were drawn by hand")
    seed: str = Field(
        description="64 hex digits; `embargoed` until `DrawUnsealed` brings it; `-` where lots were drawn by hand"
    )
    result_hash: str
    match_hash: str
    dice: str
    beacon: str = Field(default="-", description="`drand:` round `:` hash, or `-`")
    embargoed: bool = Field(
        default=False, description="seed, bundle and drawn objects wait for `DrawUnsealed`"
    )
    contributors: list[str]
    signed_by: str
    completed_at: datetime
    inspect_from: date
    inspect_to: date
    ruleset: RulesetRef
    lists: list[ListOutcome]
    visits: int = Field(description="different objects selected; each becomes one visit")
    voided: list[VoidedAttempt] = Field(
        default_factory=list, description="the attempts before this one, in order: every result shows them"
    )
    earlier: list[EarlierDraw] = Field(
        default_factory=list, description="completed draws of the same tasks before this one, in order"
    )
    files: DrawFiles
    choice: str = Field(
        default="random", description="`random`, or `direct`: who inspects was said beforehand (D18)"
    )
    choice_reason: str = Field(default="", description="why inspectors were dispatched directly")
    basis: str = Field(default="seed", description="`seed`, or `physical`: lots drawn by hand (D1)")
    verifiable: bool = Field(default=True, description="false where lots were drawn by hand")
    lots: LotsRecord | None = Field(
        default=None, description="where lots were drawn by hand: what is on record"
    )


class BundleRewritten(Event):
    """The proof bundle of a completed round was written again, with more in it; the earlier one stays (RID/1 §9)."""

    service: ClassVar[str] = "draw"
    round_id: UUID
    draw_id: str
    attempt: int
    region: RegionCode
    org: str
    version: int = Field(description="grows by one; DrawCompleted carries version 1")
    bundle: FileRef
    entries_until: datetime = Field(description="time of the newest log entry in it")


class SavingsCounted(Event):
    """What a completed joint round saves by sharing tickets (进一次门、查多项事), once that is counted."""

    service: ClassVar[str] = "draw"
    round_id: UUID
    draw_id: str
    attempt: int
    region: RegionCode
    org: str
    selected: int = Field(description="objects selected, counted once for each list: Σ k")
    visits: int = Field(description="different objects selected: one visit each")
    expected_visits_apart: str = Field(
        description="Σ over objects of 1 − Π(1 − k/n): visits to expect of draws held apart, two decimals"
    )
    saved_by_sharing: str = Field(
        description="expected_visits_apart − visits, two decimals; may be negative by chance"
    )


class DrawUnsealed(Event):
    """The embargo of a completed round has ended: its seed, proof bundle and drawn objects are public (RID/1 §5)."""

    service: ClassVar[str] = "draw"
    round_id: UUID
    draw_id: str
    attempt: int
    region: RegionCode
    org: str
    seed: SHA256
    bundle: FileRef
    unsealed_at: datetime


class DrawVoided(Event):
    """An attempt was voided; it stays in the log with its reason (RID/1 §4)."""

    service: ClassVar[str] = "draw"
    round_id: UUID
    draw_id: str
    attempt: int
    region: RegionCode
    org: str
    code: str = Field(default="", description="of codes.VOID_REASONS")
    reason: str
    voided_at: datetime


class SubstitutionMade(Event):
    """An object or an inspector was replaced, strictly in order (RID/1 §8)."""

    service: ClassVar[str] = "draw"
    round_id: UUID
    draw_id: str
    kind: str = Field(description="`object` or `inspector`")
    list_code: str = ""
    stratum: str = ""
    crew: str = ""
    object_id: ObjectId
    out: str
    into: str
    reason: str
    made_at: datetime


# --- inspection ------------------------------------------------------------------------------------------


class CheckOutcome(Part):
    """What one department found at one visit, as it will be public (features.md, public result record)."""

    check_id: UUID
    list_code: str
    crew: str
    department: str
    task_id: UUID
    plan_number: str
    plan_name: str
    task_number: str
    task_name: str
    mode: DrawMode
    items: list[str]
    code_set: str = "rz-2022"
    results: list[ResultCode] = Field(description="distinct results of the check's items, most serious first")
    remark: str = ""


class FollowUpState(Part):
    """A follow-up (后续处理) and whether it is done."""

    follow_up_id: UUID
    kind: FollowUpKind
    closed: bool
    due_on: date | None = None


class InspectionClosed(Event):
    """A visit is complete, signed and reviewed (S3 Art. 10, 13). Carries no personal data of anyone."""

    service: ClassVar[str] = "inspection"
    visit_id: UUID
    round_id: UUID
    draw_id: str
    org: str
    org_name: str
    region: RegionCode
    object_id: ObjectId
    object_name: str
    object_kind: str
    object_region: RegionCode
    credit_grade: str = ""
    finished_on: date = Field(description="检查完成日期")
    closed_at: datetime
    normal: bool = Field(description="no problem in any check")
    violation: bool
    refused_signature: bool
    checks: list[CheckOutcome]
    follow_ups: list[FollowUpState]
    ruleset: RulesetRef
    record: FileRef = Field(description="the sealed record as JSON; not public")


class InspectionCorrected(Event):
    """A closed record was found wrong and corrected; the earlier version stays (S3 Art. 16)."""

    service: ClassVar[str] = "inspection"
    visit_id: UUID
    version: int
    reason: str
    corrected_at: datetime
    checks: list[CheckOutcome]
    normal: bool
    violation: bool | None = Field(default=None, description="none: an older sender did not say")


class FollowUpClosed(Event):
    """A follow-up was completed (S0 五(三), S1 (四))."""

    service: ClassVar[str] = "inspection"
    visit_id: UUID
    follow_up_id: UUID
    kind: FollowUpKind
    region: RegionCode
    outcome: str
    closed_on: date


# --- disclosure ------------------------------------------------------------------------------------------


class ResultDisclosed(Event):
    """Every channel has accepted the record of a visit."""

    service: ClassVar[str] = "disclosure"
    disclosure_id: UUID
    visit_id: UUID
    object_id: ObjectId
    region: RegionCode
    version: int
    due_on: date | None
    disclosed_at: datetime
    late: bool


class DisclosureCorrected(Event):
    """A corrected or withdrawn record replaced a public one; both versions are kept (S3 Art. 16)."""

    service: ClassVar[str] = "disclosure"
    disclosure_id: UUID
    visit_id: UUID
    version: int
    reason: str
    corrected_at: datetime


ALL_EVENTS: tuple[type[Event], ...] = (
    RulesetPublished,
    CalendarPublished,
    ItemListPublished,
    ExpertRegistered,
    PlanPublished,
    DrawCompleted,
    BundleRewritten,
    DrawUnsealed,
    SavingsCounted,
    DrawVoided,
    SubstitutionMade,
    InspectionClosed,
    InspectionCorrected,
    FollowUpClosed,
    ResultDisclosed,
    DisclosureCorrected,
)
