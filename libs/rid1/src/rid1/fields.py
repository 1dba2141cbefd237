"""Strict reading of JSON objects: every field is taken once, with its type; what is left over is refused."""

from __future__ import annotations

import re
from time import strptime
from typing import Any, NoReturn, TypeVar

from rid1.errors import RidError
from rid1.tsv import ID

_HEX64 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
T = TypeVar("T")


def is_time(value: object) -> bool:
    """Whether `value` is an ISO 8601 UTC time ending in Z that exists in the calendar."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        strptime(value[:19], "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return False
    return True


class Fields:
    """One JSON object being read. Every fault is a RidError with the given code, naming the field."""

    def __init__(self, value: object, where: str, code: str) -> None:
        self._where, self._code = where, code
        if not isinstance(value, dict):
            self.refuse("", "应为对象", "an object is expected")
        self._left: dict[str, Any] = dict(value)

    def refuse(self, name: str, zh: str, en: str) -> NoReturn:
        """Raises the fault of field `name`."""
        raise RidError(self._code, f"字段 {name}:{zh}", f"field {name}: {en}", self._where)

    def has(self, name: str) -> bool:
        """Whether the field is there and not yet taken."""
        return name in self._left

    def take(self, name: str) -> Any:
        """The field's value, whatever it is."""
        if name not in self._left:
            self.refuse(name, "缺失", "missing")
        return self._left.pop(name)

    def text(self, name: str) -> str:
        """A string that is not empty."""
        value = self.take(name)
        if not isinstance(value, str) or not value:
            self.refuse(name, "应为非空字符串", "a string is expected")
        return value

    def text_or_none(self, name: str) -> str | None:
        """A string or null."""
        return None if self._null(name) else self.text(name)

    def _null(self, name: str) -> bool:
        if self._left.get(name, 0) is None:
            del self._left[name]
            return True
        return False

    def _matching(self, name: str, pattern: re.Pattern[str], zh: str, en: str) -> str:
        value = self.text(name)
        if not pattern.fullmatch(value):
            self.refuse(name, zh, en)
        return value

    def id(self, name: str) -> str:
        """An id of RID/1 §1."""
        return self._matching(name, ID, "不是有效的编号", "not a valid id")

    def name(self, name: str) -> str:
        """The lower-case name of a role."""
        return self._matching(name, _NAME, "不是有效的名称", "not a valid name")

    def hex(self, name: str) -> str:
        """64 lower-case hex digits."""
        return self._matching(name, _HEX64, "应为 64 位十六进制", "64 hex digits are expected")

    def hex_or_none(self, name: str) -> str | None:
        """64 lower-case hex digits or null."""
        return None if self._null(name) else self.hex(name)

    def time(self, name: str) -> str:
        """An ISO 8601 time in UTC, ending in Z."""
        value = self.text(name)
        if not is_time(value):
            self.refuse(name, "不是有效的 UTC 时间", "not a UTC time")
        return value

    def choice(self, name: str, *choices: str) -> str:
        """One of the given strings."""
        value = self.text(name)
        if value not in choices:
            self.refuse(name, f"应为 {'、'.join(choices)} 之一", f"one of {', '.join(choices)} is expected")
        return value

    def integer(self, name: str, least: int, most: int = 2**53 - 1) -> int:
        """An integer from `least` to `most`."""
        value = self.take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.refuse(name, "不是允许的整数", "not an allowed integer")
        return value

    def texts(self, name: str) -> list[str]:
        """A list of strings."""
        value = self.take(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(name, "应为字符串列表", "a list of strings is expected")
        return value

    def part(self, name: str) -> Fields:
        """An object."""
        return Fields(self.take(name), f"{self._where}:{name}", self._code)

    def part_or_none(self, name: str) -> Fields | None:
        """An object or null."""
        return None if self._null(name) else self.part(name)

    def parts(self, name: str) -> list[Fields]:
        """A list of objects."""
        value = self.take(name)
        if not isinstance(value, list):
            self.refuse(name, "应为列表", "a list is expected")
        return [Fields(item, f"{self._where}:{name}[{at}]", self._code) for at, item in enumerate(value)]

    def close(self) -> None:
        """Refuses fields that nobody took."""
        for name in self._left:
            self.refuse(name, "未知字段", "unknown field")

    def closed(self, value: T) -> T:
        """`value`, once no field is left."""
        self.close()
        return value
