"""What others put to a checkpoint of the log: cosignatures of witnesses, timestamps of authorities (RFC 3161).

The log proves that it only grew; a witness who keeps the checkpoint it signed makes a second history visible, and
a timestamp shows that a checkpoint was there by a time. Both are kept for good and stand beside the checkpoint.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from cryptography.x509 import load_pem_x509_certificates
from rfc3161_client import TimeStampResponse, VerificationError, VerifierBuilder, decode_timestamp_response
from rid1.checkpoint import parse
from rid1.cosignature import Cosignature, WitnessKey, cosigned_by, read_witness
from rid1.errors import RidError
from rid1.timestamp import check_timestamp
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit

from suicha_draw.ledger import service, tree
from suicha_draw.ledger.signer import Signer
from suicha_draw.models import LogCosignature, LogTimestamp
from suicha_draw.problems import CosignatureInvalid, TimestampInvalid, TimestampUntrusted, WitnessUnknown

_GRANTED = bytes.fromhex("3003020100")
"""PKIStatusInfo `granted` (RFC 3161 §2.4.2), put before a token that comes without its response."""
_TOKEN_BEGINS = bytes.fromhex("06092a864886f70d010702")
"""The object identifier of SignedData: a bare token begins with it, a response does not."""


def pinned(vkeys: str) -> tuple[WitnessKey, ...]:
    """Read the keys of the witnesses from the settings."""
    return tuple(read_witness(text) for text in vkeys.split())


async def checkpoint(session: AsyncSession, signer: Signer, size: int | None = None) -> str:
    """Return the signed checkpoint of a size, now or then, with all cosignatures under it.

    Raises:
        NotFound: the log is not that large.
    """
    head = await tree.head(session, size)
    lines = await session.scalars(
        select(LogCosignature.line).where(LogCosignature.size == head.size).order_by(LogCosignature.witness)
    )
    return service.sign_checkpoint(signer, head) + "".join(lines)


async def keep_cosignature(
    session: AsyncSession, signer: Signer, witnesses: Sequence[WitnessKey], size: int, line: str
) -> Cosignature:
    """Keep a witness's line under the checkpoint of a size; the first one of a witness for that size counts.

    Raises:
        NotFound: the log is not that large.
        WitnessUnknown: the line is of no pinned witness.
        CosignatureInvalid: it is no signature line, or does not hold for this checkpoint.
    """
    head = await tree.head(session, size)
    note = f"{service.checkpoint_body(signer.origin, head)}\n{line.rstrip()}\n"
    try:
        found = cosigned_by(parse(note), witnesses)
    except RidError as error:
        raise CosignatureInvalid(error.zh) from error
    if len(found) != 1:
        raise WitnessUnknown()
    added = (
        insert(LogCosignature)
        .values(size=size, witness=found[0].name, time=found[0].time, line=line.rstrip() + "\n")
        .on_conflict_do_nothing()
        .returning(LogCosignature.size)
    )
    if await session.scalar(added) is not None:
        await audit.record(
            session, "log.cosign", "log", str(size), after={"witness": found[0].name, "time": found[0].time}
        )
    return found[0]


async def newest_of_witnesses(session: AsyncSession) -> dict[str, LogCosignature]:
    """Return, for each witness, its cosignature under the largest checkpoint."""
    rows = await session.scalars(
        select(LogCosignature)
        .ext(distinct_on(LogCosignature.witness))
        .order_by(LogCosignature.witness, LogCosignature.size.desc())
    )
    return {row.witness: row for row in rows}


async def keep_timestamp(
    session: AsyncSession, signer: Signer, roots: str, size: int, given: bytes, by: str
) -> LogTimestamp:
    """Keep a timestamp over the checkpoint of a size: a TimeStampResp, or its token alone; once each.

    Raises:
        NotFound: the log is not that large.
        TimestampInvalid: it is no timestamp, or over something else.
        TimestampUntrusted: it does not lead to one of the root certificates in the settings.
    """
    body = service.checkpoint_body(signer.origin, await tree.head(session, size)).encode()
    response = as_response(given)
    try:
        check_timestamp(response, body, "timestamp")
        parsed = decode_timestamp_response(response)
    except (RidError, ValueError) as error:
        raise TimestampInvalid(error.zh if isinstance(error, RidError) else "无法解析时间戳") from error
    if roots:
        _check_issuer(parsed, body, roots)
    digest = hashlib.sha256(response).hexdigest()
    known = await session.scalar(select(LogTimestamp).where(LogTimestamp.sha256 == digest))
    if known is not None:
        return known
    info = parsed.tst_info
    added = LogTimestamp(
        size=size, sha256=digest, response=response, stamped_at=info.gen_time,
        policy=info.policy.dotted_string, verified=bool(roots), given_by=by,
    )  # fmt: skip
    session.add(added)
    await audit.record(session, "log.timestamp", "log", str(size), after={"sha256": digest})
    await session.flush()
    await session.refresh(added)
    return added


def _check_issuer(parsed: TimeStampResponse, body: bytes, roots: str) -> None:
    certificates = load_pem_x509_certificates(Path(roots).read_bytes())
    try:
        VerifierBuilder(roots=certificates).build().verify_message(parsed, body)
    except (VerificationError, ValueError) as error:
        raise TimestampUntrusted(f"时间戳核验未通过：{error}") from error


async def timestamps_of(session: AsyncSession, size: int) -> Sequence[LogTimestamp]:
    """Return the timestamps over the checkpoint of a size, oldest first."""
    rows = await session.scalars(
        select(LogTimestamp).where(LogTimestamp.size == size).order_by(LogTimestamp.id)
    )
    return rows.all()


async def endorsed(session: AsyncSession, size: int) -> dict[str, int]:
    """Count what stands beside the checkpoint of a size."""
    signed = select(func.count()).select_from(LogCosignature).where(LogCosignature.size == size)
    stamped = select(func.count()).select_from(LogTimestamp).where(LogTimestamp.size == size)
    return {
        "size": size,
        "cosignatures": await session.scalar(signed) or 0,
        "timestamps": await session.scalar(stamped) or 0,
    }


def as_response(given: bytes) -> bytes:
    """Return a TimeStampResp, whether the response or only its token was given."""
    header = 2 + (given[1] & 0x7F if len(given) > 1 and given[1] & 0x80 else 0)
    if not given[header:].startswith(_TOKEN_BEGINS):
        return given
    content = _GRANTED + given
    octets = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    size = octets if len(content) < 0x80 else bytes([0x80 | len(octets)]) + octets
    return b"\x30" + size + content
