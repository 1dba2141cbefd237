"""Rounds as they are shown."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from suicha_contracts.codes import NOT_VERIFIABLE
from suicha_contracts.events import EarlierDraw, LotsRecord
from suicha_contracts.values import FileRef

from suicha_draw.rounds.schemas.ceremony import VoidRequestView
from suicha_draw.rounds.schemas.kept import RoundCrew, RoundList, RoundProblem, RoundSettings


class ContributorView(BaseModel):
    """Where a contributor stands."""

    name: str
    commitment: str | None
    revealed: bool
    secret: str | None = Field(description="null before it is revealed, and while an embargo covers it")


class SignatureView(BaseModel):
    """A witness's signature under the frozen inputs (`freeze`) or the result (`result`)."""

    deed: str
    role: str
    signed_by: str
    hash: str
    at: datetime


class LogLine(BaseModel):
    """One entry of the draw log."""

    index: int
    time: str
    attempt: int
    event: str
    body: dict[str, Any]


class PublicRound(BaseModel):
    """One attempt at a draw as anybody may see it."""

    id: UUID
    draw_id: str
    attempt: int
    prev: str | None
    state: str
    region: str
    org: str
    org_name: str
    lists: list[RoundList]
    crews: list[RoundCrew]
    settings: RoundSettings
    reveal_by: datetime
    inspect_from: date
    inspect_to: date
    ruleset_id: str
    ruleset_version: str
    ruleset_sha: str
    inputs_hash: str | None = Field(
        default=None, description="what witnesses sign before the manifest: hash of the four frozen files"
    )
    manifest_hash: str | None
    dice: str | None
    beacon_round: int | None
    beacon: str | None
    beacon_signature: str | None
    seed: str | None = Field(description="null before it is known, and while an embargo lasts")
    embargoed: bool = Field(
        default=False, description="seed, proof bundle and drawn objects are not public yet (暂缓公开)"
    )
    publish_after: datetime | None
    unsealed_at: datetime | None
    result_hash: str | None
    match_hash: str | None
    visits: int | None
    void_code: str | None = Field(
        description="why an attempt is void, a code of the product's list; null while it is only asked for"
    )
    void_reason: str | None = Field(description="the same in words")
    created_at: datetime
    completed_at: datetime | None
    voided_at: datetime | None
    basis: str = Field(default="seed", description="`seed`, or `physical`: lots drawn by hand (D1)")
    verifiable: bool = Field(default=True, description="false where lots are drawn by hand")
    notice: str = Field(
        default="", description="what to print beside it, in Chinese", examples=[NOT_VERIFIABLE]
    )
    lots: LotsRecord | None = Field(default=None, description="protocol and evidence of lots drawn by hand")
    earlier: list[EarlierDraw] = Field(
        default_factory=list, description="completed draws of the same tasks before this one (D4)"
    )
    contributors: list[ContributorView] = Field(default_factory=list)
    signatures: list[SignatureView] = Field(default_factory=list)
    manifest: dict[str, Any] | None = None
    log: list[LogLine] = Field(default_factory=list)


class RoundView(PublicRound):
    """One attempt with what officers need while it runs."""

    created_by: str
    signed_by: str | None
    dice_typed_by: str | None
    void_request: VoidRequestView | None = Field(
        default=None,
        description="who asked for the attempt to be voided, and why; another person confirms it",
    )
    problems: list[RoundProblem]
    progress: dict[str, Any] = Field(
        description="{step, done, total}: bytes, lines or objects; seconds where total is 0, while another part "
        "works (snapshot, exclusions, store); empty between steps",
        examples=[{"step": "select", "done": 1, "total": 2}],
    )
    files: dict[str, FileRef] = Field(default_factory=dict)
    version: int


class RoundStatistics(BaseModel):
    """What sharing tickets saves (进一次门、查多项事), beside what draws held apart would be expected to need."""

    draw_id: str
    attempt: int
    lists: int
    selected: int = Field(description="objects selected, counted once for each list: Σ k")
    visits: int = Field(description="different objects selected: one visit each")
    saved: int = Field(description="selected − visits")
    saved_bp: int = Field(description="the same in basis points of `selected`, rounded down")
    expected_visits_apart: str = Field(
        description="Σ over objects of 1 − Π(1 − k/n): visits to expect of draws held apart, two decimals",
        examples=["1384.27"],
    )
    saved_by_sharing: str = Field(
        description="expected_visits_apart − visits, two decimals; may be negative by chance",
        examples=["62.27"],
    )


class BundleView(BaseModel):
    """One version of a proof bundle."""

    version: int
    sha256: str
    size: int = Field(description="bytes")
    covers: dict[str, Any] | None = Field(
        description="entries of the log at its checkpoint, cosignatures and timestamps in it",
        examples=[{"size": 12, "cosignatures": 1, "timestamps": 0}],
    )
