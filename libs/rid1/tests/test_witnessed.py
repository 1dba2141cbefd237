"""What witnesses signed before the manifest (S2 Art. 10) is what the manifest holds."""

from __future__ import annotations

import pytest
from rid1.draw import read_manifest
from rid1.manifest import inputs_hash
from rid1.states import Event
from rid1.verify import verify_bundle
from rid1_support import World


@pytest.mark.parametrize("suite", ["s256", "sm3"])
@pytest.mark.parametrize("same", [True, False])
def test_witnesses_signed_the_very_lists_of_the_manifest(world: World, suite: str, same: bool) -> None:
    world = World(world.root / suite, suite)
    manifest, digest = read_manifest(world.folder)
    signed = inputs_hash(manifest.inputs, manifest.suite)
    world.log(Event.CREATED, {})
    world.log(Event.FROZEN, {})
    body = {"inputs_hash": signed if same else "0" * 64, "role": "legal", "by": "u2"}
    world.log(Event.WITNESSED, body)
    for commit in manifest.seed.commits:
        world.log(Event.COMMITMENT, {"name": commit.name, "c": commit.c})
    world.log(Event.MANIFEST, {"manifest_hash": digest})
    world.log_secrets()
    world.log_draw()
    fault = verify_bundle(world.bundle()).fault
    assert (fault.code if fault else "") == ("" if same else "witnessed_log")
