"""Thresholds of warnings, twice: as a pure rule over one object's signals, which says what they mean, and as one
SQL statement over all signals, which does the work. A property test holds them equal (P14, S3 Art. 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from suicha_contracts.ruleset import WarningRule

from suicha_draw.exclusions import months_before


@dataclass(frozen=True)
class Seen:
    """One signal about an object."""

    source: str
    occurred_on: date


def reached(signals: Sequence[Seen], rule: WarningRule, on: date) -> dict[str, int] | None:
    """Return the signs of a rule that an object's signals reach, with their counts, or None if too few do."""
    counts = {}
    for sign in rule.signs:
        since = months_before(on, sign.months)
        number = sum(one.source == sign.source and since <= one.occurred_on <= on for one in signals)
        if number >= sign.at_least:
            counts[sign.source] = number
    return counts if len(counts) >= rule.needs else None


REACHED_SQL = """
WITH signs AS (
  SELECT * FROM jsonb_to_recordset(CAST(:signs AS jsonb))
    AS s(rule text, needs int, source text, at_least int, since date)
), decided AS (
  SELECT object_id, rule, max(decided_at) AS at FROM trigger_proposals
  WHERE org = :org AND state <> 'open' GROUP BY object_id, rule
), met AS (
  SELECT g.object_id, s.rule, s.needs, s.source, count(*) AS signals, max(g.occurred_on) AS latest,
    string_agg(g.content_sha256, ',' ORDER BY g.occurred_on, g.id) AS contents
  FROM signals g
  JOIN signs s ON s.source = g.source AND g.occurred_on >= s.since AND g.occurred_on <= :on
  LEFT JOIN decided d ON d.object_id = g.object_id AND d.rule = s.rule
  WHERE g.org = :org AND g.object_id = ANY(:objects) AND (d.at IS NULL OR g.created_at > d.at)
  GROUP BY g.object_id, s.rule, s.needs, s.source, s.at_least HAVING count(*) >= s.at_least
)
SELECT object_id, rule,
  jsonb_agg(jsonb_build_object('source', source, 'signals', signals, 'latest', latest) ORDER BY source) AS reached,
  encode(sha256(convert_to(string_agg(contents, ',' ORDER BY source), 'UTF8')), 'hex') AS evidence
FROM met GROUP BY object_id, rule, needs HAVING count(*) >= needs ORDER BY object_id, rule
"""
"""Objects that reach a threshold. Signals on which a person has decided for that threshold do not count again."""


def sign_rows(rules: Sequence[WarningRule], on: date) -> list[dict[str, Any]]:
    """Return the signs of rules as `REACHED_SQL` reads them, for a day."""
    return [
        {
            "rule": rule.code, "needs": rule.needs, "source": sign.source, "at_least": sign.at_least,
            "since": months_before(on, sign.months).isoformat(),
        }
        for rule in rules
        for sign in rule.signs
    ]  # fmt: skip
