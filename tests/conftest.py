"""One real platform for all tests that need every process, and one season played on it."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rid1.cosignature import WitnessKey, witness_key
from rid1.witness import public_of
from suicha_local.demo.client import Gateway
from suicha_local.demo.console import Console
from suicha_local.demo.register import Register, write_register
from suicha_local.demo.season import Season, play
from suicha_local.home import Home
from suicha_local.platform import Platform

sys.path.insert(0, str(Path(__file__).parents[1] / "libs" / "rid1" / "tests"))
from simulated_tsa import SimulatedTsa

WITNESS_SEED = b"\x07" * 32
WITNESS = WitnessKey("audit.example/witness", public_of(WITNESS_SEED))
"""The witness of the draw log that the platform's settings pin."""


@dataclass(frozen=True)
class Running:
    """A platform that runs."""

    home: Home
    platform: Platform
    gateway: Gateway
    authority: SimulatedTsa
    """The time-stamping authority whose root the platform's settings trust."""
    witness: tuple[WitnessKey, bytes] = (WITNESS, WITNESS_SEED)
    """The witness of the log whom they pin, and its secret."""


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Every process of the platform, in a folder of its own, on free ports."""
    authority = SimulatedTsa(Path(tmp_path_factory.mktemp("authority")))
    home = Home(Path(tmp_path_factory.mktemp("platform")))
    platform = Platform(home, lambda text: None)
    os.environ["GATEWAY_CLIENT_RATE"] = "5000"
    os.environ["GATEWAY_ADDRESS_RATE"] = "10000"
    try:
        with pytest.MonkeyPatch.context() as pinned:  # the tests of draw, in this process too, have their own
            # Processes that are killed start again as installed ones do: compiled to bytecode once.
            pinned.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
            pinned.setenv("DRAW_LOG_WITNESSES", witness_key(WITNESS))
            pinned.setenv("DRAW_TIMESTAMP_ROOTS", str(authority.root))
            platform.up(bound=True)
        gateway = Gateway(home.gateway)
        yield Running(home, platform, gateway, authority)
        gateway.close()
    finally:
        platform.remove()


@pytest.fixture(scope="session")
def season(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Season:
    """A whole season on a made register of 5,000 objects, played through the gateway only."""
    path = write_register(Path(tmp_path_factory.mktemp("register")) / "register.csv", 5_000)
    return play(running.home, running.gateway, Register(path, real=False), Console())
