"""Who calls a service in a test: signed tokens, a client with new keys, an app served in memory."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from jwt.algorithms import ECAlgorithm


@dataclass
class Issuer:
    """Signs tokens for tests; its public keys lie in a file that services read as their JWKS."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        """Write the public key where services read it."""
        public = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        document = {"keys": [{**public, "kid": "test", "use": "sig", "alg": "ES256"}]}
        path = self.folder / "jwks.json"
        path.write_text(json.dumps(document))
        self.jwks_url = path.as_uri()

    def token(
        self,
        *roles: str,
        subject: str = "",
        org: str = "410300-rsj",
        region: str = "410300",
        inspector: str = "",
        seconds: int = 3600,
        **claims: Any,
    ) -> str:
        """Return a signed token; the subject is the first role unless given."""
        now = int(time.time())
        body = {
            "iss": "suicha-demo",
            "aud": "suicha",
            "sub": subject or roles[0],
            "name": subject or roles[0],
            "roles": list(roles),
            "org": org,
            "region": region,
            "inspector": inspector,
            "iat": now,
            "exp": now + seconds,
        }
        return jwt.encode(body | claims, self.key, "ES256", headers={"kid": "test"})


class Client:
    """An HTTP client that speaks as one caller and gives every write a new Idempotency-Key."""

    def __init__(self, http: httpx.AsyncClient, token: str = "") -> None:
        self.http = http
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """Send a GET."""
        return await self._send("GET", path, **options)

    async def post(self, path: str, json: Any = None, *, key: str = "", **options: Any) -> httpx.Response:
        """Send a POST."""
        return await self._send("POST", path, key=key or uuid4().hex, json=json, **options)

    async def put(self, path: str, json: Any = None, *, key: str = "", **options: Any) -> httpx.Response:
        """Send a PUT."""
        return await self._send("PUT", path, key=key or uuid4().hex, json=json, **options)

    async def patch(self, path: str, json: Any = None, *, key: str = "", **options: Any) -> httpx.Response:
        """Send a PATCH."""
        return await self._send("PATCH", path, key=key or uuid4().hex, json=json, **options)

    async def delete(self, path: str, *, key: str = "", **options: Any) -> httpx.Response:
        """Send a DELETE."""
        return await self._send("DELETE", path, key=key or uuid4().hex, **options)

    async def _send(self, method: str, path: str, *, key: str = "", **options: Any) -> httpx.Response:
        headers = {**self._headers, **options.pop("headers", {})}
        if key:
            headers.setdefault("Idempotency-Key", key)
        if options.get("json") is None:
            options.pop("json", None)
        return await self.http.request(method, path, headers=headers, **options)


@contextlib.asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Run an app with its lifespan (loops, consumers and all) and yield a client that calls it in memory."""
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service", timeout=60) as client:
            yield client


async def eventually(
    check: Callable[[], Awaitable[Any]], seconds: float = 60.0, what: str = "condition"
) -> Any:
    """Wait until an awaitable check answers something true, and return it.

    Raises:
        TimeoutError: it never did; `what` names it.
    """
    ends = time.monotonic() + seconds
    while True:
        found = await check()
        if found:
            return found
        if time.monotonic() > ends:
            raise TimeoutError(f"{what} did not come true in {seconds} s")
        await asyncio.sleep(0.02)
