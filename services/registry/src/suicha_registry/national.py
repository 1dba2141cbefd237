"""What binds every body at once: calendars and code sets. Kept by provinces and the country, not by a county.

docs/decisions/0039: the country has one calendar, and whoever changes it moves everybody's deadlines.
"""

from suicha_chassis.auth import Caller
from suicha_chassis.problems import Forbidden


def check_keeper(caller: Caller) -> None:
    """Check that a caller acts for a province or the country.

    Raises:
        Forbidden: the caller's region is a city or a county.
    """
    scope = caller.scope
    if not scope.everything and len(scope.prefix) > 2:
        raise Forbidden("对所有机关都有效的内容（工作日历、结果代码集）由省级以上管理员发布")
