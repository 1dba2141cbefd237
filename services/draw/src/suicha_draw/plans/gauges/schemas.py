"""What gauges, the check of a plan and proposals to merge its tasks look like over HTTP."""

from uuid import UUID

from pydantic import BaseModel, Field

from suicha_draw.plans.schemas import PlanWarning


class Forecast(BaseModel):
    """Where a gauge will stand at the end of the year if every remaining task is drawn as planned."""

    numerator: int
    denominator: int
    value_bp: int | None
    assumption: str = Field(description="what the forecast takes for granted, in Chinese")


class ItemFrequency(BaseModel):
    """An item with a frequency of its own by law, judged for the objects drawn for it (P8, S0 三（二）)."""

    item: str
    minimum: int | None
    maximum: int | None
    clause: str = Field(description="law and article")
    objects: int = Field(description="different objects drawn for the item this year")
    below_minimum: int = Field(description="of these, with fewer inspections of the item than the least")
    above_maximum: int = Field(description="of these, with more than the most")
    holds: bool | None = Field(description="whether all lie within; null while none is drawn")


class Gauge(BaseModel):
    """One yearly target: never a share without what is divided by what (P10)."""

    code: str = Field(examples=["coverage"])
    name: str = Field(examples=["年度抽查对象占比"])
    numerator: int
    denominator: int
    numerator_means: str = Field(examples=["本年度抽中的不同检查对象（家）"])
    denominator_means: str = Field(examples=["辖区名录库中存续的检查对象（家）"])
    unit: str = Field(description="`objects`, `rounds` or `items`")
    value_bp: int | None = Field(description="basis points; null while the denominator is 0")
    target_bp: int | None = Field(description="null where the ruleset sets no target")
    clause: str = Field(default="", description="where the target stands")
    forecast: Forecast | None = None
    reachable: bool | None = Field(default=None, description="whether the forecast reaches the target")
    advice: str = Field(
        default="", description="what would reach it", examples=["还需至少抽取 37 家不同的检查对象"]
    )
    by_law: list[ItemFrequency] = Field(
        default_factory=list,
        description="frequency only: items for which a law fixes another, each judged apart",
    )
    note: str = Field(default="", description="the same in Chinese, as the drawing says it")


class Gauges(BaseModel):
    """All gauges of a body for a year."""

    year: int
    org: str
    region: str
    ruleset_id: str
    ruleset_version: str
    counted_at: str = Field(description="when registry counted the register")
    gauges: list[Gauge]


class TaskForecast(BaseModel):
    """What a task would draw from the register of today."""

    task_id: UUID
    number: str
    name: str
    objects: int = Field(description="objects that the task draws from")
    drawn: int
    strata: dict[str, dict[str, int]] = Field(examples=[{"A": {"n": 100, "k": 5}}])


class PlanCheck(BaseModel):
    """Whether a plan reaches the year's targets, before anybody approves it."""

    gauges: list[Gauge]
    tasks: list[TaskForecast] = Field(description="tasks of this plan that are still to be drawn")
    warnings: list[PlanWarning]
    counted_at: str


class MergeView(BaseModel):
    """Tasks of one month that share objects: drawn as one round they save visits (P11)."""

    month: int
    tasks: list[TaskForecast]
    shared_objects: int
    share_bp: int = Field(description="of the smallest task's objects")
    visits_apart: int
    visits_together: int = Field(description="on average, rounded up")
    visits_saved: int
    obstacle: str = Field(default="", description="what has to be changed first, in Chinese")
