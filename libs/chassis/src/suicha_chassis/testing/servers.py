"""Real servers for a test session: PostgreSQL with migrated databases, nats-server; both may be killed."""

import asyncio
import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
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

    async def drop(self, database: "ServiceDatabase") -> None:
        """Remove a database, whoever is still connected.

        In a thread: the server waits until every backend has taken notice, and one whose client is in the
        middle of a COPY does so only when that client goes on. The client may be an app in this event loop.
        """
        await asyncio.to_thread(self._drop, database)

    def _drop(self, database: "ServiceDatabase") -> None:
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


def wait_for_port(port: int, seconds: float = 60.0) -> None:
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
