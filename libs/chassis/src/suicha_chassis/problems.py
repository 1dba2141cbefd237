"""Problem documents (RFC 9457). An error class carries its status and code, renders and documents itself.

`detail` and `title` are Chinese, for people; `code` is English, for programs and never changes its meaning.
"""

from typing import Any, ClassVar

from pydantic import BaseModel, Field


class Fault(BaseModel):
    """One thing that is wrong, so that a form can show it beside its field."""

    where: str = Field(description="JSON path, line or id", examples=["body.strata.0.bp"])
    code: str = Field(examples=["ratio_below_floor"])
    message: str = Field(description="what is wrong, in Chinese")


class ProblemBody(BaseModel):
    """The document that every error answers with (RFC 9457)."""

    type: str = Field(examples=["urn:suicha:problem:ratio_below_floor"])
    title: str
    status: int
    code: str
    detail: str
    instance: str = Field(default="", description="request id; name it when you ask for help")
    faults: list[Fault] = Field(default_factory=list)


class Problem(Exception):
    """Base of every error that a caller may see.

    Subclasses set `status`, `code`, `title`; `detail` says what to do, `faults` names each thing.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "系统内部错误"

    def __init__(
        self,
        detail: str = "",
        *,
        faults: list[Fault] | None = None,
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        self.detail = detail or self.title
        self.faults = faults or []
        self.headers = headers or {}
        self.extra = extra
        super().__init__(f"{self.code}: {self.detail}")

    def document(self, request_id: str = "") -> dict[str, Any]:
        """Return the problem document. `extra` becomes extension members (RFC 9457 §3.2)."""
        body = ProblemBody(
            type=f"urn:suicha:problem:{self.code}",
            title=self.title,
            status=self.status,
            code=self.code,
            detail=self.detail,
            instance=request_id,
            faults=self.faults,
        )
        return body.model_dump() | self.extra


class BadRequest(Problem):
    """The request cannot be understood."""

    status, code, title = 400, "bad_request", "请求格式不正确"


class IdempotencyKeyRequired(Problem):
    """A write came without an Idempotency-Key header."""

    status, code, title = 400, "idempotency_key_required", "缺少 Idempotency-Key 请求头"


class Unauthenticated(Problem):
    """No token, or one that is forged, expired or meant for somebody else."""

    status, code, title = 401, "unauthenticated", "未登录或登录已过期"


class Forbidden(Problem):
    """The caller's roles do not allow this, or the row belongs to another body."""

    status, code, title = 403, "forbidden", "无权进行此操作"


class SamePerson(Problem):
    """Two persons are needed, and the caller is the first of them (four eyes)."""

    status, code, title = 403, "same_person", "须由另一名人员办理"


class NotFound(Problem):
    """There is no such thing, or not within the caller's region and organisation."""

    status, code, title = 404, "not_found", "未找到，或不在您的管辖范围内"


class MethodNotAllowed(Problem):
    """The address exists, and knows no such method; the Allow header names those it knows."""

    status, code, title = 405, "method_not_allowed", "不支持的请求方法"


class Conflict(Problem):
    """The thing is in a state that does not allow this; `state` says which."""

    status, code, title = 409, "wrong_state", "当前状态不允许此操作"


class InFlight(Problem):
    """The first request with this Idempotency-Key is still being carried out."""

    status, code, title = 409, "request_in_flight", "相同的请求正在处理中，请稍候"


class StaleVersion(Problem):
    """Somebody changed the thing since the caller read it."""

    status, code, title = 412, "stale_version", "内容已被他人修改，请重新读取后再提交"


class TooLarge(Problem):
    """The body is larger than this endpoint takes."""

    status, code, title = 413, "payload_too_large", "请求内容过大"


class Invalid(Problem):
    """The request is well-formed and says something that cannot be."""

    status, code, title = 422, "invalid", "提交的内容有误"


class KeyReused(Problem):
    """The same Idempotency-Key came with a different request."""

    status, code, title = 422, "idempotency_key_reused", "同一 Idempotency-Key 已用于不同的请求"


class MatchRequired(Problem):
    """An edit came without If-Match."""

    status, code, title = 428, "if_match_required", "缺少 If-Match 请求头（请先读取当前版本）"


class Unavailable(Problem):
    """A part that this needs is down; try again later."""

    status, code, title = 503, "unavailable", "服务暂时不可用，请稍后重试"


def problem_responses(*classes: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI `responses` that document the given problems, grouped by status."""
    grouped: dict[int | str, dict[str, Any]] = {}
    for cls in classes:
        entry = grouped.setdefault(
            cls.status,
            {
                "model": ProblemBody,
                "description": "",
                "content": {"application/problem+json": {"examples": {}}},
            },
        )
        entry["description"] = "；".join(filter(None, [entry["description"], f"{cls.code}: {cls.title}"]))
        entry["content"]["application/problem+json"]["examples"][cls.code] = {
            "value": {
                "type": f"urn:suicha:problem:{cls.code}",
                "title": cls.title,
                "status": cls.status,
                "code": cls.code,
                "detail": cls.title,
                "instance": "",
                "faults": [],
            }
        }
    return grouped
