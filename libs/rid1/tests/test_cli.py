"""The command line in its own interpreter, away from this one's settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rid1_support import SOURCE, VECTORS, VKEY, World
from rid1_support import run_cli as rid1


@pytest.mark.parametrize("suite", ["s256", "sm3"])
def test_draw_writes_the_worked_round_and_prints_its_hashes(suite: str, tmp_path: Path) -> None:
    folder = VECTORS / suite
    done = rid1("draw", folder, "--reveals", folder / "expected.json", "--out", tmp_path / "new" / "out")
    assert (done.returncode, done.stderr) == (0, "")
    expected = json.loads((folder / "expected.json").read_text())
    names = ("manifest_hash", "seed", "result_hash", "match_hash")
    assert json.loads(done.stdout) == {name: expected[name] for name in names}
    for name in ("result.tsv", "match.tsv"):
        assert (tmp_path / "new" / "out" / name).read_bytes() == (folder / name).read_bytes()


def test_draw_refuses_a_changed_pool_in_chinese_and_english(world: World) -> None:
    world.write_lines("pool", world.lines("pool")[1:])
    given = ("draw", world.folder, "--reveals", world.folder / "expected.json", "--out", world.out)
    done = rid1(*given)
    assert done.returncode == 1
    assert "input_size" in done.stderr
    assert "行数" in done.stderr
    assert "manifest says" in rid1(*given, "--lang", "en").stderr
    assert not world.out.exists()


def test_draw_without_a_reveal_is_void(world: World) -> None:
    reveals = world.root / "reveals.json"
    reveals.write_text(
        json.dumps({"reveals": {"legal": "2" * 64}, "dice": world.reveals.dice, "beacon": "-"})
    )
    done = rid1("draw", world.folder, "--reveals", reveals, "--out", world.out)
    assert done.returncode == 1
    assert "reveal_missing" in done.stderr


def test_verify_answers_by_its_exit_code_and_in_two_languages(played: World) -> None:
    bundle, log = played.bundle(), played.export()
    chinese = rid1("verify", bundle, "--log-key", VKEY, "--log", log)
    assert (chinese.returncode, chinese.stderr) == (0, "")
    assert "核验通过" in chinese.stdout
    english = rid1("verify", bundle, "--lang", "en")
    assert english.returncode == 0
    assert "Verified" in english.stdout
    assert "no log key pinned" in english.stdout


def test_verify_names_the_fault_and_exits_with_one(played: World) -> None:
    lines = (played.out / "match.tsv").read_bytes().splitlines(keepends=True)
    (played.out / "match.tsv").write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))
    done = rid1("verify", played.bundle(), "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["fault"]["code"] == "match_row"
    assert report["fault"]["where"] == "match.tsv:1"
    assert report["passed"][-1] == "result"
    assert "核验不通过" in rid1("verify", played.bundle()).stdout


@pytest.mark.parametrize("content", [None, b"", b"not a zip"])
def test_what_cannot_be_read_exits_with_two(tmp_path: Path, content: bytes | None) -> None:
    bundle = tmp_path / "bundle.zip"
    if content is not None:
        bundle.write_bytes(content)
    done = rid1("verify", bundle)
    assert done.returncode == 2
    assert "bundle_unreadable" in done.stderr


def test_wrong_usage_exits_with_two() -> None:
    assert rid1("verify").returncode == 2
    assert rid1("receipt").returncode == 2
    assert rid1().returncode == 2


def test_a_receipt_is_printed_and_checked_alone(played: World) -> None:
    drawn = (played.out / "result.tsv").read_text().splitlines()[0].split("\t")
    made = rid1("receipt", played.bundle(), drawn[4])
    assert made.returncode == 0
    receipt = played.root / "receipt.json"
    receipt.write_text(made.stdout)
    done = rid1("receipt", "--check", receipt, "--log-key", VKEY)
    assert done.returncode == 0
    assert json.loads(done.stdout)["places"][0] == {"list": "HR", "stratum": "A", "rank": 1, "mark": "S"}
    receipt.write_text(made.stdout.replace('"rank":1', '"rank":2'))
    assert rid1("receipt", "--check", receipt).returncode == 0
    receipt.write_text(made.stdout.replace('"rank":1', '"rank":9'))
    assert rid1("receipt", "--check", receipt).returncode == 1
    receipt.write_text("{")
    assert rid1("receipt", "--check", receipt).returncode == 2


def test_a_ticket_is_what_sha256sum_prints() -> None:
    key, ident = "ab" * 32, "91130102CELLMQ75J2"
    shell = subprocess.run(
        ["sha256sum"], input=f"{key}:{ident}".encode(), capture_output=True, check=True, env=os.environ
    )
    assert rid1("ticket", key, ident).stdout.strip() == shell.stdout.decode().split()[0]


def test_the_module_runs_like_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rid1", "ticket", "k", "I"],
        capture_output=True,
        env={"PYTHONPATH": str(SOURCE)},
        check=True,
    )
    assert len(done.stdout.strip()) == 64


def test_a_beacon_that_was_typed_in_is_checked(tmp_path: Path) -> None:
    drand = json.loads((VECTORS / "drand.json").read_text())["accept"]
    done = rid1("beacon", drand["round"], drand["signature"])
    assert (done.returncode, done.stdout.strip()) == (0, drand["seed_value"])
    wrong = rid1("beacon", drand["round"] + 1, drand["signature"], "--lang", "en")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "beacon_invalid" in wrong.stderr
    assert rid1("beacon", drand["round"], "zz").returncode == 2


@pytest.mark.parametrize("charset", ["gbk", "ascii"])
def test_a_console_of_another_character_set_gets_the_same_answer(played: World, charset: str) -> None:
    """Chinese Windows writes GBK, which has no check mark: that must not look like a fault of the bundle."""
    whole, broken = played.bundle(), played.root / "none.zip"
    for bundle, code, word in ((whole, 0, "核验通过"), (broken, 2, "none.zip")):
        done = subprocess.run(
            [sys.executable, "-m", "rid1", "verify", str(bundle)],
            capture_output=True,
            env={"PYTHONPATH": str(SOURCE), "PYTHONIOENCODING": charset},
            check=False,
        )
        assert done.returncode == code
        assert b"Traceback" not in done.stderr
        said = (done.stdout + done.stderr).decode(charset)
        assert word.encode(charset, "replace").decode(charset) in said
