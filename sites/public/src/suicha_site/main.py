"""Puts the website together: settings, file, push interface, pages, errors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from suicha_site import pages, push, verifier
from suicha_site.database import Database
from suicha_site.headers import SecurityHeaders
from suicha_site.problems import PushProblem
from suicha_site.queries import Summary
from suicha_site.records import VersionConflictError
from suicha_site.settings import Settings

_PAGE_WORDS = {
    404: "没有这个页面。请检查地址，或从首页查找。",
    405: "本网站只供查阅，不接受这种请求。",
    422: "地址中的参数不正确，请从列表或搜索重新进入。",
    500: "网站出了问题，已记录。请稍后再试。",
}


def create_app(settings: Settings) -> FastAPI:
    """Return the website. Its file is made and migrated when the app starts, not before."""
    database = Database(settings.database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(database.migrate)
        yield

    app = FastAPI(title="随查公示网站", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.settings, app.state.database, app.state.secret = settings, database, settings.secret_bytes
    app.state.summary = Summary(database)
    app.add_middleware(SecurityHeaders)
    app.include_router(push.router)
    app.include_router(pages.router)
    app.include_router(verifier.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    _handle_errors(app)
    return app


def _handle_errors(app: FastAPI) -> None:
    """Programs get problem documents, people get pages."""

    @app.exception_handler(PushProblem)
    async def _push_problem(_: Request, problem: PushProblem) -> JSONResponse:
        return problem.response()

    @app.exception_handler(VersionConflictError)
    async def _conflict(_: Request, __: VersionConflictError) -> JSONResponse:
        return PushProblem(409, "version_conflict", "同一版本已有不同内容，请以更高版本推送更正").response()

    @app.exception_handler(RequestValidationError)
    async def _bad_request(request: Request, _: RequestValidationError) -> Response:
        return _refuse(request, 422, "")

    @app.exception_handler(HTTPException)
    async def _http_error(request: Request, error: HTTPException) -> Response:
        said = error.detail if error.detail.isascii() is False else ""
        return _refuse(request, error.status_code, said)

    @app.exception_handler(Exception)
    async def _failure(request: Request, _: Exception) -> Response:
        return _refuse(request, 500, "")


def _refuse(request: Request, status: int, detail: str) -> Response:
    detail = detail or _PAGE_WORDS.get(status, "请求未能完成。")
    if request.url.path.startswith("/push/"):
        codes = {404: "not_found", 405: "method_not_allowed", 422: "invalid_request"}
        return PushProblem(status, codes.get(status, "internal_error"), detail).response()
    return pages.error_page(request, status, detail)
