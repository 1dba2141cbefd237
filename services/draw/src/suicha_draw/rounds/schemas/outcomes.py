"""What a draw yielded, line by line, and why."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field


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
    standing: str = Field(
        description="selected | substitute | not_drawn | dropped_out | stepped_in | pooled | excluded | absent"
    )
    stratum: str = ""
    stratum_name: str = Field(default="", examples=["加大力度：投诉举报多"])
    raised_by: str = Field(default="", description="the reason that raised the object (D9)")
    reason: str = Field(default="", description="why it is left out: code of excluded.tsv (D10–D12)")
    clause: str = Field(
        default="", description="the clause that its standing rests on", examples=["三（三）"]
    )
    cause_on: date | None = Field(default=None, description="day of the inspection that causes it")
    evidence: str = Field(default="", description="hash of that inspection's record")
    probability: str = Field(default="", description="k/n of its stratum", examples=["4/78"])
    percent: str = Field(default="", examples=["5.13%"])
    rank: int | None = Field(
        default=None,
        description="place in its stratum; of an object not drawn null where the pool is very large",
    )
    ticket: str = ""
    cutoff: str = Field(default="", description="not drawn: the ticket of the last one that was")
    explanation: str = Field(description="in Chinese, with the clause")


class StratumChance(BaseModel):
    """One stratum: n objects, k drawn, m substitutes, and the chance k/n of each of its objects (D9)."""

    code: str
    name: str = Field(description="in Chinese", examples=["加大力度：投诉举报多", "信用风险等级 B"])
    reason: str = Field(default="", description="the reason that raises its objects")
    n: int
    k: int
    m: int
    probability: str = Field(examples=["4/78"])
    percent: str = Field(examples=["5.13%"])


class ListChances(BaseModel):
    """The chances of every object of a list."""

    list_code: str
    task_name: str
    conditions: str = Field(description="the conditions of a directed draw in words", examples=["不设条件"])
    registry_count: int
    excluded: int
    strata: list[StratumChance]


class ChangeView(BaseModel):
    """One change that people made by hand: who, when, why (D23)."""

    attempt: int
    kind: str = Field(
        description="exemption | direct_dispatch | recusal | physical_lots | dropout | substitution | void | withdrawal"
    )
    at: str = Field(description="RFC 3339, UTC, as in the log; of a declared recusal the day")
    by: list[str] = Field(description="who decided, as the log names them; two people where two are needed")
    text: str = Field(description="what was done, in Chinese")
    reason: str
    clause: str = Field(default="", description="the clause that allows it")
    evidence: str = Field(default="", description="SHA-256 of the document that shows the reason")


class Why(BaseModel):
    """Why an object is in, out, drawn or not drawn (D4, D23)."""

    object_id: str
    draw_id: str
    attempt: int
    lists: list[WhyList]
