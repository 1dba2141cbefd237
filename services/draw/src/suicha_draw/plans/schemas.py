"""What is said over HTTP about plans and tasks."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from suicha_contracts.freeze import Criteria
from suicha_contracts.values import DrawMode

from suicha_draw.raising import TaskRaise, order_fault

Code = Annotated[str, Field(pattern=r"^[0-9A-Z][0-9A-Z._-]{0,53}$", description="RID/1 id")]
BasisPoints = Annotated[int, Field(ge=1, le=10_000, description="ratio in basis points: 500 is 5 %")]
Count = Annotated[int, Field(ge=1, le=10_000_000, description="objects to draw")]
Line = Annotated[str, Field(min_length=1, max_length=200)]


class PlanContent(BaseModel):
    """What a planner says of a plan."""

    model_config = ConfigDict(extra="forbid")

    year: int = Field(ge=2000, le=2999, examples=[2026])
    name: str = Field(
        default="", max_length=200, description="empty: 年度+部门+随机抽查+序号 (S4 附件 备注 1)"
    )
    org_name: str = Field(default="", max_length=200, examples=["洛阳市人力资源和社会保障局"])
    department: str = Field(default="", max_length=200, description="department in the name of the plan")
    ruleset_id: str = Field(examples=["410300-rsj"])
    ruleset_version: str = Field(
        default="", description="empty: the newest in force today, or on 1 January of a year to come"
    )


class PlanPatch(BaseModel):
    """What may be changed while a plan is a draft."""

    model_config = ConfigDict(extra="forbid")

    name: Line | None = None
    org_name: Line | None = None
    department: Line | None = None
    ruleset_version: str | None = Field(
        default=None,
        max_length=20,
        description="another version of the same ruleset; empty: the one in force",
    )


class TaskContent(BaseModel):
    """One row of a plan (S0 annex 1, S4 annex), with what a draw needs to know."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "人力资源服务机构年度抽查",
                    "department": "劳动监察科",
                    "crew": "LDJC",
                    "list_code": "HR",
                    "items": ["RSJ-01"],
                    "mode": "directed",
                    "criteria": {"labels": ["hr-agency"]},
                    "by_grade": True,
                    "ratios": {"A": 500, "B": 1000, "C": 3000, "D": 6000},
                    "month": 11,
                    "team": 2,
                }
            ]
        },
    )

    name: Line
    department: Line = Field(description="发起处室")
    joint_departments: list[Line] = Field(default_factory=list, max_length=20, description="联合处室")
    joint_authorities: list[Line] = Field(
        default_factory=list,
        max_length=20,
        description="联合部门: other authorities that take part; makes the draw a cross-department one (P9)",
    )
    crew: Code = Field(description="whose inspectors go", examples=["LDJC"])
    list_code: Code = Field(description="code of the list that is drawn", examples=["HR"])
    kind: str = Field(default="random", description="`random`, a trigger, or a kind that needs no draw (P16)")
    trigger_ids: list[UUID] = Field(
        default_factory=list,
        max_length=100,
        description="trigger records that a triggered task answers (P13)",
    )
    items: list[Line] = Field(min_length=1, max_length=200, description="抽查事项, codes")
    item_names: list[Line] = Field(default_factory=list, max_length=200, description="抽查事项 as printed")
    object_range: str = Field(default="", max_length=500, description="抽查对象范围 as printed")
    mode: DrawMode
    criteria: Criteria = Field(default_factory=Criteria)
    by_grade: bool = Field(default=False, description="one stratum for each credit grade")
    ratios: dict[Code, BasisPoints] = Field(
        default_factory=dict, description="ratio of each stratum that has one (D7)"
    )
    ratio_bp: BasisPoints | None = Field(
        default=None, description="the ratio; with `ratios`, that of every stratum not named there"
    )
    counts: dict[Code, Count] = Field(
        default_factory=dict, description="number of each stratum that has one instead"
    )
    count: Count | None = Field(default=None, description="the number, for a list without strata")
    raises: list[TaskRaise] = Field(
        default_factory=list, max_length=10, description="加大随机抽查力度 (D9), the first that fits counts"
    )
    frequency: str = Field(default="", max_length=100, description="抽查频次", examples=["每年1次"])
    method: str = Field(default="实地检查", max_length=100, description="抽查方式")
    month: int = Field(ge=1, le=12, description="抽查时间: the month is mandatory (S4 附件 备注 2)")
    inspect_from: date | None = None
    inspect_to: date | None = None
    basis: list[Line] = Field(default_factory=list, max_length=50, description="抽查依据")
    team: int = Field(default=2, ge=1, le=20, description="inspectors for each object")
    alternates: int = Field(default=2, ge=0, le=20, description="alternates listed behind them")
    slack: int = Field(default=0, ge=0, le=1000, description="added to the cap of RID/1 §7")

    @model_validator(mode="after")
    def _one_rule_for_every_stratum(self) -> "TaskContent":
        if not (self.ratios or self.ratio_bp or self.counts or self.count):
            raise ValueError("须填写抽查比例或抽查数量")
        if both := sorted(self.ratios.keys() & self.counts.keys()):
            raise ValueError(f"同一层只能填写比例或数量中的一种：{'、'.join(both)}")
        if not self.by_grade and (self.ratios or self.counts or (self.ratio_bp and self.count)):
            raise ValueError("不按等级分层时只能填写一个比例或数量")
        if self.by_grade and self.count:
            raise ValueError("按等级分层时须逐层填写数量")
        base = [*self.ratios.values(), *([self.ratio_bp] if self.ratio_bp else [])]
        if fault := order_fault(self.raises, base):
            raise ValueError(fault)
        if self.inspect_from and self.inspect_to and self.inspect_to < self.inspect_from:
            raise ValueError("检查结束日期早于开始日期")
        return self


class TaskPatch(BaseModel):
    """What may be changed of a task while its plan is a draft; what is absent stays."""

    model_config = ConfigDict(extra="forbid")

    name: Line | None = None
    crew: Code | None = None
    list_code: Code | None = None
    kind: str | None = None
    mode: DrawMode | None = None
    department: Line | None = None
    joint_departments: list[Line] | None = None
    joint_authorities: list[Line] | None = None
    trigger_ids: list[UUID] | None = None
    items: list[Line] | None = None
    item_names: list[Line] | None = None
    object_range: str | None = None
    criteria: Criteria | None = None
    by_grade: bool | None = None
    ratios: dict[Code, BasisPoints] | None = None
    ratio_bp: BasisPoints | None = None
    counts: dict[Code, Count] | None = None
    count: Count | None = None
    raises: list[TaskRaise] | None = None
    frequency: str | None = None
    method: str | None = None
    month: int | None = None
    inspect_from: date | None = None
    inspect_to: date | None = None
    basis: list[Line] | None = None
    team: int | None = None
    alternates: int | None = None
    slack: int | None = None


class TaskView(TaskContent):
    """A task of a plan."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    plan_id: UUID
    number: str = Field(examples=["001号"])
    state: str = Field(default="planned", description="`planned`, or `withdrawn` by an adjustment")
    named: int = Field(
        default=0, description="objects that a trigger names; the public reads their number alone"
    )
    version: int


class PlanWarning(BaseModel):
    """What a planner should know before it is too late: a due date, or a target that is out of reach (P4-P10)."""

    code: str = Field(examples=["plan_fixed_due"])
    message: str = Field(examples=["应于 2025-12-31 前确定计划，还有 12 天"])
    clause: str = Field(default="", examples=["第十四条"])
    due_on: date | None = None
    days_left: int | None = Field(default=None, description="negative once the day has passed")


class PublishedPlan(BaseModel):
    """A plan as anybody may see it; its tasks where a single plan is asked for."""

    id: UUID
    year: int
    number: str = Field(examples=["2026001"])
    name: str
    org: str
    org_name: str
    region: str
    department: str
    ruleset_id: str
    ruleset_version: str
    published_at: datetime | None
    public_version: int = Field(default=0, description="version that the public reads; 0 before publication")
    reason: str = Field(default="", description="why the plan was adjusted to this version (P5)")
    tasks: list[TaskView] | None = None


class PlanView(PublishedPlan):
    """A plan with what only officers see."""

    state: str = Field(description="draft → submitted → approved → published")
    created_by: str
    author: str = Field(description="who submitted it last")
    editors: list[str] = Field(description="who may not approve it: everybody who wrote in it")
    approved_by: str
    remark: str = Field(description="why it was returned")
    created_at: datetime
    submitted_at: datetime | None
    approved_at: datetime | None
    version: int
    warnings: list[PlanWarning] = Field(default_factory=list)


class PlanReturn(BaseModel):
    """Why a plan goes back to its author."""

    model_config = ConfigDict(extra="forbid")

    reason: Line
