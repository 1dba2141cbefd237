from __future__ import annotations

from pathlib import Path

import pytest
from rid1_support import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A fresh round, nothing logged yet."""
    return World(tmp_path)


@pytest.fixture
def played(world: World) -> World:
    """A round that was played to its end."""
    return world.play()
