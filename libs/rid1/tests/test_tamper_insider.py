"""Attacks of SPEC §10 from inside: the log is honest about a round that was wrong, or the log itself is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attacks import MADE, SPEC_10, Attack, hardly_anybody, lines_of, makes, one_fewer, removed, swapped
from rid1.states import Event
from rid1_support import HASH, World, rewrite
from test_substitution import object_step, result, roll_of
from test_tamper import fault


def insider(world: World, edit: Callable[[World], None]) -> str:
    """The fault of a round whose files were wrong before they were frozen: the log is honest about a bad round."""
    manifest = world.folder / "manifest.json"
    honest = manifest.read_bytes()
    edit(world)
    world.log_start()
    world.log_secrets()
    world.log(Event.SEEDED, {"seed": HASH})
    world.log(Event.DRAWN, {"result_hash": HASH, "match_hash": HASH})
    world.out = world.folder
    logged = manifest.read_bytes()
    manifest.write_bytes(honest)  # a bundle is not made of a manifest that is against the rules
    return fault(rewrite(world.bundle(), "manifest.json", lambda _: logged))


def rewrite_manifest(world: World, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = world.manifest
    change(manifest)
    world.change(**manifest)


@makes("an exclusion without reason")
def test_an_exclusion_frozen_without_reason_is_named(world: World) -> None:
    def edit(w: World) -> None:
        lines = w.lines("excluded")
        w.write_lines("excluded", [lines[0].replace("exempt-recent", ""), *lines[1:]])
        w.refreeze()

    assert insider(world, edit) == "exclusion_without_reason"


def test_an_object_that_left_the_list_silently_is_missed(world: World) -> None:
    def edit(w: World) -> None:
        w.write_lines("excluded", w.lines("excluded")[1:])
        w.refreeze()

    assert insider(world, edit) == "conservation"


def test_an_object_with_two_units_in_one_crew_is_named(world: World) -> None:
    def edit(w: World) -> None:
        lines = w.lines("pool")
        held = [row.split("\t")[1] for row in lines if row.startswith("LD\t")]
        at = next(i for i, row in enumerate(lines) if row.split("\t")[1] in held)
        lines[at] = lines[at][:-1] + ("1" if lines[at][-1] != "1" else "2")
        w.write_lines("pool", lines)
        w.refreeze()

    assert insider(world, edit) == "unit_conflict"


def test_objects_that_nobody_may_inspect_are_named(world: World) -> None:
    def edit(w: World) -> None:
        w.write_lines("inspectors", [row for row in w.lines("inspectors") if "LDJC\t130102-01" not in row])
        w.refreeze()

    assert insider(world, edit) == "unstaffable"


def test_a_frozen_pool_out_of_order_is_named(world: World) -> None:
    def edit(w: World) -> None:
        lines = w.lines("pool")
        w.write_lines("pool", [lines[1], lines[0], *lines[2:]])
        w.refreeze()

    assert insider(world, edit) == "line_order"


def test_a_stratum_smaller_than_the_manifest_says_is_named(world: World) -> None:
    def edit(w: World) -> None:
        lists = w.manifest["lists"]
        lists[0]["strata"][0]["n"] += 1
        lists[0]["registry_count"] += 1
        w.change(lists=lists)

    assert insider(world, edit) == "stratum_size"


@makes("floor lowered")
def test_a_logged_manifest_that_draws_fewer_than_its_floor_is_named(world: World) -> None:
    assert insider(world, lambda w: rewrite_manifest(w, hardly_anybody)) == "floor"


@makes("quota lowered")
def test_a_logged_manifest_that_draws_fewer_than_its_ratio_is_named(world: World) -> None:
    assert insider(world, lambda w: rewrite_manifest(w, one_fewer)) == "quota"


def test_an_exclusion_of_a_list_that_is_not_drawn_is_named(world: World) -> None:
    def edit(w: World) -> None:
        last = w.lines("excluded")[-1].split("\t")
        w.write_lines("excluded", [*w.lines("excluded"), "\t".join(["ZZ", *last[1:]])])
        w.refreeze()

    assert insider(world, edit) == "list_unknown"


def test_a_contributor_who_committed_to_something_else_is_named(world: World) -> None:
    world.log_start(committed={"legal": HASH})
    world.log_secrets()
    world.log_draw()
    assert fault(world.bundle()) == "commitment_log"


@pytest.mark.parametrize("event", ["commitment", "reveal", "dice"])
def test_what_is_logged_twice_is_named(world: World, event: str) -> None:
    """Two dice, two secrets: the one that suits could be picked afterwards."""
    world.play()
    kept, world.entries, world.minute = world.entries, [], 0
    for entry in kept:
        for _ in range(2 if entry.event == event else 1):
            world.log(entry.event, dict(entry.body), draw_id=entry.draw_id)
    assert fault(world.bundle()) == "log_repeat"


def test_a_round_completed_before_it_was_signed_is_named(world: World) -> None:
    world.play()
    completed, signed = world.entries.pop(), world.entries.pop()
    for entry in (completed, signed):
        world.log(entry.event, dict(entry.body))
    assert fault(world.bundle()) == "transition"


def test_a_reveal_logged_after_its_time_is_named(world: World) -> None:
    world.log_start()
    world.minute = 0
    world.log(Event.REVEAL, {"name": "legal", "value": "2" * 64}, time="2026-11-20T02:00:01Z")
    world.log(Event.REVEAL, {"name": "operator", "value": "1" * 64}, time="2026-11-20T02:00:02Z")
    dice = {"value": world.reveals.dice, "typed_by": "a", "confirmed_by": "b"}
    world.log(Event.DICE, dice, time="2026-11-20T02:00:03Z")
    world.log(Event.SEEDED, {"seed": HASH}, time="2026-11-20T02:00:04Z")
    world.log(Event.DRAWN, {"result_hash": HASH, "match_hash": HASH}, time="2026-11-20T02:00:05Z")
    world.out = world.folder
    assert fault(world.bundle()) == "reveal_late"


@pytest.mark.parametrize("name", ["result", "match"])
def test_a_drawn_hash_that_is_not_what_was_drawn_is_named(world: World, name: str) -> None:
    world.log_start()
    world.log_secrets()
    world.log_draw()
    drawn = dict(world.entries[-3].body)
    world.entries = world.entries[:-3]
    world.log(Event.DRAWN, {**drawn, f"{name}_hash": HASH})
    assert fault(world.bundle()) == f"{name}_log"


def test_a_seed_that_is_not_the_logged_one_is_named(world: World) -> None:
    world.log_start()
    world.log_secrets()
    world.log_draw()
    world.entries = world.entries[:-4]
    world.log(Event.SEEDED, {"seed": HASH})
    world.log(Event.DRAWN, {"result_hash": HASH, "match_hash": HASH})
    assert fault(world.bundle()) == "seed_log"


def with_substitutes(world: World) -> list[dict[str, Any]]:
    """Two objects of a stratum drop out of a played round; the bodies of their substitutions, not yet logged."""
    roll, ranked = roll_of(world), result(world, "HR", "A")
    return [object_step(world, roll, "HR", "A", ranked[at][4]) for at in (0, 1)]


@makes("substitutes out of order")
def test_a_substitute_who_steps_in_before_the_turn_is_named(played: World) -> None:
    first, second = with_substitutes(played)
    for out, into in ((first, second), (second, first)):
        played.log(Event.SUBSTITUTION, {**out, **{name: into[name] for name in ("in", "rank", "team")}})
    assert fault(played.bundle()) == "substitute_order"


@pytest.mark.parametrize("change", [swapped, removed, lambda lines: []])
def test_substitutions_that_are_not_the_logged_ones_are_named(
    played: World, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    for body in with_substitutes(played):
        played.log(Event.SUBSTITUTION, body)
    bundle = played.bundle()
    assert fault(bundle) == ""
    attack = Attack("substitutes out of order", lines_of("substitutions.jsonl", change), "substitutions_log")
    assert fault(attack.on(bundle)) == attack.code


def test_every_attack_of_the_specification_is_made() -> None:
    assert set(SPEC_10) == MADE
