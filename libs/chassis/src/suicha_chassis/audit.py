"""The audit trail: who did what to which object, when, why, before and after. Append-only, hash-chained.

Entries are written in the transaction of the deed. A sealing loop chains committed entries afterwards, so
that writers never wait for each other: seal n = SHA-256(seal n-1 | canonical entry). Rows of both tables are
refused UPDATE and DELETE by trigger.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import rfc8785
from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from suicha_chassis.auth import caller_of
from suicha_chassis.db import Database
from suicha_chassis.scope import SYSTEM

GENESIS = "0" * 64

_COLUMNS = (
    "seq, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS at, actor, roles, org, "
    "region, action, object_type, object_id, reason, before::text AS before, after::text AS after, request_id"
)


async def record(
    session: AsyncSession,
    action: str,
    object_type: str,
    object_id: object,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Write one audit entry in the session's transaction. MUST NOT be given personal data in clear."""
    await record_each(session, action, object_type, [object_id], before=before, after=after, reason=reason)


async def record_each(
    session: AsyncSession,
    action: str,
    object_type: str,
    object_ids: Sequence[object],
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Write the same audit entry for each of many objects, in one statement."""
    caller = caller_of(session)
    await session.execute(
        text(
            "INSERT INTO audit_entries "
            "(actor, roles, org, region, action, object_type, object_id, reason, before, after, "
            "request_id) SELECT "
            ":actor, :roles, :org, :region, :action, :object_type, object_id, :reason, "
            "CAST(:before AS jsonb), CAST(:after AS jsonb), :request_id "
            "FROM unnest(CAST(:object_ids AS text[])) AS object_id"
        ),
        {
            "actor": caller.subject,
            "roles": ",".join(caller.roles),
            "org": caller.org,
            "region": caller.region,
            "action": action,
            "object_type": object_type,
            "object_ids": [str(one) for one in object_ids],
            "reason": reason,
            "before": _json(before),
            "after": _json(after),
            "request_id": str(session.info.get("request_id", "")),
        },
    )


def _json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else to_json(value).decode()


def seal_of(previous: str, entry: dict[str, Any]) -> str:
    """Return the seal of an entry, given the seal before it (`GENESIS` for the first)."""
    return hashlib.sha256(previous.encode() + b"|" + rfc8785.dumps(entry)).hexdigest()


async def seal_new_entries(db: Database, batch: int = 1000) -> int:
    """Chain committed entries that have no seal yet; return how many. One process at a time does this."""
    async with db.transaction(SYSTEM) as session:
        locked = await session.scalar(text("SELECT pg_try_advisory_xact_lock(hashtext('suicha-audit-seal'))"))
        if not locked:
            return 0
        last = (
            await session.execute(
                text("SELECT position, hash FROM audit_seals ORDER BY position DESC LIMIT 1")
            )
        ).first()
        position, previous = (last.position, last.hash) if last else (0, GENESIS)
        rows = await session.execute(
            text(
                f"SELECT {_COLUMNS} FROM audit_entries e WHERE NOT EXISTS "  # noqa: S608 - constant columns
                "(SELECT 1 FROM audit_seals s WHERE s.seq = e.seq) ORDER BY seq LIMIT :batch"
            ),
            {"batch": batch},
        )
        seals = []
        for row in rows.mappings():
            position += 1
            previous = seal_of(previous, dict(row))
            seals.append({"position": position, "seq": row["seq"], "hash": previous})
        if seals:
            await session.execute(
                text("INSERT INTO audit_seals (position, seq, hash) VALUES (:position, :seq, :hash)"), seals
            )
        return len(seals)


async def first_broken_seal(db: Database) -> int | None:
    """Recompute the whole chain; return the position of the first entry that does not fit, or None."""
    async with db.session(SYSTEM) as session:
        rows = await session.stream(
            text(
                f"SELECT s.position, s.hash, e.* FROM audit_seals s LEFT JOIN (SELECT {_COLUMNS} "  # noqa: S608
                "FROM audit_entries) e ON e.seq = s.seq ORDER BY s.position"
            )
        )
        previous, expected_position = GENESIS, 0
        async for row in rows.mappings():
            entry = dict(row)
            position, found = entry.pop("position"), entry.pop("hash")
            expected_position += 1
            previous = seal_of(previous, entry)
            if position != expected_position or found != previous:
                return expected_position
    return None
