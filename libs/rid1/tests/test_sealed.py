"""Sealed rounds: what the bundle hides, what its reader can still check, and what is said to be unchecked."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from rid1.checkpoint import read_key
from rid1.draw import read_manifest
from rid1.errors import RidError, UnreadableError
from rid1.receipt import check_receipt, make_receipt
from rid1.scan import describe
from rid1.sealed import LEAVES, OPENED, PARTS, salt_file
from rid1.seed import seed_of, target_key
from rid1.states import Event
from rid1.suites import S256
from rid1.tsv import KINDS, SALTED, kinds_of
from rid1.verify import Report, verify_bundle
from rid1_support import VKEY, World, rewrite
from rid1_support import run_cli as rid1
from test_substitution import object_step, result, roll_of

KEY = read_key(VKEY)
SECRET = b"\x2a" * 32


def seal(world: World) -> World:
    """Turns the world's round into a sealed one, before anything is logged."""
    for name in SALTED:
        path = world.folder / f"{name}.tsv"
        opened = path.rename(world.folder / f"{name}.open")
        salt_file(opened, path, name, SECRET)
    world.change(disclosure="sealed")
    world.refreeze()
    return world


@pytest.fixture
def sealed(world: World) -> World:
    return seal(world).play()


def code(report: Report) -> str:
    return report.fault.code if report.fault else ""


def test_salts_are_fixed_by_the_secret_and_differ_by_line_and_file(world: World, tmp_path: Path) -> None:
    made: dict[str, bytes] = {}
    for name, secret in (("pool", SECRET), ("again", SECRET), ("other", b"\1" * 32)):
        salt_file(world.folder / "pool.tsv", tmp_path / name, "pool", secret)
        made[name] = (tmp_path / name).read_bytes()
    assert made["pool"] == made["again"] != made["other"]
    lines = made["pool"].splitlines()
    assert len({line.rsplit(b"\t", 1)[1] for line in lines}) == len(lines) == 333
    assert [line.rsplit(b"\t", 1)[0] for line in lines] == (
        world.folder / "pool.tsv"
    ).read_bytes().splitlines()
    salt_file(world.folder / "pool.tsv", tmp_path / "recusals", "recusals", SECRET)
    assert (tmp_path / "recusals").read_bytes() != made["pool"]
    with pytest.raises(RidError, match="salt_secret"):
        salt_file(world.folder / "pool.tsv", tmp_path / "x", "pool", b"short")


def test_salted_files_are_read_by_their_own_kinds_only(world: World, tmp_path: Path) -> None:
    assert kinds_of("open") == KINDS
    for name, kind in SALTED.items():
        salt_file(world.folder / f"{name}.tsv", tmp_path / name, name, SECRET)
        before = describe(world.folder / f"{name}.tsv", S256, KINDS[name])
        after = describe(tmp_path / name, S256, kinds_of("sealed")[name])
        assert (after.file.size, after.groups) == (before.file.size, before.groups)
        with pytest.raises(RidError, match="line_invalid"):
            describe(world.folder / f"{name}.tsv", S256, kind)
    lines = (tmp_path / "excluded").read_bytes()
    (tmp_path / "excluded").write_bytes(lines.replace(b"exempt-recent", b"", 1))
    with pytest.raises(RidError, match="exclusion_without_reason"):
        describe(tmp_path / "excluded", S256, SALTED["excluded"])


def test_a_sealed_round_draws_the_same_kind_of_result_and_its_bundle_verifies(sealed: World) -> None:
    report = verify_bundle(sealed.bundle(), log_key=KEY, log=sealed.export())
    assert code(report) == ""
    assert [note[0] for note in report.notes] == ["sealed_order", "sealed_counts", "sealed_recusals"]
    assert report.facts["state"] == "completed"


def test_a_sealed_sm3_round_verifies(tmp_path: Path) -> None:
    assert code(verify_bundle(seal(World(tmp_path, "sm3")).play().bundle())) == ""


def test_the_bundle_names_nobody_but_who_was_drawn(sealed: World) -> None:
    public = {line.split("\t")[4] for line in (sealed.out / "result.tsv").read_text().splitlines()}
    hidden = {row.split("\t")[1] for name in ("pool", "excluded", "recusals") for row in sealed.lines(name)}
    hidden -= public
    assert len(hidden) > 150
    with zipfile.ZipFile(sealed.bundle()) as archive:
        names = set(archive.namelist())
        everything = b"".join(archive.read(name) for name in names)
    assert names.isdisjoint({"pool.tsv", "excluded.tsv", "recusals.tsv"})
    assert names.issuperset(PARTS)
    assert not [one for one in hidden if one.encode() in everything]
    assert SECRET not in everything


def test_the_keeper_of_the_files_checks_the_whole(sealed: World, tmp_path: Path) -> None:
    report = verify_bundle(sealed.bundle(), log_key=KEY, inputs=sealed.folder)
    assert (code(report), report.notes) == ("", [])
    lines = sealed.lines("pool")
    sealed.write_lines("pool", lines[1:])
    assert code(verify_bundle(sealed.bundle("b.zip"), inputs=sealed.folder)) == "input_size"
    sealed.write_lines("pool", lines)
    bundle = sealed.bundle()
    sealed.write_lines("excluded", [*sealed.lines("excluded")[:-1], lines[0]])
    assert code(verify_bundle(bundle, inputs=sealed.folder)) == "input_sha"
    with pytest.raises(UnreadableError, match="file_unreadable"):
        verify_bundle(bundle, inputs=tmp_path / "nowhere")


def test_the_command_line_takes_the_folder(sealed: World) -> None:
    done = rid1("verify", sealed.bundle(), "--log-key", VKEY, "--lang", "en", "--inputs", sealed.folder)
    assert (done.returncode, "sealed_order" in done.stdout) == (0, False)
    assert "replays in full" in done.stdout
    done = rid1("verify", sealed.bundle(), "--log-key", VKEY, "--lang", "en")
    assert (done.returncode, "sealed_order" in done.stdout) == (0, True)
    assert "replays in full" not in done.stdout


def first_opened(name: str, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def edit(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        at = next(i for i, line in enumerate(lines) if line.startswith(name.encode()))
        lines[at] = change(lines[at])
        return b"".join(lines)

    return edit


ATTACKS = {
    "leaf removed": (LEAVES["pool"], lambda d: d[32:], "input_size"),
    "leaf changed": (LEAVES["pool"], lambda d: bytes([d[0] ^ 1]) + d[1:], "input_root"),
    "half a leaf added": (LEAVES["pool"], lambda d: d + b"x", "input_size"),
    "exclusions exchanged": (LEAVES["excluded"], lambda d: d[32:64] + d[:32] + d[64:], "input_root"),
    "recusal dropped": (LEAVES["recusals"], lambda d: d[:-32], "input_size"),
    "roster edited": ("inspectors.tsv", lambda d: d.replace(b"HR,LD", b"HR", 1), "input_sha"),
    "opened line re-graded": (
        OPENED,
        first_opened("pool", lambda row: row.replace(b"\tA\t", b"\tB\t")
                     if b"\tA\t" in row else row.replace(b"\tB\t", b"\tA\t")),
        "opened_line",
    ),
    "salt changed": (OPENED, first_opened("pool", lambda row: row[:-2] + b"g\n"), "opened_line"),
    "opened at another place": (OPENED, first_opened("pool", lambda row: b"pool\t9" + row[5:]), "opened_line"),
    "index written in a second way": (OPENED, first_opened("pool", lambda row: b"pool\t0" + row[5:]), "opened_line"),
    "opened twice": (OPENED, first_opened("pool", lambda row: row + row), "opened_line"),
    "an exclusion opened": (OPENED, lambda d: b"excluded\t0\tx\n" + d, "opened_line"),
    "drawn object not opened": (OPENED, first_opened("pool", lambda _: b""), "opened_missing"),
    "result rows swapped": (
        "result.tsv",
        lambda d: b"".join([d.splitlines(True)[1], d.splitlines(True)[0], *d.splitlines(True)[2:]]),
        "result_row",
    ),
    "inspector swapped": (
        "match.tsv",
        lambda d: b"".join([d.splitlines(True)[1], d.splitlines(True)[0], *d.splitlines(True)[2:]]),
        "match_row",
    ),
    "ticket changed": ("result.tsv", lambda d: d[:-2] + (b"0\n" if d[-2:] != b"0\n" else b"1\n"), "result_row"),
    "reveal changed": ("reveals.json", lambda d: d.replace(b"1111", b"1112", 1), "reveal_wrong"),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_changed_sealed_bundle_is_refused_and_the_first_fault_named(sealed: World, attack: str) -> None:
    name, change, expected = ATTACKS[attack]
    assert code(verify_bundle(rewrite(sealed.bundle(), name, change), log_key=KEY)) == expected


def test_members_of_an_open_bundle_in_a_sealed_one_and_the_other_way_are_named(sealed: World) -> None:
    bundle = sealed.bundle()
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("pool.tsv", b"")
    assert code(verify_bundle(bundle)) == "bundle_layout"
    manifest = (sealed.folder / "manifest.json").read_bytes()
    opened = rewrite(sealed.bundle(), "manifest.json", lambda _: manifest.replace(b'"sealed"', b'"open"'))
    assert code(verify_bundle(opened)) == "bundle_layout"


def test_totals_that_do_not_add_up_are_named(world: World) -> None:
    seal(world)
    lists = world.manifest["lists"]
    lists[0]["registry_count"] += 1
    world.change(lists=lists)
    world.log_start()
    world.log_secrets()
    world.log(Event.SEEDED, {"seed": "ab" * 32})
    world.log(Event.DRAWN, {"result_hash": "ab" * 32, "match_hash": "ab" * 32})
    world.out = world.folder
    assert code(verify_bundle(world.bundle())) == "conservation"


def test_an_object_passed_over_after_the_result_was_logged_shows_to_everybody(sealed: World) -> None:
    """The log holds the result's hash; who has the files is told the row. Passed over before that, only they see it."""
    rows = (sealed.out / "result.tsv").read_text().splitlines()
    of_stratum = [row.split("\t") for row in rows if row.startswith("HR\tA\t")]
    roll = roll_of(sealed)
    manifest, digest = read_manifest(sealed.folder)
    key = target_key(manifest.suite, seed_of(manifest, sealed.reveals, digest))
    deeper = roll._deeper(key, "HR", "A", 6)["HR", "A"][5]
    winner, follower = of_stratum[0][4], deeper[32:].split(b"\t")[0].decode()
    moved = [*(row[4] for row in of_stratum[1:]), follower]
    tickets = [*(row[5] for row in of_stratum[1:]), deeper[:32].hex()]
    made = [
        "\t".join([*row[:4], object_id, ticket])
        for row, object_id, ticket in zip(of_stratum, moved, tickets, strict=True)
    ]
    forged = made + [row for row in rows if not row.startswith("HR\tA\t")]
    assert winner not in "".join(made)
    (sealed.out / "result.tsv").write_text("".join(f"{row}\n" for row in forged))
    bundle = sealed.bundle()
    assert code(verify_bundle(bundle)) in ("result_log", "match_row")
    assert code(verify_bundle(bundle, inputs=sealed.folder)) == "result_row"


def test_those_who_step_in_are_opened_and_checked(sealed: World) -> None:
    roll = roll_of(sealed)
    ranked = result(sealed, "HR", "A")
    for out in (ranked[0][4], ranked[1][4], ranked[2][4]):
        sealed.log(Event.SUBSTITUTION, object_step(sealed, roll, "HR", "A", out))
    bundle = sealed.bundle()
    report = verify_bundle(bundle)
    assert (code(report), report.facts["substitutions"]) == ("", 3)
    assert code(verify_bundle(bundle, inputs=sealed.folder)) == ""
    last = sealed.entries[-1].body["in"].encode()

    def forget(data: bytes) -> bytes:
        return b"".join(line for line in data.splitlines(True) if b"HR\t" + last not in line)

    assert code(verify_bundle(rewrite(bundle, OPENED, forget))) == "opened_missing"


def test_a_receipt_of_a_sealed_round_proves_its_own_line_and_shows_no_other(sealed: World) -> None:
    bundle = sealed.bundle()
    drawn = result(sealed, "HR", "A")[0][4]
    other = next(row.split("\t")[1] for row in sealed.lines("pool") if row.split("\t")[1] != drawn)
    with pytest.raises(RidError, match="sealed_inputs"):
        make_receipt(bundle, drawn)
    for object_id in (drawn, other):
        receipt = make_receipt(bundle, object_id, sealed.folder)
        places = check_receipt(json.loads(json.dumps(receipt)), KEY)
        assert places
        assert all(len(place["line"].split("\t")) == 5 for place in receipt["places"])
    assert check_receipt(make_receipt(bundle, drawn, sealed.folder), KEY)[0]["mark"] == "S"
    receipt["places"][0]["line"] = receipt["places"][0]["line"][:-1] + "x"
    with pytest.raises(RidError, match="receipt_path"):
        check_receipt(receipt, KEY)
    assert rid1("receipt", bundle, drawn, "--inputs", sealed.folder).returncode == 0
    assert rid1("receipt", bundle, drawn).returncode == 1
