"""Official years from the chinesecalendar package. A year it does not know is never guessed."""

from datetime import date, timedelta

import chinese_calendar

from suicha_registry.problems import CalendarUnknown


def official_days(year: int) -> tuple[list[date], list[date]]:
    """Return the weekdays off and the weekend days worked of a year.

    Raises:
        CalendarUnknown: the package has no official notice for the year.
    """
    day, holidays, workdays = date(year, 1, 1), [], []
    try:
        while day.year == year:
            off, weekend = chinese_calendar.is_holiday(day), day.weekday() >= 5
            if off and not weekend:
                holidays.append(day)
            elif weekend and not off:
                workdays.append(day)
            day += timedelta(days=1)
    except NotImplementedError as error:
        raise CalendarUnknown(f"没有 {year} 年的官方放假安排，请导入国务院办公厅通知") from error
    return holidays, workdays
