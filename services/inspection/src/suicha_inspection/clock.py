"""Dates are China's (UTC+8, no daylight saving time); moments are stored in UTC."""

from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "CST")
TOLERANCE = timedelta(minutes=5)
"""How far a phone's clock may run ahead of ours."""


def now() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)


def day_of(moment: datetime) -> date:
    """Return the calendar day in China of a moment."""
    return moment.astimezone(CHINA).date()


def today() -> date:
    """Return today's date in China."""
    return day_of(now())
