"""Makes every error of an app a problem document: ours, FastAPI's, Starlette's, and the unforeseen."""

import psycopg
import sqlalchemy.exc
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from suicha_chassis.logs import get_logger
from suicha_chassis.messages import chinese_message
from suicha_chassis.problems import (
    BadRequest,
    Fault,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

log = get_logger(__name__)

_KNOWN: dict[int, type[Problem]] = {
    one.status: one for one in (NotFound, MethodNotAllowed, Forbidden, Unauthenticated, TooLarge, Unavailable)
}
"""What the framework refuses by itself, by status; anything else is a request that nobody understood."""


def render(problem: Problem, request: Request) -> JSONResponse:
    """Return a problem as application/problem+json."""
    request_id = str(request.scope.get("state", {}).get("request_id", ""))
    return JSONResponse(
        problem.document(request_id),
        problem.status,
        headers=problem.headers,
        media_type="application/problem+json",
    )


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of the app a problem document, FastAPI's and Starlette's own included."""

    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return render(error, request)

    async def on_validation(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        faults = [
            Fault(where=".".join(map(str, one["loc"])), code=str(one["type"]), message=chinese_message(one))
            for one in error.errors()
        ]
        detail = "；".join(f"{fault.where}：{fault.message}" for fault in faults[:5])
        return render(Invalid(detail, faults=faults), request)

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        found = _KNOWN.get(error.status_code, BadRequest)
        return render(found(headers=dict(error.headers or {})), request)

    async def on_unstorable(request: Request, error: Exception) -> JSONResponse:
        return render(Invalid("含有无法保存的内容：空字符，或超出范围的数字、日期"), request)

    async def on_crash(request: Request, error: Exception) -> JSONResponse:
        log.error("unhandled error", path=request.url.path, exc_info=error)
        return render(Problem("系统内部错误，已记录。请凭请求编号联系管理员。"), request)

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    for unstorable in (sqlalchemy.exc.DataError, psycopg.DataError):
        app.add_exception_handler(unstorable, on_unstorable)
    app.add_exception_handler(Exception, on_crash)
