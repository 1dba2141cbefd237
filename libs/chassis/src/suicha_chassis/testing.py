"""What tests need: a real PostgreSQL, a real nats-server, migrated databases, tokens, and a served app.

Nothing of ours is mocked. Databases are copies of a template that the migrations built.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import psycopg
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from jwt.algorithms import ECAlgorithm
from psycopg import sql

from suicha_chassis import embedded, migrations


class PostgresServer:
    """A PostgreSQL cluster for one test session, made in a folder of its own and removed with it."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="suicha-pg-"))
        self._folder.chmod(0o711)
        self.place = embedded.prepare_postgres(self._folder, embedded.free_port())
        self._process: subprocess.Popen[bytes] | None = None
        self._templates: dict[str, str] = {}
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        uid = self.place.user
        self._process = subprocess.Popen(  # noqa: S603
            self.place.command(durable=False), user=uid, group=None if uid is None else "nogroup",
            extra_groups=None if uid is None else [], cwd="/",
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        embedded.wait_for_postgres(self.place)

    def kill(self) -> None:
        """Kill the server without warning, as a power cut would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(20)

    def stop(self) -> None:
        """Stop the server and remove everything."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(20)
        embedded.remove_postgres(self._folder)
        shutil.rmtree(self._folder, ignore_errors=True)

    def database(self, service: str) -> "ServiceDatabase":
        """Return a fresh database with the newest schema of a service, owner and serving role apart."""
        if service not in self._templates:
            template = f"template_{service}"
            owner, role = f"{service}_owner", f"{service}_service"
            embedded.ensure_database(self.place, template, owner, role, "test")
            migrations.upgrade(
                service, self.place.url(template, role, "test"), self.place.url(template, owner, "test")
            )
            self._templates[service] = template
        name = f"{service}_{uuid4().hex[:12]}"
        with psycopg.connect(self.place.admin_url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                    sql.Identifier(name),
                    sql.Identifier(self._templates[service]),
                    sql.Identifier(f"{service}_owner"),
                )
            )
        return ServiceDatabase(
            name=name,
            url=self.place.url(name, f"{service}_service", "test"),
            owner_url=self.place.url(name, f"{service}_owner", "test"),
        )

    def drop(self, database: "ServiceDatabase") -> None:
        """Remove a database, whoever is still connected."""
        with psycopg.connect(self.place.admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database.name)))


@dataclass(frozen=True)
class ServiceDatabase:
    """Addresses of one test database."""

    name: str
    url: str
    owner_url: str


class NatsServer:
    """A nats-server for one test session, which tests may kill and start again."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="suicha-nats-"))
        self.port = embedded.free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self._config = self._folder / "nats.conf"
        self._config.write_text(embedded.nats_config(self._folder / "store", self.port, ""))
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start the server and wait until it listens."""
        self._process = subprocess.Popen(  # noqa: S603
            [embedded.nats_command(), "-c", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_port(self.port)

    def kill(self) -> None:
        """Kill the server without warning."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> None:
        """Stop the server and remove its store."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def wait_for_port(port: int, seconds: float = 20.0) -> None:
    """Wait until somebody listens on a loopback port.

    Raises:
        TimeoutError: nobody did.
    """
    ends = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if time.monotonic() > ends:
            raise TimeoutError(f"nobody listens on {port}")
        time.sleep(0.02)


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
    check: Callable[[], Awaitable[Any]], seconds: float = 20.0, what: str = "condition"
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


def postgres_server() -> Iterator[PostgresServer]:
    """Body of a session fixture."""
    server = PostgresServer()
    try:
        yield server
    finally:
        server.stop()


def nats_server() -> Iterator[NatsServer]:
    """Body of a session fixture."""
    server = NatsServer()
    try:
        yield server
    finally:
        server.stop()


def on_ci() -> bool:
    """Tell whether the tests run in continuous integration, where nothing may be left out."""
    return os.environ.get("CI", "") == "true"
