"""What a body has drawn and inspected in a year: one statement for each kind of fact, over sets.

Plain SQL, limited to one organisation: callers load a plan of it in their own scope first.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.ruleset import Frequency

from suicha_draw.plans.gauges.figures import YearFacts
from suicha_draw.words import CHINA

_COUNTS = """
WITH held AS (
  SELECT r.id, l.list->>'code' AS list_code, CAST(l.list->>'task_id' AS uuid) AS task_id,
    coalesce(CAST(l.list->>'by_grade' AS boolean), false)
      OR jsonb_array_length(coalesce(l.list#>'{criteria,grades}', '[]')) > 0 AS graded
  FROM rounds r CROSS JOIN LATERAL jsonb_array_elements(r.lists) AS l(list)
  WHERE r.org = :org AND r.state = 'completed' AND r.completed_at >= :since AND r.completed_at < :until
), marked AS (
  SELECT h.*, jsonb_array_length(coalesce(t.content->'joint_authorities', '[]')) > 0 AS joint
  FROM held h LEFT JOIN tasks t ON t.id = h.task_id
), drawn AS (
  SELECT m.id, m.list_code, m.graded, m.joint, s.object_id FROM marked m
  JOIN results s ON s.round_id = m.id AND s.list_code = m.list_code AND s.kind = 'S'
  WHERE NOT EXISTS (
    SELECT FROM substitutions u WHERE u.round_id = m.id AND u.outcome IS NOT NULL
      AND u.wanted->>'kind' = 'object' AND u.wanted->>'list' = m.list_code AND u.wanted->>'out' = s.object_id)
  UNION ALL
  SELECT m.id, m.list_code, m.graded, m.joint, u.outcome->>'in' FROM marked m
  JOIN substitutions u ON u.round_id = m.id AND u.wanted->>'kind' = 'object'
    AND u.wanted->>'list' = m.list_code AND u.outcome->>'in' IS NOT NULL
), visited AS (
  SELECT d.object_id, count(DISTINCT d.id) AS draws, (
    SELECT count(*) FROM history y WHERE y.object_id = d.object_id AND y.document->>'org' = :org
      AND NOT y.triggered AND y.finished_on >= :first AND y.finished_on < :after) AS visits
  FROM drawn d GROUP BY d.object_id
)
SELECT
  (SELECT coalesce(jsonb_object_agg(number, objects), '{}') FROM (
    SELECT greatest(draws, visits) AS number, count(*) AS objects FROM visited GROUP BY 1) v) AS due,
  (SELECT count(*) FROM visited) AS covered,
  (SELECT count(*) FROM visited WHERE visits < :low) AS below_minimum,
  (SELECT count(*) FROM visited WHERE visits > :high) AS above_maximum,
  (SELECT count(*) FROM drawn) AS drawn,
  (SELECT count(*) FROM drawn WHERE joint) AS drawn_joint,
  (SELECT count(*) FROM drawn WHERE graded) AS drawn_graded,
  (SELECT count(DISTINCT id) FROM marked) AS rounds,
  (SELECT count(DISTINCT id) FROM marked WHERE joint) AS rounds_joint,
  (SELECT count(DISTINCT id) FROM marked WHERE graded) AS rounds_graded
"""
"""Lists of the completed rounds of the year and the objects drawn for them, substitutions carried out; counted."""

_ITEMS = """
SELECT DISTINCT i.item FROM rounds r CROSS JOIN LATERAL jsonb_array_elements(r.lists) AS l(list)
CROSS JOIN LATERAL jsonb_array_elements_text(l.list->'items') AS i(item)
WHERE r.org = :org AND r.state = 'completed' AND r.completed_at >= :since AND r.completed_at < :until
"""

_LISTED = """
SELECT DISTINCT unnest(items) FROM (
  SELECT DISTINCT ON (kind) items FROM item_lists WHERE org = :org ORDER BY kind, version DESC
) newest
"""

_NO_MAXIMUM = 2**31 - 1


def _span(org: str, year: int) -> dict[str, object]:
    since = datetime(year, 1, 1, tzinfo=CHINA)
    return {"org": org, "since": since, "until": datetime(year + 1, 1, 1, tzinfo=CHINA)}


async def drawn_items(session: AsyncSession, org: str, year: int) -> frozenset[str]:
    """Return the items of the lists that a body has drawn in a year."""
    return frozenset(await session.scalars(text(_ITEMS), _span(org, year)))


async def facts_of(
    session: AsyncSession, org: str, year: int, register_size: int, frequency: Frequency,
    drawn: frozenset[str],
) -> YearFacts:  # fmt: skip
    """Return what a body has done in a year of China's calendar so far; `drawn` are its `drawn_items`."""
    span = _span(org, year)
    days = {"first": date(year, 1, 1), "after": date(year, 12, 31) + timedelta(days=1)}
    bounds = {
        "low": frequency.minimum or 0,
        "high": _NO_MAXIMUM if frequency.maximum is None else frequency.maximum,
    }
    counted = dict((await session.execute(text(_COUNTS), span | days | bounds)).mappings().one())
    due = {int(number): int(objects) for number, objects in counted.pop("due").items()}
    listed = await session.scalars(text(_LISTED), {"org": org})
    return YearFacts(
        register_size=register_size, drawn_items=drawn, due=due, listed_items=frozenset(listed),
        **{name: int(value) for name, value in counted.items()},
    )  # fmt: skip
