"""The rules that leave objects out: what the clauses mean, and that the SQL over all history says the same."""

from collections import defaultdict
from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest
import yaml
from holding import RULESETS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from suicha_chassis import testing
from suicha_contracts.ruleset import CapScope, Exemption, RepeatAvoidance, Ruleset, SecondVisit, YearlyCap
from suicha_draw.exclusions import (
    ABNORMAL_SQL,
    CAPPED,
    CAUSES_SQL,
    FREQUENT,
    RECENT,
    REPEATED,
    SECOND,
    Cause,
    ExclusionRules,
    Inspection,
    cause_of,
    clause_of,
    months_before,
    rules_of,
    sql_parameters,
)

TODAY = date(2026, 5, 31)


def seen(number: int, day: date, **more: bool) -> Inspection:
    said = {"normal": True, "violation": False, "triggered": False} | more
    return Inspection(UUID(int=number), day, **said)


def test_an_object_inspected_within_three_months_is_exempt_unless_abnormal() -> None:
    rules = ExclusionRules(exemption=Exemption(months=3))
    assert cause_of([seen(1, date(2026, 2, 28))], rules, TODAY) == Cause(RECENT, UUID(int=1))
    assert cause_of([seen(1, date(2026, 2, 27))], rules, TODAY) is None
    assert cause_of([seen(1, date(2026, 4, 1), normal=False)], rules, TODAY) is None
    assert cause_of([seen(1, date(2026, 6, 1))], rules, TODAY) is None
    assert cause_of([seen(1, date(2026, 4, 1))], rules, TODAY, abnormal=True) is None
    anyway = ExclusionRules(exemption=Exemption(months=3, unless_abnormal=False))
    assert cause_of([seen(1, date(2026, 4, 1))], anyway, TODAY, abnormal=True) == Cause(RECENT, UUID(int=1))


def test_planned_inspections_reach_the_frequency_of_the_year_and_triggered_ones_do_not_count() -> None:
    rules = ExclusionRules(most=2)
    twice = [seen(1, date(2026, 1, 1)), seen(2, date(2026, 2, 1))]
    assert cause_of(twice, rules, TODAY) == Cause(FREQUENT, UUID(int=2))
    assert cause_of([twice[0], seen(2, date(2026, 2, 1), triggered=True)], rules, TODAY) is None
    assert cause_of([twice[0], seen(2, date(2025, 12, 31))], rules, TODAY) is None


def test_a_triggered_inspection_counts_towards_the_cap_only_where_the_ruleset_says_so() -> None:
    past = [seen(1, date(2026, 1, 1), triggered=True)]
    assert cause_of(past, ExclusionRules(cap=YearlyCap(inspections=1)), TODAY) is None
    counted = ExclusionRules(cap=YearlyCap(inspections=1, triggered_exempt=False))
    assert cause_of(past, counted, TODAY) == Cause(CAPPED, UUID(int=1))


def test_a_triggered_round_is_bound_by_no_frequency_and_by_the_cap_only_where_it_counts_triggers() -> None:
    text = (RULESETS / "410482-rsj@2022.1.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    document["limits"] = {"yearly_cap": {"value": {"inspections": 1}, "clause": "x", "level": "law"}}
    ruleset = Ruleset.model_validate(document)
    planned, triggered = (rules_of(ruleset, exempt=True, triggered=one) for one in (False, True))
    assert (planned.most, triggered.most) == (2, None)
    assert planned.cap is not None and triggered.cap is None
    assert planned.exemption is not None and triggered.exemption == planned.exemption
    document["limits"]["yearly_cap"]["value"]["triggered_exempt"] = False
    assert rules_of(Ruleset.model_validate(document), exempt=False, triggered=True).cap is not None


@pytest.mark.parametrize(
    ("name", "clause"), [("441624-rsj@2019.1", "第十六条"), ("410300-rsj@2022.1", "第三条")]
)
def test_the_shipped_rules_of_s2_and_s3_refuse_a_second_visit_of_the_same_body(
    name: str, clause: str
) -> None:
    ruleset = Ruleset.model_validate(yaml.safe_load((RULESETS / f"{name}.yaml").read_text(encoding="utf-8")))
    rules = rules_of(ruleset, exempt=False)
    recent = [seen(1, date(2026, 2, 28), own=True)]
    assert cause_of([seen(1, date(2026, 2, 27), own=True)], rules, TODAY) is None, "three months are over"
    assert cause_of(recent, rules, TODAY) == Cause(SECOND, UUID(int=1))
    assert cause_of([seen(1, date(2026, 2, 28))], rules, TODAY) is None, "another body may come"
    said = clause_of(ruleset, SECOND)
    assert said is not None and said.clause == clause
    triggered = rules_of(ruleset, exempt=False, triggered=True)
    assert cause_of(recent, triggered, TODAY) is None, "a new trigger may bring it again"


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


def test_a_cap_for_each_body_counts_its_own_inspections_alone() -> None:
    past = [seen(1, date(2026, 1, 1), own=True), seen(2, date(2026, 2, 1))]
    everybody, own = (ExclusionRules(cap=YearlyCap(inspections=2, per=per)) for per in CapScope)
    assert cause_of(past, everybody, TODAY) == Cause(CAPPED, UUID(int=2))
    assert cause_of(past, own, TODAY) is None
    assert cause_of([*past, seen(3, date(2026, 3, 1), own=True)], own, TODAY) == Cause(CAPPED, UUID(int=3))


def test_an_imported_inspection_of_a_day_that_the_platform_recorded_counts_for_nothing() -> None:
    rules = ExclusionRules(repeat=RepeatAvoidance(inspections=2, months=12))
    recorded = seen(1, date(2026, 1, 1))
    for imported in (seen(2, date(2026, 1, 1), imported=True), seen(0, date(2026, 1, 1), imported=True)):
        assert cause_of([recorded, imported], rules, TODAY) is None
    apart = [recorded, seen(2, date(2026, 2, 1), imported=True)]
    assert cause_of(apart, rules, TODAY) == Cause(REPEATED, UUID(int=2))


def test_the_same_body_does_not_come_twice_for_different_matters() -> None:
    rules = ExclusionRules(second=SecondVisit(months=6))
    assert cause_of([seen(1, date(2026, 2, 28), own=True)], rules, TODAY) == Cause(SECOND, UUID(int=1))
    assert cause_of([seen(1, date(2026, 2, 28))], rules, TODAY) is None, "another body's visit"
    assert cause_of([seen(1, date(2025, 11, 29), own=True)], rules, TODAY) is None


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
        triggered_exempt=st.booleans(),
        only_without_penalty=st.booleans(),
        per=st.sampled_from(CapScope),
    ),
    most=st.none() | st.integers(0, 3),
    second=st.none() | st.builds(SecondVisit, months=st.integers(1, 24)),
)
_history = st.lists(
    st.tuples(
        st.sampled_from("ABCD"),
        st.integers(-40, 900),
        *[st.booleans()] * 4,
        st.sampled_from([None, "4103", "4101"]),
    ),
    max_size=14,
)


@pytest.fixture(scope="module")
def history(postgres: testing.PostgresServer) -> str:
    """A database whose history table the property test fills and rolls back."""
    return postgres.database("draw").owner_url


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rules=_rules,
    rows=_history,
    on=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    abnormal=st.frozensets(st.sampled_from("ABCD")),
)
def test_the_sql_leaves_out_whom_the_rules_leave_out(
    history: str,
    rules: ExclusionRules,
    rows: list[tuple[str, int, bool, bool, bool, bool, str | None]],
    on: date,
    abnormal: frozenset[str],
) -> None:
    inspections: dict[str, list[Inspection]] = defaultdict(list)
    with psycopg.connect(history) as connection:
        for number, (object_id, days, normal, violation, triggered, own, prefix) in enumerate(rows):
            day = on - timedelta(days=days)
            one = seen(
                number, day, normal=normal, violation=violation, triggered=triggered, own=own,
                imported=prefix is not None,
            )  # fmt: skip
            if prefix != "4101":
                inspections[object_id].append(one)
            connection.execute(
                "INSERT INTO history (id, object_id, finished_on, violation, normal, triggered, org, document, "
                "evidence, imported_for) VALUES (%s, %s, %s, %s, %s, %s, %s, '{}', '', %s)",
                (
                    one.id,
                    object_id,
                    one.finished_on,
                    violation,
                    normal,
                    triggered,
                    ("本局" if prefix else "own") if own else "other",
                    prefix,
                ),
            )
        connection.execute(ABNORMAL_SQL)
        for one_id in abnormal:
            connection.execute("INSERT INTO abnormal VALUES (%s)", (one_id,))
        answer = connection.execute(
            CAUSES_SQL, sql_parameters(rules, on, "410300", ("own", "本局"))
        ).fetchall()
        connection.rollback()
    causes = {
        object_id: cause_of(past, rules, on, abnormal=object_id in abnormal)
        for object_id, past in inspections.items()
    }
    expected = {object_id: cause for object_id, cause in causes.items() if cause is not None}
    assert {row[0]: Cause(row[1], row[3]) for row in answer} == expected
