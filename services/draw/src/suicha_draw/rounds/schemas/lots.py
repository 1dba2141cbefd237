"""What people say of lots drawn by hand (人工抽签、摇号; S0 三(三), S2 Art. 7; D1)."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from suicha_contracts.values import SHA256, ObjectId

Code = Annotated[str, Field(min_length=1, max_length=54)]
Office = Annotated[str, Field(min_length=1, max_length=200)]


class LotsStratum(BaseModel):
    """What was drawn of one stratum of one list, in the order drawn."""

    model_config = ConfigDict(extra="forbid")

    list_code: Code = Field(examples=["HR"])
    stratum: Code = Field(examples=["A"])
    selected: list[ObjectId] = Field(max_length=20_000)
    substitutes: list[ObjectId] = Field(default_factory=list, max_length=20_000)


class LotsTeam(BaseModel):
    """Who was drawn to go to one selected object, and who steps in, in order."""

    model_config = ConfigDict(extra="forbid")

    object_id: ObjectId
    crew: Code = Field(examples=["LDJC"])
    team: list[Code] = Field(min_length=1, max_length=50, description="ids of inspectors")
    alternates: list[Code] = Field(default_factory=list, max_length=50)


class LotsRequest(BaseModel):
    """A result drawn by hand with its protocol: where, when, how, before whom, and the hash of the evidence."""

    model_config = ConfigDict(extra="forbid")

    method: Literal["slips", "balls"] = Field(description="slips 抽签, balls 摇号")
    place: str = Field(min_length=1, max_length=200, examples=["市人社局三楼会议室"])
    held_at: AwareDatetime = Field(description="after the freeze was witnessed")
    present: list[Office] = Field(
        min_length=2, max_length=50, examples=[["法制机构", "企业代表"]],
        description="offices that were present; they are published, so no names",
    )  # fmt: skip
    evidence: SHA256 = Field(description="SHA-256 of the signed protocol or the video")
    results: list[LotsStratum] = Field(min_length=1, max_length=2000)
    teams: list[LotsTeam] = Field(max_length=20_000)


class LotsConfirmation(BaseModel):
    """The hash of the document that a second person has compared with the signed protocol."""

    model_config = ConfigDict(extra="forbid")

    content_hash: SHA256


class LotsView(BaseModel):
    """Lots drawn by hand as they were typed, to be compared before they are confirmed."""

    content_hash: SHA256 = Field(description="SHA-256 of `content` as canonical JSON (RFC 8785)")
    typed_by: str
    confirmed_by: str | None
    content: LotsRequest
