"""The compiled kernels give what hashlib gives, and are found out when they do not."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from array import array
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rid1 import fast
from rid1.errors import RidError
from rid1.scan import Scan, block_roots, describe
from rid1.selection import Drawn, Need, smallest
from rid1.suites import S256
from rid1.tsv import POOL, SALTED

pytest.importorskip("numba")

KEY = "5a" * 32
SOURCE = str(Path(__file__).parents[1] / "src")
IDS = st.from_regex(r"[0-9A-Z][0-9A-Z._-]{0,53}", fullmatch=True)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels whatever the size of the file."""
    monkeypatch.setenv("RID1_FAST", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fast")


def both_draw(pool: Path, need: Need, workers: int = 1) -> tuple[Drawn, Drawn]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RID1_FAST", "0")
        assert fast.kernels(S256, 1 << 40) is None
        plain = smallest(pool, S256, KEY, need, workers=workers)
        patch.setenv("RID1_FAST", "1")
        assert fast.kernels(S256, 0) is not None
        return plain, smallest(pool, S256, KEY, need, workers=workers)


def both_describe(path: Path, kind: Any = None, workers: int = 1) -> tuple[Scan, Scan]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RID1_FAST", "0")
        plain = describe(path, S256, kind, workers=workers)
        patch.setenv("RID1_FAST", "1")
        return plain, describe(path, S256, kind, workers=workers)


@settings(deadline=None)
@given(
    ids=st.lists(IDS, min_size=1, max_size=60, unique=True),
    groups=st.lists(st.tuples(st.sampled_from(["A", "AB", "B"]), IDS), min_size=1, max_size=9, unique=True),
    salted=st.booleans(),
    data=st.data(),
)
def test_kernels_draw_what_hashlib_draws(
    folder: Path, ids: list[str], groups: list[tuple[str, str]], salted: bool, data: st.DataObject
) -> None:
    rows = [(ident, *data.draw(st.sampled_from(groups))) for ident in ids]
    pool = folder / "pool.tsv"
    end = f"\t{'0' * 32}\n" if salted else "\n"
    pool.write_text("".join(f"{lst}\t{ident}\t{stratum}\tU7{end}" for ident, lst, stratum in rows))
    counts = {group: sum(row[1:] == group for row in rows) for group in groups}
    need = {group: (n, data.draw(st.integers(0, n))) for group, n in counts.items()}
    plain, compiled = both_draw(pool, need)
    assert compiled == plain


def large_pool(path: Path, lines: int = 150_000) -> Need:
    rng = random.Random(5)
    groups = [(lst, stratum) for lst in ("HR", "XF") for stratum in "ABCD"]
    sizes = dict.fromkeys(groups, 0)
    with path.open("w") as file:
        for at in range(lines):
            group = groups[at * len(groups) // lines // 4 * 4 + rng.randrange(4)]
            sizes[group] += 1
            file.write(f"{group[0]}\t{at:018}\t{group[1]}\tU{at % 7}\n")
    return {group: (n, n // 20) for group, n in sizes.items()}


@pytest.mark.parametrize("workers", [1, 3])
def test_kernels_draw_a_large_pool_on_several_cores(folder: Path, workers: int) -> None:
    need = large_pool(folder / "large.tsv")
    plain, compiled = both_draw(folder / "large.tsv", need, workers)
    assert compiled == plain
    assert sum(map(len, compiled.values())) > 7000


@pytest.mark.parametrize("workers", [1, 3])
def test_kernels_describe_a_pool_as_hashlib_does(folder: Path, workers: int) -> None:
    large_pool(folder / "described.tsv")
    for kind in (None, POOL):
        plain, compiled = both_describe(folder / "described.tsv", kind, workers)
        assert compiled == plain


@settings(deadline=None)
@given(
    lines=st.lists(st.binary(max_size=200).map(lambda b: b.replace(b"\n", b"")), max_size=70),
    cut=st.booleans(),
)
def test_kernels_hash_lines_of_any_length(folder: Path, lines: list[bytes], cut: bool) -> None:
    path = folder / "any.txt"
    text = b"".join(line + b"\n" for line in lines)
    path.write_bytes(text[:-1] if cut else text)
    plain, compiled = both_describe(path)
    assert compiled == plain


@pytest.mark.parametrize("lines", [1, 2, 15, 16, 17, 65_535, 65_536, 65_537, 131_072, 140_001])
def test_kernels_build_trees_of_any_size(folder: Path, lines: int) -> None:
    path = folder / "tree.txt"
    path.write_text("".join(f"{at}\n" for at in range(lines)))
    plain, compiled = both_describe(path)
    assert compiled == plain
    assert plain.file.size == lines
    trees = {}
    for wish in "01":
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RID1_FAST", wish)
            trees[wish] = block_roots(path, S256, 12)
    assert trees["0"] == trees["1"]
    assert len(trees["0"]) == -(-lines // 4096)
    if lines <= 4096:
        assert trees["0"] == [bytes.fromhex(plain.file.root)]


@pytest.mark.parametrize("row", ["L\tA\tB\tU", "M\tA\tA\tU", "L\tA\tA", "L", f"L\t{'A' * 55}\tA\tU"])
def test_a_line_that_fits_no_stratum_is_refused(folder: Path, always: None, row: str) -> None:
    pool = folder / "unknown.tsv"
    pool.write_text(f"L\tA\tA\tU\n{row}\n")
    with pytest.raises(RidError, match="stratum_unknown"):
        smallest(pool, S256, KEY, {("L", "A"): (1, 1)})


def test_a_fault_in_a_file_is_named_as_without_kernels(folder: Path, always: None) -> None:
    pool = folder / "faulty.tsv"
    pool.write_text("".join(f"L\t{at:09}\tA\tU\n" for at in [*range(70_000), 69_999]))
    with pytest.raises(RidError) as caught:
        describe(pool, S256, POOL, workers=2)
    assert (caught.value.code, caught.value.where) == ("line_duplicate", "faulty.tsv:70001")
    with pytest.raises(RidError, match="line_invalid"):
        describe(pool, S256, SALTED["pool"])


def broken(kernel: str, break_it: Any) -> SimpleNamespace:
    """The kernels of a machine that hashes wrongly: one of them runs, then its output is changed."""
    real = fast.kernels(S256, fast.FAST_FROM)
    assert real is not None

    def wrong(*arguments: Any) -> Any:
        return break_it(getattr(real, kernel)(*arguments), *arguments)

    names = ("tickets", "leaves", "nodes")
    return SimpleNamespace(**{name: getattr(real, name) for name in names} | {kernel: wrong})


def wrong_tickets(found: int, *given: Any) -> int:
    given[9][8 * found - 1] ^= 1
    return found


def wrong_sample(found: int, *given: Any) -> int:
    given[11][0] ^= 1
    return found


def too_few(*_: Any) -> int:
    return 0


def line_cut_short(found: int, *given: Any) -> int:
    given[8][2 * found - 1] -= 2  # the unit without its last character, and without the LF
    return found


def line_begun_late(found: int, *given: Any) -> int:
    given[8][0] += 1  # without the LF before it
    return found


def lane_five(words: array[int], start: int) -> None:
    for at in range(start + 5 * 8, len(words), 16 * 8):
        words[at] ^= 1


def wrong_leaves(answer: Any, *given: Any) -> Any:
    lane_five(given[2], 8 * given[3])
    return answer


def wrong_nodes(answer: Any, *given: Any) -> Any:
    lane_five(given[2], 0)
    return answer


@pytest.mark.parametrize(
    ("kernel", "break_it"),
    [
        ("tickets", wrong_tickets),
        ("tickets", wrong_sample),
        ("tickets", too_few),
        ("tickets", line_cut_short),
        ("tickets", line_begun_late),
        ("leaves", wrong_leaves),
        ("nodes", wrong_nodes),
    ],
)
def test_a_machine_that_hashes_wrongly_is_found_out_and_nothing_falls_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch, kernel: str, break_it: Any
) -> None:
    pool = folder / "wrong.tsv"
    need = large_pool(pool)
    kernels = broken(kernel, break_it)
    monkeypatch.setattr(fast, "kernels", lambda *_: kernels)
    with pytest.raises(RidError, match="fast_mismatch"):
        smallest(pool, S256, KEY, need) if kernel == "tickets" else describe(pool, S256)


def test_kernels_are_for_large_files_of_the_suite_s256_and_for_smaller_ones_once_they_are_loaded() -> None:
    code = (
        f"import sys; sys.path.insert(0, {SOURCE!r}); from rid1 import fast; from rid1.suites import S256, SM3; "
        "large, small, least = fast.FAST_FROM, fast.FAST_FROM - 1, fast.WARM_FROM; "
        "print(fast.kernels(SM3, 1 << 40), fast.kernels(S256, small), fast.warm(), "
        "fast.kernels(S256, least) is fast.kernels(S256, large), fast.kernels(S256, least - 1))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "RID1_FAST"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout == "None None True True None\n"


def test_warming_compiles_the_kernels_for_the_processes_that_come_after(folder: Path) -> None:
    place = {"XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": SOURCE, "PATH": os.environ["PATH"]}
    code = "from rid1.fast_code import place; print(place())"
    named = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=place, check=True
    )
    kept = Path(named.stdout.strip())
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"half of what an earlier process wrote")
    subprocess.run([sys.executable, "-m", "rid1.fast"], env=place, check=True)
    written = kept.stat().st_mtime_ns
    large_pool(folder / "warm.tsv", 30_000)
    code = (
        "import sys; from pathlib import Path; from rid1.scan import describe; from rid1.suites import S256; "
        f"describe(Path({str(folder / 'warm.tsv')!r}), S256); print('llvmlite' in sys.modules, 'numba' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, env={**place, "RID1_FAST": "1"}, check=True,
    )  # fmt: skip
    assert done.stdout == "True False\n"
    assert [(path, path.stat().st_mtime_ns) for path in kept.parent.iterdir()] == [(kept, written)]


def test_warming_without_kernels_says_so(folder: Path) -> None:
    command = [sys.executable, "-m", "rid1.fast"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={"RID1_FAST": "0", "PYTHONPATH": SOURCE}, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "no kernels" in done.stderr


@pytest.mark.parametrize("setting", ["0", ""])
def test_a_small_pool_or_a_switch_never_loads_the_compiler(folder: Path, setting: str) -> None:
    pool = folder / "small.tsv"
    pool.write_text("".join(f"L\t{at:09}\tA\tU\n" for at in range(1000)))
    code = (
        f"import sys; sys.path.insert(0, {SOURCE!r}); from pathlib import Path; from rid1 import fast; "
        "from rid1.scan import describe; from rid1.suites import S256; from rid1.tsv import POOL; "
        f"describe(Path({str(pool)!r}), S256, POOL); fast.kernels(S256, {0 if setting == '' else 1 << 40}); "
        "print('llvmlite' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, env={"RID1_FAST": setting, "HOME": str(folder)}, check=True,
    )  # fmt: skip
    assert done.stdout == "False\n"


def test_without_a_place_for_compiled_code_the_standard_library_draws(folder: Path) -> None:
    blocked = folder / "blocked"
    blocked.write_text("a file, not a folder")
    code = (
        f"import sys; sys.path.insert(0, {SOURCE!r}); from rid1 import fast; from rid1.suites import S256; "
        "print(fast.kernels(S256, 0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, env={"RID1_FAST": "1", "XDG_CACHE_HOME": str(blocked)}, check=True,
    )  # fmt: skip
    assert done.stdout == "None\n"
