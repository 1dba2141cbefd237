"""The one call between services, draw → registry: freezing the lists of a round; and the files it yields."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from suicha_contracts.ruleset import ReceivedRuleset
from suicha_contracts.values import FileRef, LicenceState, ObjectId, RegionCode, SubjectKind, SubjectList


class Criteria(BaseModel):
    """Conditions of a directed draw (D6); empty means all. All given conditions hold together."""

    model_config = ConfigDict(extra="forbid")

    kinds: list[SubjectKind] = Field(default_factory=list)
    labels: list[str] = Field(default_factory=list, description="label codes; an object has any one of them")
    grades: list[str] = Field(default_factory=list)
    regions: list[RegionCode] = Field(default_factory=list, description="divisions inside the task's region")
    industries: list[str] = Field(default_factory=list, description="GB/T 4754 letters or code prefixes")
    scales: list[str] = Field(default_factory=list)
    company_types: list[str] = Field(
        default_factory=list,
        description="企业类型 (S3 Art. 8): the registered type contains any one of these words",
    )
    natures: list[str] = Field(default_factory=list, description="性质 (S4 四(一))", examples=[["国有"]])
    structures: list[str] = Field(
        default_factory=list, description="组织架构 (S4 四(一))", examples=[["集团"]]
    )
    market_share_from_bp: int | None = Field(
        default=None, ge=0, le=10_000, description="市场占有率 (S4 四(一)) at least, basis points"
    )
    market_share_to_bp: int | None = Field(default=None, ge=0, le=10_000, description="市场占有率 at most")
    lists: list[SubjectList] = Field(
        default_factory=list, description="an object is on any one of these lists on the day of the freeze"
    )
    licences: list[LicenceState] = Field(
        default_factory=list, description="许可证状态 on that day; whoever holds several fits by any of them"
    )
    licence_kinds: list[str] = Field(
        default_factory=list, description="only licences of these kinds count", examples=[["劳务派遣许可证"]]
    )
    units: list[str] = Field(default_factory=list, description="supervising units")
    names_contain: str = ""
    ids: list[ObjectId] = Field(
        default_factory=list, max_length=10_000,
        description="named objects; only a triggered task may name them (S3 Art. 2, P13)",
    )  # fmt: skip

    @model_validator(mode="after")
    def _shares_in_order(self) -> "Criteria":
        low, high = self.market_share_from_bp, self.market_share_to_bp
        if low is not None and high is not None and high < low:
            raise ValueError("市场占有率的上限低于下限")
        return self

    @property
    def empty(self) -> bool:
        """Whether no condition is set: everybody fits."""
        return self == Criteria()


class SnapshotRaise(BaseModel):
    """Objects that a reason puts into a stratum of their own, above their grade (D9)."""

    model_config = ConfigDict(extra="forbid")

    stratum: str = Field(pattern=r"^[0-9A-Z][0-9A-Z._-]{0,53}$", examples=["R1-COMPLAINTS"])
    criteria: Criteria


class SnapshotList(BaseModel):
    """One list of a round (RID/1 §2)."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^[0-9A-Z][0-9A-Z._-]{0,53}$", examples=["HR"])
    crew: str = Field(pattern=r"^[0-9A-Z][0-9A-Z._-]{0,53}$", examples=["LDJC"])
    items: list[str] = Field(min_length=1, description="item codes; inspectors need all of them in scope")
    region: RegionCode
    criteria: Criteria = Field(default_factory=Criteria)
    by_grade: bool = Field(description="stratify by credit grade; otherwise one stratum `ALL`")
    raises: list[SnapshotRaise] = Field(
        default_factory=list, description="the first that fits an object decides its stratum"
    )


class SnapshotRequest(BaseModel):
    """What draw asks registry to freeze. The same `request_id` always yields the same snapshot."""

    model_config = ConfigDict(extra="forbid")

    request_id: UUID
    org: str
    lists: list[SnapshotList] = Field(min_length=1)
    units_by: str = Field(
        default="org", pattern="^(org|region|unit)$", description="what decides the RID/1 unit of an object"
    )
    inspect_from: date
    inspect_to: date = Field(description="licences must be valid up to this day")
    ruleset_id: str
    ruleset_version: str
    as_of: date | None = Field(
        default=None, description="freeze the objects as the register had them on this day; none: now (R9)"
    )
    inspectors: list[str] = Field(
        default_factory=list,
        description="直接选派 (S3 Art. 2, 7(4)): only these serve, and each must be able to; empty: everybody",
    )


class SurveyRequest(BaseModel):
    """What draw asks registry to count: which objects the tasks of a plan hold together (P7–P11). Freezes nothing."""

    model_config = ConfigDict(extra="forbid")

    org: str
    lists: list[SnapshotList] = Field(
        max_length=500, description="may be empty: the register alone is counted"
    )
    units_by: str | None = Field(
        default=None,
        pattern="^(org|region|unit)$",
        description="count each unit apart, with the inspectors of its crews (workload)",
    )
    object_id: ObjectId | None = Field(default=None, description="say where this object stands")
    seconds: int | None = Field(
        default=None, ge=1, le=600, description="no statement may count for longer; else `survey_too_long`"
    )


class SurveyGroup(BaseModel):
    """All objects that stand in exactly these lists, each in this stratum."""

    strata: dict[str, str] = Field(description="list code → stratum", examples=[{"HR": "A", "LD": "ALL"}])
    unit: str = Field(default="", description="empty unless units are counted apart")
    objects: int = Field(ge=1)


class SurveyStaff(BaseModel):
    """Inspectors who can serve today: active, with a licence that holds."""

    crew: str
    unit: str
    inspectors: int = Field(ge=1)


class Survey(BaseModel):
    """The register seen through a plan's lists: every object is counted in one group, or in none."""

    counted_at: str = Field(description="RFC 3339, UTC")
    register_size: int = Field(description="live objects of the organisation's region")
    groups: list[SurveyGroup]
    staff: list[SurveyStaff] = Field(default_factory=list, description="where units are counted apart")
    object_strata: dict[str, str] | None = Field(
        default=None, description="list code → stratum of the object asked for; null when nobody asked"
    )


class SnapshotFiles(BaseModel):
    """Canonical TSV (RID/1 §1) straight from COPY, plus the round package."""

    objects: FileRef = Field(
        description="list, id, stratum, unit in byte order; all live objects of each list"
    )
    inspectors: FileRef = Field(description="id, crew, unit, scopes in byte order")
    recusals: FileRef = Field(description="inspector id, object id, reason code in byte order")
    package: FileRef = Field(description="JSON RoundPackage")
    abnormal: FileRef | None = Field(
        default=None, description="ids on the abnormal list that day, in byte order (异常主体, S0 三(三))"
    )


class DeclaredRecusals(BaseModel):
    """Recusals among the frozen that one person recorded on one day for one ground; whose they are is not said."""

    reason: str = Field(description="code of `codes.RECUSAL_GROUNDS`", examples=["relative"])
    recorded_by: str
    on: date = Field(description="day in China")
    pairs: int = Field(ge=1, description="inspector and object")


class Snapshot(BaseModel):
    """A frozen state of the registers."""

    snapshot_id: UUID
    frozen_at: str = Field(description="RFC 3339, UTC")
    counts: dict[str, int] = Field(description="objects by list code: registry_count of RID/1 §2")
    files: SnapshotFiles
    declared: list[DeclaredRecusals] = Field(
        default_factory=list,
        description="who declared the recusals in the file, and when; not those found by rule",
    )


class DossierRequest(BaseModel):
    """Ask for what inspectors need to know of the drawn objects; ids lie in a file, one on each line."""

    model_config = ConfigDict(extra="forbid")

    ids: FileRef


class Dossier(BaseModel):
    """What an inspector needs to find an object. One JSON line each in the dossier file."""

    id: ObjectId
    name: str
    kind: SubjectKind
    credit_code: str = ""
    region: RegionCode
    address: str = ""
    legal_representative: str = ""
    scope: str = ""
    credit_grade: str = ""


class PackageQuestion(BaseModel):
    """One question of a form."""

    key: str
    text: str
    type: str = Field(description="choice | yes_no | text | number | date")
    section: str = Field(default="", description="heading that the question stands under; empty: none")
    options: list[str] = Field(default_factory=list)
    required: bool = True
    guidance: str = ""
    legal_article: str = ""
    evidence_required_if: list[str] = Field(default_factory=list, description="answers that need evidence")


class PackageForm(BaseModel):
    """A form version as frozen into the task (R18)."""

    code: str
    version: int
    name: str
    questions: list[PackageQuestion]
    json_schema: dict[str, Any]


class PackageItem(BaseModel):
    """An item (抽查事项) as frozen into the task."""

    code: str
    name: str
    content: str
    legal_basis: list[str]
    form: PackageForm


class PackageInspector(BaseModel):
    """An inspector who may be drawn; licence number, never the identity number."""

    id: str
    name: str
    org: str
    department: str
    crew: str
    unit: str
    licence_no: str
    licence_until: date


class RoundPackage(BaseModel):
    """Everything but objects that an inspection needs, frozen with the round (R18, D20)."""

    ruleset: ReceivedRuleset
    ruleset_sha256: str
    org: str
    org_name: str
    lists: dict[str, list[str]] = Field(description="list code → item codes")
    items: dict[str, PackageItem]
    inspectors: list[PackageInspector]
