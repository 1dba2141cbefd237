"""Witnesses and timestamps over HTTP. The signature of a pinned key is what admits a witness: it needs no account."""

import base64
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field
from rid1.cosignature import witness_key
from suicha_chassis.auth import Caller
from suicha_chassis.problems import NotFound, problem_responses
from suicha_chassis.routes import Session, public, requires, router
from suicha_contracts.roles import Permission

from suicha_draw.ledger import endorsements
from suicha_draw.ledger.signer import signer_of
from suicha_draw.models import LogTimestamp
from suicha_draw.problems import CosignatureInvalid, TimestampInvalid, TimestampUntrusted, WitnessUnknown
from suicha_draw.rounds.bundles import renew_those_of

public_api = router(prefix="/public/log", tags=["draw log"])
api = router(prefix="/draw/v1/log", tags=["draw log"])

Anyone = Annotated[Caller, public()]
_LARGEST = 64 << 10
"""Bytes of a timestamp; those of real authorities have under ten thousand."""


class CosignatureRequest(BaseModel):
    """The line that `rid1 cosign` prints, and the size of the checkpoint that it is under."""

    model_config = ConfigDict(extra="forbid")

    size: int = Field(ge=0, le=2**53, examples=[12])
    line: str = Field(max_length=1000, examples=["— audit.example/witness bTs0K9…"])


class CosignatureView(BaseModel):
    """A cosignature that was kept."""

    size: int
    witness: str
    time: int = Field(description="when it was signed, by the witness's own clock; Unix seconds")


class WitnessView(BaseModel):
    """A pinned witness, and what it signed last."""

    name: str
    vkey: str = Field(description="give it to `rid1 verify --witness`")
    newest: CosignatureView | None


class TimestampRequest(BaseModel):
    """An RFC 3161 response (or its token alone) over the text of a checkpoint, without its signature lines."""

    model_config = ConfigDict(extra="forbid")

    size: int = Field(ge=0, le=2**53)
    token: Base64Bytes = Field(max_length=_LARGEST, description="DER in base64")


class TimestampView(BaseModel):
    """A timestamp that was kept."""

    id: UUID
    size: int
    sha256: str
    stamped_at: datetime = Field(description="as the authority says")
    policy: str = Field(description="object identifier of the authority's policy")
    verified: bool = Field(description="checked against the root certificates of the settings")
    received_at: datetime
    token: str = Field(description="DER in base64; `base64 -d` gives what `openssl ts -verify -in` reads")


def _shown(row: LogTimestamp) -> TimestampView:
    return TimestampView(
        id=row.id, size=row.size, sha256=row.sha256, stamped_at=row.stamped_at, policy=row.policy,
        verified=row.verified, received_at=row.received_at, token=base64.b64encode(row.response).decode(),
    )  # fmt: skip


@public_api.post(
    "/cosignatures", status_code=201, summary="提交见证人共同签名",
    responses=problem_responses(NotFound, WitnessUnknown, CosignatureInvalid),
)  # fmt: skip
async def cosign_log_checkpoint(
    body: CosignatureRequest, session: Session, _: Anyone, request: Request
) -> CosignatureView:
    """Keep a pinned witness's cosignature under a checkpoint. It needs no account: the signature says who signs."""
    settings = request.app.state.runtime.settings
    witnesses = endorsements.pinned(settings.log_witnesses)
    found = await endorsements.keep_cosignature(session, signer_of(settings), witnesses, body.size, body.line)
    await renew_those_of(session, body.size)
    return CosignatureView(size=body.size, witness=found.name, time=found.time)


@public_api.get("/witnesses", summary="日志见证人")
async def list_log_witnesses(session: Session, _: Anyone, request: Request) -> list[WitnessView]:
    """The witnesses of the log with their keys, each with the largest checkpoint that it signed."""
    newest = await endorsements.newest_of_witnesses(session)
    shown = []
    for key in endorsements.pinned(request.app.state.runtime.settings.log_witnesses):
        row = newest.get(key.name)
        last = None if row is None else CosignatureView(size=row.size, witness=row.witness, time=row.time)
        shown.append(WitnessView(name=key.name, vkey=witness_key(key), newest=last))
    return shown


@public_api.get("/timestamps", summary="检查点的时间戳")
async def list_log_timestamps(
    session: Session, _: Anyone, size: Annotated[int, Query(ge=0, description="of the checkpoint")]
) -> list[TimestampView]:
    """The RFC 3161 timestamps over the checkpoint of a size."""
    return [_shown(row) for row in await endorsements.timestamps_of(session, size)]


@public_api.get(
    "/timestamps/{timestamp_id}", summary="时间戳文件", response_class=Response,
    responses={**problem_responses(NotFound), 200: {"content": {"application/timestamp-reply": {}}}},
)  # fmt: skip
async def read_log_timestamp(timestamp_id: Annotated[UUID, Path()], session: Session, _: Anyone) -> Response:
    """One timestamp as DER, for `openssl ts -verify`."""
    row = await session.get(LogTimestamp, timestamp_id)
    if row is None:
        raise NotFound("未找到该时间戳")
    return Response(row.response, media_type="application/timestamp-reply")


@api.post(
    "/timestamps", status_code=201, summary="提交检查点时间戳",
    responses=problem_responses(NotFound, TimestampInvalid, TimestampUntrusted),
)  # fmt: skip
async def add_log_timestamp(
    body: TimestampRequest,
    session: Session,
    caller: Annotated[Caller, requires(Permission.ROUND_OPERATE, Permission.ROUND_WITNESS)],
    request: Request,
) -> TimestampView:
    """Keep a timestamp over a checkpoint; what it is over is checked, and who issued it where roots are set."""
    settings = request.app.state.runtime.settings
    kept = await endorsements.keep_timestamp(
        session, signer_of(settings), settings.timestamp_roots, body.size, body.token, caller.subject
    )
    await renew_those_of(session, body.size)
    return _shown(kept)
