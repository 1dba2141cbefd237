"""A value and where it stands: the smallest part of a ruleset.

Nothing in a ruleset is bare. Each value names its clause (条款), the words it was read from, the rank of that
source, and, where words can be read in two ways, how they were read.
"""

from calendar import monthrange
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

T = TypeVar("T")


class Strict(BaseModel):
    """Base of every part of a ruleset: unknown fields are mistakes, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Level(StrEnum):
    """Rank of the source: law > province > local."""

    LAW = "law"
    PROVINCE = "province"
    LOCAL = "local"
    PRODUCT = "product"
    """No document speaks; the product's own choice, said openly in the note."""


class Source(Strict):
    """Where something stands."""

    clause: str = Field(
        min_length=1, description="where it stands, e.g. `第十四条` or `三（二）`", examples=["第十四条"]
    )
    quote: str = Field(default="", description="the words of the document; `……` marks what was left out")
    level: Level = Level.LOCAL
    note: str = Field(default="", description="how the words were read, where they can be read in two ways")


class Clause(Source, Generic[T]):
    """One value with the clause that it comes from."""

    value: T


class Document(Strict):
    """The policy document a ruleset was made from."""

    title: str
    issuer: str
    number: str = ""
    dated: date | None = None
    note: str = Field(default="", description="what the text leaves open about itself, e.g. a missing date")


class MonthDay(Strict):
    """A day of every year, so never 29 February."""

    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)

    @model_validator(mode="after")
    def _exists(self) -> "MonthDay":
        if self.day > monthrange(2023, self.month)[1]:
            raise ValueError(f"{self.month}月没有{self.day}日")
        return self
