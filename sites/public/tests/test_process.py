"""The website as a process: settings, and nothing accepted is lost when it is killed."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from suicha_contracts.signing import sign
from suicha_site.database import Database

from sites.public.tests.conftest import RECORD_ID, SECRET, result


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(database: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    environment = os.environ | {
        "SITE_DATABASE": str(database),
        "SITE_PUSH_SECRET": base64.b64encode(SECRET).decode(),
        "SITE_PORT": str(port),
    }
    process = subprocess.Popen([sys.executable, "-m", "suicha_site"], env=environment, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        for said in process.stderr:
            if b"Uvicorn running" in said:
                break
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def test_a_receipt_survives_a_killed_process(tmp_path: Path) -> None:
    body = json.dumps(result()).encode()
    path = f"/push/v1/results/{RECORD_ID}"
    with running(tmp_path / "site.sqlite3") as (process, address):
        first = httpx.put(
            address + path, content=body, headers=sign(SECRET, "m", int(time.time()), body)
        ).json()
        process.send_signal(signal.SIGKILL)
        process.wait()
    with running(tmp_path / "site.sqlite3") as (_, address):
        again = httpx.put(address + path, content=body, headers=sign(SECRET, "m", int(time.time()), body))
        assert again.status_code == 200
        assert again.json() == first | {"duplicate": True}
        assert httpx.get(f"{address}/results/{RECORD_ID}").status_code == 200


@pytest.mark.parametrize("secret", [None, "not base64!", base64.b64encode(b"short").decode()])
def test_the_website_does_not_start_without_a_long_secret(tmp_path: Path, secret: str | None) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SITE_")}
    environment["SITE_DATABASE"] = str(tmp_path / "site.sqlite3")
    if secret is not None:
        environment["SITE_PUSH_SECRET"] = secret
    done = subprocess.run(
        [sys.executable, "-m", "suicha_site"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "push_secret" in done.stderr
    assert not (tmp_path / "site.sqlite3").exists()


def test_migrating_twice_changes_nothing_and_a_newer_file_is_refused(tmp_path: Path) -> None:
    database = Database(tmp_path / "site.sqlite3")
    database.migrate()
    database.migrate()
    with database.write() as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(RuntimeError, match="99"):
        database.migrate()
