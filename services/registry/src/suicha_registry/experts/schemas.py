"""What the expert endpoints take and answer."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from suicha_contracts.values import CreditCode, ObjectId

from suicha_registry.experts.models import Expert
from suicha_registry.organisations.schemas import RidCode


class ExpertKind(StrEnum):
    """A person, or a kind of institution (S3 Art. 9)."""

    EXPERT = "expert"
    """专业技术人员"""
    ACCOUNTING_FIRM = "accounting_firm"
    """会计师事务所"""
    TAX_FIRM = "tax_firm"
    """税务师事务所"""
    LAW_FIRM = "law_firm"
    """律师事务所"""
    APPRAISAL_FIRM = "appraisal_firm"
    """资产评估机构"""
    TRADE_ASSOCIATION = "trade_association"
    """行业协会"""


class ExpertState(StrEnum):
    """Whether somebody may be asked to assist."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


Tag = Annotated[str, Field(min_length=1, max_length=60, examples=["审计"])]
Tags = Annotated[list[Tag], Field(max_length=50)]


class ExpertFields(BaseModel):
    """What describes an entry of the pool."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, examples=["洛阳某会计师事务所"])
    kind: ExpertKind
    institution: str = Field(default="", max_length=200, description="where a person works; 工作单位")
    credit_code: CreditCode | None = Field(default=None, description="of an institution")
    qualification: str = Field(default="", max_length=500, description="职称、资质及编号")
    tags: Tags = Field(default_factory=list, description="分类标注, the words that items ask for")
    valid_from: date
    valid_until: date = Field(description="last day in the pool")
    confidential_since: date | None = Field(
        default=None, description="day on which confidentiality and recusal were promised in writing"
    )
    conflicts: list[ObjectId] = Field(
        default_factory=list, max_length=500, description="objects of interest to the entry: 应当回避"
    )
    state: ExpertState = ExpertState.ACTIVE

    @model_validator(mode="after")
    def _days_in_order(self) -> "ExpertFields":
        if self.valid_until < self.valid_from:
            raise ValueError("有效期止早于有效期起")
        return self


class ExpertBody(ExpertFields):
    """A new entry of the caller's organisation."""

    code: RidCode = Field(examples=["LYZJ-001"])


class ExpertPatch(BaseModel):
    """What may change."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=200)
    institution: str | None = Field(default=None, max_length=200)
    qualification: str | None = Field(default=None, max_length=500)
    tags: Tags | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    confidential_since: date | None = None
    conflicts: list[ObjectId] | None = Field(default=None, max_length=500)
    state: ExpertState | None = None


class ExpertView(ExpertFields):
    """An entry of the pool."""

    code: str
    org: str
    region: str
    version: int


def view(row: Expert) -> ExpertView:
    """Show an entry."""
    shown = {name: getattr(row, name) for name in ExpertView.model_fields}
    return ExpertView.model_validate(shown | {"credit_code": row.credit_code or None})
