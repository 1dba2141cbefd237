"""What the item endpoints take and answer."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from suicha_contracts.values import SHA256, SubjectKind

from suicha_registry.items.models import Item, ItemList, ItemVersion
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


class ListKind(StrEnum):
    """Lists that an item stands on (R7)."""

    REGULAR = "regular"
    """随机抽查事项清单"""
    TRIGGERED = "triggered"
    """触发式“双随机、一公开”监管抽查事项清单 (S3 Art. 2)"""


class LegalBasis(BaseModel):
    """A law and its articles (执法依据)."""

    model_config = ConfigDict(extra="forbid")

    law: str = Field(min_length=1, max_length=200, examples=["人力资源市场暂行条例"])
    articles: str = Field(min_length=1, max_length=200, examples=["第三十四条、第四十二条"])

    def sentence(self) -> str:
        """Return it as documents print it."""
        return f"《{self.law}》{self.articles}"


BasisPoints = Annotated[int, Field(ge=0, le=10_000, description="basis points (1/10000)")]
Lists = Annotated[
    list[ListKind],
    Field(min_length=1, max_length=2, description="the yearly list, the triggered one, or both"),
]
Expertise = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=60)]],
    Field(max_length=50, description="专长; an inspector has any one of them", examples=[["劳务派遣"]]),
]


class LegalRatio(BaseModel):
    """A least ratio that a law prescribes: it wins over the ruleset (P8, P17; S0 三（二）)."""

    model_config = ConfigDict(extra="forbid")

    bp: int = Field(ge=1, le=10_000, description="basis points")
    law: LegalBasis


class LegalFrequency(BaseModel):
    """How often in a year a law has an object inspected: it wins over the ruleset (P8, P17)."""

    model_config = ConfigDict(extra="forbid")

    minimum: int | None = Field(default=None, ge=0, le=366)
    maximum: int | None = Field(default=None, ge=0, le=366)
    law: LegalBasis

    @model_validator(mode="after")
    def _in_order(self) -> "LegalFrequency":
        if self.minimum is None and self.maximum is None:
            raise ValueError("至少填写最少次数或最多次数")
        if self.minimum is not None and self.maximum is not None and self.maximum < self.minimum:
            raise ValueError("最多次数少于最少次数")
        return self


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
    lists: Lists = Field(default_factory=lambda: [ListKind.REGULAR])
    expertise: Expertise = Field(default_factory=list)
    legal_ratio: LegalRatio | None = Field(default=None, description="where a law itself fixes the ratio")
    legal_frequency: LegalFrequency | None = Field(
        default=None, description="where a law itself fixes how often"
    )


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
    source: str | None = Field(default=None, max_length=300)
    lists: Lists | None = None
    expertise: Expertise | None = None
    legal_ratio: LegalRatio | None = None
    legal_frequency: LegalFrequency | None = None


class LegalReview(BaseModel):
    """Approval by the legal department (局机关法制机构核准, S2 Art. 5)."""

    model_config = ConfigDict(extra="forbid")

    reviewed_by: str = Field(min_length=1, max_length=100, examples=["政策法规科 张三"])
    reviewed_on: date
    document: str = Field(
        min_length=1, max_length=200, description="文号或签批件名称", examples=["洛人社法核〔2026〕3号"]
    )
    document_sha256: SHA256 = Field(
        description="the signed document, uploaded before (`/registry/v1/uploads`)"
    )


class ReviewOpinion(BaseModel):
    """What the legal department says when it approves an item in the platform."""

    model_config = ConfigDict(extra="forbid")

    opinion: str = Field(default="", max_length=1000, examples=["依据充分，同意列入清单"])


class Retirement(BaseModel):
    """Why an item leaves the list."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=1000, examples=["所依条款已经修改"])


class PublicItem(ItemBody):
    """A published item, as anyone sees it."""

    org: str
    region: str
    published_at: datetime | None


class ItemView(PublicItem):
    """An item with its state."""

    id: UUID
    state: str = Field(description="draft | reviewed | published | retired")
    reviewed_by: str
    reviewed_on: date | None
    review_method: str = Field(
        description="`platform`: approved here by the legal department; `paper`; or empty"
    )
    review_document: str = Field(description="the signed document of a review on paper")
    review_sha256: str = Field(description="SHA-256 of that document")
    version: int


class PublicItemVersion(BaseModel):
    """What an item said when it was published, and how it was approved; officers are not named in public."""

    org: str
    region: str
    number: int = Field(description="1, 2, … for each publication and retirement of the item")
    content: ItemBody
    retired: bool = Field(description="with this version the item left the list")
    reviewed_on: date | None
    review_method: str = Field(description="`platform`, `paper`, or empty: not kept, or taken off the list")
    review_document: str
    review_sha256: str
    published_at: datetime


class ItemVersionView(PublicItemVersion):
    """The same, with who approved it."""

    reviewed_by: str


class ItemListVersion(BaseModel):
    """One version of a body's published list (S2 Art. 5)."""

    org: str
    kind: ListKind
    region: str
    version: int
    items: list[str] = Field(description="codes of all items on the list", examples=[["RZ-HR-01"]])
    published_at: datetime


def list_view(row: ItemList) -> ItemListVersion:
    """Show a version of a list to anyone."""
    return ItemListVersion.model_validate({name: getattr(row, name) for name in ItemListVersion.model_fields})


def public_version_view(row: ItemVersion) -> PublicItemVersion:
    """Show a version of an item to anyone."""
    return PublicItemVersion.model_validate(
        {name: getattr(row, name) for name in PublicItemVersion.model_fields}
    )


def version_view(row: ItemVersion) -> ItemVersionView:
    """Show a version of an item to its keepers."""
    return ItemVersionView.model_validate({name: getattr(row, name) for name in ItemVersionView.model_fields})


def public_view(row: Item) -> PublicItem:
    """Show an item to anyone."""
    return PublicItem.model_validate({name: getattr(row, name) for name in PublicItem.model_fields})


def view(row: Item) -> ItemView:
    """Show an item to its keepers."""
    shown = {name: getattr(row, name) for name in ItemView.model_fields if name != "state"}
    return ItemView.model_validate(shown | {"state": state_of(row)})


def state_of(row: Item) -> str:
    """Return where an item stands between draft and list."""
    if row.published_at is not None:
        return "published"
    if row.retired_at is not None:
        return "retired"
    return "reviewed" if row.review_method == "platform" else "draft"
