"""What is said over HTTP about a simulated year."""

from typing import Literal

from pydantic import BaseModel, Field
from suicha_contracts.freeze import Survey

from suicha_draw.exclusions import ExclusionRules
from suicha_draw.plans.schemas import TaskContent
from suicha_draw.rounds.schemas.kept import RoundList

Scheme = Literal["planned", "apart"]
"""`planned`: the tasks of a month are drawn in one round; `apart`: every task in a round of its own."""

SCHEME_TEXT: dict[Scheme, str] = {"planned": "同月任务合并抽取", "apart": "各任务分别抽取"}


class TaskFigures(BaseModel):
    """What one task takes."""

    number: str = Field(examples=["001号"])
    name: str
    month: int
    list_code: str
    objects: int = Field(description="live objects in its list")
    drawn: int = Field(description="objects that it draws: exact")
    strata: dict[str, str] = Field(
        description="stratum → k/n, the probability of each object in it", examples=[{"A": "12/231"}]
    )


class YearFigures(BaseModel):
    """A year on average."""

    visits: float = Field(description="visits: one for each object and round")
    objects: float = Field(description="different objects visited at least once")
    by_visits: dict[str, float] = Field(
        description="objects by number of visits in the year", examples=[{"0": 900.0, "1": 95.5, "2": 4.5}]
    )
    more_than_once_bp: int = Field(
        description="of the objects visited, the share visited more than once, basis points"
    )


class TrialFigures(YearFigures):
    """A year played through with exemptions."""

    exempted: float = Field(description="places in lists that exemptions emptied")
    runs: int
    played: int = Field(description="objects played in each run; larger registers are played in proportion")
    seed: int
    exemption: str = Field(description="the rules that were played, in Chinese")


class LoadFigures(BaseModel):
    """Work of one crew in one unit."""

    crew: str
    unit: str
    visits: float
    team: int
    inspectors: int
    visits_each: float | None = Field(description="visits for each inspector; null where there is nobody")


class ObjectFigures(BaseModel):
    """What the plan means for one object."""

    object_id: str
    strata: dict[str, str] = Field(description="list code → stratum; empty when no task covers it")
    drawn_in_year: str = Field(description="probability of at least one visit, a fraction", examples=["7/64"])
    drawn_in_year_text: str = Field(examples=["10.94%"])
    by_round: dict[str, str] = Field(
        description="lists of a round → probability", examples=[{"HR+LD": "1/16"}]
    )


class Simulation(BaseModel):
    """What a plan would do to the register as it is now."""

    plan_id: str
    number: str
    counted_at: str = Field(description="when the register was counted; RFC 3339, UTC")
    register_size: int
    tasks: list[TaskFigures]
    schemes: dict[Scheme, YearFigures] = Field(description="by formula, exemptions left aside")
    saved_visits: float = Field(description="visits that drawing the tasks of a month together saves")
    trial: TrialFigures = Field(description="the planned scheme, played with the ruleset's exemptions")
    loads: list[LoadFigures] = Field(description="the heaviest first, at most 200")
    object: ObjectFigures | None = None
    notes: list[str] = Field(description="how the figures come about, in Chinese")
    charts: dict[str, str] = Field(description="SVG by name: tasks, visits, months, loads")


class Question(BaseModel):
    """All that a simulation is computed from; it goes to a child interpreter as JSON."""

    plan_id: str
    number: str
    lists: list[RoundList]
    contents: list[TaskContent]
    survey: Survey
    rules: dict[int, ExclusionRules] = Field(description="month → who is left out of its rounds")
    exemption: str = Field(description="those rules in words")
    seed: int
    object_id: str | None
