"""Rounds with a drand beacon, and rounds with a secret that is published later."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from rid1 import beacon
from rid1.log import EMBARGOED
from rid1.states import Event
from rid1.verify import Report, verify_bundle
from rid1_support import VECTORS, World

DRAND = json.loads((VECTORS / "drand.json").read_text())["accept"]
ROUND, SIGNATURE, VALUE = DRAND["round"], DRAND["signature"], DRAND["seed_value"]


def play_with_beacon(
    world: World,
    *,
    logged_at: str = "2023-09-15T11:01:00Z",
    reveals: int = 2,
    value: str = VALUE,
    signature: str = SIGNATURE,
) -> World:
    """A round of 2023-09-15 whose beacon is the published round 657413, of 11:00:03."""
    seed = world.manifest["seed"]
    plan = {"reveal_by": "2023-09-15T10:00:00Z", "beacon": {"chain": beacon.CHAIN, "round": ROUND}}
    world.change(seed={**seed, **plan})
    kept = dict(list(world.reveals.reveals.items())[:reveals])
    world.reveals = replace(world.reveals, reveals=kept, beacon=value, beacon_signature=signature)
    world.hour = "2023-09-15T09"
    world.log_start()
    world.log_secrets()
    world.log(Event.BEACON, {"value": value, "signature": signature}, time=logged_at)
    world.hour = "2023-09-15T12"
    world.log_draw()
    return world


def test_a_round_with_a_beacon_verifies(world: World) -> None:
    assert verify_bundle(play_with_beacon(world).bundle()).fault is None


def test_a_reveal_held_back_does_not_stop_a_round_with_a_beacon(world: World) -> None:
    assert verify_bundle(play_with_beacon(world, reveals=1).bundle()).fault is None


def code(report: Report) -> str:
    return report.fault.code if report.fault else ""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"beacon_signature": SIGNATURE[:-2] + "00"}, "beacon_signature"),
        ({"beacon_signature": "zz"}, "beacon_signature"),
        ({"beacon_signature": None}, "beacon_signature"),
        ({"beacon": VALUE.replace("657413", "657414")}, "beacon_signature"),
        ({"beacon": "-"}, "beacon_signature"),
    ],
)
def test_a_changed_beacon_is_named(world: World, change: dict[str, str | None], expected: str) -> None:
    play_with_beacon(world)
    assert code(verify_bundle(world.bundle(reveals=replace(world.reveals, **change)))) == expected


def test_another_beacon_than_the_logged_one_is_named(world: World) -> None:
    play_with_beacon(world)
    other = SIGNATURE[:-2] + "00"
    forged = replace(world.reveals, beacon=beacon.beacon_string(ROUND, other), beacon_signature=other)
    assert code(verify_bundle(world.bundle(reveals=forged))) == "beacon_log"


def test_a_beacon_logged_before_its_time_is_named(world: World) -> None:
    play_with_beacon(world, logged_at="2023-09-15T11:00:02Z")
    assert code(verify_bundle(world.bundle())) == "beacon_time"


def test_a_beacon_that_drand_never_signed_is_named_even_when_it_is_logged(world: World) -> None:
    forged = SIGNATURE[:-2] + "00"
    play_with_beacon(world, value=beacon.beacon_string(ROUND, forged), signature=forged)
    assert code(verify_bundle(world.bundle())) == "beacon_invalid"


def play_with_embargo(world: World) -> World:
    """The legal office's secret is used at once and logged only after the round is completed."""
    world.change(seed={**world.manifest["seed"], "embargo": "legal"})
    world.log_start()
    world.log(Event.REVEAL, {"name": "legal", "value": EMBARGOED})
    world.log(Event.REVEAL, {"name": "operator", "value": world.reveals.reveals["operator"]})
    world.log(Event.DICE, {"value": world.reveals.dice, "typed_by": "a", "confirmed_by": "b"})
    world.log_draw()
    at = next(i for i, entry in enumerate(world.entries) if entry.event is Event.SEEDED)
    later, world.entries = world.entries[at:], world.entries[:at]
    world.minute = at
    for entry in later:
        body = {"seed": EMBARGOED} if entry.event is Event.SEEDED else entry.body
        world.log(entry.event, dict(body))
    world.log(Event.REVEAL, {"name": "legal", "value": world.reveals.reveals["legal"]})
    return world


def test_an_embargoed_round_verifies_once_its_secret_is_published(world: World) -> None:
    play_with_embargo(world)
    assert b"2222" not in b"".join(entry.line for entry in world.entries[:-1])
    assert verify_bundle(world.bundle()).fault is None


def test_a_disclosed_secret_that_is_not_the_one_used_is_named(world: World) -> None:
    play_with_embargo(world)
    world.entries.pop()
    world.log(Event.REVEAL, {"name": "legal", "value": "3" * 64})
    assert code(verify_bundle(world.bundle())) == "reveal_log"


def test_only_the_embargoed_contributor_may_be_logged_without_a_secret(world: World) -> None:
    world.log_start()
    for name in ("legal", "operator"):
        world.log(Event.REVEAL, {"name": name, "value": EMBARGOED})
    world.log(Event.DICE, {"value": world.reveals.dice, "typed_by": "a", "confirmed_by": "b"})
    world.log_draw()
    assert code(verify_bundle(world.bundle())) == "reveal_log"


def test_a_damaged_member_is_named(played: World) -> None:
    bundle: Path = played.bundle()
    with zipfile.ZipFile(bundle) as archive:
        offset = archive.getinfo("match.tsv").header_offset
    data = bytearray(bundle.read_bytes())
    data[offset + 60] ^= 1
    bundle.write_bytes(data)
    report = verify_bundle(bundle)
    assert report.fault is not None
    assert (report.fault.code, report.fault.where) == ("bundle_damaged", "match.tsv")
