"""What the item endpoints take and answer."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.values import SubjectKind

from suicha_registry.items.models import Item, ItemList
from suicha_registry.organisations.schemas import RidCode


class ItemCategory(StrEnum):
    """The two categories of S0 二 (R2)."""

    MARKET = "market"
    """市场监管执法事项"""
    OTHER = "other"
    """其他行政执法事项"""


class EnforcementKind(StrEnum):
    """执法类型 (S2 Art. 5)."""

    INSPECTION = "inspection"
    """行政检查"""
    SUPERVISION = "supervision"
    """劳动保障监察"""
    VERIFICATION = "verification"
    """行政核查"""


class LegalBasis(BaseModel):
    """A law and its articles (执法依据)."""

    model_config = ConfigDict(extra="forbid")

    law: str = Field(min_length=1, max_length=200, examples=["人力资源市场暂行条例"])
    articles: str = Field(min_length=1, max_length=200, examples=["第三十四条、第四十二条"])

    def sentence(self) -> str:
        """Return it as documents print it."""
        return f"《{self.law}》{self.articles}"


BasisPoints = Annotated[int, Field(ge=0, le=10_000, description="basis points (1/10000)")]


class ItemFields(BaseModel):
    """What describes an item; `code` and organisation apart."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=300, description="抽查事项")
    content: str = Field(default="", max_length=4000, description="检查内容")
    category: ItemCategory = ItemCategory.MARKET
    enforcement: EnforcementKind = Field(default=EnforcementKind.INSPECTION, description="执法类型")
    basis: list[LegalBasis] = Field(default_factory=list, max_length=50, description="执法依据")
    body: str = Field(default="", max_length=200, description="实施主体; empty: the organisation itself")
    department: str = Field(default="", pattern=r"^([0-9A-Z][0-9A-Z._-]{0,53})?$", description="承办处室")
    ratio_bp: BasisPoints | None = None
    frequency: str = Field(default="", max_length=200, description="抽查频次", examples=["1-2 次"])
    method: str = Field(default="", max_length=200, description="抽查方式", examples=["实地检查"])
    staff: int | None = Field(default=None, ge=2, le=20, description="least number of inspectors")
    staff_requirement: str = Field(default="", max_length=500)
    object_kinds: list[SubjectKind] = Field(default_factory=list, max_length=10)
    object_range: str = Field(default="", max_length=1000, description="抽查对象范围")
    form_code: str = Field(default="", pattern=r"^([0-9A-Z][0-9A-Z._-]{0,53})?$")
    source: str = Field(default="", max_length=300, description="the document and place it was taken from")


class ItemBody(ItemFields):
    """A new item."""

    code: RidCode = Field(examples=["RZ-HR-01"])


class ItemPatch(BaseModel):
    """What may change; a change of a published item needs a new review (S2 Art. 5)."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=300)
    content: str | None = Field(default=None, max_length=4000)
    category: ItemCategory | None = None
    enforcement: EnforcementKind | None = None
    basis: list[LegalBasis] | None = Field(default=None, max_length=50)
    body: str | None = Field(default=None, max_length=200)
    department: str | None = Field(default=None, pattern=r"^([0-9A-Z][0-9A-Z._-]{0,53})?$")
    ratio_bp: BasisPoints | None = None
    frequency: str | None = Field(default=None, max_length=200)
    method: str | None = Field(default=None, max_length=200)
    staff: int | None = Field(default=None, ge=2, le=20)
    staff_requirement: str | None = Field(default=None, max_length=500)
    object_kinds: list[SubjectKind] | None = Field(default=None, max_length=10)
    object_range: str | None = Field(default=None, max_length=1000)
    form_code: str | None = Field(default=None, pattern=r"^([0-9A-Z][0-9A-Z._-]{0,53})?$")


class LegalReview(BaseModel):
    """Approval by the legal department (局机关法制机构核准, S2 Art. 5)."""

    model_config = ConfigDict(extra="forbid")

    reviewed_by: str = Field(min_length=1, max_length=100, examples=["政策法规科 张三"])
    reviewed_on: date


class PublicItem(ItemBody):
    """A published item, as anyone sees it."""

    org: str
    region: str
    published_at: datetime | None


class ItemView(PublicItem):
    """An item with its state."""

    id: UUID
    state: str = Field(description="draft | published")
    reviewed_by: str
    reviewed_on: date | None
    version: int


class ItemListVersion(BaseModel):
    """One version of a body's published list (S2 Art. 5)."""

    org: str
    region: str
    version: int
    items: list[str] = Field(description="codes of all items on the list", examples=[["RZ-HR-01"]])
    published_at: datetime


def list_view(row: ItemList) -> ItemListVersion:
    """Show a version of a list to anyone."""
    return ItemListVersion.model_validate({name: getattr(row, name) for name in ItemListVersion.model_fields})


def public_view(row: Item) -> PublicItem:
    """Show an item to anyone."""
    return PublicItem.model_validate({name: getattr(row, name) for name in PublicItem.model_fields})


def view(row: Item) -> ItemView:
    """Show an item to its keepers."""
    shown = {name: getattr(row, name) for name in ItemView.model_fields if name != "state"}
    return ItemView.model_validate(shown | {"state": "published" if row.published_at else "draft"})
