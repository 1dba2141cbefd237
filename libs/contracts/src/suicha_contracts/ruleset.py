"""A ruleset (规则集): what one jurisdiction's documents say, as data. Every value carries its clause.

Nothing here may be a constant in code elsewhere. The YAML files in `rulesets/` are read into these types.
"""

from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from suicha_contracts.values import DrawMode, RegionCode

T = TypeVar("T")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Level(StrEnum):
    """Rank of the source: law > province > local."""

    LAW = "law"
    PROVINCE = "province"
    LOCAL = "local"
    PRODUCT = "product"
    """No document speaks; the product's own choice, said openly in the note."""


class Clause(_Strict, Generic[T]):
    """One value with the clause that it comes from."""

    value: T
    clause: str = Field(
        min_length=1, description="where it stands, e.g. `第十四条` or `三（二）`", examples=["第十四条"]
    )
    quote: str = Field(default="", description="the words of the document")
    level: Level = Level.LOCAL
    note: str = Field(default="", description="how the words were read, where they can be read in two ways")


class Document(_Strict):
    """The policy document a ruleset was made from."""

    title: str
    issuer: str
    number: str = ""
    dated: date | None = None


class DeadlineKind(StrEnum):
    """How the days of a deadline count."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"


class DisclosureDeadline(_Strict):
    """Days from the day the inspection ended to publication. The first day is the day after."""

    kind: DeadlineKind
    days: int = Field(ge=0, le=366)
    promptly: bool = Field(
        default=False, description="the document says 尽快/及时; days is then the outer limit"
    )


class Exemption(_Strict):
    """Objects that may be left out because they were inspected lately (D10)."""

    months: int = Field(ge=1, le=60)
    unless_abnormal: bool = True


class RepeatAvoidance(_Strict):
    """Objects left out after several clean inspections within a rolling window (D11, S2 Art. 11)."""

    inspections: int = Field(ge=1)
    months: int = Field(ge=1, le=60)
    only_without_violation: bool = True


class Frequency(_Strict):
    """Inspections of one object in a year; None is no bound."""

    minimum: int | None = None
    maximum: int | None = None


class InspectorChoice(StrEnum):
    """How inspectors are found (S3 Art. 2, 7(4))."""

    RANDOM = "random"
    RANDOM_OR_DIRECT = "random_or_direct"


class MonthDay(_Strict):
    """A day of every year."""

    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)


class DueDate(_Strict):
    """A day by which something must be done each year; `year_offset` -1 is the year before the plan's."""

    what: str
    on: MonthDay
    year_offset: int = Field(default=0, ge=-1, le=1)


class Selection(_Strict):
    """Whom to draw, how many, how often."""

    floor_bp: Clause[int] = Field(
        description="least ratio of a list, basis points; 0 only with a legal basis"
    )
    default_bp: Clause[int] = Field(description="ratio offered when a task is made, basis points")
    smallest_count: Clause[int] = Field(description="不到1家的以1家计")
    substitutes_bp: Clause[int] = Field(description="substitutes per selected object, basis points")
    frequency: Clause[Frequency]
    modes: Clause[list[DrawMode]]
    exemption: Clause[Exemption] | None = None
    repeat_avoidance: Clause[RepeatAvoidance] | None = None
    raise_reasons: Clause[list[str]]
    risk_levels: Clause[list[str]]
    outside_random_draws: Clause[list[str]]


class Team(_Strict):
    """Who goes (D13–D15)."""

    minimum: Clause[int]
    candidates_max_multiple: Clause[int] = Field(description="how many may be drawn per needed inspector")
    alternates: Clause[int] = Field(description="alternates listed for every visit")
    choice: Clause[InspectorChoice]


class Disclosure(_Strict):
    """How results become public (X3–X5)."""

    deadline: Clause[DisclosureDeadline]
    rate_bp: Clause[int]
    channels: Clause[list[str]]
    problems_after_handling: Clause[bool] = Field(description="problem results are handled first (S4 四(五))")


class Targets(_Strict):
    """Yearly targets; None where the document has none."""

    coverage_bp: Clause[int] | None = None
    joint_bp: Clause[int] | None = None
    risk_graded_bp: Clause[int] | None = None


class Archive(_Strict):
    """How long records stay (O4)."""

    retention_years: Clause[int]


class Ruleset(_Strict):
    """One version of the rules of one jurisdiction."""

    id: str = Field(pattern=r"^[0-9]{6}-[a-z0-9-]+$", examples=["410300-rsj"])
    version: str = Field(pattern=r"^[0-9]{4}\.[0-9]+$", examples=["2022.1"])
    name: str
    region: RegionCode
    effective_from: date
    effective_to: date | None = None
    document: Document
    selection: Selection
    team: Team
    disclosure: Disclosure
    targets: Targets
    archive: Archive
    due_dates: list[Clause[DueDate]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _dates_in_order(self) -> "Ruleset":
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("失效日期早于生效日期")
        return self
