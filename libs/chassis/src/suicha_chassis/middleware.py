"""What happens around every request: its id, its log line, its measurement. Pure ASGI, so that context
variables stay those of the request."""

import re
import time
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suicha_chassis.logs import get_logger
from suicha_chassis.metrics import HTTP_SECONDS

log = get_logger(__name__)

_ID = re.compile(r"^[A-Za-z0-9._-]{8,100}$")
_QUIET = frozenset({"/livez", "/readyz", "/metrics"})


class RequestContext:
    """Gives each request an id (kept from `X-Request-Id` when it is a sane one), binds it to the logs,
    returns it, and measures the request under its route's template."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        offered = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = offered if _ID.match(offered) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        began, status = time.perf_counter(), 500

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, tell)
            finally:
                seconds = time.perf_counter() - began
                route = getattr(scope.get("route"), "path", "unknown")
                HTTP_SECONDS.labels(scope["method"], route, str(status)).observe(seconds)
                if scope["path"] not in _QUIET:
                    log.info("request", method=scope["method"], route=route, status=status,
                             ms=round(seconds * 1000, 1))  # fmt: skip
