"""Entries that look like one object (R8): compared as a set, proposed by one person, merged by another.

Nothing is deleted: the entry that goes becomes `cancelled`, names the one that stays, and its address leads
there. What hung on it (lists, tags, complaints) hangs on the one that stays as well.
"""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, Forbidden, NotFound, SamePerson
from suicha_contracts.values import SubjectStatus

from suicha_registry.subjects.models import Duplicate, Subject, SubjectChange

_BARE = "lower(translate({}, '（）()【】[]〔〕《》\"“”''·．.,，、－—-_　 #号', ''))"
"""A name or address without what people write one way or another."""

_FIND = f"""
WITH live AS MATERIALIZED (
  SELECT id, region, {_BARE.format("name")} AS name, {_BARE.format("address")} AS address,
    legal_representative AS head,
    CASE WHEN length(id) = 18 THEN substr(id, 9, 9) ELSE translate(id, '-', '') END AS body
  FROM subjects WHERE starts_with(region, :prefix) AND status <> 'cancelled'
), seen AS (
  SELECT min(id) OVER (PARTITION BY body) AS first, id AS second, 'code' AS ground
  FROM live WHERE length(body) = 9
  UNION ALL
  SELECT min(id) OVER (PARTITION BY left(region, 4), name), id, 'name' FROM live
  UNION ALL
  SELECT min(id) OVER (PARTITION BY left(region, 4), address, head), id, 'address'
  FROM live WHERE length(address) >= 6 AND head <> ''
), pairs AS (
  SELECT first, second, array_agg(DISTINCT ground::varchar ORDER BY ground::varchar) AS grounds
  FROM seen WHERE first <> second GROUP BY first, second
)
INSERT INTO subject_duplicates (id, first_id, second_id, grounds, state, region)
SELECT uuidv7(), p.first, p.second, p.grounds, 'found',
  CASE WHEN a.region = b.region THEN a.region
       WHEN left(a.region, 4) = left(b.region, 4) THEN left(a.region, 4) || '00'
       WHEN left(a.region, 2) = left(b.region, 2) THEN left(a.region, 2) || '0000' ELSE '000000' END
FROM pairs p JOIN subjects a ON a.id = p.first JOIN subjects b ON b.id = p.second
ON CONFLICT (first_id, second_id) DO NOTHING
"""  # noqa: S608 - the pieces are constants
"""Pairs with one organisation code (digits 9–17 of a credit code, GB 32100 §4.5), with one name in a city, or
with one address and head in a city; each entry beside the first of its kind."""

_INHERIT = (
    "INSERT INTO subject_lists (id, subject_id, list_code, valid_from, valid_to, source, recorded_by) "
    "SELECT uuidv7(), :kept, list_code, valid_from, valid_to, source, recorded_by FROM subject_lists "
    "WHERE subject_id = :gone ON CONFLICT DO NOTHING",
    "INSERT INTO subject_labels (label_id, subject_id, origin, put_by) "
    "SELECT label_id, :kept, 'hand', :actor FROM subject_labels WHERE subject_id = :gone ON CONFLICT DO NOTHING",
    "INSERT INTO subject_complaints "
    "SELECT :kept, source, reference, received_on, count, matter, recorded_by, recorded_at "
    "FROM subject_complaints WHERE subject_id = :gone ON CONFLICT DO NOTHING",
)


class DuplicateState(StrEnum):
    """How far a pair has come."""

    FOUND = "found"
    PROPOSED = "proposed"
    """Somebody says which entry stays; another person decides."""
    MERGED = "merged"
    DISMISSED = "dismissed"
    """They are two objects; the pair is never proposed again."""


async def compare(session: AsyncSession, caller: Caller) -> int:
    """Compare all entries of the caller's region; return how many new pairs were found."""
    done = await session.execute(text(_FIND), {"prefix": caller.scope.prefix})
    new = int(done.rowcount)  # type: ignore[attr-defined]
    await audit.record(session, "compare", "subjects", caller.region, after={"found": new})
    return new


async def find(session: AsyncSession, duplicate_id: UUID) -> Duplicate:
    """Return a pair inside the session's scope.

    Raises:
        NotFound: there is none.
    """
    row = await session.scalar(select(Duplicate).where(Duplicate.id == duplicate_id))
    if row is None:
        raise NotFound("没有这一对疑似重复对象")
    return row


async def propose(session: AsyncSession, caller: Caller, row: Duplicate, kept_id: str, reason: str) -> None:
    """Say which of both entries stays.

    Raises:
        Conflict: the pair was decided already, or the entry is none of both.
    """
    if row.state not in (DuplicateState.FOUND, DuplicateState.PROPOSED):
        raise Conflict("这一对已经处理", state=row.state)
    if kept_id not in (row.first_id, row.second_id):
        raise Conflict(f"{kept_id} 不是这一对中的对象", state=row.state)
    row.state, row.kept_id, row.reason = DuplicateState.PROPOSED, kept_id, reason
    row.proposed_by = caller.subject
    await session.flush()
    after = {"kept": kept_id, "pair": [row.first_id, row.second_id]}
    await audit.record(session, "propose_merge", "duplicate", row.id, after=after, reason=reason)


async def dismiss(session: AsyncSession, caller: Caller, row: Duplicate, reason: str) -> None:
    """Say that they are two objects.

    Raises:
        Conflict: the pair was decided already.
    """
    if row.state not in (DuplicateState.FOUND, DuplicateState.PROPOSED):
        raise Conflict("这一对已经处理", state=row.state)
    row.state, row.decided_by, row.reason = DuplicateState.DISMISSED, caller.subject, reason
    await session.flush()
    await audit.record(session, "dismiss", "duplicate", row.id, reason=reason)


async def merge(session: AsyncSession, caller: Caller, row: Duplicate) -> None:
    """Merge as proposed.

    Raises:
        Conflict: nobody proposed it, or one of both was merged elsewhere meanwhile.
        SamePerson: the caller proposed it.
        Forbidden: one of both lies outside the caller's region.
    """
    if row.state != DuplicateState.PROPOSED or row.kept_id is None:
        raise Conflict("尚未提出合并，或已经处理", state=row.state)
    if row.proposed_by == caller.subject:
        raise SamePerson("提出合并的人不能自己确认")
    gone_id = row.second_id if row.kept_id == row.first_id else row.first_id
    found = await session.scalars(
        select(Subject).where(Subject.id.in_([row.kept_id, gone_id])).order_by(Subject.id).with_for_update()
    )
    both = {one.id: one for one in found}
    if len(both) < 2:
        raise Forbidden("其中一个对象不在您的管辖区域内")
    kept, gone = both[row.kept_id], both[gone_id]
    if kept.merged_into is not None or gone.merged_into is not None:
        raise Conflict("其中一个对象已并入其他对象", state=row.state)
    was = {"status": gone.status, "merged_into": None}
    gone.status, gone.merged_into = SubjectStatus.CANCELLED, kept.id
    now = {"status": gone.status, "merged_into": kept.id}
    session.add(
        SubjectChange(
            subject_id=gone.id, actor=caller.subject, org=caller.org, source=f"合并：{row.reason}",
            before=was, after=now,
        )
    )  # fmt: skip
    if (
        gone.last_inspected_on
        and (kept.last_inspected_on or gone.last_inspected_on) <= gone.last_inspected_on
    ):
        kept.last_inspected_on = gone.last_inspected_on
    row.state, row.decided_by = DuplicateState.MERGED, caller.subject
    await session.flush()
    # Plain SQL is not limited by the session's scope; both objects were just loaded inside it.
    for statement in _INHERIT:
        values = {"kept": kept.id, "gone": gone.id, "actor": caller.subject}
        await session.execute(
            text(statement), {name: values[name] for name in values if f":{name}" in statement}
        )
    await audit.record(session, "merge", "subject", gone.id, before=was, after=now, reason=row.reason)
