"""Whether training is enough for a round, as a pure function."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date

from suicha_contracts.ruleset import Training


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier; the last day of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def counts_from(rule: Training, inspect_from: date) -> date:
    """Return the first day on which a training still counts for inspections from a day."""
    return months_before(inspect_from, rule.months)


def enough(rule: Training, held: Iterable[tuple[date, int]], inspect_from: date) -> bool:
    """Tell whether trainings (day, minutes) satisfy the rule: at least one in time, and minutes together.

    A training on the first day of inspections counts (抽查前); one after it does not.
    """
    first = counts_from(rule, inspect_from)
    minutes = [length for day, length in held if first <= day <= inspect_from]
    return bool(minutes) and sum(minutes) >= rule.minutes
