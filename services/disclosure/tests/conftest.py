"""Disclosure against real PostgreSQL, real JetStream, the real website and the real sandbox."""

import base64
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from disclosing import Service, Store
from pydantic import SecretStr
from receivers import CREDIT_TOKEN, SITE_SECRET, Sandbox, Site
from suicha_chassis import testing
from suicha_chassis.db import Database
from suicha_disclosure.main import create_app
from suicha_disclosure.settings import Settings


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The public website."""
    receiver = Site(tmp_path_factory.mktemp("site"))
    receiver.start()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The simulated credit platform."""
    receiver = Sandbox(tmp_path_factory.mktemp("sandbox"))
    receiver.start()
    yield receiver
    receiver.stop()


def _settings(
    url: str, site: Site, sandbox: Sandbox, nats: str, jwks: str, files: Path, **changes: Any
) -> Settings:
    values: dict[str, Any] = {
        "environment": "test",
        "database_url": SecretStr(url),
        "nats_url": nats,
        "jwks_url": jwks,
        "files_url": files.as_uri(),
        "log_level": "ERROR",
        "site_url": site.url,
        "site_secret": SecretStr(base64.b64encode(SITE_SECRET).decode()),
        "credit_url": sandbox.url,
        "credit_token": SecretStr(CREDIT_TOKEN),
        "push_seconds": 1.0,
        "retry_first_seconds": 0.05,
        "retry_max_seconds": 0.2,
        "reconcile_seconds": 86_400.0,
        "_env_file": None,
    }
    return Settings(**(values | changes))


@pytest.fixture(scope="session")
async def service(
    postgres: testing.PostgresServer,
    nats_server: testing.NatsServer,
    issuer: testing.Issuer,
    site: Site,
    sandbox: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Service]:
    """The service with everything running, shared by tests that each bring a season of their own."""
    database = postgres.database("disclosure")
    files = tmp_path_factory.mktemp("files")
    app = create_app(_settings(database.url, site, sandbox, nats_server.url, issuer.jwks_url, files))
    async with testing.served(app) as http:

        async def ready() -> bool:
            return (await http.get("/readyz")).status_code == 200

        await testing.eventually(ready, what="ready")
        yield Service(app, http, issuer)


@pytest.fixture
async def store(
    postgres: testing.PostgresServer, site: Site, sandbox: Sandbox, tmp_path: Path
) -> AsyncIterator[Store]:
    """A fresh database without a running service: tests apply effects and run loops themselves."""
    database = postgres.database("disclosure")
    settings = _settings(database.url, site, sandbox, "nats://127.0.0.1:1", "file:///none", tmp_path)
    db = Database(settings)
    yield Store(db, settings)
    await db.close()
    await postgres.drop(database)
    await sandbox.behave("ok")
