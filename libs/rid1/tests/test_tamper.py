"""Every attack of SPEC §10 on a real bundle, and the first fault the verifier must name."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rid1 import checkpoint, jcs
from rid1.bundle import LogEvidence, write_bundle
from rid1.checkpoint import LogKey, read_key
from rid1.log import Entry, make_entry
from rid1.manifest_reader import parse
from rid1.merkle import Tree
from rid1.states import Event
from rid1.suites import S256
from rid1.verify import verify_bundle
from rid1_support import DRAW_ID, HASH, ORIGIN, PUBLIC, VKEY, World, public_key, rewrite, sign

KEY = read_key(VKEY)


def fault(path: Path, log: Path | None = None, key: LogKey | None = KEY) -> str:
    report = verify_bundle(path, log_key=key, log=log)
    return report.fault.code if report.fault else ""


def swap_lines(first: int, second: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        lines[first], lines[second] = lines[second], lines[first]
        return b"".join(lines)

    return change


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


OUTSIDE = {
    "object removed": ("pool.tsv", lambda d: d[d.index(b"\n") + 1 :], "input_size"),
    "object added": ("pool.tsv", lambda d: d + b"SI\tZ9\tA\t130102-01\n", "input_size"),
    "object re-graded": ("pool.tsv", lambda d: d.replace(b"\tB\t", b"\tA\t", 1), "input_sha"),
    "pool out of order": ("pool.tsv", swap_lines(3, 4), "input_sha"),
    "roster edited": ("inspectors.tsv", lambda d: d.replace(b"HR,LD", b"HR", 1), "input_sha"),
    "inspector taken off": ("inspectors.tsv", lambda d: d[d.index(b"\n") + 1 :], "input_size"),
    "recusal dropped": ("recusals.tsv", lambda d: d[d.index(b"\n") + 1 :], "input_size"),
    "exclusion without reason": ("excluded.tsv", lambda d: d.replace(b"exempt-recent", b"", 1), "input_sha"),
    "result rows swapped": ("result.tsv", swap_lines(0, 1), "result_row"),
    "result row dropped": ("result.tsv", lambda d: d[d.index(b"\n") + 1 :], "result_row"),
    "result row added": ("result.tsv", lambda d: d + b"SI\tD\t3\tR\tX\t00\n", "result_row"),
    "result line feed dropped": ("result.tsv", lambda d: d[:-1], "result_row"),
    "result line feed changed": ("result.tsv", lambda d: d.replace(b"\n", b"\r\n", 1), "result_row"),
    "match emptied": ("match.tsv", lambda d: b"", "match_row"),
    "inspector swapped": ("match.tsv", lambda d: d.replace(b"JC001,JC004", b"JC004,JC001", 1), "match_row"),
    "reveal changed": ("reveals.json", lambda d: d.replace(b"1111", b"1112", 1), "reveal_wrong"),
    "dice digit changed": ("reveals.json", lambda d: d.replace(b"63454", b"63455"), "dice_log"),
    "quota lowered": (
        "manifest.json",
        lambda d: d.replace(b'"k":4,"m":1,"n":78', b'"k":3,"m":1,"n":78'),
        "quota",
    ),
    "ratio lowered": (
        "manifest.json",
        lambda d: d.replace(b'"bp":1500', b'"bp":1400', 1),
        "manifest_not_logged",
    ),
    "floor lowered": (
        "manifest.json",
        lambda d: d.replace(b'"floor_bp":500', b'"floor_bp":100', 1),
        "manifest_not_logged",
    ),
    "log entry changed": ("log/entries.jsonl", lambda d: d.replace(b'"u1"', b'"u9"'), "log_inclusion"),
    "checkpoint edited": (
        "log/checkpoint",
        lambda d: d.replace(b"\n13\n", b"\n14\n"),
        "checkpoint_signature",
    ),
    "manifest spaced": ("manifest.json", lambda d: d.replace(b",", b", ", 1), "json_not_canonical"),
}


@pytest.mark.parametrize("attack", OUTSIDE)
def test_a_changed_bundle_is_refused_and_the_first_fault_named(played: World, attack: str) -> None:
    name, change, code = OUTSIDE[attack]
    assert fault(rewrite(played.bundle(), name, change)) == code


def test_a_missing_and_a_repeated_member_are_named(played: World) -> None:
    bundle = played.bundle()
    with zipfile.ZipFile(bundle, "a") as archive, pytest.warns(UserWarning):
        archive.writestr("pool.tsv", b"")
    assert fault(bundle) == "bundle_layout"


def regrade(world: World) -> None:
    lines = world.lines("pool")
    lines[0] = lines[0].replace("\tB\t", "\tA\t")
    world.write_lines("pool", lines)
    world.refreeze()


def test_a_rewritten_manifest_is_not_the_logged_one(played: World) -> None:
    evidence = played.evidence()
    regrade(played)
    played.entries.clear()
    played.minute = 0
    played.play()
    path = played.root / "rewritten.zip"
    write_bundle(path, played.folder, played.out, played.reveals, evidence)
    assert fault(path) == "manifest_not_logged"


def test_a_rewritten_log_does_not_lead_to_the_signed_checkpoint(played: World) -> None:
    signed = played.checkpoint()
    regrade(played)
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


def insider(world: World, edit: Callable[[World], None]) -> str:
    """The fault of a round whose files were wrong before they were frozen: the log is honest about a bad round."""
    edit(world)
    world.log_start()
    world.log_secrets()
    world.log(Event.SEEDED, {"seed": HASH})
    world.log(Event.DRAWN, {"result_hash": HASH, "match_hash": HASH})
    world.out = world.folder
    return fault(world.bundle())


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


def test_a_list_below_its_floor_is_named(world: World) -> None:
    lists = world.manifest["lists"]
    lists[0]["floor_bp"] = 5000
    with pytest.raises(Exception, match="floor"):
        parse(jcs.encode({**world.manifest, "lists": lists}))


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


def test_a_drawn_hash_that_is_not_the_results_is_named(world: World) -> None:
    world.log_start()
    world.log_secrets()
    world.log_draw()
    world.entries = world.entries[:-3]
    world.log(Event.DRAWN, {"result_hash": HASH, "match_hash": HASH})
    assert fault(world.bundle()) == "result_log"


def test_a_seed_that_is_not_the_logged_one_is_named(world: World) -> None:
    world.log_start()
    world.log_secrets()
    world.log_draw()
    world.entries = world.entries[:-4]
    world.log(Event.SEEDED, {"seed": HASH})
    world.log(Event.DRAWN, {"result_hash": HASH, "match_hash": HASH})
    assert fault(world.bundle()) == "seed_log"


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
