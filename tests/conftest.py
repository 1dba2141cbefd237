"""One real platform for all tests that need every process, and one season played on it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from suicha_local.demo.client import Gateway
from suicha_local.demo.console import Console
from suicha_local.demo.register import Register, write_register
from suicha_local.demo.season import Season, play
from suicha_local.home import Home
from suicha_local.platform import Platform


@dataclass(frozen=True)
class Running:
    """A platform that runs."""

    home: Home
    platform: Platform
    gateway: Gateway


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Every process of the platform, in a folder of its own, on free ports."""
    home = Home(Path(tmp_path_factory.mktemp("platform")))
    platform = Platform(home, lambda text: None)
    os.environ["GATEWAY_CLIENT_RATE"] = "5000"
    os.environ["GATEWAY_ADDRESS_RATE"] = "10000"
    try:
        platform.up(bound=True)
        gateway = Gateway(home.gateway)
        yield Running(home, platform, gateway)
        gateway.close()
    finally:
        platform.remove()


@pytest.fixture(scope="session")
def season(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Season:
    """A whole season on a made register of 5,000 objects, played through the gateway only."""
    path = write_register(Path(tmp_path_factory.mktemp("register")) / "register.csv", 5_000)
    return play(running.home, running.gateway, Register(path, real=False), Console())
