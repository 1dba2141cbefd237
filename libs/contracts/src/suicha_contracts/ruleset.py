"""A ruleset (规则集): what one jurisdiction's documents say, as data. Every value carries its clause.

Nothing here may be a constant in code elsewhere. The YAML files in `rulesets/` are read into these types; the
codes that stand in them are explained in `suicha_contracts.codes`.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from suicha_contracts.clause import Clause, Document, Level, MonthDay, Source, Strict
from suicha_contracts.values import DrawMode, RegionCode

# The parts of a clause are imported from here as well: who knows rulesets knows clauses.
__all__ = ["Clause", "Document", "Level", "MonthDay", "ReceivedRuleset", "Ruleset", "Source"]


WITNESSES = ("legal", "audit", "notary", "enterprise")
"""Roles that may sign freeze and result of a draw."""


class DeadlineKind(StrEnum):
    """How the days of a deadline count."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"


class DisclosureDeadline(Strict):
    """Days from the day the inspection ended to publication. The first day is the day after."""

    kind: DeadlineKind
    days: int = Field(ge=0, le=366)
    promptly: bool = Field(
        default=False, description="the document says 尽快/及时; days is then the outer limit"
    )
    outer_limit: Source | None = Field(
        default=None, description="where the days come from when the document only says 尽快/及时"
    )


class Exemption(Strict):
    """Objects that may be left out because they were inspected lately (D10)."""

    months: int = Field(ge=1, le=60)
    unless_abnormal: bool = True
    discretionary: bool = Field(
        default=False, description="可予以免检: decided for a whole round before its draw, never for one"
    )


class RepeatAvoidance(Strict):
    """Objects left out after several clean inspections within a rolling window (D11, S2 Art. 11)."""

    inspections: int = Field(ge=1)
    months: int = Field(ge=1, le=60)
    only_without_violation: bool = True


class RatioBasis(StrEnum):
    """What fixes the ratio of a draw, above the floor."""

    RULESET = "ruleset"
    ANNUAL_PLAN = "annual_plan"
    TASK = "task"


class FrequencyBasis(StrEnum):
    """What fixes how often one object is inspected."""

    RULESET = "ruleset"
    ANNUAL_PLAN = "annual_plan"
    RISK_LEVEL = "risk_level"
    NOT_MANDATORY = "not_mandatory"
    """No period is prescribed; triggers decide (S3 Art. 4)."""


class Frequency(Strict):
    """Inspections of one object in a year; None is no bound."""

    minimum: int | None = Field(default=None, ge=0)
    maximum: int | None = Field(default=None, ge=0)
    basis: FrequencyBasis = FrequencyBasis.RULESET

    @model_validator(mode="after")
    def _bounds_in_order(self) -> "Frequency":
        if self.minimum is not None and self.maximum is not None and self.maximum < self.minimum:
            raise ValueError("最多次数少于最少次数")
        return self


class RiskSource(StrEnum):
    """Where the risk of an object is read from."""

    GRADES = "grades"
    """Credit-risk grades of a platform, one for each object."""
    LISTS = "lists"
    """Lists that an object is on or not: blacklists, key watch (S2 Art. 11, 14)."""


class JointKind(StrEnum):
    """Ways in which departments go together (P9, P11)."""

    CROSS_DEPARTMENT = "cross_department"
    """部门联合: with other authorities."""
    INTERNAL = "internal"
    """内部联合: several departments of one authority."""
    ONE_VISIT = "one_visit"
    """进一次门、查多项事: all matters of one object in one visit."""


class InspectorChoice(StrEnum):
    """How inspectors are found (S3 Art. 2, 7(4))."""

    RANDOM = "random"
    RANDOM_OR_DIRECT = "random_or_direct"


class TrainingMode(StrEnum):
    """What happens to an inspector without training (R15)."""

    GATE = "gate"
    """Cannot be drawn."""
    WARNING = "warning"
    """Can be drawn; whoever prepares the round is told."""


class Training(Strict):
    """Training before a task (S0 六（三）, S1 三（三）): what counts, and what follows where it is missing."""

    mode: TrainingMode
    months: int = Field(ge=1, le=60, description="a training counts for so many months before the inspection")
    minutes: int = Field(default=0, ge=0, description="all trainings of that time together, at least")


class WarningSign(Strict):
    """One kind of signal that counts: at least so many of it within so many months."""

    source: str = Field(description="a code of `codes.TRIGGERS`", examples=["complaint_case"])
    at_least: int = Field(ge=1)
    months: int = Field(ge=1, le=60)


class WarningRule(Strict):
    """A threshold that turns signals about an object into a proposed trigger (P14, S3 Art. 4 多点触发)."""

    code: str = Field(pattern=r"^[a-z0-9_]+$", examples=["complaints"])
    name: str = Field(examples=["半年内投诉举报三次以上"])
    signs: list[WarningSign] = Field(min_length=1)
    needs: int = Field(default=1, ge=1, description="how many of the signs must be reached together")

    @model_validator(mode="after")
    def _can_be_reached(self) -> "WarningRule":
        if self.needs > len(self.signs):
            raise ValueError("需同时达到的信号多于所列信号")
        if len({sign.source for sign in self.signs}) != len(self.signs):
            raise ValueError("同一来源的信号重复")
        return self


class DueDate(Strict):
    """A day by which something must be done each year; `year_offset` -1 is the year before the plan's."""

    what: str
    on: MonthDay
    year_offset: int = Field(default=0, ge=-1, le=1)


class Selection(Strict):
    """Whom to draw, how many, how often."""

    floor_bp: Clause[int] = Field(
        description="least ratio of a list, basis points; 0 only with a legal basis"
    )
    default_bp: Clause[int] = Field(description="ratio offered when a task is made, basis points")
    ratio_basis: Clause[RatioBasis] | None = None
    law_first: Clause[bool] | None = Field(
        default=None, description="a ratio or frequency in law wins over the values here (P8, P17)"
    )
    smallest_count: Clause[int] = Field(description="不到1家的以1家计")
    substitutes_bp: Clause[int] = Field(description="substitutes per selected object, basis points")
    frequency: Clause[Frequency]
    modes: Clause[list[DrawMode]]
    several_levels_at_once: Clause[bool] | None = Field(
        default=None, description="one draw takes several risk levels, each with its ratio (S4 四(一))"
    )
    joint: Clause[list[JointKind]] | None = None
    exemption: Clause[Exemption] | None = None
    repeat_avoidance: Clause[RepeatAvoidance] | None = None
    raise_reasons: Clause[list[str]]
    risk_levels: Clause[list[str]]
    risk_source: Clause[RiskSource] | None = None
    outside_random_draws: Clause[list[str]]
    triggers: Clause[list[str]] | None = Field(default=None, description="what may start a triggered draw")
    warnings: Clause[list[WarningRule]] | None = Field(
        default=None, description="thresholds at which signals propose a triggered draw (P14)"
    )


class Team(Strict):
    """Who goes (D13–D15)."""

    minimum: Clause[int]
    candidates_max_multiple: Clause[int] = Field(description="how many may be drawn per needed inspector")
    alternates: Clause[int] = Field(description="alternates listed for every visit")
    choice: Clause[InspectorChoice]
    replacement_reasons: Clause[list[str]] | None = Field(
        default=None, description="reasons for which the next alternate steps in"
    )
    show_licence: Clause[bool] | None = None
    expertise_matching: Clause[bool] | None = Field(
        default=None, description="inspectors are drawn among those whose tags fit the matter (D17)"
    )
    expert_pool: Clause[bool] | None = Field(
        default=None, description="experts may assist; they never replace an officer (R16)"
    )
    training: Clause[Training] | None = Field(
        default=None, description="training before a task; absent: the document does not ask for it (R15)"
    )


class Disclosure(Strict):
    """How results become public (X3–X5)."""

    deadline: Clause[DisclosureDeadline]
    rate_bp: Clause[int]
    channels: Clause[list[str]]
    problems_after_handling: Clause[bool] = Field(
        description="problem results are handled first (S4 四(五)); the deadline then binds normal ones"
    )
    correction: Clause[DisclosureDeadline] | None = Field(
        default=None, description="from finding a public record wrong to putting it right (X8)"
    )


class CountUnit(StrEnum):
    """What a share is counted in; shown beside every figure (P10)."""

    OBJECTS = "objects"
    """Objects drawn."""
    ROUNDS = "rounds"
    """Draws held (次数)."""


class Targets(Strict):
    """Yearly targets; None where the document has none."""

    coverage_bp: Clause[int] | None = Field(default=None, description="different objects / register")
    joint_bp: Clause[int] | None = Field(default=None, description="cross-department share of the year")
    joint_unit: CountUnit = CountUnit.ROUNDS
    risk_graded_bp: Clause[int] | None = Field(default=None, description="share drawn by risk grade")
    risk_graded_unit: CountUnit = CountUnit.OBJECTS
    item_coverage_bp: Clause[int] | None = Field(
        default=None, description="matters drawn this year / matters on the list (R4)"
    )


class Archive(Strict):
    """How long records stay and what they hold (O3, O4)."""

    retention_years: Clause[int] = Field(description="at least; a longer period in law wins")
    required: Clause[list[str]] | None = None


class ReportKind(StrEnum):
    """Reports to those above and beside (O1, O5, O10, X20)."""

    PROGRESS = "progress"
    HALF_YEAR = "half_year"
    YEAR = "year"
    RETURN_VISIT = "return_visit"
    """督导回访 after each task."""
    WEAK_POINTS = "weak_points"
    """执法薄弱环节和法律法规政策缺陷."""


class Report(Strict):
    """One report that is due; without a day it is due promptly."""

    kind: ReportKind
    to: str = Field(description="who receives it, as the document names them")
    on: MonthDay | None = None
    statistics: bool = Field(default=False, description="with a table of figures beside the text")


class PlanTable(StrEnum):
    """As which document's own table a plan is printed (P1, P2)."""

    S0 = "s0"
    """The eight columns of S0 annex 1."""
    S4 = "s4"
    """The thirteen columns of S4's annex, for internal joint plans."""


class Planning(Strict):
    """How plans are written down (P2, P5)."""

    table: Clause[PlanTable] | None = Field(default=None, description="the table of the document's annex")
    month_required: Clause[bool] | None = None
    plan_name: Clause[str] | None = Field(default=None, description="how the name of a plan is put together")
    adjustments_published: Clause[bool] | None = None


class CapScope(StrEnum):
    """Whose inspections a yearly cap counts together (D12)."""

    OBJECT = "object"
    """Those of every body, as far as they are known: the object is what the cap protects."""
    BODY = "body"
    """Those of the body that draws, all its matters together."""


class YearlyCap(Strict):
    """At most so many inspections of one object in a calendar year (D12, 国办发〔2024〕54号)."""

    inspections: int = Field(ge=0)
    per: CapScope = Field(
        default=CapScope.OBJECT, description="inspections of all bodies count, or of the body that draws"
    )
    triggered_exempt: bool = Field(default=True, description="inspections upon a trigger do not count")
    only_without_penalty: bool = Field(
        default=False, description="binds only for objects that had no penalty in the year before"
    )


class SecondVisit(Strict):
    """No second visit to the same object by the same body within so many months (P11)."""

    months: int = Field(ge=1, le=60)
    triggered_exempt: bool = Field(default=True, description="a triggered draw may come again")
    period: Source | None = Field(
        default=None, description="where the months come from when the document forbids it without any"
    )


class ScanRule(Strict):
    """扫码入企: the code is scanned before entry (E14)."""

    later_with_reason: bool = Field(
        default=True, description="without a network it may be scanned afterwards, with the reason"
    )


class Limits(Strict):
    """Newer limits on inspecting enterprises (国办发〔2024〕54号); a ruleset takes up those that bind it."""

    published_items_only: Clause[bool] | None = None
    yearly_cap: Clause[YearlyCap] | None = None
    approval_before: Clause[bool] | None = Field(default=None, description="approved before inspection (P12)")
    second_visit: Clause[SecondVisit] | None = Field(
        default=None, description="the same body does not come twice for different matters (P11, S2 Art. 16)"
    )
    scan_before_entry: Clause[ScanRule] | None = None


class Ceremony(Strict):
    """Who attends a draw (D3)."""

    witnesses: Clause[dict[str, int]] | None = Field(
        default=None,
        description="role → how many of it sign freeze and result, beside the one of the legal department "
        "that every draw needs (S2 Art. 10); roles: legal, audit, notary, enterprise",
    )

    @model_validator(mode="after")
    def _known_roles(self) -> "Ceremony":
        for role, number in (self.witnesses.value if self.witnesses else {}).items():
            if role not in WITNESSES:
                raise ValueError(f"见证人角色应为 {'、'.join(WITNESSES)} 之一：{role}")
            if number < 1:
                raise ValueError(f"见证人 {role} 至少一名")
        return self


class Ruleset(Strict):
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
    planning: Planning = Field(default_factory=Planning)
    reports: list[Clause[Report]] = Field(default_factory=list)
    limits: Limits = Field(default_factory=Limits)
    ceremony: Ceremony = Field(default_factory=Ceremony)

    @model_validator(mode="after")
    def _dates_in_order(self) -> "Ruleset":
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("失效日期早于生效日期")
        return self


def _without_unknown_parts(value: Any) -> Any:
    return Ruleset.model_validate(value, extra="ignore") if isinstance(value, dict) else value


ReceivedRuleset = Annotated[Ruleset, BeforeValidator(_without_unknown_parts)]
"""A ruleset inside a message. A newer sender may have added parts; who writes a ruleset may not misspell one."""
