"""What people say in a ceremony: commitments, secrets, throws, signatures, and why an attempt is void."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.codes import VOID_REASONS, VoidReason
from suicha_contracts.values import SHA256

Secret = Annotated[
    str, Field(pattern=r"^[0-9a-f]{64}$", description="64 hex digits, thrown anew for each attempt")
]
Digits = Annotated[str, Field(pattern=r"^[0-9]{20}$", description="20 throws of a ten-sided die, a string")]
ContributorName = Literal["operator", "legal", "audit", "notary", "enterprise"]


class CommitmentRequest(BaseModel):
    """hx("RID/1|commit|" draw_id "|" name "|" secret), RID/1 §5."""

    model_config = ConfigDict(extra="forbid")

    name: ContributorName
    commitment: SHA256


class RevealRequest(BaseModel):
    """The secret behind a commitment."""

    model_config = ConfigDict(extra="forbid")

    name: ContributorName
    secret: Secret


class DiceRequest(BaseModel):
    """Dice thrown in public, as one person reads them."""

    model_config = ConfigDict(extra="forbid")

    value: Digits


class BeaconRequest(BaseModel):
    """A round of the beacon as drand publishes it, typed in by hand where there is no network."""

    model_config = ConfigDict(extra="forbid")

    round: int = Field(ge=1, le=2**53, examples=[657413])
    signature: str = Field(pattern=r"^[0-9a-f]{96}$", description="48 bytes in hex")


class SignRequest(BaseModel):
    """A witness signs this result and no other."""

    model_config = ConfigDict(extra="forbid")

    result_hash: SHA256


class SignFreezeRequest(BaseModel):
    """A witness signs the frozen inputs: hx("RID/1|inputs|" JCS of the manifest's `inputs`)."""

    model_config = ConfigDict(extra="forbid")

    inputs_hash: SHA256


class VoidConfirmation(BaseModel):
    """The hash of the request to void that a second person has read."""

    model_config = ConfigDict(extra="forbid")

    content_hash: SHA256


class VoidRequest(BaseModel):
    """Why an attempt is to be voided; `evidence` is SHA-256 of the document that shows it."""

    model_config = ConfigDict(extra="forbid")

    code: VoidReason = Field(description="、".join(f"{code} {text}" for code, text in VOID_REASONS.items()))
    reason: str = Field(min_length=1, max_length=500)
    evidence: SHA256


class VoidRequestView(BaseModel):
    """A request to void as it stands, for whoever reads it before confirming. Only officers see it."""

    code: str
    reason: str
    evidence: SHA256
    requested_by: str
    content_hash: SHA256 = Field(
        description="SHA-256 of `code`, `evidence` and `reason` as canonical JSON (RFC 8785)"
    )
