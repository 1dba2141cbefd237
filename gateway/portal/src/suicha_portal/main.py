"""The portal: merged OpenAPI, documentation page, and for local use a demo issuer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from suicha_portal.demo_issuer import INSPECTOR_PREFIX, DemoIssuer, DemoUser, UnknownUserError
from suicha_portal.settings import PortalSettings

_STATIC = Path(__file__).parent / "static"
_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class ProductionRefusedError(RuntimeError):
    """The demo issuer signs anybody in; it MUST NOT run in production."""


class TokenRequest(BaseModel):
    """Whom to sign in."""

    model_config = ConfigDict(extra="forbid")

    user: str = Field(max_length=64, examples=["planner", f"{INSPECTOR_PREFIX}LY001"])
    secret: str = Field(default="", max_length=512, description="for service accounts")


class Token(BaseModel):
    """A bearer token (RFC 6750)."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the kind of token
    expires_in: int = Field(description="seconds")


class Problem(BaseModel):
    """The document that every error answers with (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str = ""
    faults: list[dict[str, str]] = Field(default_factory=list)


def create_app(settings: PortalSettings | None = None) -> FastAPI:
    """Return the portal. The signing key is made or read when the app starts, not before.

    Raises:
        ProductionRefusedError: the demo issuer is on and ENVIRONMENT=production.
    """
    settings = settings or PortalSettings()
    if settings.demo_issuer and settings.environment == "production":
        raise ProductionRefusedError(
            "演示登录不得用于生产环境（ENVIRONMENT=production）。"
            "请设置 PORTAL_DEMO_ISSUER=false，并用 GATEWAY_JWKS_URL 和 JWKS_URL 指向正式的登录服务。"
        )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if settings.demo_issuer:
            app.state.issuer = DemoIssuer(settings)
        yield

    app = FastAPI(
        title="随查门户", version="1", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    _documentation(app, settings)
    if settings.demo_issuer:
        _issuer(app, settings)
    _errors(app)
    return app


def _documentation(app: FastAPI, settings: PortalSettings) -> None:
    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        if not settings.openapi_file.is_file():
            raise HTTPException(503, "接口文档尚未生成，请运行 gateway/merge_openapi.py")
        return FileResponse(settings.openapi_file, media_type="application/json")

    @app.get("/docs", include_in_schema=False)
    def docs() -> Response:
        return FileResponse(_STATIC / "docs.html", headers=_PAGE_HEADERS)

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    app.mount("/docs/static", StaticFiles(directory=_STATIC), name="static")


def _issuer(app: FastAPI, settings: PortalSettings) -> None:
    def running() -> DemoIssuer:
        issuer: DemoIssuer = app.state.issuer
        return issuer

    wrong: dict[int | str, dict[str, Any]] = {
        401: {"model": Problem, "description": "没有这个演示用户或口令不对"},
        422: {"model": Problem, "description": "提交的内容有误"},
    }

    @app.get("/.well-known/jwks.json", tags=["sign-in"], summary="签名公钥", operation_id="portal_jwks")
    def jwks(response: Response) -> dict[str, Any]:
        """The public key that tokens are signed with (RFC 7517)."""
        response.headers["Cache-Control"] = "public, max-age=300"
        return running().jwks()

    @app.get("/auth/users", tags=["sign-in"], summary="演示用户", operation_id="portal_list_users")
    def users() -> list[DemoUser]:
        """Who can be signed in; besides, `inspector:<ID>` for inspectors such as LY001 or RZ001."""
        return running().users

    @app.post(
        "/auth/token", tags=["sign-in"], summary="演示登录", operation_id="portal_sign_in", responses=wrong
    )
    def token(request: TokenRequest, response: Response) -> Token:
        """Sign a demo user in. Service accounts need their secret."""
        response.headers["Cache-Control"] = "no-store"
        signed = running().token(request.user, request.secret)
        return Token(access_token=signed, expires_in=settings.token_seconds)


def _errors(app: FastAPI) -> None:
    @app.exception_handler(UnknownUserError)
    async def _unknown(request: Request, _: UnknownUserError) -> JSONResponse:
        return _problem(request, 401, "unauthenticated", "登录失败", "没有这个演示用户，或口令不对")

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [
            {
                "where": ".".join(str(part) for part in one["loc"]),
                "code": str(one["type"]),
                "message": "值不符合要求",
            }
            for one in error.errors()
        ]
        return _problem(request, 422, "invalid", "提交的内容有误", "提交的内容有误，见各项说明", faults)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        known = {
            404: ("not_found", "没有这个地址"),
            405: ("method_not_allowed", "不支持这种请求方法"),
            503: ("upstream_unavailable", "服务暂时不可用"),
        }
        code, title = known.get(error.status_code, ("bad_request", "请求格式不正确"))
        detail = title if error.detail.isascii() else error.detail
        return _problem(request, error.status_code, code, title, detail)


def _problem(
    request: Request,
    status: int,
    code: str,
    title: str,
    detail: str,
    faults: list[dict[str, str]] | None = None,
) -> JSONResponse:
    body = Problem(
        type=f"urn:suicha:problem:{code}",
        title=title,
        status=status,
        code=code,
        detail=detail,
        instance=request.headers.get("x-request-id", ""),
        faults=faults or [],
    )
    return JSONResponse(body.model_dump(), status, media_type="application/problem+json")
