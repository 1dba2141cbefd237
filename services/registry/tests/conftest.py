"""A registry with its own database for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from keeping import Registry
from suicha_chassis import testing
from suicha_registry.main import create_app
from suicha_registry.settings import Settings


@pytest.fixture(scope="module")
def nats_server() -> Iterator[testing.NatsServer]:
    """A broker for each file: that of the session holds inspections that other services' tests told of."""
    yield from testing.nats_server()


@pytest.fixture
def registry_settings(
    postgres: testing.PostgresServer,
    nats_server: testing.NatsServer,
    issuer: testing.Issuer,
    tmp_path: Path,
) -> Settings:
    """Settings with a fresh database."""
    database = postgres.database("registry")
    return Settings(
        environment="test",
        database_url=database.url,
        database_owner_url=database.owner_url,
        nats_url=nats_server.url,
        files_url=(tmp_path / "files").as_uri(),
        jwks_url=issuer.jwks_url,
        pii_key=Fernet.generate_key().decode(),
    )


@pytest.fixture
async def registry(
    registry_settings: Settings, issuer: testing.Issuer, postgres: testing.PostgresServer
) -> AsyncIterator[Registry]:
    """A served registry."""
    settings = registry_settings
    database = testing.ServiceDatabase(
        name=settings.database_url.get_secret_value().rsplit("/", 1)[1],
        url=settings.database_url.get_secret_value(),
        owner_url=settings.database_owner_url.get_secret_value(),
    )
    async with testing.served(create_app(settings)) as http:
        yield Registry(http, issuer, settings, database)
    await postgres.drop(database)
