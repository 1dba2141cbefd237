"""Who is left out of a draw because of earlier inspections: exemption, repeat avoidance, yearly cap (D10–D12).

Each rule stands here twice: as a pure function over one object's inspections, which says what the clause
means, and as one SQL statement over the whole history, which does the work. A property test holds them equal.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from suicha_contracts.clause import Clause
from suicha_contracts.ruleset import Exemption, RepeatAvoidance, Ruleset, YearlyCap

RECENT, REPEATED, CAPPED = "exempt_recent", "repeat_avoidance", "yearly_cap"
"""Reason codes in excluded.tsv, in the order in which the rules are asked."""


@dataclass(frozen=True)
class Inspection:
    """One finished inspection of an object."""

    id: UUID
    finished_on: date
    normal: bool
    violation: bool


@dataclass(frozen=True)
class ExclusionRules:
    """The rules of a ruleset that leave objects out; None where it has none or the round waives it."""

    exemption: Exemption | None = None
    repeat: RepeatAvoidance | None = None
    cap: YearlyCap | None = None


@dataclass(frozen=True)
class Cause:
    """Why an object is left out, and the latest inspection that makes it so."""

    reason: str
    history_id: UUID


def rules_of(ruleset: Ruleset, *, exempt: bool) -> ExclusionRules:
    """Return what a ruleset says; a discretionary exemption (可予以免检) counts only if the round takes it up."""
    exemption = _value(ruleset.selection.exemption)
    if exemption is not None and exemption.discretionary and not exempt:
        exemption = None
    return ExclusionRules(
        exemption, _value(ruleset.selection.repeat_avoidance), _value(ruleset.limits.yearly_cap)
    )


def _value(clause: Clause[Any] | None) -> Any:
    return None if clause is None else clause.value


def months_before(day: date, months: int) -> date:
    """Return the same day some months earlier; the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def cause_of(inspections: Sequence[Inspection], rules: ExclusionRules, on: date) -> Cause | None:
    """Return why an object with these inspections is left out of a draw held on a day, or None."""
    past = sorted(
        (one for one in inspections if one.finished_on <= on), key=lambda one: (one.finished_on, one.id)
    )
    if rules.exemption is not None:
        recent = [one for one in past if one.finished_on >= months_before(on, rules.exemption.months)]
        if recent and (recent[-1].normal or not rules.exemption.unless_abnormal):
            return Cause(RECENT, recent[-1].id)
    if rules.repeat is not None:
        rolling = [one for one in past if one.finished_on >= months_before(on, rules.repeat.months)]
        clean = not any(one.violation for one in rolling) or not rules.repeat.only_without_violation
        if len(rolling) >= rules.repeat.inspections and clean:
            return Cause(REPEATED, rolling[-1].id)
    if rules.cap is not None:
        of_year = [one for one in past if one.finished_on.year == on.year]
        year = [one for one in past if one.finished_on >= months_before(on, 12)]
        bound = not rules.cap.only_without_penalty or not any(one.violation for one in year)
        if of_year and len(of_year) >= rules.cap.inspections and bound:
            return Cause(CAPPED, of_year[-1].id)
    return None


CAUSES_SQL = f"""
WITH per_object AS (
  SELECT object_id,
    (array_agg(id ORDER BY finished_on DESC, id DESC) FILTER (WHERE finished_on >= %(recent_from)s))[1] AS recent,
    (array_agg(normal ORDER BY finished_on DESC, id DESC) FILTER (WHERE finished_on >= %(recent_from)s))[1]
      AS recent_normal,
    (array_agg(id ORDER BY finished_on DESC, id DESC) FILTER (WHERE finished_on >= %(rolling_from)s))[1] AS rolling,
    count(*) FILTER (WHERE finished_on >= %(rolling_from)s) AS rolling_count,
    bool_or(violation) FILTER (WHERE finished_on >= %(rolling_from)s) AS rolling_violation,
    (array_agg(id ORDER BY finished_on DESC, id DESC) FILTER (WHERE finished_on >= %(year_from)s))[1] AS of_year,
    count(*) FILTER (WHERE finished_on >= %(year_from)s) AS year_count,
    bool_or(violation) FILTER (WHERE finished_on >= %(penalty_from)s) AS penalty
  FROM history WHERE finished_on >= %(earliest)s AND finished_on <= %(on)s GROUP BY object_id
), caused AS (
  SELECT object_id, CASE
    WHEN %(exempting)s AND recent IS NOT NULL AND (recent_normal OR NOT %(unless_abnormal)s) THEN '{RECENT}'
    WHEN %(avoiding)s AND rolling_count >= %(repeats)s
      AND (NOT coalesce(rolling_violation, false) OR NOT %(clean_only)s) THEN '{REPEATED}'
    WHEN %(capping)s AND of_year IS NOT NULL AND year_count >= %(cap)s
      AND (NOT %(unpenalised_only)s OR NOT coalesce(penalty, false)) THEN '{CAPPED}'
    END AS reason, recent, rolling, of_year
  FROM per_object
)
SELECT c.object_id, c.reason, h.evidence, h.id AS history_id FROM caused c JOIN history h ON h.id =
  CASE c.reason WHEN '{RECENT}' THEN c.recent WHEN '{REPEATED}' THEN c.rolling ELSE c.of_year END
WHERE c.reason IS NOT NULL
"""  # noqa: S608 - constant reason codes
"""Every object that some rule leaves out: object_id, reason, evidence, history_id."""


def sql_parameters(rules: ExclusionRules, on: date) -> dict[str, Any]:
    """Return the parameters of `CAUSES_SQL` for a draw held on a day."""
    recent_from = months_before(on, rules.exemption.months) if rules.exemption else on
    rolling_from = months_before(on, rules.repeat.months) if rules.repeat else on
    year_from, penalty_from = date(on.year, 1, 1), months_before(on, 12)
    return {
        "on": on,
        "earliest": min(recent_from, rolling_from, year_from, penalty_from),
        "exempting": rules.exemption is not None,
        "recent_from": recent_from,
        "unless_abnormal": rules.exemption.unless_abnormal if rules.exemption else True,
        "avoiding": rules.repeat is not None,
        "rolling_from": rolling_from,
        "repeats": rules.repeat.inspections if rules.repeat else 1,
        "clean_only": rules.repeat.only_without_violation if rules.repeat else True,
        "capping": rules.cap is not None,
        "year_from": year_from,
        "cap": rules.cap.inspections if rules.cap else 0,
        "unpenalised_only": rules.cap.only_without_penalty if rules.cap else False,
        "penalty_from": penalty_from,
    }
