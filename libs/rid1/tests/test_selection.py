"""Selection depends on who is in a stratum and on the key, and on nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rid1.errors import RidError
from rid1.scan import describe
from rid1.seed import ticket
from rid1.selection import smallest, unpack
from rid1.suites import S256, SM3, Suite
from rid1.tsv import POOL

KEY = "5a" * 32
IDS = st.lists(
    st.from_regex(r"[0-9A-Z][0-9A-Z._-]{0,17}", fullmatch=True), min_size=1, max_size=60, unique=True
)


def drawn(folder: Path, ids: list[str], wanted: int, workers: int = 1, suite: Suite = S256) -> list[str]:
    pool = folder / "pool.tsv"
    pool.write_text("".join(f"L\t{ident}\tALL\tU\n" for ident in ids))
    picks = smallest(pool, suite, KEY, {("L", "ALL"): (len(ids), wanted)}, workers=workers)["L", "ALL"]
    return [unpack(packed).id for packed in picks]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pools")


@given(ids=IDS, data=st.data())
def test_the_smallest_tickets_are_drawn_whatever_the_order(
    folder: Path, ids: list[str], data: st.DataObject
) -> None:
    wanted = data.draw(st.integers(0, len(ids)))
    shuffled = data.draw(st.permutations(ids))
    expected = sorted(ids, key=lambda ident: (ticket(S256, KEY, ident), ident))[:wanted]
    assert drawn(folder, ids, wanted) == expected
    assert drawn(folder, shuffled, wanted) == expected


@given(ids=IDS.filter(lambda ids: len(ids) > 1), data=st.data())
def test_removing_an_object_that_was_not_drawn_changes_nothing_for_the_others(
    folder: Path, ids: list[str], data: st.DataObject
) -> None:
    wanted = data.draw(st.integers(0, len(ids) - 1))
    before = drawn(folder, ids, len(ids))
    removed = data.draw(st.sampled_from(before[wanted:]))
    rest = [ident for ident in ids if ident != removed]
    assert drawn(folder, rest, len(rest)) == [ident for ident in before if ident != removed]
    assert drawn(folder, rest, wanted) == before[:wanted]


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**6), workers=st.integers(2, 3))
def test_several_cores_draw_what_one_draws(folder: Path, seed: int, workers: int) -> None:
    ids = sorted(f"{seed + at * 7919:012}" for at in range(3000))
    assert drawn(folder, ids, 300, workers) == drawn(folder, ids, 300)


def test_a_cutoff_that_was_too_low_is_raised_until_enough_are_found(folder: Path) -> None:
    # The need claims a stratum a thousand times larger than it is, so the first cutoff keeps almost nobody.
    pool = folder / "few.tsv"
    ids = [f"{at:08}" for at in range(2000)]
    pool.write_text("".join(f"L\t{ident}\tALL\tU\n" for ident in ids))
    picks = smallest(pool, S256, KEY, {("L", "ALL"): (2_000_000, 1500)})["L", "ALL"]
    assert [unpack(p).id for p in picks] == sorted(ids, key=lambda i: ticket(S256, KEY, i))[:1500]


def test_a_pool_with_fewer_objects_than_wanted_is_refused(folder: Path) -> None:
    pool = folder / "short.tsv"
    pool.write_text("L\tA\tALL\tU\n")
    with pytest.raises(RidError, match="stratum_size"):
        smallest(pool, S256, KEY, {("L", "ALL"): (2, 2)})


def test_an_unknown_stratum_is_refused(folder: Path) -> None:
    pool = folder / "unknown.tsv"
    pool.write_text("L\tA\tB\tU\n")
    with pytest.raises(RidError, match="stratum_unknown"):
        smallest(pool, S256, KEY, {("L", "ALL"): (1, 1)})


def test_a_salt_column_changes_nobodys_ticket(folder: Path) -> None:
    pool = folder / "salted.tsv"
    pool.write_text("".join(f"L\t{ident}\tALL\tU\t{'0' * 32}\n" for ident in "ABC"))
    picks = smallest(pool, SM3, KEY, {("L", "ALL"): (3, 3)})["L", "ALL"]
    assert [unpack(p) for p in picks] == sorted((unpack(p) for p in picks), key=lambda p: p.ticket)
    assert {unpack(p).id: unpack(p).ticket for p in picks} == {i: ticket(SM3, KEY, i) for i in "ABC"}


def test_several_cores_describe_a_file_as_one_does(folder: Path) -> None:
    pool = folder / "large.tsv"
    with pool.open("w") as file:
        file.writelines(f"L\t{at:09}\t{'AB'[at % 2]}\tU{at % 3}\n" for at in range(200_000))
    one = describe(pool, S256, POOL, workers=1)
    assert one == describe(pool, S256, POOL, workers=2) == describe(pool, S256, POOL, workers=3)
    assert one.file.size == one.groups.total() == 200_000


def test_a_fault_far_down_a_large_file_is_named_with_its_line(folder: Path) -> None:
    pool = folder / "faulty.tsv"
    for row, code in (("L\t1", "line_invalid"), ("L\t000000000\tA\tU", "line_order"), ("", "line_invalid")):
        with pool.open("w") as file:
            for at in range(150_000):
                file.write(f"{row}\n" if at == 140_000 else f"L\t{at:09}\tA\tU\n")
        for workers in (1, 2):
            with pytest.raises(RidError) as caught:
                describe(pool, S256, POOL, workers=workers)
            assert (caught.value.code, caught.value.where) == (code, "faulty.tsv:140001")
