"""A real Chromium and the real website for the tests of the verifier in the browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.devtools import NAMES, Browser, find_chromium
from browser.verifier import Verifier
from browser.website import served_website
from rid1_support import World

CHROMIUM = find_chromium()
MISSING = f"no Chromium here ({', '.join(NAMES)})"

# Without a browser these tests are left out and said to be, except in continuous integration, where they must run.
collect_ignore_glob = ["test_*.py"] if CHROMIUM is None and os.environ.get("CI") != "true" else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The one line that says what was left out and why."""
    if collect_ignore_glob:
        terminalreporter.write_line(f"LEFT OUT tests/browser, the verifier in the browser: {MISSING}")


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests."""
    if CHROMIUM is None:
        pytest.fail(MISSING)
    browser = Browser(CHROMIUM, Path(tmp_path_factory.mktemp("chromium")))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def website(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the public website, served by its own process."""
    with served_website(tmp_path_factory.mktemp("site")) as address:
        yield address


@pytest.fixture(scope="session")
def verifier(chromium: Browser, website: str) -> Iterator[Verifier]:
    """The verifier's page of the website; it is opened anew for every verification."""
    with chromium.open(f"{website}/verify") as page:
        yield Verifier(page, f"{website}/verify")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A fresh round, nothing logged yet."""
    return World(tmp_path)


@pytest.fixture
def played(world: World) -> World:
    """A round that was played to its end."""
    return world.play()
