"""RFC 8785 (JCS) canonical JSON for what RID/1 needs: objects, arrays, strings, integers, booleans, null. No floats."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from rid1.errors import RidError

_LARGEST = 2**53 - 1  # JCS numbers are IEEE doubles; a larger integer would be mangled by other readers


def _fail(zh: str, en: str, where: str = "") -> NoReturn:
    raise RidError("json_invalid", zh, en, where)


def encode(value: object) -> bytes:
    """The canonical bytes of `value`. Raises RidError `json_invalid` for floats, large integers and other types."""
    try:
        return _text(value).encode()
    except UnicodeEncodeError:
        _fail("字符串含有无效的代理码位", "a string holds a lone surrogate")


def _text(value: object) -> str:
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            _fail(f"整数 {value} 超出 JSON 可精确表示的范围", f"integer {value} is beyond 2^53-1")
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            _fail("对象的键必须是字符串", "an object has a key that is not a string")
        # RFC 8785 §3.2.3: keys in order of their UTF-16 code units, which differs from code points above U+FFFF.
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{_text(name)}:{_text(value[name])}" for name in names) + "}"
    _fail(f"不允许的 JSON 值:{value!r}", f"not allowed in canonical JSON: {value!r}")


def decode(data: bytes, where: str = "") -> Any:
    """Reads JSON strictly: no floats, no duplicate keys. Raises RidError `json_invalid`."""

    def refuse(text: str) -> NoReturn:
        _fail(f"不允许浮点数:{text}", f"floats are not allowed: {text}", where)

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            _fail("对象中有重复的键", "an object has a duplicate key", where)
        return found

    try:
        return json.loads(data, parse_float=refuse, parse_constant=refuse, object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        _fail(f"不是有效的 JSON:{error}", f"not valid JSON: {error}", where)


def decode_canonical(data: bytes, where: str = "") -> Any:
    """Reads JSON that must already be in canonical form. Raises RidError `json_invalid` or `json_not_canonical`."""
    value = decode(data, where)
    if encode(value) != data:
        raise RidError(
            "json_not_canonical", "JSON 不是 RFC 8785 规范形式", "JSON is not canonical (RFC 8785)", where
        )
    return value
