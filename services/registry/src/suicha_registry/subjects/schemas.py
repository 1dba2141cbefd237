"""What the subject, label and grade endpoints take and answer."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from suicha_contracts.values import SHA256, ObjectId, SubjectKind, SubjectStatus, is_credit_code

from suicha_registry.organisations.schemas import KnownRegion, RidCode

Grade = Annotated[
    str,
    Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$", description="credit-risk grade (信用风险等级)", examples=["B"]),
]
Unit = Annotated[str, Field(pattern=r"^([0-9A-Z][0-9A-Z._-]{0,53})?$", description="监管单位")]


class SubjectFields(BaseModel):
    """What describes an object and may be edited."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=300)
    status: SubjectStatus = SubjectStatus.ACTIVE
    registered_on: date | None = None
    company_type: str = Field(default="", max_length=300, description="企业类型")
    capital: str = Field(default="", max_length=300, description="注册资金, as registered")
    scope: str = Field(default="", max_length=20_000, description="经营范围")
    address: str = Field(default="", max_length=1000)
    legal_representative: str = Field(default="", max_length=200)
    industry: str = Field(default="", pattern=r"^([A-T][0-9]{0,4})?$", description="GB/T 4754")
    scale: str = Field(default="", max_length=20, description="经营规模")
    unit: Unit = ""


class SubjectBody(SubjectFields):
    """A new object, made by hand: bodies that no register file holds (R11)."""

    id: ObjectId
    kind: SubjectKind
    region: KnownRegion

    @model_validator(mode="after")
    def _code_fits_kind(self) -> "SubjectBody":
        if self.kind in {SubjectKind.ENTERPRISE, SubjectKind.INDIVIDUAL} and not is_credit_code(self.id):
            raise ValueError("企业和个体户须以正确的统一社会信用代码为编号")
        return self


class SubjectPatch(BaseModel):
    """What may change."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=300)
    status: SubjectStatus | None = None
    registered_on: date | None = None
    company_type: str | None = Field(default=None, max_length=300)
    capital: str | None = Field(default=None, max_length=300)
    scope: str | None = Field(default=None, max_length=20_000)
    address: str | None = Field(default=None, max_length=1000)
    legal_representative: str | None = Field(default=None, max_length=200)
    industry: str | None = Field(default=None, pattern=r"^([A-T][0-9]{0,4})?$")
    scale: str | None = Field(default=None, max_length=20)
    unit: Unit | None = None


class SubjectView(SubjectFields):
    """An object."""

    id: ObjectId
    kind: SubjectKind
    region: str
    credit_grade: str = Field(description="empty: not graded (未评级)")
    labels: list[str] = Field(description="label codes")
    last_inspected_on: date | None
    version: int


class SubjectChangeView(BaseModel):
    """One change."""

    at: datetime
    actor: str
    source: str
    before: dict[str, Any]
    after: dict[str, Any]


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


class LabelBody(BaseModel):
    """A label with the rule that puts it on objects of the caller's region."""

    model_config = ConfigDict(extra="forbid")

    code: RidCode = Field(examples=["HR-AGENCY"])
    name: str = Field(min_length=1, max_length=100, examples=["人力资源服务机构"])
    rule: LabelRule


class LabelView(LabelBody):
    """A label and how many objects carry it."""

    region: str
    subjects: int
    applied_at: datetime | None


class GradeLine(BaseModel):
    """The grade of one object."""

    model_config = ConfigDict(extra="forbid")

    id: ObjectId
    grade: Grade


class GradesBody(BaseModel):
    """Grades of many objects, as a list or as an uploaded CSV with code and grade columns."""

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


class GradesResult(BaseModel):
    """What a batch of grades did."""

    received: int
    changed: int
    unchanged: int
    unknown: int = Field(description="objects that are not in the register, or not in the caller's region")
    unknown_ids: list[str] = Field(description="the first hundred of them")
