"""Deadlines: pinned by the documents' own rules on real calendars, and by properties."""

import calendar as months
from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from suicha_contracts.ruleset import DeadlineKind, DisclosureDeadline
from suicha_disclosure.deadlines import Calendar, deadline, is_working_day

TWENTY_WORKING_DAYS = DisclosureDeadline(kind=DeadlineKind.WORKING_DAYS, days=20)
THIRTY_DAYS = DisclosureDeadline(kind=DeadlineKind.CALENDAR_DAYS, days=30)


def official(year: int) -> Calendar:
    """The calendar of a year as the package of official notices knows it."""
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365 + months.isleap(year))]
    return Calendar.of(
        (day for day in days if day.weekday() < 5 and chinese_calendar.is_holiday(day)),
        (day for day in days if day.weekday() >= 5 and chinese_calendar.is_workday(day)),
    )


OFFICIAL = {year: official(year) for year in (2024, 2025, 2026)}


@pytest.mark.parametrize(
    ("finished_on", "due_on"),
    [
        # 春节 2026: off 15–23 February, at work on the Saturdays 14 and 28 February.
        (date(2026, 2, 6), date(2026, 3, 12)),
        # 中秋 and 国庆 2026: off 25 September and 1–7 October, at work on Sunday 20 September and Saturday 10 October.
        (date(2026, 9, 18), date(2026, 10, 22)),
        # A plain month: four weeks to the day.
        (date(2026, 11, 2), date(2026, 11, 30)),
        # Ended on a Saturday: the first day is Monday.
        (date(2026, 11, 7), date(2026, 12, 4)),
    ],
)
def test_twenty_working_days_on_the_official_calendar_of_2026(finished_on: date, due_on: date) -> None:
    found = deadline(finished_on, TWENTY_WORKING_DAYS, OFFICIAL)
    assert found.due_on == due_on
    assert not found.provisional
    counted = [finished_on + timedelta(days=n) for n in range(1, (due_on - finished_on).days + 1)]
    assert sum(chinese_calendar.is_workday(day) for day in counted) == 20


def test_an_inspection_of_december_2026_is_due_in_january_2027_provisionally() -> None:
    found = deadline(date(2026, 12, 15), TWENTY_WORKING_DAYS, OFFICIAL)
    assert found.due_on == date(2027, 1, 12)
    assert found.missing_years == (2027,)
    assert found.provisional


def test_new_year_2027_moves_the_provisional_deadline_when_its_calendar_is_known() -> None:
    known = OFFICIAL | {2027: Calendar.of([date(2027, 1, 1)], [])}
    found = deadline(date(2026, 12, 15), TWENTY_WORKING_DAYS, known)
    assert (found.due_on, found.provisional) == (date(2027, 1, 13), False)


def test_a_deadline_on_the_last_day_of_a_known_year_needs_no_further_calendar() -> None:
    found = deadline(date(2026, 12, 3), TWENTY_WORKING_DAYS, OFFICIAL)
    assert (found.due_on, found.provisional) == (date(2026, 12, 31), False)


def test_thirty_days_of_s2_are_calendar_days_and_need_no_calendar() -> None:
    found = deadline(date(2026, 12, 15), THIRTY_DAYS, {})
    assert (found.due_on, found.provisional) == (date(2027, 1, 14), False)


def test_zero_days_mean_the_day_itself() -> None:
    rule = DisclosureDeadline(kind=DeadlineKind.WORKING_DAYS, days=0)
    assert deadline(date(2026, 10, 1), rule, OFFICIAL).due_on == date(2026, 10, 1)


DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))
RULES = st.builds(
    DisclosureDeadline, kind=st.sampled_from(DeadlineKind), days=st.integers(min_value=0, max_value=366)
)


@given(DAYS, DAYS, RULES)
def test_a_later_end_is_never_due_earlier(one: date, other: date, rule: DisclosureDeadline) -> None:
    first, second = sorted((one, other))
    assert deadline(first, rule, OFFICIAL).due_on <= deadline(second, rule, OFFICIAL).due_on


@given(DAYS, st.integers(min_value=1, max_value=366))
def test_working_days_never_end_on_a_day_off(day: date, days: int) -> None:
    rule = DisclosureDeadline(kind=DeadlineKind.WORKING_DAYS, days=days)
    assert is_working_day(deadline(day, rule, OFFICIAL).due_on, OFFICIAL)


@given(DAYS, RULES)
def test_more_days_are_never_due_earlier(day: date, rule: DisclosureDeadline) -> None:
    if rule.days:
        shorter = rule.model_copy(update={"days": rule.days - 1})
        assert deadline(day, shorter, OFFICIAL).due_on <= deadline(day, rule, OFFICIAL).due_on


@given(
    st.dates(date(2026, 11, 1), date(2027, 11, 30)),
    st.sets(st.dates(date(2027, 1, 1), date(2027, 12, 31)), max_size=12),
)
def test_a_calendar_moves_a_deadline_only_when_its_days_lie_on_the_way(day: date, special: set[date]) -> None:
    arrived = Calendar.of(
        (one for one in special if one.weekday() < 5), (one for one in special if one.weekday() >= 5)
    )
    before = deadline(day, TWENTY_WORKING_DAYS, OFFICIAL)
    after = deadline(day, TWENTY_WORKING_DAYS, OFFICIAL | {2027: arrived})
    on_the_way = any(day < one <= before.due_on for one in special)
    assert on_the_way or after.due_on == before.due_on
    assert 2027 not in after.missing_years
