"""Tokens and permissions. Every service verifies the JWT itself; the gateway's check is only the first.

`requires(Permission.X)` is the only way for an endpoint to know its caller; `public` says openly that there
is none. A route that declares neither cannot be built (see `routes`).
"""

import asyncio
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
from fastapi import Request
from fastapi.security import HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection
from suicha_contracts.roles import Permission, conflicts_of, permissions_of

from suicha_chassis.logs import get_logger
from suicha_chassis.problems import Forbidden, Unauthenticated, Unavailable
from suicha_chassis.scope import SYSTEM, Scope
from suicha_chassis.settings import ChassisSettings

log = get_logger(__name__)

ALGORITHMS = ["ES256", "RS256", "EdDSA"]
_REFETCH_SECONDS = 10
_CACHE_SIZE = 10_000


@dataclass(frozen=True)
class Caller:
    """Who is calling. `inspector` is the register id of a person who inspects."""

    subject: str
    name: str
    roles: tuple[str, ...]
    org: str
    region: str
    inspector: str = ""
    permissions: frozenset[Permission] = field(default_factory=frozenset)

    @property
    def scope(self) -> Scope:
        """Rows that the caller may touch. Our own services act on all rows of what they may do."""
        return SYSTEM if self.subject.startswith("svc-") and not self.region else Scope(self.region, self.org)

    def may(self, permission: Permission) -> bool:
        """Tell whether any of the caller's roles gives the permission."""
        return permission in self.permissions


ANYONE = Caller("anonymous", "", (), "", "")
"""A visitor without a token: sees what is public."""

SELF = Caller("system", "", ("service",), "", "")
"""The service acting by itself: consumers and loops."""


def caller_of(session: AsyncSession) -> Caller:
    """Return who a session acts for; the service itself where no request opened it."""
    caller = session.info.get("caller", SELF)
    assert isinstance(caller, Caller)
    return caller


class Authenticator:
    """Verifies bearer tokens against the issuer's public keys (RFC 7519, RFC 7517)."""

    def __init__(self, settings: ChassisSettings) -> None:
        self._settings = settings
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = 0.0
        self._lock = asyncio.Lock()
        self._seen: dict[str, tuple[float, Caller]] = {}

    async def caller(self, connection: HTTPConnection) -> Caller:
        """Return the caller named by the Authorization header.

        Raises:
            Unauthenticated: no bearer token, or one that does not hold.
            Forbidden: the token unites roles that one person must not hold.
            Unavailable: the issuer's keys cannot be fetched.
        """
        header = connection.headers.get("authorization", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
        known = self._seen.get(token)
        if known is not None and known[0] > time.time():
            return known[1]
        claims = await self._verify(token)
        roles = tuple(str(role) for role in claims.get("roles", []))
        caller = Caller(
            subject=str(claims["sub"]),
            name=str(claims.get("name", "")),
            roles=roles,
            org=str(claims.get("org", "")),
            region=str(claims.get("region", "")),
            inspector=str(claims.get("inspector", "")),
            permissions=permissions_of(list(roles)),
        )
        if not caller.region and "service" not in roles:
            raise Unauthenticated("令牌缺少管辖区域", headers={"WWW-Authenticate": "Bearer"})
        if conflicts_of(list(roles)):
            raise Forbidden("一人不得兼任相互制约的角色（编制与审批、抽取与见证、检查与审核）")
        if len(self._seen) >= _CACHE_SIZE:
            self._seen.clear()
        self._seen[token] = (float(claims["exp"]), caller)
        return caller

    async def _verify(self, token: str) -> dict[str, Any]:
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._settings.jwt_audience,
                issuer=self._settings.jwt_issuer,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}) from error
        return claims

    async def _key(self, kid: str) -> jwt.PyJWK:
        async with self._lock:
            if kid not in self._keys and time.monotonic() - self._fetched > _REFETCH_SECONDS:
                try:
                    keys = await asyncio.to_thread(_published_keys, self._settings.jwks_url)
                except (jwt.PyJWKClientConnectionError, OSError) as error:
                    raise Unavailable("暂时无法验证登录，请稍后重试") from error
                self._keys = {str(key.key_id): key for key in keys}
                self._fetched = time.monotonic()
        if kid not in self._keys:
            raise jwt.InvalidKeyError(f"unknown kid {kid!r}")
        return self._keys[kid]


def _published_keys(url: str) -> list[jwt.PyJWK]:
    """Return the issuer's signing keys from its address, or from a file where an operator put them."""
    if url.startswith("file://"):
        document = json.loads(Path(urlsplit(url).path).read_bytes())
        return list(jwt.PyJWKSet.from_dict(document).keys)
    return list(jwt.PyJWKClient(url, cache_jwk_set=False, timeout=5).get_signing_keys())


class Requires:
    """Dependency that lets only callers with the permission in, and yields the caller."""

    def __init__(self, *any_of: Permission) -> None:
        self.any_of = any_of

    async def __call__(self, request: Request) -> Caller:
        """Return the caller.

        Raises:
            Forbidden: none of the caller's roles gives any of the permissions.
        """
        caller = request.state.caller
        assert isinstance(caller, Caller)
        if not any(caller.may(permission) for permission in self.any_of):
            raise Forbidden(f"需要权限：{'、'.join(self.any_of)}")
        return caller


class Public:
    """Dependency that says: anyone may call this, and sees only what is public."""

    async def __call__(self) -> Caller:
        """Return nobody."""
        return ANYONE


bearer = HTTPBearer(auto_error=False, scheme_name="bearer", bearerFormat="JWT")
