"""The HTTP side of the 模拟信用平台（沙箱）."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send
from suicha_contracts.publication import CreditReceipt, CreditRecord, HeldBody, HeldPage

from suicha_sandbox import PLATFORM
from suicha_sandbox.settings import Settings
from suicha_sandbox.store import Behaviour, Mode, OtherBodyError, Store, receipt

_LARGEST_BODY = 64 * 1024
_BEARER = HTTPBearer(auto_error=False)
_NO_RECEIPT_WAS_STORED = 0


class Refusal(Exception):
    """A call that is refused; nothing was stored."""

    def __init__(
        self, status: int, code: str, detail: str, faults: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.faults = status, code, detail, faults or []


class ConnectionDropped(Exception):
    """Raised during an answer to make the server close the connection before the answer is complete."""


class BrokenOff(Response):
    """An answer that breaks off after its headers, as when a cable is pulled."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise more than is sent, then close."""
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ConnectionDropped


def create_app(settings: Settings) -> FastAPI:
    """Return the sandbox. Its file is made when the app starts."""
    store = Store(settings.database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(store.create)
        yield

    app = FastAPI(title=PLATFORM, version="1", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.store, app.state.settings = store, settings
    _records(app, store)
    _control(app, store)
    _errors(app, store)
    return app


def _bearer_of(name: str) -> Any:
    """Return a dependency that asks for one of the two tokens of the settings."""

    def check(
        request: Request, shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
    ) -> None:
        expected: SecretStr = getattr(request.app.state.settings, name)
        given = shown.credentials if shown is not None else ""
        if not hmac.compare_digest(given.encode(), expected.get_secret_value().encode()):
            raise Refusal(401, "unauthenticated", "令牌缺失或不正确")

    return Depends(check)


def _records(app: FastAPI, store: Store) -> None:
    sender = [_bearer_of("token")]

    @app.post("/credit/v1/records", dependencies=sender, response_model=CreditReceipt, status_code=201)
    async def push(request: Request) -> Response:
        """Take in a record: 201 when stored, 200 when this version was there already."""
        body = await _body(request)
        record = _parsed(body)
        told = await run_in_threadpool(store.next_behaviour)
        match told.mode:
            case Mode.FAIL:
                raise Refusal(503, "unavailable", "平台维护中（按设定失败）")
            case Mode.HANG:
                await _silence(request, told.seconds)
                raise Refusal(503, "unavailable", "平台超时（按设定不答复）")
            case Mode.GARBAGE:
                return PlainTextResponse(f"<html>{PLATFORM} 502 Bad Gateway", 200)
            case Mode.LIE:
                return _answer(receipt(record, _NO_RECEIPT_WAS_STORED, duplicate=False))
        accepted = await run_in_threadpool(store.accept, record, body)
        return BrokenOff() if told.mode is Mode.TWICE else _answer(accepted)

    @app.get("/credit/v1/records", dependencies=sender)
    def page(after: str = "", limit: Annotated[int, Query(ge=1, le=1000)] = 500) -> HeldPage:
        """List what is held, for reconciliation; always true, whatever the behaviour."""
        return store.page(after, limit)

    @app.get("/credit/v1/records/{record_id}", dependencies=sender)
    def one(record_id: UUID) -> HeldBody:
        """Return the newest version held of one record."""
        held = store.held(record_id)
        if held is None:
            raise Refusal(404, "not_found", "没有这条记录")
        return held


def _control(app: FastAPI, store: Store) -> None:
    controller = [_bearer_of("control_token")]

    @app.put("/sandbox/behaviour", dependencies=controller)
    def behave(behaviour: Behaviour) -> Behaviour:
        """Say how the next pushes are met."""
        store.behave(behaviour)
        return behaviour

    @app.get("/sandbox/behaviour", dependencies=controller)
    def behaviour() -> Behaviour:
        """Say how pushes are met at present, with the calls left."""
        return store.behaviour()

    @app.get("/sandbox/counters", dependencies=controller)
    def counters() -> dict[str, int]:
        """Count pushes by how they were met, and what is held."""
        return store.counters()

    @app.get("/", include_in_schema=False)
    def home() -> HTMLResponse:
        return HTMLResponse(
            f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{PLATFORM}</title>'
            f"<h1>{PLATFORM}</h1><p>仅供联调和演示，不是真实的信用平台，数据不具有任何效力。</p></html>"
        )

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> dict[str, str]:
        store.behaviour()
        return {"status": "ok", "platform": PLATFORM}


def _errors(app: FastAPI, store: Store) -> None:
    @app.exception_handler(Refusal)
    async def _refused(_: Request, refusal: Refusal) -> JSONResponse:
        if refusal.status != 503:
            await run_in_threadpool(store.count, "refused")
        return _problem(refusal)

    @app.exception_handler(OtherBodyError)
    async def _other_body(_: Request, __: OtherBodyError) -> JSONResponse:
        return _problem(Refusal(409, "version_conflict", "同一版本已有不同内容"))

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return _problem(Refusal(422, "invalid_body", "请求有误", _faults(error.errors())))


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise Refusal(413, "payload_too_large", "记录超过 64 KiB")
    return bytes(body)


def _parsed(body: bytes) -> CreditRecord:
    try:
        return CreditRecord.model_validate_json(body)
    except ValidationError as error:
        raise Refusal(422, "invalid_body", "记录不符合要求", _faults(error.errors())) from error


def _faults(errors: Any) -> list[dict[str, str]]:
    return [
        {
            "where": ".".join(str(part) for part in one["loc"]),
            "code": str(one["type"]),
            "message": "缺少此字段" if one["type"] == "missing" else "值不符合要求",
        }
        for one in errors
    ]


async def _silence(request: Request, seconds: float) -> None:
    """Wait until the time is up or the caller has hung up, whichever comes first."""

    async def hung_up() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    waiting = asyncio.create_task(hung_up())
    await asyncio.wait([waiting], timeout=seconds)
    waiting.cancel()


def _answer(given: CreditReceipt) -> JSONResponse:
    return JSONResponse(
        given.model_dump(mode="json") | {"platform": PLATFORM}, 200 if given.duplicate else 201
    )


def _problem(refusal: Refusal) -> JSONResponse:
    document = {
        "type": f"urn:suicha:problem:{refusal.code}",
        "title": PLATFORM,
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.detail,
        "faults": refusal.faults,
    }
    return JSONResponse(document, refusal.status, media_type="application/problem+json")
