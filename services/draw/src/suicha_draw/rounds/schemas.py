"""What is said over HTTP about rounds, and the parts of a round that are kept as documents."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from suicha_contracts.freeze import Criteria
from suicha_contracts.values import SHA256, DrawMode, FileRef

Secret = Annotated[
    str, Field(pattern=r"^[0-9a-f]{64}$", description="64 hex digits, thrown anew for each attempt")
]
Digits = Annotated[str, Field(pattern=r"^[0-9]{20}$", description="20 throws of a ten-sided die, a string")]
ContributorName = Literal["operator", "legal"]


class RoundSettings(BaseModel):
    """How a round is drawn; fixed when it is opened."""

    suite: str = "S256"
    contributors: list[str]
    dice: bool
    sub_bp: int
    substitutes: str = "draw_order"
    units_by: str = "org"
    exempt: bool = True


class RoundList(BaseModel):
    """A list of a round and the task that it carries out."""

    code: str
    crew: str
    items: list[str]
    region: str
    criteria: Criteria
    by_grade: bool
    ratios: dict[str, int]
    ratio_bp: int | None
    counts: dict[str, int]
    count: int | None
    floor_bp: int
    floor_clause: str
    task_id: UUID
    plan_id: UUID
    plan_number: str
    plan_name: str
    task_number: str
    task_name: str
    department: str
    mode: DrawMode


class RoundCrew(BaseModel):
    """The inspectors of one department in a round."""

    code: str
    team: int
    alternates: int
    slack: int


class Frozen(BaseModel):
    """What the freeze found: counts by list, and of each input file {size, sha, root, groups} (RID/1 §2)."""

    frozen_at: str
    on: date
    registry_counts: dict[str, int]
    scans: dict[str, dict[str, Any]]


class RoundProblem(BaseModel):
    """One reason why a round cannot be frozen, in Chinese."""

    code: str
    message: str
    object_id: str = ""


class RoundRequest(BaseModel):
    """Open a round over one or more published tasks."""

    model_config = ConfigDict(extra="forbid")

    task_ids: list[UUID] = Field(min_length=1, max_length=50)
    suite: Literal["S256"] = "S256"
    contributors: list[ContributorName] = Field(default=["operator", "legal"], max_length=2)
    dice: bool = True
    reveal_by: AwareDatetime = Field(description="after this moment no reveal and no throw counts")
    sub_bp: int | None = Field(default=None, ge=0, le=10_000, description="default: the ruleset's")
    substitutes: Literal["draw_order"] = "draw_order"
    units_by: Literal["org", "region", "unit"] = "org"
    exempt: bool = Field(
        default=True, description="take up a discretionary exemption (可予以免检), for all objects alike"
    )
    inspect_from: date
    inspect_to: date


class FreezeRequest(BaseModel):
    """Try the freeze again after the registry changed."""

    model_config = ConfigDict(extra="forbid")

    reveal_by: AwareDatetime | None = None


class CommitmentRequest(BaseModel):
    """hx("RID/1|commit|" draw_id "|" name "|" secret), RID/1 §5."""

    model_config = ConfigDict(extra="forbid")

    name: ContributorName
    commitment: SHA256


class RevealRequest(BaseModel):
    """The secret behind a commitment."""

    model_config = ConfigDict(extra="forbid")

    name: ContributorName
    secret: Secret


class DiceRequest(BaseModel):
    """Dice thrown in public, as one person reads them."""

    model_config = ConfigDict(extra="forbid")

    value: Digits


class SignRequest(BaseModel):
    """The legal witness signs this result and no other."""

    model_config = ConfigDict(extra="forbid")

    result_hash: SHA256


class VoidRequest(BaseModel):
    """Why an attempt is to be voided; `evidence` is SHA-256 of the document that shows it."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=500)
    evidence: SHA256


class RepeatRequest(BaseModel):
    """The next attempt after a void one."""

    model_config = ConfigDict(extra="forbid")

    reveal_by: AwareDatetime


class ContributorView(BaseModel):
    """Where a contributor stands."""

    name: str
    commitment: str | None
    revealed: bool


class LogLine(BaseModel):
    """One entry of the draw log."""

    index: int
    time: str
    attempt: int
    event: str
    body: dict[str, Any]


class PublicRound(BaseModel):
    """One attempt at a draw as anybody may see it."""

    id: UUID
    draw_id: str
    attempt: int
    prev: str | None
    state: str
    region: str
    org: str
    org_name: str
    lists: list[RoundList]
    crews: list[RoundCrew]
    settings: RoundSettings
    reveal_by: datetime
    inspect_from: date
    inspect_to: date
    ruleset_id: str
    ruleset_version: str
    ruleset_sha: str
    manifest_hash: str | None
    dice: str | None
    seed: str | None
    result_hash: str | None
    match_hash: str | None
    visits: int | None
    void_reason: str | None
    created_at: datetime
    completed_at: datetime | None
    voided_at: datetime | None
    contributors: list[ContributorView] = Field(default_factory=list)
    manifest: dict[str, Any] | None = None
    log: list[LogLine] = Field(default_factory=list)


class RoundView(PublicRound):
    """One attempt with what officers need while it runs."""

    created_by: str
    signed_by: str | None
    dice_typed_by: str | None
    void_requested_by: str | None
    problems: list[RoundProblem]
    progress: dict[str, Any] = Field(
        description="{step, done, total}; empty between steps",
        examples=[{"step": "select", "done": 1, "total": 2}],
    )
    files: dict[str, FileRef] = Field(default_factory=dict)
    version: int


class RoundAccepted(BaseModel):
    """A round was opened; a worker freezes it."""

    id: UUID
    draw_id: str
    attempt: int
    state: str


class ResultView(BaseModel):
    """A line of result.tsv."""

    list_code: str
    stratum: str
    rank: int
    kind: str = Field(description="S selected, R substitute")
    object_id: str
    ticket: str


class MatchView(BaseModel):
    """A line of match.tsv."""

    position: int
    object_id: str
    crew: str
    unit: str
    team: list[str]
    alternates: list[str]


class ExclusionView(BaseModel):
    """A line of excluded.tsv with its cause."""

    list_code: str
    object_id: str
    reason: str
    evidence: str
    history_id: UUID


class WhyList(BaseModel):
    """Where an object stands in one list."""

    list_code: str
    standing: str = Field(description="selected | substitute | not_drawn | pooled | excluded | absent")
    stratum: str = ""
    probability: str = Field(default="", description="k/n of its stratum", examples=["4/78"])
    rank: int | None = None
    ticket: str = ""
    explanation: str = Field(description="in Chinese, with the clause")


class Why(BaseModel):
    """Why an object is in, out, drawn or not drawn (D4, D23)."""

    object_id: str
    draw_id: str
    attempt: int
    lists: list[WhyList]


class ObjectOut(BaseModel):
    """A drawn object drops out of one list: cancelled, or exempted by decision."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["object"]
    list_code: str = Field(examples=["HR"])
    stratum: str = Field(examples=["A"])
    out: str = Field(description="id of the object")


class InspectorOut(BaseModel):
    """An inspector cannot serve at one object: 回避, 不可抗力 (S2 Art. 12)."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["inspector"]
    object_id: str
    crew: str = Field(examples=["LDJC"])
    out: str = Field(description="id of the inspector")


class SubstitutionRequest(BaseModel):
    """Who drops out and why. Who steps in is not for anybody to choose."""

    model_config = ConfigDict(extra="forbid")

    who: ObjectOut | InspectorOut = Field(discriminator="kind")
    reason: str = Field(min_length=1, max_length=500)
    evidence: SHA256


class SubstitutionView(BaseModel):
    """A substitution: asked for, and once approved carried out and logged."""

    id: UUID
    wanted: dict[str, Any]
    reason: str
    evidence: str
    requested_by: str
    approved_by: str | None
    outcome: dict[str, Any] | None = Field(description="who steps in; null until a second person approves")
