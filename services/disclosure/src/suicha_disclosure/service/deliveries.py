"""Deliveries: who may push what next, and what an answer changes.

Why this is right with many processes that may die at any point:
* A row is claimed in its own transaction (`FOR UPDATE SKIP LOCKED`) with a lease and the next attempt number.
  Nobody else claims it before the lease ends. After that somebody does, and the unfinished attempt is kept
  as `interrupted`. Pushing twice is safe: receivers keep one record for each version.
* A version is claimed only when no older one of the record waits on the channel: version 2 is never before 1.
* An acceptance counts whoever reports it, also after its lease ended. A failure counts only for the newest
  attempt, so that a late one cannot put off the work of another process.
* What "every channel has accepted" means is decided under the disclosure's row lock: of two channels that
  accept at the same moment, the second to take the lock sees both.
"""

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.outbox import emit
from suicha_chassis.problems import Conflict
from suicha_contracts.events import DisclosureCorrected, ResultDisclosed
from suicha_contracts.publication import RecordKind

from suicha_disclosure.adapters.channel import Answer, Outgoing, Verdict
from suicha_disclosure.models import (
    AttemptCause,
    Delivery,
    DeliveryState,
    Disclosure,
    DisclosureState,
    Publication,
    PublicationCause,
    PublicRecord,
)
from suicha_disclosure.service.publish import wake

CHINA = timezone(timedelta(hours=8))
"""Deadlines are days in China, wherever a server stands."""


@dataclass(frozen=True)
class Pace:
    """How patient deliveries are, in seconds."""

    push: float
    first: float
    longest: float

    @property
    def lease(self) -> float:
        """How long a claim holds: twice the longest push, and time to write down what came of it."""
        return 2 * self.push + 1

    def pause(self, failures: int, asked: float = 0.0) -> float:
        """Return the pause after so many failures in a row: doubling, with jitter, never above `longest`.

        A receiver that asked for a longer one (Retry-After) gets it.
        """
        full = min(self.longest, self.first * 2.0 ** min(failures - 1, 40))
        return max(full * random.uniform(0.5, 1.0), asked)


@dataclass(frozen=True)
class Claim:
    """A delivery that this process may push until its lease ends."""

    delivery_id: UUID
    number: int
    cause: str
    failures: int
    disclosure_id: UUID | None
    record: Outgoing


async def claim(session: AsyncSession, channel: str, limit: int, pace: Pace) -> list[Claim]:
    """Take up to `limit` deliveries of a channel that are due and next in line for their record."""
    rows = (await session.execute(_CLAIM, {"channel": channel, "limit": limit, "lease": pace.lease})).all()
    return [
        Claim(
            delivery_id=row.id,
            number=row.attempts,
            cause=row.cause,
            failures=row.failures,
            disclosure_id=row.disclosure_id,
            record=Outgoing(RecordKind(row.kind), row.record_id, row.version, row.body.encode()),
        )
        for row in rows
    ]


_CLAIM = text(
    """
    WITH due AS (
      SELECT d.id, d.attempts, d.cause, d.lease_until IS NOT NULL AS interrupted FROM deliveries d
      WHERE d.channel = :channel AND d.state = 'waiting' AND d.next_at <= now()
        AND (d.lease_until IS NULL OR d.lease_until < now())
        AND NOT EXISTS (
          SELECT 1 FROM deliveries e WHERE e.channel = d.channel AND e.kind = d.kind
          AND e.record_id = d.record_id AND e.version < d.version AND e.state = 'waiting')
      ORDER BY d.next_at LIMIT :limit FOR UPDATE OF d SKIP LOCKED
    ), kept AS (
      INSERT INTO delivery_attempts (delivery_id, number, cause, verdict, answer, reason, ms)
      SELECT id, attempts, cause, 'interrupted', '', '推送途中进程终止，结果不明，重新推送', 0
      FROM due WHERE interrupted
    )
    UPDATE deliveries d SET attempts = d.attempts + 1, lease_until = now() + make_interval(secs => :lease)
    FROM due, publications p
    WHERE d.id = due.id AND p.kind = d.kind AND p.record_id = d.record_id AND p.version = d.version
    RETURNING d.id, d.attempts, d.cause, d.failures, d.disclosure_id, d.kind, d.record_id, d.version, p.body
    """
)


async def settle(session: AsyncSession, claimed: Claim, answer: Answer, pace: Pace) -> float | None:
    """Keep an attempt and what follows from it. Returns seconds to the next one, None if none follows."""
    await session.execute(
        _KEEP,
        {
            "id": claimed.delivery_id, "number": claimed.number, "cause": claimed.cause,
            "verdict": answer.verdict.value, "status": answer.status, "answer": answer.text,
            "reason": answer.reason, "ms": answer.ms,
        },
    )  # fmt: skip
    if answer.verdict is Verdict.ACCEPTED:
        await session.execute(_ACCEPT, {"id": claimed.delivery_id, "receipt": json.dumps(answer.receipt)})
        if claimed.disclosure_id is not None:
            await _complete(session, claimed.disclosure_id, claimed.record.version)
        return None
    pause = pace.pause(claimed.failures + 1, answer.retry_after)
    rejected = answer.verdict is Verdict.REJECTED
    await session.execute(
        _REFUSE,
        {
            "id": claimed.delivery_id,
            "number": claimed.number,
            "state": DeliveryState.REJECTED if rejected else DeliveryState.WAITING,
            "pause": pause,
            "reason": answer.reason,
        },
    )
    return None if rejected else pause


_KEEP = text(
    "INSERT INTO delivery_attempts (delivery_id, number, cause, verdict, status, answer, reason, ms) "
    "VALUES (:id, :number, :cause, :verdict, :status, :answer, :reason, :ms)"
)
_ACCEPT = text(
    "UPDATE deliveries SET state = 'accepted', receipt = CAST(:receipt AS jsonb), accepted_at = now(), "
    "lease_until = NULL, failures = 0, reason = '' WHERE id = :id"
)
_REFUSE = text(
    "UPDATE deliveries SET state = :state, failures = failures + 1, lease_until = NULL, reason = :reason, "
    "next_at = now() + make_interval(secs => :pause) "
    "WHERE id = :id AND attempts = :number AND state = 'waiting'"
)


async def _complete(session: AsyncSession, disclosure_id: UUID, version: int) -> None:
    """Note which version every channel now holds, and tell the others when that is news."""
    disclosure = await session.scalar(
        select(Disclosure).where(Disclosure.id == disclosure_id).with_for_update()
    )
    assert disclosure is not None, "a delivery outlived its disclosure"
    newest = await session.scalar(_NEWEST_COMPLETE, {"id": disclosure_id})
    if newest is None or newest <= disclosure.complete_version:
        return
    now = datetime.now(UTC)
    versions = (
        await session.scalars(
            select(Publication)
            .where(
                Publication.disclosure_id == disclosure_id,
                Publication.version > disclosure.complete_version,
                Publication.version <= newest,
            )
            .order_by(Publication.version)
        )
    ).all()
    withdrawn = disclosure.state == DisclosureState.WITHDRAWN
    disclosure.complete_version = newest
    if disclosure.state == DisclosureState.RELEASED:
        disclosure.state = DisclosureState.DISCLOSED
    if disclosure.disclosed_at is None and not withdrawn:
        disclosure.disclosed_at = now
        await emit(session, _disclosed(disclosure, newest, now), about=str(disclosure.visit_id))
    for version_cause in dict.fromkeys((one.version, one.cause) for one in versions):
        number, cause = version_cause
        if cause in (PublicationCause.CORRECTION, PublicationCause.WITHDRAWAL):
            await emit(
                session, await _corrected(session, disclosure, number, now), about=str(disclosure.visit_id)
            )
    await _show(session, disclosure_id, [one for one in versions if one.kind == RecordKind.RESULT])


_NEWEST_COMPLETE = text(
    """
    SELECT max(v.version) FROM (SELECT DISTINCT version FROM deliveries WHERE disclosure_id = :id) v
    WHERE NOT EXISTS (
      SELECT 1 FROM (
        SELECT DISTINCT ON (channel) state FROM deliveries
        WHERE disclosure_id = :id AND version <= v.version ORDER BY channel, version DESC
      ) newest WHERE newest.state <> 'accepted')
    """
)


async def _show(session: AsyncSession, disclosure_id: UUID, versions: list[Publication]) -> None:
    """Put the newest result into the list that the public searches."""
    if not versions:
        return
    newest = versions[-1]
    body: dict[str, Any] = json.loads(newest.body)
    values = {
        "version": newest.version, "status": body["status"], "object_name": body["object_name"],
        "object_code": body["object_code"], "body": body,
    }  # fmt: skip
    statement = insert(PublicRecord).values(record_id=disclosure_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["record_id"], set_=values))


def _disclosed(disclosure: Disclosure, version: int, now: datetime) -> ResultDisclosed:
    today = now.astimezone(CHINA).date()
    return ResultDisclosed(
        disclosure_id=disclosure.id,
        visit_id=disclosure.visit_id,
        object_id=disclosure.object_id,
        region=disclosure.region,
        version=version,
        due_on=disclosure.due_on,
        disclosed_at=now,
        late=disclosure.due_on is not None and today > disclosure.due_on,
    )


async def _corrected(
    session: AsyncSession, disclosure: Disclosure, version: int, now: datetime
) -> DisclosureCorrected:
    body = await session.scalar(
        select(Publication.body)
        .where(Publication.disclosure_id == disclosure.id, Publication.version == version)
        .limit(1)
    )
    return DisclosureCorrected(
        disclosure_id=disclosure.id,
        visit_id=disclosure.visit_id,
        version=version,
        reason=json.loads(body or "{}").get("reason", ""),
        corrected_at=now,
    )


async def retry(session: AsyncSession, delivery: Delivery) -> None:
    """Push again now, also what was refused for good (its cause may have been mended).

    Raises:
        Conflict: it was accepted already; `reconcile` finds out whether the channel still holds it.
    """
    if delivery.state == DeliveryState.ACCEPTED:
        raise Conflict("该记录已被接收，不需要重新推送", state=delivery.state)
    before = delivery.state
    delivery.state, delivery.cause = DeliveryState.WAITING, AttemptCause.RETRY
    delivery.failures, delivery.next_at = 0, datetime.now(UTC)
    await wake(session)
    await audit.record(
        session, "delivery.retry", "delivery", delivery.id,
        before={"state": before}, after={"state": delivery.state},
    )  # fmt: skip
