"""Chinese wording of pydantic's validation errors. What is not listed falls back to a general sentence."""

from collections.abc import Mapping
from typing import Any

_WORDS: dict[str, str] = {
    "missing": "必填",
    "extra_forbidden": "不认识的字段",
    "string_type": "应为文字",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "至多 {max_length} 个字符",
    "string_pattern_mismatch": "格式不正确，应符合 {pattern}",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "enum": "应为以下之一：{expected}",
    "literal_error": "应为以下之一：{expected}",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_attributes_type": "应为对象",
    "too_short": "至少 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "date_type": "应为日期（YYYY-MM-DD）",
    "date_parsing": "应为日期（YYYY-MM-DD）",
    "date_from_datetime_parsing": "应为日期（YYYY-MM-DD）",
    "datetime_type": "应为时间（RFC 3339）",
    "datetime_parsing": "应为时间（RFC 3339）",
    "datetime_from_date_parsing": "应为时间（RFC 3339）",
    "timezone_aware": "时间应带时区",
    "uuid_parsing": "应为 UUID",
    "uuid_type": "应为 UUID",
    "json_invalid": "不是有效的 JSON",
}


def chinese_message(error: Mapping[str, Any]) -> str:
    """Return what one pydantic error says, in Chinese; messages of our own validators pass through."""
    kind = str(error.get("type", ""))
    if kind == "value_error":
        return str(error.get("msg", "")).removeprefix("Value error, ")
    words = _WORDS.get(kind)
    if words is None:
        return "内容不正确"
    try:
        return words.format(**dict(error.get("ctx") or {}))
    except (KeyError, IndexError):
        return words.split("{", maxsplit=1)[0] or "内容不正确"
