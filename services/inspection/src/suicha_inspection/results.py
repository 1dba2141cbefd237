"""What result codes mean for a visit as a whole (code set `rz-2022`, S0 annex 2). Pure."""

from collections.abc import Iterable

from suicha_contracts.values import NORMAL_RESULTS, VIOLATION_RESULTS, ResultCode

BY_SERIOUSNESS: tuple[ResultCode, ...] = (
    ResultCode.UNCOOPERATIVE,
    ResultCode.FALSE_DISCLOSURE,
    ResultCode.FAIL,
    ResultCode.PENDING,
    ResultCode.ORDERED_TO_CORRECT,
    ResultCode.NOT_DISCLOSED,
    ResultCode.UNTRACEABLE,
    ResultCode.NO_SUCH_ACTIVITY,
    ResultCode.NO_PROBLEM,
    ResultCode.PASS,
)
"""Every code, the most serious first."""

WITHOUT_ANSWERS = frozenset({ResultCode.UNTRACEABLE, ResultCode.UNCOOPERATIVE, ResultCode.NO_SUCH_ACTIVITY})
"""Results that say why the form cannot be answered; each asks for something else instead (see
`completeness`)."""


def most_serious_first(results: Iterable[ResultCode]) -> list[ResultCode]:
    """Return the different results in order of seriousness."""
    given = set(results)
    return [code for code in BY_SERIOUSNESS if code in given]


def is_normal(results: Iterable[ResultCode]) -> bool:
    """Tell whether no result is a problem (S4 四(五) treats problem results apart)."""
    return all(code in NORMAL_RESULTS for code in results)


def has_violation(results: Iterable[ResultCode]) -> bool:
    """Tell whether any result found a violation."""
    return any(code in VIOLATION_RESULTS for code in results)
