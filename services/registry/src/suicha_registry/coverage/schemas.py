"""What the coverage endpoints answer."""

from pydantic import BaseModel, Field

from suicha_registry.items.schemas import ListKind


class CoveredItem(BaseModel):
    """An item of the list and how often it was drawn in the year."""

    code: str
    name: str
    draws: int = Field(description="completed draws that were held for it and stand")
    last_draw_id: str | None


class Target(BaseModel):
    """What the ruleset asks for, with its clause."""

    bp: int
    clause: str
    ruleset: str


class ListCoverage(BaseModel):
    """Coverage of one list in one year (R4)."""

    org: str
    year: int
    kind: ListKind
    list_version: int | None = Field(description="the list as it stood at the end of the year, or stands now")
    published: int = Field(description="denominator: items on that list")
    drawn: int = Field(description="numerator: of these, items of at least one completed draw that stands")
    coverage_bp: int | None = Field(
        description="drawn / published, basis points, rounded down; null: no list"
    )
    items: list[CoveredItem]
    target: Target | None
    definition: str = (
        "分子：当年在已完成且未作废的抽取中抽查过的清单事项数；分母：年末（当年为目前）清单上的事项数"
    )
