"""Substitutes under `fresh_beacon`: a drop-out names its beacon beforehand, and the beacon decides who steps in."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from rid1 import beacon
from rid1.draw import read_manifest
from rid1.errors import RidError
from rid1.seed import seed_of
from rid1.states import Event
from rid1.verify import Report, verify_bundle
from rid1_support import VECTORS, World
from second_bls import compress_G1, compress_G2, hash_to_G1
from second_bls import group as second
from test_sealed import seal
from test_substitution import APPROVED, object_step, result, roll_of

DRAND = json.loads((VECTORS / "drand.json").read_text())["accept"]
ROUND, SIGNATURE, VALUE = DRAND["round"], DRAND["signature"], DRAND["seed_value"]
BEFORE, AFTER = "2023-09-15T11:00:02Z", "2023-09-15T11:00:03Z"
"""Round 657413 of drand was published at 2023-09-15T11:00:03Z."""


def play(world: World) -> World:
    """A round of that morning, drawn and completed an hour before the beacon."""
    seed = {**world.manifest["seed"], "reveal_by": "2023-09-15T10:00:00Z"}
    world.change(substitutes="fresh_beacon", seed=seed)
    world.hour = "2023-09-15T09"
    return world.play()


@pytest.fixture
def fresh(world: World) -> World:
    return play(world)


def drop(world: World, out: str, *, time: str = BEFORE, **changes: Any) -> None:
    where = {"list": "HR", "stratum": "A", "out": out, "round": ROUND}
    world.log(Event.DROPOUT, {**where, **APPROVED, **changes}, time=time)


def step_in(world: World, out: str, *, time: str = AFTER, **changes: Any) -> dict[str, Any]:
    body = object_step(world, roll_of(world), "HR", "A", out, VALUE)
    body |= {"beacon": VALUE, "signature": SIGNATURE, **changes}
    world.log(Event.SUBSTITUTION, body, time=time)
    return body


def fault(world: World) -> str:
    report: Report = verify_bundle(world.bundle())
    return report.fault.code if report.fault else ""


def test_the_smallest_new_ticket_of_those_who_did_not_serve_steps_in(fresh: World) -> None:
    drawn = [row[4] for row in result(fresh, "HR", "A")]
    drop(fresh, drawn[1])
    body = step_in(fresh, drawn[1])
    manifest, digest = read_manifest(fresh.folder)
    seed = seed_of(manifest, fresh.reveals, digest)
    key = hashlib.sha256(f"RID/1|key|sub/1|{seed}|{VALUE}".encode()).hexdigest()
    remaining = [
        row.split("\t")[1]
        for row in fresh.lines("pool")
        if row.startswith("HR\t") and row.split("\t")[2] == "A" and row.split("\t")[1] not in drawn[:4]
    ]
    assert body["in"] == min(remaining, key=lambda i: hashlib.sha256(f"{key}:{i}".encode()).hexdigest())
    assert body["rank"] == 5
    report = verify_bundle(fresh.bundle())
    assert (report.fault, report.facts["substitutions"]) == (None, 1)


def test_a_second_drop_out_has_its_own_number_and_passes_over_who_served(fresh: World) -> None:
    drawn = [row[4] for row in result(fresh, "HR", "A")]
    for out in drawn[:2]:
        drop(fresh, out)
    roll = roll_of(fresh)
    first = roll.object_out("HR", "A", drawn[0], VALUE)
    second = roll.object_out("HR", "A", drawn[1], VALUE)
    assert (first.rank, second.rank) == (5, 6)
    assert second.id not in {*drawn[:4], first.id}
    for out, step in zip(drawn[:2], (first, second), strict=True):
        body = {"kind": "object", "list": "HR", "stratum": "A", "out": out, "in": step.id, "rank": step.rank}
        beaconed = {"team": list(step.team), "beacon": VALUE, "signature": SIGNATURE}
        fresh.log(Event.SUBSTITUTION, {**body, **APPROVED, **beaconed}, time=AFTER)
    assert fault(fresh) == ""


def test_a_drop_out_that_was_not_answered_is_noted(fresh: World) -> None:
    drop(fresh, result(fresh, "HR", "A")[0][4])
    report = verify_bundle(fresh.bundle())
    assert (report.fault, "dropout_pending" in [note[0] for note in report.notes]) == (None, True)


def test_a_sealed_round_opens_who_steps_in(world: World) -> None:
    world = play(seal(world))
    out = result(world, "HR", "A")[0][4]
    drop(world, out)
    step_in(world, out)
    assert fault(world) == ""
    assert verify_bundle(world.bundle(), inputs=world.folder).fault is None


def test_who_steps_in_is_not_chosen(fresh: World) -> None:
    drawn = [row[4] for row in result(fresh, "HR", "A")]
    drop(fresh, drawn[0])
    step_in(fresh, drawn[0], **{"in": drawn[4]})
    assert fault(fresh) == "substitute_order"


@pytest.mark.parametrize(
    ("dropout", "substitution", "expected"),
    [
        ({"time": AFTER}, {}, "dropout_late"),
        ({"round": ROUND + 1}, {}, "beacon_signature"),
        ({"reason": "another"}, {}, "dropout_missing"),
        ({}, {"time": BEFORE}, "beacon_time"),
        ({}, {"signature": SIGNATURE[:-2] + "00"}, "beacon_signature"),
        ({}, {"signature": "zz"}, "beacon_signature"),
        ({}, {"signature": None}, "beacon_signature"),
        ({}, {"beacon": VALUE.replace("657413", "657414")}, "beacon_signature"),
        (
            {},
            {
                "beacon": beacon.beacon_string(ROUND, SIGNATURE[:-2] + "00"),
                "signature": SIGNATURE[:-2] + "00",
            },
            "beacon_invalid",
        ),
    ],
)
def test_a_beacon_that_was_not_fixed_beforehand_or_is_none_is_named(
    fresh: World, dropout: dict[str, Any], substitution: dict[str, Any], expected: str
) -> None:
    out = result(fresh, "HR", "A")[0][4]
    drop(fresh, out, **dropout)
    step_in(fresh, out, **substitution)
    assert fault(fresh) == expected


def test_a_substitution_without_a_drop_out_is_named(fresh: World) -> None:
    step_in(fresh, result(fresh, "HR", "A")[0][4])
    assert fault(fresh) == "dropout_missing"


def test_a_drop_out_logged_after_its_substitution_is_named(fresh: World) -> None:
    out = result(fresh, "HR", "A")[0][4]
    step_in(fresh, out)
    drop(fresh, out, time=AFTER)
    assert fault(fresh) == "dropout_missing"


def test_the_manifest_decides_which_way_substitutes_come(played: World, tmp_path_factory: Any) -> None:
    out = result(played, "HR", "A")[0][4]
    with pytest.raises(RidError, match="substitution"):
        roll_of(played).object_out("HR", "A", out, VALUE)
    drop(played, out, time="2026-11-20T01:59:00Z")
    assert fault(played) == "substitution"
    other = play(World(tmp_path_factory.mktemp("other")))
    with pytest.raises(RidError, match="substitution"):
        roll_of(other).object_out("HR", "A", out)


def rehearsal_signature(number: int, secret: int) -> str:
    """A signature of a rehearsal chain's round, made by the second implementation."""
    tag = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
    hashed = hash_to_G1(beacon.message_of(number), tag, hashlib.sha256)  # type: ignore[arg-type]
    return int(compress_G1(second.multiply(hashed, secret))).to_bytes(48, "big").hex()


def test_a_rehearsal_s_drop_outs_are_decided_by_its_own_chain(world: World) -> None:
    secret, genesis = 7, 1694736000  # 2023-09-15T00:00:00Z
    public = b"".join(part.to_bytes(48, "big") for part in compress_G2(second.multiply(second.G2, secret)))
    chain = beacon.sandbox_chain(public.hex(), genesis, 3)
    ten, eleven = beacon.round_after(genesis + 36_000, chain), beacon.round_after(genesis + 39_600, chain)
    shown = {"genesis": genesis, "period": 3, "public_key": public.hex()}
    plan = {"chain": chain.hash, "round": ten, "sandbox": shown}
    seed = {**world.manifest["seed"], "reveal_by": "2023-09-15T10:00:00Z", "beacon": plan}
    world.change(substitutes="fresh_beacon", seed=seed)
    signature = rehearsal_signature(ten, secret)
    value = beacon.beacon_string(ten, signature)
    world.reveals = replace(world.reveals, beacon=value, beacon_signature=signature)
    world.hour = "2023-09-15T09"
    world.log_start()
    world.log_secrets()
    world.hour = "2023-09-15T10"
    world.log(Event.BEACON, {"value": value, "signature": signature})
    world.log_draw()
    out = result(world, "HR", "A")[0][4]
    drop(world, out, time="2023-09-15T11:00:00Z", round=eleven)
    signature = rehearsal_signature(eleven, secret)
    value = beacon.beacon_string(eleven, signature)
    body = object_step(world, roll_of(world), "HR", "A", out, value)
    world.log(
        Event.SUBSTITUTION, {**body, "beacon": value, "signature": signature}, time="2023-09-15T11:00:03Z"
    )
    assert verify_bundle(world.bundle(), sandbox=True).fault is None
    assert fault(world) == "beacon_sandbox"
