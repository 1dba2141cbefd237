"""Every attack of SPEC §10 from outside, on whole bundles: the library and `rid1 verify` name the same first fault."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from attacks import (
    FLOORED,
    OUTSIDE,
    Attack,
    added,
    by_command,
    data_of,
    fitted,
    json_of,
    lines_of,
    makes,
    other_digit,
    regraded,
    removed,
)
from rid1 import beacon, checkpoint
from rid1.bundle import LogEvidence, write_bundle
from rid1.checkpoint import LogKey, read_key
from rid1.log import Entry, make_entry
from rid1.merkle import Tree
from rid1.report import as_json
from rid1.states import Event
from rid1.suites import S256
from rid1.verify import verify_bundle
from rid1_support import DRAW_ID, HASH, ORIGIN, PUBLIC, VKEY, World, public_key, rewrite, sign
from test_beacon_and_embargo import ROUND, play_with_beacon

KEY = read_key(VKEY)


def fault(path: Path, log: Path | None = None, key: LogKey | None = KEY) -> str:
    """The code of the first fault, "" for none; the command must answer the same."""
    report = verify_bundle(path, log_key=key, log=log)
    assert by_command(path, VKEY if key else "", log) == (0 if report.ok else 1, as_json(report))
    return report.fault.code if report.fault else ""


def test_an_honest_bundle_passes_with_the_whole_log(played: World) -> None:
    report = verify_bundle(played.bundle(), log_key=KEY, log=played.export())
    assert report.fault is None
    assert report.notes == []
    assert report.facts["state"] == "completed"
    assert report.passed[-1] == "substitutions"


def test_an_honest_sm3_bundle_passes(tmp_path: Path) -> None:
    assert fault(World(tmp_path, "sm3").play().bundle()) == ""


def test_the_same_round_gives_the_same_bundle_bytes(played: World) -> None:
    assert played.bundle("a.zip").read_bytes() == played.bundle("b.zip").read_bytes()


def test_an_object_with_another_unit_in_each_crew_stands_in_manifest_order_of_the_crews(world: World) -> None:
    following = {"130102-01": "130102-03", "130102-02": "130102-01", "130102-03": "130102-02"}
    rows = [line.split("\t") for line in world.lines("pool")]
    for row in rows:
        row[3] = following[row[3]] if row[0] == "SI" else row[3]
    world.write_lines("pool", ["\t".join(row) for row in rows])
    world.refreeze()
    world.play()
    assert fault(world.bundle()) == ""
    crews: dict[str, list[str]] = {}
    for line in (world.out / "match.tsv").read_text().splitlines():
        crews.setdefault(line.split("\t")[0], []).append(line.split("\t")[1])
    together = [of_object for of_object in crews.values() if len(of_object) > 1]
    assert together
    assert all(of_object == ["LDJC", "SBZX"] for of_object in together)


WORKED = {
    **OUTSIDE,
    **FLOORED,
    "recusal dropped": Attack("recusals edited", lines_of("recusals.tsv", removed), "input_size"),
    "exclusion without reason": Attack(
        "an exclusion without reason",
        data_of("excluded.tsv", lambda d: d.replace(b"exempt-recent", b"", 1)),
        "input_sha",
    ),
}


@pytest.mark.parametrize("attack", WORKED)
def test_a_changed_bundle_is_refused_and_the_first_fault_named(played: World, attack: str) -> None:
    assert fault(WORKED[attack].on(played.bundle())) == WORKED[attack].code


def later_round(manifest: dict[str, Any]) -> None:
    manifest["seed"]["beacon"]["round"] += 1


def other_signature(value: dict[str, Any]) -> None:
    value["beacon_signature"] = other_digit(value["beacon_signature"])


def other_beacon(value: dict[str, Any]) -> None:
    other_signature(value)
    value["beacon"] = beacon.beacon_string(ROUND, value["beacon_signature"])


BEACON = {
    "round of the manifest": Attack(
        "beacon round changed", json_of("manifest.json", later_round), "manifest_not_logged"
    ),
    "round revealed": Attack(
        "beacon round changed",
        data_of("reveals.json", lambda d: d.replace(b"657413", b"657414")),
        "beacon_signature",
    ),
    "signature": Attack(
        "beacon signature changed", json_of("reveals.json", other_signature), "beacon_signature"
    ),
    "signature and its hash": Attack(
        "beacon signature changed", json_of("reveals.json", other_beacon), "beacon_log"
    ),
}


@pytest.mark.parametrize("attack", BEACON)
def test_a_changed_beacon_is_refused_and_the_first_fault_named(world: World, attack: str) -> None:
    assert fault(BEACON[attack].on(play_with_beacon(world).bundle())) == BEACON[attack].code


def test_a_missing_and_a_repeated_member_are_named(played: World) -> None:
    bundle = played.bundle()
    with zipfile.ZipFile(bundle, "a") as archive, pytest.warns(UserWarning):
        archive.writestr("pool.tsv", b"")
    assert fault(bundle) == "bundle_layout"


POOLS = {"removed": removed, "added": added, "re-graded": regraded}


@pytest.mark.parametrize("change", POOLS)
def test_a_log_rewritten_with_the_manifest_does_not_lead_to_the_signed_checkpoint(
    played: World, change: str
) -> None:
    """Whoever holds the log's files but not its key: pool, manifest, log and draw all fit each other."""
    signed = played.checkpoint()
    pool, manifest = played.folder / "pool.tsv", played.manifest
    pool.write_bytes(b"".join(POOLS[change](pool.read_bytes().splitlines(keepends=True))))
    fitted(manifest, {"pool.tsv": pool.read_bytes()})
    played.change(**manifest)
    played.entries.clear()
    played.minute = 0
    played.play()
    assert fault(rewrite(played.bundle(), "log/checkpoint", lambda _: signed.encode())) == "log_inclusion"


def test_a_log_signed_with_another_key_is_refused(played: World) -> None:
    other = b"\x09" * 32
    tree = Tree(S256, [entry.leaf for entry in played.entries])
    text = checkpoint.body(ORIGIN, tree.size, tree.root())
    note = checkpoint.attach(text, ORIGIN, public_key(other), sign(other, text.encode()))
    forged = rewrite(played.bundle(), "log/checkpoint", lambda _: note.encode())
    assert fault(forged) == "checkpoint_signature"
    assert fault(forged, key=None) == ""


def test_a_bare_key_is_as_good_as_a_vkey(played: World) -> None:
    assert fault(played.bundle(), key=read_key(PUBLIC.hex())) == ""


@makes("a second manifest for the same attempt")
def test_a_second_manifest_in_the_draws_own_entries_is_named(world: World) -> None:
    world.log_start()
    world.log(Event.MANIFEST, {"manifest_hash": HASH})
    world.log_secrets()
    world.log_draw()
    assert fault(world.bundle()) == "second_manifest"


@pytest.mark.parametrize(("event", "code"), [("manifest", "second_manifest"), ("void", "attempt_hidden")])
def test_a_side_chain_that_the_bundle_hides_shows_in_the_whole_log(
    world: World, event: str, code: str
) -> None:
    """An operator tries the round in a side chain of the same log first, and shows only the second chain."""
    world.log(Event.CREATED, {})
    world.log(Event.FROZEN, {})
    if event == "manifest":
        world.log(Event.MANIFEST, {"manifest_hash": HASH})
    else:
        world.log(Event.VOID, {"reason": "not to my liking", "evidence": HASH, "by": ["a", "b"]})
    hidden, world.entries = world.entries, []
    world.play()
    shown: list[Entry] = []
    everything = list(hidden)
    for entry in world.entries:
        own = entry.draw_id == DRAW_ID
        made = make_entry(
            index=len(everything),
            time=entry.time,
            draw_id=entry.draw_id,
            attempt=entry.attempt,
            event=entry.event,
            body=entry.body,
            before=shown[-1] if own and shown else None,
        )
        everything.append(made)
        shown += [made] if own else []
    world.entries = everything
    tree = Tree(S256, [entry.leaf for entry in everything])
    path = world.root / "hiding.zip"
    evidence = LogEvidence(shown, [tree.path(entry.index) for entry in shown], world.checkpoint())
    write_bundle(path, world.folder, world.out, world.reveals, evidence)
    assert fault(path) == ""
    assert fault(path, log=world.export()) == code


def repeat(world: World) -> World:
    """A voided first attempt and a complete second."""
    world.log_start()
    digest = world.entries[-1].body["manifest_hash"]
    world.log(Event.VOID, {"reason": "reveal missing", "evidence": HASH, "by": ["a", "b"]})
    world.attempt = 2
    world.change(attempt=2, prev=digest)
    return world.play()


def test_a_second_attempt_passes_with_its_voided_first(world: World) -> None:
    repeat(world)
    assert fault(world.bundle(), log=world.export()) == ""


@makes("a void attempt hidden")
def test_a_void_attempt_left_out_is_missed(world: World) -> None:
    repeat(world)
    evidence = world.evidence()
    shown = [at for at, entry in enumerate(evidence.entries) if entry.attempt == 2]
    cut = replace(
        evidence, entries=[evidence.entries[a] for a in shown], paths=[evidence.paths[a] for a in shown]
    )
    path = world.root / "cut.zip"
    write_bundle(path, world.folder, world.out, world.reveals, cut)
    assert fault(path) == "attempt_hidden"


def test_a_second_attempt_that_does_not_name_the_first_is_refused(world: World) -> None:
    world.log_start()
    world.log(Event.VOID, {"reason": "reveal missing", "evidence": HASH, "by": ["a", "b"]})
    world.attempt = 2
    world.change(attempt=2)
    world.play()
    assert fault(world.bundle()) == "prev"


def test_an_attempt_voided_after_the_bundle_was_made_shows_in_the_whole_log(played: World) -> None:
    bundle = played.bundle()
    played.log(Event.VOID, {"reason": "court order", "evidence": HASH, "by": ["a", "b"]})
    assert fault(bundle) == ""
    assert fault(bundle, log=played.export()) == "attempt_void"


def test_a_whole_log_that_is_not_the_checkpoints_is_named(played: World) -> None:
    bundle = played.bundle()
    log = played.export()
    honest = log.read_bytes()
    log.write_bytes(honest.replace(b'"typed_by":"u1"', b'"typed_by":"u9"'))
    assert fault(bundle, log=log) == "log_root"
    log.write_bytes(honest[: honest.rindex(b"\n", 0, -1) + 1])
    assert fault(bundle, log=log) == "log_short"
    log.write_bytes(honest[honest.index(b"\n") + 1 :])
    assert fault(bundle, log=log) == "log_index"
