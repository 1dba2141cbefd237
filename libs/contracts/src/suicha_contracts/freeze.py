"""The one call between services, draw → registry: freezing the lists of a round; and the files it yields."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from suicha_contracts.ruleset import ReceivedRuleset
from suicha_contracts.values import FileRef, ObjectId, RegionCode, SubjectKind


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
    units: list[str] = Field(default_factory=list, description="supervising units")
    names_contain: str = ""


class SnapshotList(BaseModel):
    """One list of a round (RID/1 §2)."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^[0-9A-Z][0-9A-Z._-]{0,53}$", examples=["HR"])
    crew: str = Field(pattern=r"^[0-9A-Z][0-9A-Z._-]{0,53}$", examples=["LDJC"])
    items: list[str] = Field(min_length=1, description="item codes; inspectors need all of them in scope")
    region: RegionCode
    criteria: Criteria = Field(default_factory=Criteria)
    by_grade: bool = Field(description="stratify by credit grade; otherwise one stratum `ALL`")


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


class SnapshotFiles(BaseModel):
    """Canonical TSV (RID/1 §1) straight from COPY, plus the round package."""

    objects: FileRef = Field(
        description="list, id, stratum, unit in byte order; all live objects of each list"
    )
    inspectors: FileRef = Field(description="id, crew, unit, scopes in byte order")
    recusals: FileRef = Field(description="inspector id, object id, reason code in byte order")
    package: FileRef = Field(description="JSON RoundPackage")


class Snapshot(BaseModel):
    """A frozen state of the registers."""

    snapshot_id: UUID
    frozen_at: str = Field(description="RFC 3339, UTC")
    counts: dict[str, int] = Field(description="objects by list code: registry_count of RID/1 §2")
    files: SnapshotFiles


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
