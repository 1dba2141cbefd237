"""The route class of every endpoint: it authenticates, opens one unit of work, and answers after the commit.

FastAPI sends a response before a plain `yield` dependency commits, so a failed commit would still say 201.
Here a write is answered only when the transaction that holds it, and its idempotency row, is durable.

Every write takes an `Idempotency-Key`: same key and request → the same answer; another request → 422; the
first still running → 409. A route without a declared permission cannot be built.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_dependant
from fastapi.routing import APIRoute, APIRouter
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError
from suicha_contracts.roles import Permission

from suicha_chassis import problems
from suicha_chassis.auth import ANYONE, Caller, Public, Requires, bearer
from suicha_chassis.logs import get_logger
from suicha_chassis.problems import problem_responses
from suicha_chassis.scope import SYSTEM

log = get_logger(__name__)

READS = frozenset({"GET", "HEAD"})
_KEPT_HEADERS = ("etag", "location", "content-type")
_KEY_LENGTH = 200
_LOST_RACES = frozenset({"40001", "40P01"})
"""serialization_failure and deadlock_detected (PostgreSQL, appendix A)."""
_REPEATS = 2

_COMMON: tuple[type[problems.Problem], ...] = (problems.Invalid, problems.Unavailable)
_PROTECTED: tuple[type[problems.Problem], ...] = (problems.Unauthenticated, problems.Forbidden)
_WRITE: tuple[type[problems.Problem], ...] = (
    problems.IdempotencyKeyRequired,
    problems.InFlight,
    problems.KeyReused,
)


def requires(*any_of: Permission) -> Any:
    """Declare that an endpoint needs one of the permissions; the parameter receives the `Caller`."""
    return Depends(Requires(*any_of))


def public() -> Any:
    """Declare that anyone may call an endpoint; only for what the law makes public."""
    return Depends(Public())


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    unit = getattr(request.state, "session", None)
    if unit is not None:
        yield unit
        return
    caller: Caller = request.state.caller
    scope = SYSTEM if caller is ANYONE else caller.scope
    async with request.app.state.runtime.db.session(
        scope, caller=caller, request_id=request.state.request_id
    ) as session:
        yield session


Session = Annotated[AsyncSession, Depends(_session)]
"""The request's session: the unit of work of a write, a read-only session of a read. Scoped to the caller."""


async def _idempotency_key(
    idempotency_key: Annotated[
        str | None, Header(max_length=_KEY_LENGTH, description="any text that is new for each new write")
    ] = None,
) -> None:
    """Only documents the header; the route reads it itself."""


def access_of(dependant: Dependant) -> Requires | Public:
    """Return what a route declares about its callers.

    Raises:
        TypeError: it declares nothing, or more than one thing.
    """
    found = [one.call for one in dependant.dependencies if isinstance(one.call, Requires | Public)]
    if len(found) != 1:
        raise TypeError(f"{dependant.path}: declare exactly one of requires(...) or public()")
    return found[0]


class UnitRoute(APIRoute):
    """See the module's docstring. `openapi_extra={"x-idempotent": True}` frees a content-addressed PUT."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        writes = not set(kwargs.get("methods") or {"GET"}) <= READS
        self.natural = bool((kwargs.get("openapi_extra") or {}).get("x-idempotent"))
        self.access = access_of(get_dependant(path=path, call=endpoint))
        keyed = writes and not self.natural
        protected = isinstance(self.access, Requires)
        declared = _COMMON + (_PROTECTED if protected else ()) + (_WRITE if keyed else ())
        responses = problem_responses(*declared)
        for status, own in (kwargs.pop("responses", None) or {}).items():
            responses[status] = _merge(responses[status], own) if status in responses else own
        dependencies = list(kwargs.pop("dependencies", None) or [])
        dependencies += [Depends(bearer)] if protected else []
        dependencies += [Depends(_idempotency_key)] if keyed else []
        extra = dict(kwargs.pop("openapi_extra", None) or {})
        if isinstance(self.access, Requires):
            extra["x-permissions"] = [permission.value for permission in self.access.any_of]
        super().__init__(
            path, endpoint, responses=responses, dependencies=dependencies, openapi_extra=extra, **kwargs
        )

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler with authentication, the unit of work and idempotency."""
        handle = super().get_route_handler()

        async def run(request: Request) -> Response:
            protected = isinstance(self.access, Requires)
            runtime = request.app.state.runtime
            request.state.caller = await runtime.auth.caller(request) if protected else ANYONE
            try:
                if request.method in READS:
                    return await handle(request)
                return await self._write_or_repeat(request, handle)
            except StaleDataError as error:
                raise problems.StaleVersion() from error
            except OperationalError as error:
                log.warning("database failed", sqlstate=_sqlstate(error), error=repr(error.orig))
                raise problems.Unavailable("数据库暂时不可用，请稍后重试") from error
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise problems.Unavailable("数据库连接中断，请稍后重试") from error
                raise

        return run

    async def _write_or_repeat(
        self, request: Request, handle: Callable[[Request], Coroutine[Any, Any, Response]]
    ) -> Response:
        """Carry a write out; when it lost a race inside the database nothing was kept, so it is done again."""
        for _ in range(_REPEATS):
            try:
                return await self._write(request, handle)
            except OperationalError as error:
                if self.natural or _sqlstate(error) not in _LOST_RACES:
                    raise
                log.info("write repeated", sqlstate=_sqlstate(error))
        return await self._write(request, handle)

    async def _write(
        self, request: Request, handle: Callable[[Request], Coroutine[Any, Any, Response]]
    ) -> Response:
        caller: Caller = request.state.caller
        scope = SYSTEM if caller is ANYONE else caller.scope
        key = request.headers.get("idempotency-key", "")
        if not key and not self.natural:
            raise problems.IdempotencyKeyRequired()
        if len(key) > _KEY_LENGTH:
            raise problems.BadRequest("Idempotency-Key 过长")
        async with request.app.state.runtime.db.session(
            scope, caller=caller, request_id=request.state.request_id
        ) as session:
            request.state.session = session
            if self.natural:
                response = await handle(request)
            else:
                if isinstance(self.access, Requires):
                    await self.access(request)
                digest = await _request_hash(request)
                replayed = await _replay(session, caller.subject, key, digest)
                if replayed is not None:
                    return replayed
                response = await handle(request)
                if response.status_code < 400:
                    await _remember(session, caller.subject, key, digest, response)
            if response.status_code < 400:
                await session.commit()
            return response


def _sqlstate(error: OperationalError) -> str:
    return str(getattr(error.orig, "sqlstate", "") or "")


def _merge(common: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    examples = {
        **common["content"]["application/problem+json"]["examples"],
        **own.get("content", {}).get("application/problem+json", {}).get("examples", {}),
    }
    text_ = "；".join(filter(None, [common["description"], own.get("description", "")]))
    return common | own | {
        "description": text_,
        "content": {"application/problem+json": {"examples": examples}},
    }  # fmt: skip


async def _request_hash(request: Request) -> str:
    """SHA-256 over method, path, query, If-Match and body: what makes two requests the same."""
    digest = hashlib.sha256()
    parts = (request.method, request.url.path, request.url.query, request.headers.get("if-match", ""))
    digest.update(json.dumps(parts).encode())
    digest.update(await request.body())
    return digest.hexdigest()


async def _replay(session: AsyncSession, principal: str, key: str, digest: str) -> Response | None:
    locked = await session.scalar(
        text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"{principal}|{key}"}
    )
    if not locked:
        raise problems.InFlight()
    row = (
        await session.execute(
            text(
                "SELECT request_hash, status, headers, body FROM idempotency "
                "WHERE principal = :principal AND key = :key"
            ),
            {"principal": principal, "key": key},
        )
    ).first()
    if row is None:
        return None
    if row.request_hash != digest:
        raise problems.KeyReused()
    headers = {**row.headers, "idempotency-replayed": "true"}
    return Response(bytes(row.body), row.status, headers=headers)


async def _remember(session: AsyncSession, principal: str, key: str, digest: str, response: Response) -> None:
    await session.flush()
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    await session.execute(
        text(
            "INSERT INTO idempotency (principal, key, request_hash, status, headers, body) "
            "VALUES (:principal, :key, :hash, :status, CAST(:headers AS jsonb), :body)"
        ),
        {
            "principal": principal,
            "key": key,
            "hash": digest,
            "status": response.status_code,
            "headers": json.dumps(kept),
            "body": bytes(response.body),
        },
    )


def router(*, prefix: str = "", tags: list[str] | None = None) -> APIRouter:
    """Return an APIRouter whose endpoints are `UnitRoute`s with operation ids equal to function names."""
    return APIRouter(
        prefix=prefix,
        tags=list(tags or []),
        route_class=UnitRoute,
        generate_unique_id_function=lambda route: route.name,
    )
