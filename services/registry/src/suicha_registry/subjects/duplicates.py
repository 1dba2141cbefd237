"""Entries that look like one object (R8): compared as a set, proposed by one person, merged by another.

Nothing is deleted: the entry that goes becomes `cancelled`, names the one that stays, and its address leads
there. What hung on it (lists, tags, complaints, a newer grade, a later inspection) hangs on the one that stays
as well, and that is a change of its own.
"""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, Forbidden, NotFound, SamePerson
from suicha_contracts.values import SubjectStatus, region_prefix

from suicha_registry.problems import TooMany
from suicha_registry.subjects.models import Duplicate, Subject, SubjectChange

_BARE = "lower(translate({}, '（）()【】[]〔〕《》\"“”''·．.,，、－—-_　 #号', ''))"
"""A name or address without what people write one way or another."""

MOST_COMPARED = 2_000_000
"""Entries compared at once: some twenty seconds. Names and addresses are alike within a city, so little is lost by
comparing city by city."""
_MORE = "SELECT true FROM subjects WHERE starts_with(region, :prefix) OFFSET :most LIMIT 1"

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

_INHERIT = """
WITH listed AS (
  INSERT INTO subject_lists (id, subject_id, list_code, valid_from, valid_to, source, recorded_by)
  SELECT uuidv7(), :kept, list_code, valid_from, valid_to, source, recorded_by FROM subject_lists
  WHERE subject_id = :gone ON CONFLICT DO NOTHING RETURNING list_code, valid_from, valid_to
), tagged AS (
  INSERT INTO subject_labels (label_id, subject_id, origin, put_by)
  SELECT label_id, :kept, 'hand', :actor FROM subject_labels
  WHERE subject_id = :gone ON CONFLICT DO NOTHING RETURNING label_id, since, origin
), complained AS (
  INSERT INTO subject_complaints
  SELECT :kept, source, reference, received_on, count, matter, recorded_by, recorded_at
  FROM subject_complaints WHERE subject_id = :gone ON CONFLICT DO NOTHING RETURNING count
), graded AS (
  INSERT INTO subject_grades AS g (subject_id, grade, source, month)
  SELECT :kept, grade, source, month FROM subject_grades WHERE subject_id = :gone
  ON CONFLICT (subject_id) DO UPDATE SET grade = excluded.grade, source = excluded.source, month = excluded.month
  WHERE g.month < excluded.month
  RETURNING coalesce(old.grade, '') AS old_grade, coalesce(old.source, '') AS old_source,
    coalesce(old.month, '') AS old_month, new.grade AS grade, new.source AS source, new.month AS month
), inspected AS (
  UPDATE subjects k SET last_inspected_on = g.last_inspected_on FROM subjects g
  WHERE k.id = :kept AND g.id = :gone
    AND (k.last_inspected_on IS NULL OR k.last_inspected_on < g.last_inspected_on)
    AND g.last_inspected_on IS NOT NULL
  RETURNING old.last_inspected_on AS was, new.last_inspected_on AS now
), fields (key, before, after) AS (
  SELECT 'merged_from', NULL::jsonb, to_jsonb(CAST(:gone AS text))
  UNION ALL SELECT 'list:' || list_code, NULL, jsonb_agg(
    jsonb_build_object('from', valid_from, 'to', valid_to) ORDER BY valid_from) -> -1 FROM listed GROUP BY list_code
  UNION ALL SELECT 'label:' || l.code, NULL, jsonb_build_object('since', t.since, 'origin', t.origin)
    FROM tagged t JOIN labels l ON l.id = t.label_id
  UNION ALL SELECT 'complaints_taken_over', NULL, to_jsonb(sum(count)) FROM complained HAVING count(*) > 0
  UNION ALL SELECT f.key, to_jsonb(f.was), to_jsonb(f.now) FROM graded, LATERAL (VALUES
    ('credit_grade', old_grade, grade), ('grade_source', old_source, source), ('grade_month', old_month, month)
  ) f (key, was, now)
  UNION ALL SELECT 'last_inspected_on', to_jsonb(was), to_jsonb(now) FROM inspected
)
INSERT INTO subject_changes (subject_id, actor, org, source, before, after)
SELECT :kept, :actor, :org, :source, jsonb_object_agg(key, before), jsonb_object_agg(key, after) FROM fields
"""
"""Everything that hung on the one that goes, hung on the one that stays too, and noted as one change of it."""


class DuplicateState(StrEnum):
    """How far a pair has come."""

    FOUND = "found"
    PROPOSED = "proposed"
    """Somebody says which entry stays; another person decides."""
    MERGED = "merged"
    DISMISSED = "dismissed"
    """They are two objects; the pair is never proposed again."""


async def compare(session: AsyncSession, caller: Caller, region: str = "") -> int:
    """Compare all entries of a region, the caller's if none is named; return how many new pairs were found.

    Raises:
        Forbidden: the region is not inside the caller's.
        TooMany: it has more entries than are compared while somebody waits.
    """
    region = region or caller.region
    if not caller.scope.covers(region):
        raise Forbidden(f"区划 {region} 不在您的管辖区域内")
    told = {"prefix": region_prefix(region) if region else ""}
    if await session.scalar(text(_MORE), told | {"most": MOST_COMPARED}):
        raise TooMany(f"超过 {MOST_COMPARED:,} 个对象，请用 region 参数逐个市、县查找")
    done = await session.execute(text(_FIND), told)
    new = int(done.rowcount)  # type: ignore[attr-defined]
    await audit.record(session, "compare", "subjects", region, after={"found": new})
    return new


async def find(session: AsyncSession, duplicate_id: UUID) -> Duplicate:
    """Return a pair inside the session's scope.

    Raises:
        NotFound: there is none, or one of both has moved out of it.
    """
    row = await session.scalar(select(Duplicate).where(Duplicate.id == duplicate_id))
    if row is None:
        raise NotFound("没有这一对疑似重复对象")
    both = select(func.count()).select_from(Subject).where(Subject.id.in_([row.first_id, row.second_id]))
    if await session.scalar(both) != 2:
        raise NotFound("这一对中有对象已不在您的管辖区域内，请由上级机构处理")
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
    source = f"合并：{row.reason}"
    session.add(
        SubjectChange(
            subject_id=gone.id, actor=caller.subject, org=caller.org, source=source, before=was, after=now,
        )
    )  # fmt: skip
    row.state, row.decided_by = DuplicateState.MERGED, caller.subject
    await session.flush()
    # Plain SQL is not limited by the session's scope; both objects were just loaded inside it.
    told = {"kept": kept.id, "gone": gone.id, "actor": caller.subject, "org": caller.org, "source": source}
    await session.execute(text(_INHERIT), told)
    await session.refresh(kept)
    await audit.record(session, "merge", "subject", gone.id, before=was, after=now, reason=row.reason)
