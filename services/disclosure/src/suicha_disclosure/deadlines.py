"""Until when a result must be public: days counted from the ruleset and the official calendar (X3).

Pure. The first day is the day after the inspection ended. A year without an official calendar is counted by
weekdays, and the deadline says so (`provisional`): it is counted again when the calendar arrives.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from suicha_contracts.ruleset import DeadlineKind, DisclosureDeadline

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """The official days of one year (国务院办公厅 holiday notice). Weekends need no mention."""

    holidays: frozenset[date]
    """Weekdays on which nobody works."""
    workdays: frozenset[date]
    """Saturdays and Sundays on which everybody works (调休)."""

    @classmethod
    def of(cls, holidays: Iterable[date], workdays: Iterable[date]) -> "Calendar":
        """Build a calendar from any lists of days."""
        return cls(frozenset(holidays), frozenset(workdays))


Calendars = Mapping[int, Calendar]
"""The calendars that are known, by year."""


@dataclass(frozen=True)
class Deadline:
    """The last day on which publication is in time."""

    due_on: date
    missing_years: tuple[int, ...] = ()
    """Years that were counted by weekdays because their calendar is not known."""

    @property
    def provisional(self) -> bool:
        """Tell whether the day may still move."""
        return bool(self.missing_years)


def is_working_day(day: date, calendars: Calendars) -> bool:
    """Tell whether people work on a day: by the official calendar of its year, else by the weekday."""
    weekend = day.weekday() >= _SATURDAY
    calendar = calendars.get(day.year)
    if calendar is None:
        return not weekend
    return day in calendar.workdays if weekend else day not in calendar.holidays


def deadline(finished_on: date, rule: DisclosureDeadline, calendars: Calendars) -> Deadline:
    """Return the last day in time for an inspection that ended on a day.

    Working days: S1 (四), S3 Art. 14, S4 四(五). Calendar days, not prolonged when the last one is a holiday:
    S2 Art. 18. Zero days means the day itself.
    """
    if rule.kind is DeadlineKind.CALENDAR_DAYS or rule.days == 0:
        return Deadline(finished_on + timedelta(days=rule.days))
    day, left, missing = finished_on, rule.days, set[int]()
    while left:
        day += _ONE_DAY
        if day.year not in calendars:
            missing.add(day.year)
        left -= is_working_day(day, calendars)
    return Deadline(day, tuple(sorted(missing)))
