"""Who is left out because of earlier inspections: exemption, repeat avoidance, yearly cap, frequency (D10–D12, P8),
a second visit by the same body (P11).

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
from suicha_contracts.ruleset import CapScope, Exemption, RepeatAvoidance, Ruleset, SecondVisit, YearlyCap

RECENT, REPEATED, CAPPED, FREQUENT = "exempt_recent", "repeat_avoidance", "yearly_cap", "frequency_max"
SECOND = "second_visit"
"""Reason codes in excluded.tsv, in the order in which the rules are asked."""


@dataclass(frozen=True)
class Inspection:
    """One finished inspection of an object."""

    id: UUID
    finished_on: date
    normal: bool
    violation: bool
    triggered: bool = False
    own: bool = False
    """Whether the body that draws carried it out."""
    imported: bool = False
    """From a file; it counts for nothing where the platform has its own record of that day (decision 0028)."""


@dataclass(frozen=True)
class ExclusionRules:
    """The rules of a ruleset that leave objects out; None where it has none or the round waives it."""

    exemption: Exemption | None = None
    repeat: RepeatAvoidance | None = None
    cap: YearlyCap | None = None
    most: int | None = None
    """Planned inspections of one object in a calendar year (年抽查 1 至 2 次, S0 三(二))."""
    second: SecondVisit | None = None
    """No second visit by the same body (杜绝同一部门对同一对象进行多次不同事项检查, S2 Art. 16)."""


@dataclass(frozen=True)
class Cause:
    """Why an object is left out, and the latest inspection that makes it so."""

    reason: str
    history_id: UUID


def rules_of(ruleset: Ruleset, *, exempt: bool, triggered: bool = False) -> ExclusionRules:
    """Return what a ruleset says of a round.

    A discretionary exemption (可予以免检) counts only if the round takes it up. A triggered round is bound by
    no frequency, and by the yearly cap and the refusal of a second visit only where the ruleset says so.
    """
    exemption = _value(ruleset.selection.exemption)
    if exemption is not None and exemption.discretionary and not exempt:
        exemption = None
    cap = _value(ruleset.limits.yearly_cap)
    second = _value(ruleset.limits.second_visit)
    return ExclusionRules(
        exemption,
        _value(ruleset.selection.repeat_avoidance),
        None if triggered and cap is not None and cap.triggered_exempt else cap,
        None if triggered else ruleset.selection.frequency.value.maximum,
        None if triggered and second is not None and second.triggered_exempt else second,
    )


def clause_of(ruleset: Ruleset, reason: str) -> Clause[Any] | None:
    """Return the clause that a reason code of excluded.tsv stands on."""
    return {
        RECENT: ruleset.selection.exemption,
        REPEATED: ruleset.selection.repeat_avoidance,
        CAPPED: ruleset.limits.yearly_cap,
        FREQUENT: ruleset.selection.frequency,
        SECOND: ruleset.limits.second_visit,
    }[reason]


WORDS = {
    RECENT: "近期已接受抽查，免检",
    REPEATED: "多次检查未发现违法，避免重复抽查",
    CAPPED: "已达年度检查次数上限",
    FREQUENT: "已达年度抽查频次上限",
    SECOND: "本部门近期已上门检查，不再第二次上门",
}
"""What each reason says to people."""


def _value(clause: Clause[Any] | None) -> Any:
    return None if clause is None else clause.value


def months_before(day: date, months: int) -> date:
    """Return the same day some months earlier; the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def cause_of(
    inspections: Sequence[Inspection], rules: ExclusionRules, on: date, *, abnormal: bool = False
) -> Cause | None:
    """Return why an object with these inspections is left out of a draw held on a day, or None.

    `abnormal`: the object is on the abnormal list that day (异常主体), so no exemption covers it (S0 三(三)).
    """
    recorded = {one.finished_on for one in inspections if not one.imported}
    past = sorted(
        (
            one
            for one in inspections
            if one.finished_on <= on and not (one.imported and one.finished_on in recorded)
        ),
        key=lambda one: (one.finished_on, one.id),
    )
    if rules.exemption is not None:
        recent = [one for one in past if one.finished_on >= months_before(on, rules.exemption.months)]
        if recent and ((recent[-1].normal and not abnormal) or not rules.exemption.unless_abnormal):
            return Cause(RECENT, recent[-1].id)
    if rules.repeat is not None:
        rolling = [one for one in past if one.finished_on >= months_before(on, rules.repeat.months)]
        clean = not any(one.violation for one in rolling) or not rules.repeat.only_without_violation
        if len(rolling) >= rules.repeat.inspections and clean:
            return Cause(REPEATED, rolling[-1].id)
    if rules.cap is not None:
        of_year = [one for one in past if one.finished_on.year == on.year]
        of_year = [one for one in of_year if not (one.triggered and rules.cap.triggered_exempt)]
        of_year = [one for one in of_year if one.own or rules.cap.per is CapScope.OBJECT]
        year = [one for one in past if one.finished_on >= months_before(on, 12)]
        bound = not rules.cap.only_without_penalty or not any(one.violation for one in year)
        if of_year and len(of_year) >= rules.cap.inspections and bound:
            return Cause(CAPPED, of_year[-1].id)
    if rules.most is not None:
        planned = [one for one in past if one.finished_on.year == on.year and not one.triggered]
        if planned and len(planned) >= rules.most:
            return Cause(FREQUENT, planned[-1].id)
    if rules.second is not None:
        since = months_before(on, rules.second.months)
        own = [one for one in past if one.own and one.finished_on >= since]
        if own:
            return Cause(SECOND, own[-1].id)
    return None


_COUNTED = """
  SELECT * FROM history WHERE imported_for IS NULL AND finished_on >= %(since)s AND finished_on <= %(on)s
  UNION ALL
  SELECT * FROM history i WHERE starts_with(%(region)s, imported_for) AND finished_on >= %(since)s
    AND finished_on <= %(on)s AND NOT EXISTS (SELECT FROM history h WHERE h.object_id = i.object_id
      AND h.finished_on = i.finished_on AND h.imported_for IS NULL)
"""
"""Inspections that count for a draw: our own, and imported ones of which we have no record of our own, whichever of
the two came first."""

CAUSES_SQL = f"""
WITH counted AS ({_COUNTED}), per_object AS (
  SELECT object_id,
    (array_agg(id ORDER BY finished_on DESC, id DESC) FILTER (WHERE finished_on >= %(recent_from)s))[1] AS recent,
    (array_agg(normal ORDER BY finished_on DESC, id DESC) FILTER (WHERE finished_on >= %(recent_from)s))[1]
      AS recent_normal,
    (array_agg(id ORDER BY finished_on DESC, id DESC) FILTER (WHERE finished_on >= %(rolling_from)s))[1] AS rolling,
    count(*) FILTER (WHERE finished_on >= %(rolling_from)s) AS rolling_count,
    bool_or(violation) FILTER (WHERE finished_on >= %(rolling_from)s) AS rolling_violation,
    (array_agg(id ORDER BY finished_on DESC, id DESC) FILTER (WHERE finished_on >= %(year_from)s
      AND NOT (triggered AND %(triggered_exempt)s) AND (NOT %(own_only)s OR org = ANY(%(bodies)s))))[1] AS of_year,
    count(*) FILTER (WHERE finished_on >= %(year_from)s AND NOT (triggered AND %(triggered_exempt)s)
      AND (NOT %(own_only)s OR org = ANY(%(bodies)s))) AS year_count,
    (array_agg(id ORDER BY finished_on DESC, id DESC) FILTER (WHERE finished_on >= %(year_from)s
      AND NOT triggered))[1] AS planned,
    count(*) FILTER (WHERE finished_on >= %(year_from)s AND NOT triggered) AS planned_count,
    (array_agg(id ORDER BY finished_on DESC, id DESC) FILTER (WHERE finished_on >= %(second_from)s
      AND org = ANY(%(bodies)s)))[1] AS own,
    bool_or(violation) FILTER (WHERE finished_on >= %(penalty_from)s) AS penalty
  FROM counted GROUP BY object_id
), caused AS (
  SELECT object_id, CASE
    WHEN %(exempting)s AND recent IS NOT NULL AND (NOT %(unless_abnormal)s OR
      (recent_normal AND NOT EXISTS (SELECT FROM abnormal a WHERE a.id = object_id))) THEN '{RECENT}'
    WHEN %(avoiding)s AND rolling_count >= %(repeats)s
      AND (NOT coalesce(rolling_violation, false) OR NOT %(clean_only)s) THEN '{REPEATED}'
    WHEN %(capping)s AND of_year IS NOT NULL AND year_count >= %(cap)s
      AND (NOT %(unpenalised_only)s OR NOT coalesce(penalty, false)) THEN '{CAPPED}'
    WHEN %(limiting)s AND planned IS NOT NULL AND planned_count >= %(most)s THEN '{FREQUENT}'
    WHEN %(once)s AND own IS NOT NULL THEN '{SECOND}'
    END AS reason, recent, rolling, of_year, planned, own
  FROM per_object
)
SELECT c.object_id, c.reason, h.evidence, h.id AS history_id FROM caused c JOIN history h ON h.id =
  CASE c.reason WHEN '{RECENT}' THEN c.recent WHEN '{REPEATED}' THEN c.rolling WHEN '{CAPPED}' THEN c.of_year
  WHEN '{FREQUENT}' THEN c.planned ELSE c.own END
WHERE c.reason IS NOT NULL
"""  # noqa: S608 - constant reason codes
"""Every object that some rule leaves out: object_id, reason, evidence, history_id. Reads the table `abnormal`."""

ABNORMAL_SQL = 'CREATE TEMP TABLE abnormal (id text COLLATE "C" PRIMARY KEY)'
"""Makes the table of ids on the abnormal list (异常主体), which the caller fills by COPY."""

FOUND_SQL = f"""
SELECT DISTINCT object_id FROM ({_COUNTED}) AS counted WHERE violation
"""  # noqa: S608 - a constant part
"""Objects at which an inspection found a violation (检查中发现问题, S2 Art. 11)."""


def sql_parameters(rules: ExclusionRules, on: date, region: str, bodies: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of `CAUSES_SQL` for a draw held on a day; `bodies`: the code and the name of who draws.

    What another region imported does not count: nobody leaves objects out of draws elsewhere by a file.
    """
    recent_from = months_before(on, rules.exemption.months) if rules.exemption else on
    rolling_from = months_before(on, rules.repeat.months) if rules.repeat else on
    year_from, penalty_from = date(on.year, 1, 1), months_before(on, 12)
    second_from = months_before(on, rules.second.months) if rules.second else on
    return {
        "on": on,
        "region": region,
        "bodies": list(bodies),
        "since": min(recent_from, rolling_from, year_from, penalty_from, second_from),
        "once": rules.second is not None,
        "second_from": second_from,
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
        "own_only": rules.cap is not None and rules.cap.per is CapScope.BODY,
        "unpenalised_only": rules.cap.only_without_penalty if rules.cap else False,
        "penalty_from": penalty_from,
        "triggered_exempt": rules.cap.triggered_exempt if rules.cap else False,
        "limiting": rules.most is not None,
        "most": rules.most or 0,
    }
