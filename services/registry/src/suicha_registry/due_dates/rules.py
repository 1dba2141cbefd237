"""On which day something is due in a year, where it stands, and a calendar feed of it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from suicha_contracts.ruleset import DueDate


class DueState(StrEnum):
    """Where something that is due stands."""

    UPCOMING = "upcoming"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    DONE = "done"
    DONE_LATE = "done_late"


def due_on(due: DueDate, year: int) -> date:
    """Return the day for a plan's year; `year_offset` -1 lies in the year before (S2 Art. 14)."""
    return date(year + due.year_offset, due.on.month, due.on.day)


def state_of(day: date, done_on: date | None, today: date, soon_days: int) -> DueState:
    """Return where something stands: the day itself is still in time."""
    if done_on is not None:
        return DueState.DONE if done_on <= day else DueState.DONE_LATE
    if today > day:
        return DueState.OVERDUE
    return DueState.DUE_SOON if (day - today).days <= soon_days else DueState.UPCOMING


@dataclass(frozen=True)
class Entry:
    """A day in a calendar feed."""

    uid: str
    day: date
    title: str
    text: str


def icalendar(name: str, entries: Iterable[Entry], stamp: datetime) -> str:
    """Return an iCalendar (RFC 5545) of whole days, each with an alarm seven days before."""
    moment = stamp.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//suicha//due-dates//ZH", "CALSCALE:GREGORIAN"]
    lines += ["METHOD:PUBLISH", f"X-WR-CALNAME:{_text(name)}"]
    for one in entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{one.uid}",
            f"DTSTAMP:{moment}",
            f"DTSTART;VALUE=DATE:{one.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{one.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_text(one.title)}",
            f"DESCRIPTION:{_text(one.text)}",
            "TRANSP:TRANSPARENT",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"DESCRIPTION:{_text(one.title)}",
            "TRIGGER:-P7D",
            "END:VALARM",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _text(words: str) -> str:
    """Escape TEXT (RFC 5545 §3.3.11)."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        words = words.replace(plain, escaped)
    return words


def _folded(line: str) -> str:
    """Fold a line at 75 octets, never inside a character (RFC 5545 §3.1)."""
    parts, current, size = [], "", 0
    for char in line:
        width = len(char.encode())
        if size + width > 75:
            parts.append(current)
            current, size = " ", 1
        current, size = current + char, size + width
    return "\r\n".join([*parts, current])
