"""The real receivers for tests: the public website and the simulated credit platform, each on a port."""

import asyncio
import base64
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp
from suicha_chassis import embedded, testing
from suicha_sandbox.main import create_app as create_sandbox
from suicha_sandbox.settings import Settings as SandboxSettings
from suicha_site.main import create_app as create_site
from suicha_site.settings import Settings as SiteSettings

SITE_SECRET = b"a secret of at least twenty-four bytes"
CREDIT_TOKEN = "credit-token"
CONTROL_TOKEN = "control-token"


class Receiver:
    """An app served by uvicorn in a thread; it can be stopped and started again on the same port."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self.make = make
        self.port = embedded.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve until stopped."""
        config = uvicorn.Config(self.make(), host="127.0.0.1", port=self.port, log_level="critical")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        testing.wait_for_port(self.port)

    def stop(self) -> None:
        """Stop at once, whoever is being answered."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = self._server.force_exit = True
            self._thread.join(20)
            self._server = self._thread = None


class Site(Receiver):
    """The public website."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "site.sqlite3"
        secret = SecretStr(base64.b64encode(SITE_SECRET).decode())
        super().__init__(lambda: create_site(SiteSettings(database=self.database, push_secret=secret)))

    def held(self, record_id: str) -> list[int]:
        """Versions held of a record, oldest first."""
        return _versions(
            self.database, "SELECT version FROM records WHERE id = ? ORDER BY version", record_id
        )

    def forget(self, record_id: str) -> None:
        """Lose a record, as a restored backup would."""
        with sqlite3.connect(self.database) as connection:
            connection.execute("DELETE FROM results WHERE record_id = ?", (record_id,))
            connection.execute("DELETE FROM records WHERE id = ?", (record_id,))
        connection.close()


class Sandbox(Receiver):
    """The simulated credit platform, which can be told how to misbehave."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "sandbox.sqlite3"
        super().__init__(
            lambda: create_sandbox(
                SandboxSettings(
                    database=self.database,
                    token=SecretStr(CREDIT_TOKEN),
                    control_token=SecretStr(CONTROL_TOKEN),
                    _env_file=None,
                )
            )
        )

    def held(self, record_id: str) -> list[int]:
        """Versions held of a record, oldest first."""
        statement = "SELECT version FROM records WHERE record_id = ? ORDER BY version"
        return _versions(self.database, statement, record_id)

    def forget(self, record_id: str) -> None:
        """Lose a record, as a restored backup would."""
        with sqlite3.connect(self.database) as connection:
            connection.execute("DELETE FROM records WHERE record_id = ?", (record_id,))
        connection.close()

    async def behave(self, mode: str, calls: int | None = None, seconds: float = 30) -> None:
        """Tell it how to meet the next pushes."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            answer = await client.put(
                "/sandbox/behaviour",
                json={"mode": mode, "calls": calls, "seconds": seconds},
                headers={"Authorization": f"Bearer {CONTROL_TOKEN}"},
            )
            answer.raise_for_status()

    async def counters(self) -> dict[str, int]:
        """What it counted."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            answer = await client.get(
                "/sandbox/counters", headers={"Authorization": f"Bearer {CONTROL_TOKEN}"}
            )
            found: dict[str, int] = answer.json()
            return found


def _versions(database: Path, statement: str, record_id: str) -> list[int]:
    with sqlite3.connect(database) as connection:
        found = [row[0] for row in connection.execute(statement, (record_id,))]
    connection.close()
    return found


class Imposter:
    """Somebody else's server on a port: answers every connection with the same bytes, or with silence."""

    def __init__(self, answer: bytes | None) -> None:
        self._answer = answer
        self.asked = 0

    async def __aenter__(self) -> "Imposter":
        """Listen."""
        self._stop = asyncio.Event()
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: Any) -> None:
        """Stop listening."""
        self._stop.set()
        self._server.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        await reader.readuntil(b"\r\n\r\n")
        if self._answer is None:
            await self._stop.wait()
        else:
            writer.write(self._answer)
            await writer.drain()
        writer.close()
