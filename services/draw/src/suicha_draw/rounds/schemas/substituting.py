"""Who drops out after a draw, why, and who steps in."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.values import SHA256


class ObjectOut(BaseModel):
    """A drawn object drops out of one list: cancelled, or exempted by decision."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["object"]
    list_code: str = Field(examples=["HR"])
    stratum: str = Field(examples=["A"])
    out: str = Field(description="id of the object")


class InspectorOut(BaseModel):
    """An inspector cannot serve at one object: 回避, 不可抗力 (S2 Art. 12)."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["inspector"]
    object_id: str
    crew: str = Field(examples=["LDJC"])
    out: str = Field(description="id of the inspector")


class SubstitutionRequest(BaseModel):
    """Who drops out and why. Who steps in is not for anybody to choose."""

    model_config = ConfigDict(extra="forbid")

    who: ObjectOut | InspectorOut = Field(discriminator="kind")
    reason_code: str = Field(
        max_length=40,
        examples=["recusal"],
        description="inspectors: a replacement reason of the ruleset; objects: cancelled, suspended, moved, …",
    )
    reason: str = Field(min_length=1, max_length=500)
    evidence: SHA256


class SubstitutionView(BaseModel):
    """A substitution: asked for, and once approved carried out and logged."""

    id: UUID
    wanted: dict[str, Any]
    reason_code: str
    reason: str
    evidence: str
    requested_by: str
    approved_by: str | None
    beacon_round: int | None = Field(
        description="under fresh_beacon: the drand round that decides who steps in"
    )
    outcome: dict[str, Any] | None = Field(
        description="who steps in; null until a second person approves, and the beacon named then is there"
    )
