"""What the claim endpoints take and answer."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from suicha_registry.items.schemas import ItemBody
from suicha_registry.organisations.schemas import OrgCode, RidCode


class ClaimState(StrEnum):
    """How a body stands to an item of a superior list."""

    OPEN = "open"
    """Nobody has decided yet (待认领)."""
    CLAIMED = "claimed"
    DECLINED = "declined"
    """It is no power of this body (不涉及本级监管事权)."""
    WITHDRAWN = "withdrawn"


class Pending(StrEnum):
    """What the superior body has done since the claim, and this one has not followed."""

    CHANGED = "changed"
    RETIRED = "retired"


class ClaimBody(BaseModel):
    """A decision on one item of a superior list."""

    model_config = ConfigDict(extra="forbid")

    superior_org: OrgCode = Field(examples=["410000-rst"])
    superior_code: RidCode = Field(examples=["HEN-HR-01"])
    code: RidCode | None = Field(default=None, description="code on the own list; the superior's if absent")
    department: RidCode | None = Field(default=None, description="承办处室 of the own body")


class DeclineBody(BaseModel):
    """That an item is not claimed, and why."""

    model_config = ConfigDict(extra="forbid")

    superior_org: OrgCode
    superior_code: RidCode
    reason: str = Field(min_length=1, max_length=1000, examples=["不涉及本级监管事权"])


class ClaimWithdrawal(BaseModel):
    """Why a claim is given up."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=1000)


class SuperiorItem(BaseModel):
    """An item of a list above, as it was published last, and how the caller's body stands to it."""

    superior_org: str
    superior_code: str
    number: int = Field(description="how often the item has been published")
    item: ItemBody
    state: ClaimState
    claim_id: UUID | None
    item_id: UUID | None = Field(description="the own item that came of the claim")
    claimed_number: int | None = Field(description="published version that the own item follows")
    pending: Pending | None
    changes: list[str] = Field(description="fields that differ between that version and the newest")
    reason: str
    version: int | None = Field(description="ETag of the claim")
