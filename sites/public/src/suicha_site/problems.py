"""Refusals of the push interface as problem documents (RFC 9457), in Chinese, with a code for programs."""

from typing import Any

from fastapi.responses import JSONResponse
from pydantic import ValidationError

_WORDS = {
    "missing": "缺少此字段",
    "extra_forbidden": "不允许出现此字段",
    "json_invalid": "不是合法的 JSON",
    "string_too_short": "不能为空",
    "string_too_long": "文字过长",
    "string_pattern_mismatch": "格式不正确",
    "string_type": "应为文字",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "uuid_parsing": "应为 UUID",
    "enum": "不在允许的取值之内",
    "too_short": "条目过少",
    "too_long": "条目过多",
    "timezone_aware": "时间须带时区",
}


class PushProblem(Exception):
    """A push that is refused; nothing was changed."""

    def __init__(
        self, status: int, code: str, detail: str, faults: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.faults = status, code, detail, faults or []

    @classmethod
    def from_validation(cls, error: ValidationError) -> "PushProblem":
        """Name each field that is wrong, by its path in the body."""
        faults = [
            {
                "where": ".".join(str(part) for part in one["loc"]),
                "code": one["type"],
                "message": _words(one["type"], one["msg"]),
            }
            for one in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        named = "、".join(one["where"] for one in faults[:5] if one["where"]) or "整体"
        return cls(422, "invalid_body", f"推送内容有 {len(faults)} 处不符合要求：{named}", faults)

    def response(self) -> JSONResponse:
        """Render the problem document."""
        document: dict[str, Any] = {
            "type": f"urn:suicha:problem:{self.code}",
            "title": "推送被拒绝",
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "faults": self.faults,
        }
        return JSONResponse(document, self.status, media_type="application/problem+json")


def _words(kind: str, message: str) -> str:
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    return _WORDS.get(kind, "值不符合要求")
