"""The whole of draw for tests: API and worker on one database and broker."""

import base64
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from holding import Draws, Registry, listening, stock
from pydantic import SecretStr
from suicha_chassis import testing
from suicha_chassis.db import Database
from suicha_chassis.files import FileStore
from suicha_draw import main as api
from suicha_draw import worker
from suicha_draw.settings import Settings


@pytest.fixture
def draw_settings(
    postgres: testing.PostgresServer,
    nats_server: testing.NatsServer,
    issuer: testing.Issuer,
    tmp_path: Path,
) -> Iterator[tuple[Callable[[str], Settings], testing.ServiceDatabase]]:
    """Settings of draw on a fresh database, given the address of registry."""
    database = postgres.database("draw")

    def settings(registry_url: str) -> Settings:
        return Settings(
            environment="test",
            database_url=SecretStr(database.url),
            nats_url=nats_server.url,
            files_url=f"file://{tmp_path}/files",
            jwks_url=issuer.jwks_url,
            registry_url=registry_url,
            registry_token=SecretStr("svc-token"),
            log_key=SecretStr(base64.b64encode(b"k" * 32).decode()),
        )

    yield settings, database
    postgres.drop(database)


@pytest.fixture
async def draw_api(
    draw_settings: tuple[Callable[[str], Settings], testing.ServiceDatabase],
    issuer: testing.Issuer,
    tmp_path: Path,
) -> AsyncIterator[Draws]:
    """The API without a worker."""
    registry = Registry(FileStore(f"file://{tmp_path}/files"))
    stock(registry)
    with listening(registry.app()) as url:
        registry.url = url
        settings = draw_settings[0](url)
        db = Database(settings)
        async with testing.served(api.create_app(settings)) as http:
            yield Draws(settings, registry, draw_settings[1], db, http, issuer)
        await db.close()


@pytest.fixture
async def draws(draw_api: Draws) -> AsyncIterator[Draws]:
    """API and worker."""
    async with testing.served(worker.create_app(draw_api.settings)):
        yield draw_api
