"""The rules that leave objects out: what the clauses mean, and that the SQL over all history says the same."""

from collections import defaultdict
from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from suicha_chassis import testing
from suicha_contracts.ruleset import Exemption, RepeatAvoidance, YearlyCap
from suicha_draw.exclusions import (
    CAPPED,
    CAUSES_SQL,
    RECENT,
    REPEATED,
    Cause,
    ExclusionRules,
    Inspection,
    cause_of,
    months_before,
    sql_parameters,
)

TODAY = date(2026, 5, 31)


def seen(number: int, day: date, *, normal: bool = True, violation: bool = False) -> Inspection:
    return Inspection(UUID(int=number), day, normal, violation)


def test_an_object_inspected_within_three_months_is_exempt_unless_abnormal() -> None:
    rules = ExclusionRules(exemption=Exemption(months=3))
    assert cause_of([seen(1, date(2026, 2, 28))], rules, TODAY) == Cause(RECENT, UUID(int=1))
    assert cause_of([seen(1, date(2026, 2, 27))], rules, TODAY) is None
    assert cause_of([seen(1, date(2026, 4, 1), normal=False)], rules, TODAY) is None
    assert cause_of([seen(1, date(2026, 6, 1))], rules, TODAY) is None


def test_an_object_inspected_twice_within_a_year_without_violation_is_left_out() -> None:
    rules = ExclusionRules(repeat=RepeatAvoidance(inspections=2, months=12))
    twice = [seen(1, date(2025, 6, 1)), seen(2, date(2026, 1, 1))]
    assert cause_of(twice, rules, TODAY) == Cause(REPEATED, UUID(int=2))
    assert cause_of(twice[:1], rules, TODAY) is None
    assert cause_of([*twice, seen(3, date(2025, 9, 9), violation=True)], rules, TODAY) is None
    assert cause_of([seen(1, date(2025, 5, 30)), twice[1]], rules, TODAY) is None


def test_the_yearly_cap_counts_the_calendar_year() -> None:
    rules = ExclusionRules(cap=YearlyCap(inspections=1))
    assert cause_of([seen(1, date(2026, 1, 1))], rules, TODAY) == Cause(CAPPED, UUID(int=1))
    assert cause_of([seen(1, date(2025, 12, 31))], rules, TODAY) is None


def test_months_are_counted_back_to_the_same_day_or_the_last_of_the_month() -> None:
    assert months_before(date(2026, 5, 31), 3) == date(2026, 2, 28)
    assert months_before(date(2024, 5, 31), 3) == date(2024, 2, 29)
    assert months_before(date(2026, 1, 15), 13) == date(2024, 12, 15)


_rules = st.builds(
    ExclusionRules,
    exemption=st.none()
    | st.builds(
        Exemption, months=st.integers(1, 24), unless_abnormal=st.booleans(), discretionary=st.just(False)
    ),
    repeat=st.none()
    | st.builds(
        RepeatAvoidance,
        inspections=st.integers(1, 4),
        months=st.integers(1, 24),
        only_without_violation=st.booleans(),
    ),
    cap=st.none()
    | st.builds(
        YearlyCap,
        inspections=st.integers(0, 3),
        triggered_exempt=st.just(True),
        only_without_penalty=st.booleans(),
    ),
)
_history = st.lists(
    st.tuples(st.sampled_from("ABCD"), st.integers(-40, 900), st.booleans(), st.booleans()), max_size=14
)


@pytest.fixture(scope="module")
def history(postgres: testing.PostgresServer) -> str:
    """A database whose history table the property test fills and rolls back."""
    return postgres.database("draw").owner_url


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=_rules, rows=_history, on=st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_the_sql_leaves_out_whom_the_rules_leave_out(
    history: str, rules: ExclusionRules, rows: list[tuple[str, int, bool, bool]], on: date
) -> None:
    inspections: dict[str, list[Inspection]] = defaultdict(list)
    with psycopg.connect(history) as connection:
        for number, (object_id, days, normal, violation) in enumerate(rows):
            one = seen(number, on - timedelta(days=days), normal=normal, violation=violation)
            inspections[object_id].append(one)
            connection.execute(
                "INSERT INTO history (id, object_id, finished_on, violation, normal, document, evidence) "
                "VALUES (%s, %s, %s, %s, %s, '{}', '')",
                (one.id, object_id, one.finished_on, violation, normal),
            )
        answer = connection.execute(CAUSES_SQL, sql_parameters(rules, on)).fetchall()
        connection.rollback()
    causes = {object_id: cause_of(past, rules, on) for object_id, past in inspections.items()}
    expected = {object_id: cause for object_id, cause in causes.items() if cause is not None}
    assert {row[0]: Cause(row[1], row[3]) for row in answer} == expected
