"""The parts of a round that are kept as documents: how it is drawn, its lists, its crews, what the freeze found."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.freeze import Criteria
from suicha_contracts.values import DrawMode, FileRef

from suicha_draw.conditions import nameless
from suicha_draw.raising import TaskRaise, stratum_name


class Dispatch(BaseModel):
    """直接选派 (S3 Art. 2, 7(4)): who serves is said beforehand, with the reason, by two people (D18)."""

    inspectors: list[str]
    reason: str
    evidence: str
    requested_by: str
    approved_by: str | None = None


class RoundRaise(TaskRaise):
    """A reason to raise with the stratum that it makes (D9)."""

    model_config = ConfigDict(extra="ignore")

    stratum: str


class BeaconChain(BaseModel):
    """The network whose beacon a round uses; `sandbox` marks a rehearsal, which is no real draw."""

    hash: str
    public_key: str
    genesis: int
    period: int
    sandbox: bool


class RoundSettings(BaseModel):
    """How a round is drawn; fixed when it is opened."""

    suite: str = "S256"
    contributors: list[str]
    dice: bool
    sub_bp: int
    substitutes: str = "draw_order"
    disclosure: str = "open"
    units_by: str = "org"
    exempt: bool = True
    witnesses: dict[str, int] = {"legal": 1}
    dispatch: Dispatch | None = None
    beacon: BeaconChain | None = None
    embargo: str | None = None
    lots: Literal["physical"] | None = None


class LotsTyped(BaseModel):
    """Lots drawn by hand as one person typed them; they count once another confirms their hash (D1)."""

    content: FileRef
    typed_by: str
    confirmed_by: str | None = None


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
    kind: str = "random"
    conditions: str = ""
    named: int = Field(
        default=0, description="objects that a trigger names; the public reads their number alone"
    )
    raises: list[RoundRaise] = Field(default_factory=list)

    def public(self) -> "RoundList":
        """Return the list as the public reads it: how many objects are named, not which."""
        return self.model_copy(update={"criteria": nameless(self.criteria), "named": len(self.criteria.ids)})

    def stratum_name(self, code: str) -> str:
        """Return what a stratum of this list is called in Chinese."""
        return stratum_name(code, [(one.stratum, one.reason) for one in self.raises])


class RoundCrew(BaseModel):
    """The inspectors of one department in a round."""

    code: str
    team: int
    alternates: int
    slack: int


class CitedClause(BaseModel):
    """A clause as it bound a list on the day of the freeze; `whose` is the ruleset's name, empty for a law's own."""

    clause: str
    quote: str = ""
    whose: str = ""

    def text(self) -> str:
        """Return the clause as people cite it, with its words where they are known."""
        return f"{self.whose}“{self.clause}”" + (f"：“{self.quote}”" if self.quote else "")


class Frozen(BaseModel):
    """What the freeze found: counts by list, and of each input file {size, sha, root, groups} (RID/1 §2)."""

    frozen_at: str
    on: date
    registry_counts: dict[str, int]
    scans: dict[str, dict[str, Any]]
    clauses: dict[str, dict[str, CitedClause]] = Field(default_factory=dict)
    """Of each list the clause behind every reason code of excluded.tsv that could leave somebody out."""


class RoundProblem(BaseModel):
    """One reason why a round cannot be frozen, in Chinese."""

    code: str
    message: str
    object_id: str = ""
