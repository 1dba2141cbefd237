"""The inspection service, served once for all its tests against real PostgreSQL and JetStream."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from drawn_rounds import DrawnRound, object_id
from inspecting import Service, Visit
from pydantic import SecretStr
from suicha_chassis import testing
from suicha_inspection.main import create_app
from suicha_inspection.settings import Settings


@pytest.fixture(scope="session")
def settings(
    postgres: testing.PostgresServer,
    nats_server: testing.NatsServer,
    issuer: testing.Issuer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    files: Path = tmp_path_factory.mktemp("files")
    database = postgres.database("inspection")
    return Settings(
        environment="test",
        database_url=SecretStr(database.url),
        nats_url=nats_server.url,
        jwks_url=issuer.jwks_url,
        files_url=files.as_uri(),
        log_level="WARNING",
        evidence_bytes=1 << 20,
        _env_file=None,
    )


@pytest.fixture(scope="session")
async def service(settings: Settings, issuer: testing.Issuer) -> AsyncIterator[Service]:
    app = create_app(settings)
    async with testing.served(app) as http:
        running = Service(app, http, issuer)

        async def ready() -> bool:
            return bool((await http.get("/readyz")).status_code == 200)

        await testing.eventually(ready, what="ready")
        yield running


@pytest.fixture
async def visit(service: Service) -> Visit:
    """One visit of one crew, assigned."""
    visits = await service.drawn(DrawnRound({"HR": [object_id(1)]}))
    return visits[object_id(1)]


@pytest.fixture
async def joint(service: Service) -> Visit:
    """One visit of two crews, assigned."""
    visits = await service.drawn(DrawnRound({"HR": [object_id(1)], "SI": [object_id(1)]}))
    return visits[object_id(1)]
