"""What the subject, label and grade endpoints take and answer."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from suicha_chassis.paging import Page
from suicha_contracts.values import SHA256, ObjectId, SubjectKind, SubjectList, SubjectStatus, is_credit_code

from suicha_registry.organisations.schemas import KnownRegion, RidCode
from suicha_registry.subjects.feed import Deed
from suicha_registry.subjects.industries import industry_of
from suicha_registry.subjects.licences import LONGEST_KIND, LONGEST_NUMBER, MOST
from suicha_registry.subjects.limits import LONGEST

Grade = Annotated[
    str,
    Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$", description="credit-risk grade (信用风险等级)", examples=["B"]),
]


def _industry(code: str) -> str:
    if industry_of(code) != code:
        raise ValueError("不是国民经济行业的门类或代码（GB/T 4754），或字母与数字不符")
    return code


Industry = Annotated[
    str,
    AfterValidator(_industry),
    Field(pattern=r"^([A-T]([0-9]{2,4})?)?$", description="GB/T 4754", examples=["L7262"]),
]
_PIECE = r"^[^:：;；、\s]([^:：;；、\n]*[^:：;；、\s])?$"
"""Text without the signs that part licences in a cell of a table."""
Unit = Annotated[str, Field(pattern=r"^([0-9A-Z][0-9A-Z._-]{0,53})?$", description="监管单位")]


class LicenceView(BaseModel):
    """A licence of an object (许可证)."""

    kind: str = Field(examples=["人力资源服务许可证"])
    number: str = Field(examples=["410300202400001"])
    until: date | None = Field(description="last day; none: without end")


class LicenceBody(LicenceView):
    """A licence to keep."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(min_length=1, max_length=LONGEST_KIND, pattern=_PIECE, examples=["人力资源服务许可证"])
    number: str = Field(min_length=1, max_length=LONGEST_NUMBER, pattern=_PIECE, examples=["410300202400001"])
    until: date | None = Field(default=None, description="last day; none: without end")


def _each_once(licences: list[LicenceBody]) -> list[LicenceBody]:
    if len({(one.kind, one.number) for one in licences}) < len(licences):
        raise ValueError("同一种类、同一编号的许可证只登记一次")
    return sorted(licences, key=lambda one: (one.kind, one.number))


Licences = Annotated[list[LicenceBody], Field(max_length=MOST), AfterValidator(_each_once)]


class SubjectFields(BaseModel):
    """What describes an object and may be edited."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=LONGEST["name"])
    status: SubjectStatus = SubjectStatus.ACTIVE
    registered_on: date | None = None
    company_type: str = Field(default="", max_length=LONGEST["company_type"], description="企业类型")
    capital: str = Field(default="", max_length=LONGEST["capital"], description="注册资金, as registered")
    scope: str = Field(default="", max_length=LONGEST["scope"], description="经营范围")
    address: str = Field(default="", max_length=LONGEST["address"])
    legal_representative: str = Field(default="", max_length=LONGEST["legal_representative"])
    industry: Industry = ""
    scale: str = Field(default="", max_length=LONGEST["scale"], description="经营规模")
    nature: str = Field(default="", max_length=LONGEST["nature"], description="性质", examples=["民营"])
    structure: str = Field(
        default="", max_length=LONGEST["structure"], description="组织架构", examples=["集团"]
    )
    market_share_bp: int | None = Field(
        default=None, ge=0, le=10_000, description="市场占有率 in basis points: 1250 is 12.5 %"
    )
    licences: Licences = Field(default_factory=list, description="许可证")
    unit: Unit = ""


class SubjectBody(SubjectFields):
    """A new object, made by hand: bodies that no register file holds (R11)."""

    id: ObjectId | None = Field(
        default=None,
        description="none, for a body without a credit code: the next number of its region is given, "
        "`FS-410482-0001` to 非市场主体, `WZ-410482-0001` to 未经许可的机构",
    )
    kind: SubjectKind
    region: KnownRegion
    entered_on: date | None = Field(
        default=None, description="first day in the register, for one taken over from an older one; today"
    )

    @model_validator(mode="after")
    def _code_fits_kind(self) -> "SubjectBody":
        market = self.kind in {SubjectKind.ENTERPRISE, SubjectKind.INDIVIDUAL}
        if market and not (self.id and is_credit_code(self.id)):
            raise ValueError("企业和个体户须以正确的统一社会信用代码为编号")
        return self


class SubjectPatch(BaseModel):
    """What may change."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=LONGEST["name"])
    status: SubjectStatus | None = None
    registered_on: date | None = None
    company_type: str | None = Field(default=None, max_length=LONGEST["company_type"])
    capital: str | None = Field(default=None, max_length=LONGEST["capital"])
    scope: str | None = Field(default=None, max_length=LONGEST["scope"])
    address: str | None = Field(default=None, max_length=LONGEST["address"])
    legal_representative: str | None = Field(default=None, max_length=LONGEST["legal_representative"])
    industry: Industry | None = None
    scale: str | None = Field(default=None, max_length=LONGEST["scale"])
    nature: str | None = Field(default=None, max_length=LONGEST["nature"])
    structure: str | None = Field(default=None, max_length=LONGEST["structure"])
    market_share_bp: int | None = Field(default=None, ge=0, le=10_000)
    licences: Licences | None = None
    unit: Unit | None = None
    kind: SubjectKind | None = None
    region: KnownRegion | None = Field(
        default=None, description="where it moved; its region before and after must be the caller's"
    )


class SubjectView(BaseModel):
    """An object, as it is kept: an answer is never refused for a limit that input has."""

    id: ObjectId
    name: str
    kind: SubjectKind
    region: str
    status: SubjectStatus
    registered_on: date | None
    company_type: str = Field(description="企业类型")
    capital: str = Field(description="注册资金, as registered")
    scope: str = Field(description="经营范围")
    address: str
    legal_representative: str
    industry: str = Field(description="GB/T 4754", examples=["L7262"])
    scale: str = Field(description="经营规模")
    nature: str = Field(description="性质", examples=["民营"])
    structure: str = Field(description="组织架构", examples=["集团"])
    market_share_bp: int | None = Field(description="市场占有率 in basis points: 1250 is 12.5 %")
    licences: list[LicenceView] = Field(description="许可证, in the order of kind and number")
    unit: str = Field(description="监管单位")
    credit_grade: str = Field(description="empty: not graded (未评级)")
    grade_source: str = Field(description="who gave the grade", examples=["省平台"])
    grade_month: str = Field(
        description="month of the grade, YYYY-MM; with `as_of` empty where only a later one is known",
        examples=["2026-10"],
    )
    labels: list[str] = Field(description="label codes")
    lists: list[SubjectList] = Field(description="lists that the object is on today (R12)")
    complaints: int = Field(description="投诉举报 of the last 365 days")
    last_inspected_on: date | None
    entered_on: date = Field(description="first day on which the register knows the object")
    merged_into: ObjectId | None = Field(description="the object that this one turned out to be (R8)")
    version: int


class Search(BaseModel):
    """What objects are looked for; all given conditions hold together."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=100, description="part of the name")
    code: str = Field(default="", max_length=54, description="beginning of the code")
    region: str = Field(default="", pattern=r"^[0-9]{0,6}$", description="beginning of the region")
    label: str = Field(default="", max_length=54, description="this tag or one below it")
    grade: str = Field(default="", max_length=8)
    on_list: SubjectList | None = Field(default=None, description="on this list today")
    status: SubjectStatus | None = None
    kind: SubjectKind | None = None
    industry: str = Field(default="", max_length=10, description="beginning of the GB/T 4754 code")
    unit: str = Field(default="", max_length=54, description="监管单位")
    unlabelled: bool = Field(default=False, description="only live objects without any tag")


class SubjectPage(Page[SubjectView]):
    """One page of objects; with `count=true` also how many there are."""

    count: int | None = Field(default=None, description="at most 10,000")
    count_exact: bool | None = Field(default=None, description="false: there are more than `count`")


class ComplaintLine(BaseModel):
    """One complaint, or several told together."""

    model_config = ConfigDict(extra="forbid")

    id: ObjectId
    reference: str = Field(min_length=1, max_length=100, description="工单号", examples=["LY-2026-000123"])
    received_on: date
    count: int = Field(default=1, ge=1, le=100_000)
    matter: str = Field(
        default="", max_length=1000, description="事由，不得含举报人信息", examples=["拖欠工资"]
    )


class ComplaintsBody(BaseModel):
    """Complaints of one source."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(min_length=1, max_length=100, examples=["12333 热线"])
    complaints: list[ComplaintLine] = Field(min_length=1, max_length=5000)


class ComplaintsResult(BaseModel):
    """What was kept."""

    received: int
    new: int = Field(description="complaints whose reference was not known yet")
    unknown_ids: list[str] = Field(description="objects not in the register or not in the caller's region")


class ComplaintView(BaseModel):
    """A complaint about an object."""

    source: str
    reference: str
    received_on: date
    count: int
    matter: str
    recorded_by: str
    recorded_at: datetime


class ListEntryBody(BaseModel):
    """An object comes onto a list (R12)."""

    model_config = ConfigDict(extra="forbid")

    list_code: SubjectList
    valid_from: date
    valid_to: date | None = Field(default=None, description="last day; none: until further notice")
    source: str = Field(min_length=1, max_length=500, examples=["国家企业信用信息公示系统（河南）"])

    @model_validator(mode="after")
    def _days_in_order(self) -> "ListEntryBody":
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("移出日期早于列入日期")
        return self


class ListEntryView(ListEntryBody):
    """An entry of a list."""

    id: UUID
    subject_id: ObjectId
    recorded_by: str
    recorded_at: datetime


class SubjectChangeView(BaseModel):
    """One change: who, of which body, when, from which source, and from which day to which it holds (R9)."""

    at: datetime = Field(description="when it was recorded")
    actor: str
    org: str = Field(description="the responsible body")
    source: str
    effective_from: date
    effective_to: date | None = Field(
        description="day on which all it set was replaced; none: some of it still holds"
    )
    before: dict[str, Any]
    after: dict[str, Any]


class FeedRow(BaseModel):
    """One row of the feed: what happened, and the object as it is now."""

    deed: Deed
    at: datetime
    effective_from: date
    source: str
    fields: dict[str, Any] = Field(description="fields that got a new value; empty for a new object")
    subject: SubjectView


class Feed(BaseModel):
    """What came or changed since a cursor, oldest first."""

    items: list[FeedRow]
    cursor: str = Field(
        description="give it as `since` next time; good until the database is restored from a copy"
    )
    more: bool = Field(description="there is more already; ask again at once")


Words = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=60)]], Field(default_factory=list, max_length=50)
]


class LabelRule(BaseModel):
    """Whom a label fits: any word in the name or any word in the scope, and none of the excluded words."""

    model_config = ConfigDict(extra="forbid")

    name_contains: Words = Field(examples=[["人力资源", "人才服务"]])
    scope_contains: Words = Field(examples=[["人力资源服务", "职业中介"]])
    exclude_name: Words
    exclude_scope: Words

    @model_validator(mode="after")
    def _says_something(self) -> "LabelRule":
        if not self.name_contains and not self.scope_contains:
            raise ValueError("name_contains 与 scope_contains 至少填写一项")
        return self


class LabelDimension(StrEnum):
    """What a tag speaks of (S1: 按行业、重点领域、监管需要分类标注)."""

    INDUSTRY = "industry"
    KEY_FIELD = "key_field"
    NEED = "need"
    OTHER = ""


class LabelFields(BaseModel):
    """What describes a tag."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, examples=["人力资源服务机构"])
    parent: RidCode | None = Field(
        default=None, description="code of the tag above it, of the caller's region", examples=["HR"]
    )
    dimension: LabelDimension = LabelDimension.OTHER
    items: list[RidCode] = Field(
        default_factory=list, max_length=200, description="items that concern objects with this tag (R8, R10)"
    )
    rule: LabelRule | None = Field(default=None, description="none: put on by hand or for a search")
    valid_from: date | None = None
    valid_to: date | None = Field(default=None, description="last day; later the tag selects nothing")

    @model_validator(mode="after")
    def _days_in_order(self) -> "LabelFields":
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("标签失效日期早于生效日期")
        return self


class LabelBody(LabelFields):
    """A tag for objects of the caller's region; its rule is applied at once."""

    code: RidCode = Field(examples=["HR-AGENCY"])
    own: bool = Field(default=False, description="only for the caller's organisation")


class LabelView(LabelFields):
    """A tag and how many objects carry it."""

    code: RidCode
    org: str = Field(description="organisation that it is for; empty: every one of the region")
    region: str
    subjects: int = Field(description="objects that carry it themselves")
    applied_at: datetime | None
    version: int


class LabelPutBody(BaseModel):
    """Objects that get or lose a tag by hand: named, or all that a search finds in the tag's region."""

    model_config = ConfigDict(extra="forbid")

    ids: list[ObjectId] = Field(default_factory=list, max_length=20_000)
    where: Search | None = Field(default=None, description="as the parameters of `GET /subjects`")
    remove: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> "LabelPutBody":
        if bool(self.ids) == (self.where is not None):
            raise ValueError("ids 与 where 须且只须给出一项")
        return self


class LabelPutResult(BaseModel):
    """What a bulk tagging did."""

    changed: int = Field(description="objects that got or lost the tag")
    subjects: int = Field(description="objects that carry it now")


class CompletenessView(BaseModel):
    """How far the register is complete (应入尽入, R8)."""

    objects: int = Field(description="live objects inside the caller's region")
    objects_without_item: int = Field(description="those that no published item concerns")
    items_without_object: int = Field(description="published items that no live object falls under")


class LackingItemView(BaseModel):
    """A published item that no live object falls under."""

    id: UUID
    org: str
    code: str
    name: str
    lack: str = Field(
        description="no_label: no tag names the item; no_object: nobody carries one that does",
        examples=["no_label"],
    )


class DuplicateView(BaseModel):
    """Two entries that look like one object."""

    id: UUID
    state: str = Field(examples=["found"], description="found, proposed, merged or dismissed")
    grounds: list[str] = Field(
        description="code: one organisation code; name: one name in a city; address: one address and head",
        examples=[["name", "address"]],
    )
    first: SubjectView
    second: SubjectView
    kept_id: ObjectId | None = Field(description="the entry that stays, as proposed")
    reason: str
    proposed_by: str
    decided_by: str
    version: int


class CompareResult(BaseModel):
    """What a comparison found."""

    found: int = Field(description="pairs that were not known yet")


class MergeBody(BaseModel):
    """A proposal to merge."""

    model_config = ConfigDict(extra="forbid")

    kept_id: ObjectId = Field(description="the entry that stays")
    reason: str = Field(min_length=2, max_length=500, examples=["换发统一社会信用代码前后两次登记"])


class DismissBody(BaseModel):
    """Why two entries are two objects."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=2, max_length=500, examples=["同名的两家企业，经营地址不同"])


class GradeLine(BaseModel):
    """The grade of one object."""

    model_config = ConfigDict(extra="forbid")

    id: ObjectId
    grade: Grade


class GradesBody(BaseModel):
    """Grades of many objects: a list, or an uploaded file, CSV or JSON Lines, of code and grade."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(min_length=1, max_length=200, examples=["国家企业信用信息公示系统（河南）"])
    month: str = Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-10"])
    grades: list[GradeLine] | None = Field(default=None, min_length=1, max_length=20_000)
    upload_sha256: SHA256 | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "GradesBody":
        if (self.grades is None) == (self.upload_sha256 is None):
            raise ValueError("grades 与 upload_sha256 须且只须给出一项")
        return self


class GradeProblem(BaseModel):
    """A line that did not count, and why."""

    line: int
    id: str = Field(description="as it stands in the line")
    code: str = Field(examples=["grade_invalid"])
    message: str


class GradesResult(BaseModel):
    """What a batch of grades did."""

    received: int
    changed: int
    unchanged: int
    outdated: int = Field(
        description="lines of an earlier month than the grade that is kept; they do not count"
    )
    unknown: int = Field(description="objects that are not in the register, or not in the caller's region")
    unknown_ids: list[str] = Field(description="the first hundred of them")
    refused: int = Field(description="lines whose code or grade is wrong; the others count")
    problems: list[GradeProblem] = Field(description="the first hundred lines that did not count")
