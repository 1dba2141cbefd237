"""What is said over HTTP when a round is opened, frozen again or repeated."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from suicha_contracts.values import SHA256

from suicha_draw.rounds.schemas.ceremony import ContributorName


class DispatchRequest(BaseModel):
    """直接选派 for triggered tasks: who serves, and why nobody is drawn (S3 Art. 2, 7(4), D18)."""

    model_config = ConfigDict(extra="forbid")

    inspectors: list[str] = Field(min_length=1, max_length=200, description="ids of inspectors")
    reason: str = Field(min_length=1, max_length=500)
    evidence: SHA256 = Field(description="SHA-256 of the document that shows the reason")


class RoundRequest(BaseModel):
    """Open a round over one or more published tasks."""

    model_config = ConfigDict(extra="forbid")

    task_ids: list[UUID] = Field(min_length=1, max_length=50)
    suite: Literal["S256", "SM3"] = Field(default="S256", description="SM3: 商用密码 in place of SHA-256")
    contributors: list[ContributorName] = Field(default=["operator", "legal"], max_length=5)
    dice: bool = True
    beacon: Literal["next"] | Annotated[int, Field(ge=1, le=2**53)] | None = Field(
        default=None,
        description="a drand round later than `reveal_by`, or `next` for the first such; null for no beacon",
    )
    embargo: ContributorName | None = Field(
        default=None,
        description="whose secret is used at once and published only after the inspections (突击检查)",
    )
    publish_after: AwareDatetime | None = Field(
        default=None,
        description="with an embargo: published at the latest then, earlier once every visit is closed; "
        "default: the end of the last day of inspections",
    )
    lots: Literal["physical"] | None = Field(
        default=None,
        description="objects and teams are drawn by hand (人工抽签、摇号) and recorded: no seed, and not verifiable",
    )
    reveal_by: AwareDatetime = Field(
        description="after this moment no reveal, no throw and no lots drawn by hand count"
    )
    sub_bp: int | None = Field(default=None, ge=0, le=10_000, description="default: the ruleset's")
    substitutes: Literal["draw_order", "fresh_beacon"] = Field(
        default="draw_order",
        description="who steps in: the next rank, or whom a beacon of after the drop-out decides (RID/1 §8)",
    )
    disclosure: Literal["open", "sealed"] = Field(
        default="open", description="sealed: who may be drawn is not published, only who was drawn"
    )
    units_by: Literal["org", "region", "unit"] = "org"
    exempt: bool = Field(
        default=True, description="take up a discretionary exemption (可予以免检), for all objects alike"
    )
    dispatch: DispatchRequest | None = Field(
        default=None, description="inspectors are dispatched directly; another person must approve"
    )
    inspect_from: date
    inspect_to: date


class FreezeRequest(BaseModel):
    """Try the freeze again after the registry changed."""

    model_config = ConfigDict(extra="forbid")

    reveal_by: AwareDatetime | None = None


class RepeatRequest(BaseModel):
    """The next attempt after a void one."""

    model_config = ConfigDict(extra="forbid")

    reveal_by: AwareDatetime


class RoundAccepted(BaseModel):
    """A round was opened; a worker freezes it."""

    id: UUID
    draw_id: str
    attempt: int
    state: str
