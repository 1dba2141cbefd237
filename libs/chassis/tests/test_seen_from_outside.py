"""Traces leave when an endpoint is configured, logs are JSON in production, operators can list and replay."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import uuid4

import chassis_toy as toy
import httpx
import pytest
from suicha_chassis import testing
from suicha_chassis.bus import EVENTS, Bus, PermanentError, Subscription
from suicha_chassis.embedded import free_port
from suicha_chassis.settings import ChassisSettings

SERVE = """
import os, sys
sys.path.insert(0, os.environ["TOY_FOLDER"])
import chassis_toy as toy
from suicha_chassis.app import serve
from suicha_chassis.settings import DatabaseSettings
serve(toy.build(DatabaseSettings()), "127.0.0.1", int(os.environ["TOY_PORT"]))
"""


class Collector:
    """Stands in for a collector of traces, which is somebody else's system: counts what arrives."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.arrived = threading.Event()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                collector.paths.append(self.path)
                collector.arrived.set()
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def collector() -> Iterator[Collector]:
    one = Collector()
    yield one
    one.server.shutdown()


def test_traces_and_json_logs_in_production(postgres, nats_server, issuer, tmp_path: Path, collector):
    database = toy.make_database(postgres)
    port = free_port()
    log = tmp_path / "log"
    env = {
        **os.environ,
        "TOY_FOLDER": str(Path(__file__).parent),
        "TOY_PORT": str(port),
        "ENVIRONMENT": "production",
        "DATABASE_URL": database.url,
        "NATS_URL": nats_server.url,
        "JWKS_URL": issuer.jwks_url,
        "FILES_URL": tmp_path.as_uri(),
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server.server_port}",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", SERVE], env=env, stdout=out, stderr=out)
    try:
        testing.wait_for_port(port)
        token = issuer.token("planner")
        answer = httpx.get(
            f"http://127.0.0.1:{port}/toy/v1/notes",
            headers={"Authorization": f"Bearer {token}", "X-Request-Id": "traced-0001"},
        )
        assert answer.status_code == 200
        assert collector.arrived.wait(20)
        assert set(collector.paths) == {"/v1/traces"}
    finally:
        process.terminate()
        process.wait(20)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    (line,) = [one for one in lines if one.get("request_id") == "traced-0001"]
    assert (line["event"], line["status"], line["route"], line["service"]) == (
        "request", 200, "/toy/v1/notes", "toy",
    )  # fmt: skip
    assert token not in log.read_text()


async def test_operators_list_and_replay_dead_letters(nats_server):
    bus = Bus(ChassisSettings(nats_url=nats_server.url, _env_file=None), "test")
    await asyncio.wait_for(bus.connect(), 10)
    word = uuid4().hex
    subject = f"events.test.{word}"

    async def refuse(_: object) -> None:
        raise PermanentError(f"reason {word}")

    subscription = Subscription("test", f"ops{word[:8]}", EVENTS, (subject,), refuse)
    task = asyncio.create_task(bus.consume(subscription))
    await bus.publish(subject, b"{}", word)

    async def listed() -> str:
        done = await asyncio.to_thread(_operators, nats_server.url, "dlq")
        return done if word in done else ""

    text = await testing.eventually(listed, what="the letter on the list")
    sequence = next(line.split("\t")[0] for line in text.splitlines() if word in line)
    replayed = await asyncio.to_thread(_operators, nats_server.url, "replay", "--sequence", sequence)
    assert "已重放" in replayed and "共 1 条" in replayed
    assert f"\n{sequence}\t" not in await asyncio.to_thread(_operators, nats_server.url, "dlq")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await bus.close()


def _operators(url: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "suicha_chassis.operators", *arguments],
        env={**os.environ, "NATS_URL": url},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
