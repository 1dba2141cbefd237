"""Fixtures that every test may use: the real database server and broker, and a token issuer."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from suicha_chassis import testing


@pytest.fixture(scope="session")
def postgres() -> Iterator[testing.PostgresServer]:
    """One PostgreSQL for the session; each test takes a fresh database from it."""
    yield from testing.postgres_server()


@pytest.fixture(scope="session")
def nats_server() -> Iterator[testing.NatsServer]:
    """One nats-server for the session."""
    yield from testing.nats_server()


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> testing.Issuer:
    """A token issuer whose keys services read from a file."""
    return testing.Issuer(Path(tmp_path_factory.mktemp("issuer")))
