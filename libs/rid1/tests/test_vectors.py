"""The worked rounds of the specification come out byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rid1 import quota
from rid1.draw import draw
from rid1.manifest_reader import parse
from rid1.seed import commitment, dice_string, read_reveals
from rid1.sm3 import Sm3
from rid1.suites import SM3
from rid1_support import VECTORS

# Beside a full checkout the specification's own copy is read too; a copy of this folder alone has none.
BESIDE = [root / "shared" / "rid1" / "vectors" for root in list(Path(__file__).resolve().parents)[4:5]]
FOLDERS = [VECTORS, *filter(Path.exists, BESIDE)]


@pytest.mark.parametrize("suite", ["s256", "sm3"])
@pytest.mark.parametrize("vectors", FOLDERS, ids=str)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_worked_round_comes_out_byte_for_byte(
    vectors: Path, suite: str, workers: int, tmp_path: Path
) -> None:
    folder = vectors / suite
    expected = json.loads((folder / "expected.json").read_text())
    outcome = draw(folder, read_reveals((folder / "expected.json").read_bytes()), tmp_path, workers=workers)
    for name in ("manifest_hash", "seed", "key_target", "key_match", "result_hash", "match_hash"):
        assert getattr(outcome, name) == expected[name]
    for name in ("result.tsv", "match.tsv"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("suite", ["s256", "sm3"])
def test_the_manifest_is_written_as_it_was_read(suite: str) -> None:
    data = (VECTORS / suite / "manifest.json").read_bytes()
    assert parse(data).to_bytes() == data


@pytest.mark.parametrize("suite", ["s256", "sm3"])
def test_the_reveals_open_the_commitments(suite: str) -> None:
    manifest = parse((VECTORS / suite / "manifest.json").read_bytes())
    reveals = read_reveals((VECTORS / suite / "expected.json").read_bytes()).reveals
    for commit in manifest.seed.commits:
        assert commitment(manifest.suite, manifest.draw_id, commit.name, reveals[commit.name]) == commit.c


def test_quotas_round_up_in_whole_numbers() -> None:
    for case in json.loads((VECTORS / "quota.json").read_text())["cases"]:
        assert quota.by_ratio(case["n"], case["bp"]) == case["k"], case


def test_dice_are_written_as_the_specification_says() -> None:
    assert dice_string("63454660390103169462") == "d10x20:63454660390103169462"


def test_the_pure_sm3_gives_the_standards_digests() -> None:
    # GB/T 32905-2016, annex A.
    assert Sm3(b"abc").hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert Sm3(b"abcd" * 16).hexdigest() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_the_pure_sm3_agrees_with_the_suite_at_every_block_edge() -> None:
    for length in [*range(130), 1000]:
        whole = bytes(range(256)) * 4
        state = Sm3(whole[: length // 2])
        twin = state.copy()
        state.update(whole[length // 2 : length])
        assert state.hexdigest() == SM3.hx(whole[:length])
        assert twin.hexdigest() == SM3.hx(whole[: length // 2])
