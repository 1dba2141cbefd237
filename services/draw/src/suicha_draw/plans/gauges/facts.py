"""What a body has drawn and inspected in a year: one statement for each kind of fact, over sets.

Plain SQL, limited to one organisation: callers load a plan of it in their own scope first.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.clause import Clause
from suicha_contracts.ruleset import Frequency

from suicha_draw.plans.gauges.figures import ItemFacts, YearFacts
from suicha_draw.words import CHINA

_COUNTS = """
WITH held AS (
  SELECT r.id, r.draw_id, l.list->>'code' AS list_code, CAST(l.list->>'task_id' AS uuid) AS task_id,
    l.list->'items' AS items,
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
), taken AS (
  SELECT DISTINCT b.item, d.object_id, m.draw_id
  FROM unnest(CAST(:items AS text[])) AS b(item)
  JOIN marked m ON m.items @> to_jsonb(b.item) JOIN drawn d ON d.id = m.id AND d.list_code = m.list_code
), checked AS (
  SELECT o.item, o.object_id, count(y.id) FILTER (WHERE t.item IS NOT NULL OR k.draw_id IS NULL) AS visits
  FROM (SELECT DISTINCT item, object_id FROM taken) o
  LEFT JOIN history y ON y.object_id = o.object_id AND y.document->>'org' = :org
    AND NOT y.triggered AND y.finished_on >= :first AND y.finished_on < :after
  LEFT JOIN taken t ON t.item = o.item AND t.object_id = o.object_id AND t.draw_id = y.document->>'draw_id'
  LEFT JOIN (SELECT DISTINCT draw_id FROM marked) k ON k.draw_id = y.document->>'draw_id'
  GROUP BY o.item, o.object_id
), by_law AS (
  SELECT b.item, count(*) AS objects, count(*) FILTER (WHERE c.visits < b.low) AS below,
    count(*) FILTER (WHERE c.visits > b.high) AS above
  FROM unnest(CAST(:items AS text[]), CAST(:lows AS int[]), CAST(:highs AS int[])) AS b(item, low, high)
  JOIN checked c ON c.item = b.item GROUP BY b.item
)
SELECT
  (SELECT coalesce(jsonb_object_agg(number, objects), '{}') FROM (
    SELECT greatest(draws, visits) AS number, count(*) AS objects FROM visited GROUP BY 1) v) AS due,
  (SELECT coalesce(jsonb_object_agg(item, jsonb_build_array(objects, below, above)), '{}') FROM by_law) AS by_law,
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
"""Lists of the completed rounds of the year and the objects drawn for them, substitutions carried out; counted.

For an item with a frequency of its own by law, of an object's inspections those count that a round of the year drew it
for with the item, and those of no such round: nobody knows what they checked.
"""

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
    drawn: frozenset[str], by_law: Mapping[str, Clause[Frequency]],
) -> YearFacts:  # fmt: skip
    """Return what a body has done in a year of China's calendar so far.

    `drawn` are its `drawn_items`, `by_law` the frequencies that laws fix for items.
    """
    span = _span(org, year)
    days = {"first": date(year, 1, 1), "after": date(year, 12, 31) + timedelta(days=1)}
    bounds = {"low": _low(frequency), "high": _high(frequency)}
    fixed = {
        "items": list(by_law),
        "lows": [_low(one.value) for one in by_law.values()],
        "highs": [_high(one.value) for one in by_law.values()],
    }
    rows = await session.execute(text(_COUNTS), {**span, **days, **bounds, **fixed})
    counted = dict(rows.mappings().one())
    due = {int(number): int(objects) for number, objects in counted.pop("due").items()}
    of_items = counted.pop("by_law")
    listed = await session.scalars(text(_LISTED), {"org": org})
    return YearFacts(
        register_size=register_size, drawn_items=drawn, due=due, listed_items=frozenset(listed),
        by_law=[ItemFacts(item, one, *of_items.get(item, (0, 0, 0))) for item, one in by_law.items()],
        **{name: int(value) for name, value in counted.items()},
    )  # fmt: skip


def _low(frequency: Frequency) -> int:
    return frequency.minimum or 0


def _high(frequency: Frequency) -> int:
    return _NO_MAXIMUM if frequency.maximum is None else frequency.maximum
