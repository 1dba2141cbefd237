"""The whole of draw for tests: API and worker on one database and broker."""

import base64
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from holding import Draws, Registry, listening, stock
from pydantic import SecretStr
from rid1 import fast
from simulated_drand import SimulatedDrand
from suicha_chassis import testing
from suicha_chassis.db import Database
from suicha_chassis.files import FileStore
from suicha_draw import main as api
from suicha_draw import worker
from suicha_draw.settings import Settings


@pytest.fixture(scope="session")
def kernels() -> None:
    """Compiled once: a worker that lives no longer than a test would begin to compile again and again."""
    fast.warm()


@pytest.fixture
async def draw_settings(
    kernels: None,
    postgres: testing.PostgresServer,
    nats_server: testing.NatsServer,
    issuer: testing.Issuer,
    tmp_path: Path,
) -> AsyncIterator[tuple[Callable[[str], Settings], testing.ServiceDatabase]]:
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
    await postgres.drop(database)


@pytest.fixture
def rehearsal() -> Iterator[SimulatedDrand]:
    """A simulated drand network; draw is set up for rehearsals with it and fetches from it over HTTP."""
    drand = SimulatedDrand(genesis=int(time.time()) - 60)
    with listening(drand.app()) as url:
        drand.url = url
        yield drand


@pytest.fixture
async def rehearsals(
    draw_settings: tuple[Callable[[str], Settings], testing.ServiceDatabase],
    rehearsal: SimulatedDrand,
    issuer: testing.Issuer,
    tmp_path: Path,
) -> AsyncIterator[Draws]:
    """API and worker whose beacon is the simulated network."""
    registry = Registry(FileStore(f"file://{tmp_path}/files"))
    stock(registry)
    with listening(registry.app()) as url:
        registry.url = url
        settings = draw_settings[0](url).model_copy(
            update={"sandbox_beacon": rehearsal.settings, "drand_urls": f"http://127.0.0.1:1,{rehearsal.url}"}
        )
        db = Database(settings)
        async with (
            testing.served(api.create_app(settings)) as http,
            testing.served(worker.create_app(settings)),
        ):
            yield Draws(settings, registry, draw_settings[1], db, http, issuer)
        await db.close()


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
