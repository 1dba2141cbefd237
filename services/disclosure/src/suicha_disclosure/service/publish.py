"""Issuing a version of a record: its frozen body, one delivery row a channel, and a call to the loop.

All in the caller's transaction: what is issued is delivered if, and only if, that commits.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.db import driver_connection
from suicha_chassis.ids import uuid7
from suicha_contracts.publication import RecordKind

WAKE = "suicha_deliveries"
"""NOTIFY channel on which delivery loops listen."""

PUBLIC_SITE, CREDIT_PLATFORM = "public-site", "credit-platform"
CHANNEL_OF_KIND = {
    RecordKind.PLAN: PUBLIC_SITE,
    RecordKind.DRAW: PUBLIC_SITE,
    RecordKind.RESULT: PUBLIC_SITE,
    RecordKind.CREDIT: CREDIT_PLATFORM,
}


@dataclass(frozen=True)
class Issue:
    """One version of one record, ready to go out."""

    kind: RecordKind
    record_id: str
    version: int
    region: str
    org: str
    cause: str
    document: BaseModel
    disclosure_id: UUID | None = None
    body: str = field(init=False)

    def __post_init__(self) -> None:
        """Fix the bytes: from here on nobody serialises the document again."""
        object.__setattr__(self, "body", self.document.model_dump_json())


async def issue(session: AsyncSession, issues: Sequence[Issue]) -> None:
    """Write publications and deliveries by COPY and wake the loop. Each (kind, id, version) exactly once."""
    if not issues:
        return
    await session.flush()
    connection = await driver_connection(session)
    async with connection.cursor() as cursor:
        async with cursor.copy(
            "COPY publications (kind, record_id, version, region, org, disclosure_id, cause, body, sha256) "
            "FROM STDIN"
        ) as copy:
            for one in issues:
                digest = hashlib.sha256(one.body.encode()).hexdigest()
                await copy.write_row(
                    (one.kind.value, one.record_id, one.version, one.region, one.org, one.disclosure_id,
                     one.cause, one.body, digest)
                )  # fmt: skip
        async with cursor.copy(
            "COPY deliveries (id, kind, record_id, version, channel, region, org, disclosure_id) FROM STDIN"
        ) as copy:
            for one in issues:
                await copy.write_row(
                    (uuid7(), one.kind.value, one.record_id, one.version, CHANNEL_OF_KIND[one.kind],
                     one.region, one.org, one.disclosure_id)
                )  # fmt: skip
    await wake(session)


async def wake(session: AsyncSession) -> None:
    """Tell delivery loops, when this transaction commits, that there is something to do."""
    await session.execute(text(f"NOTIFY {WAKE}"))
