"""The draw log for everyone, without a token: checkpoint, entries, proofs (RID/1 §4)."""

from typing import Annotated

from fastapi import Path, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.problems import NotFound, problem_responses
from suicha_chassis.routes import Session, public, router

from suicha_draw.ledger import endorsements, service, tree
from suicha_draw.ledger.signer import signer_of, verifier_key_of
from suicha_draw.models import LogEntry

api = router(prefix="/public/log", tags=["draw log"])


class LogEntries(BaseModel):
    """Entries of the log, each in its canonical form: the data of its leaf."""

    first: int = Field(description="index of the first entry shown")
    size: int = Field(description="entries in the whole log")
    entries: list[str] = Field(description="canonical JSON lines; SHA-256(0x00 ‖ line) is the leaf hash")


class InclusionProof(BaseModel):
    """That one entry is in the log (RFC 9162 §2.1.3)."""

    index: int
    size: int
    entry: str
    leaf: str = Field(description="leaf hash, hex")
    path: list[str] = Field(description="hashes from the leaf up, hex")
    root: str = Field(description="root hash, hex")
    checkpoint: str = Field(description="signed note over this root")


class ConsistencyProof(BaseModel):
    """That an earlier log is a prefix of a later one (RFC 9162 §2.1.4)."""

    old: int
    size: int
    path: list[str]


class LogKeyView(BaseModel):
    """The key under the checkpoints."""

    origin: str
    vkey: str = Field(description="note verifier key; give it to `rid1 verify`")


@api.get(
    "/checkpoint", summary="日志检查点", response_class=PlainTextResponse,
    responses={
        **problem_responses(NotFound),
        200: {"content": {"text/plain": {"example": "suicha.local/draw-log\n12\n…"}}},
    },
)  # fmt: skip
async def read_log_checkpoint(
    request: Request,
    session: Session,
    _: Annotated[Caller, public()],
    size: Annotated[
        int | None, Query(ge=0, description="the checkpoint of this size, not the newest")
    ] = None,
) -> PlainTextResponse:
    """A signed checkpoint (C2SP tlog-checkpoint): origin, size, root, signature, cosignatures of witnesses."""
    signer = signer_of(request.app.state.runtime.settings)
    return PlainTextResponse(await endorsements.checkpoint(session, signer, size))


@api.get("/key", summary="日志公钥")
async def read_log_key(request: Request, _: Annotated[Caller, public()]) -> LogKeyView:
    """The public key that signs checkpoints. Whoever verifies SHOULD have it from another source as well."""
    signer = signer_of(request.app.state.runtime.settings)
    return LogKeyView(origin=signer.origin, vkey=verifier_key_of(signer))


@api.get("/entries", summary="日志条目")
async def list_log_entries(
    session: Session,
    _: Annotated[Caller, public()],
    first: Annotated[int, Query(alias="from", ge=0, description="index of the first entry")] = 0,
    to: Annotated[int | None, Query(ge=0, description="index of the last entry")] = None,
) -> LogEntries:
    """Entries from one index to another, at most 1000 at a time."""
    size = await tree.size_now(session)
    until = min(first + 999 if to is None else to, first + 999)
    lines = await session.scalars(
        select(LogEntry.line).where(LogEntry.index >= first, LogEntry.index <= until).order_by(LogEntry.index)
    )
    return LogEntries(first=first, size=size, entries=[line.decode() for line in lines])


@api.get("/proof/{index}", summary="日志包含证明", responses=problem_responses(NotFound))
async def read_log_proof(
    request: Request,
    session: Session,
    _: Annotated[Caller, public()],
    index: Annotated[int, Path(ge=0, le=2**53)],
    size: Annotated[int | None, Query(ge=1, description="prove it in the log of this size")] = None,
) -> InclusionProof:
    """Proof that an entry is in the log, under a signed checkpoint."""
    entry = await service.find_entry(session, index)
    head = await tree.head(session, size)
    (path,) = await tree.inclusion(session, [index], head.size)
    return InclusionProof(
        index=index,
        size=head.size,
        entry=entry.line.decode(),
        leaf=entry.leaf.hex(),
        path=[node.hex() for node in path],
        root=head.root.hex(),
        checkpoint=service.sign_checkpoint(signer_of(request.app.state.runtime.settings), head),
    )


@api.get("/consistency", summary="日志一致性证明", responses=problem_responses(NotFound))
async def read_log_consistency(
    session: Session,
    _: Annotated[Caller, public()],
    old: Annotated[int, Query(ge=0, description="size of the earlier log")],
    size: Annotated[int, Query(ge=0, description="size of the later log")],
) -> ConsistencyProof:
    """Proof that the log only grew between two checkpoints."""
    path = await tree.consistency(session, old, size)
    return ConsistencyProof(old=old, size=size, path=[node.hex() for node in path])
