"""What the due-date endpoints take and answer."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from suicha_registry.due_dates.rules import DueState


class DueItem(BaseModel):
    """One thing that is due, and where it stands."""

    what: str = Field(examples=["registries_complete"])
    title: str = Field(examples=["完成“一单两库”和表单"])
    due_on: date
    state: DueState
    days_left: int = Field(description="until the day; negative when it has passed")
    done_on: date | None
    done_by: str = Field(description="who or what did it, in Chinese")
    note: str
    lead: str = Field(
        description="牵头股室, of the organisation's responsibilities; empty where none is named"
    )
    responsible: list[str] = Field(description="责任股室")
    clause: str
    quote: str
    ruleset: str
    document: str


class DueDates(BaseModel):
    """All that is due for a year."""

    org: str
    year: int
    today: date
    items: list[DueItem]


class DoneBody(BaseModel):
    """That something is done."""

    model_config = ConfigDict(extra="forbid")

    done_on: date
    note: str = Field(default="", max_length=1000, examples=["四个股室均已报完"])
