"""What the freeze and the readers refuse: files, manifests, JSON, secrets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rid1 import jcs, quota
from rid1.beacon import round_after
from rid1.errors import RidError
from rid1.freeze import ListPlan, StratumPlan, build_manifest
from rid1.manifest import Manifest
from rid1.manifest_reader import parse
from rid1.scan import describe
from rid1.seed import Reveals, accepted_reveals, seed_of
from rid1.staffing import Unstaffable, read_roster, unstaffable
from rid1.suites import S256
from rid1.tsv import BLOCK, KINDS, section
from rid1_support import HASH, World


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, -3]}, '{"a":[true,null,-3],"b":1}'),
        (
            {"\u20ac": "\u20ac", "\r": "\r", "\U0001f600": 1, "\ufb33": 2},
            '{"\\r":"\\r","€":"€","😀":1,"\ufb33":2}',
        ),
        ('\x00\x1f\x7f"\\/', '"\\u0000\\u001f\x7f\\"\\\\/"'),
    ],
)
def test_json_is_written_as_rfc_8785_says(value: object, text: str) -> None:
    assert jcs.encode(value).decode() == text
    assert jcs.decode_canonical(text.encode()) == value


@pytest.mark.parametrize("value", [1.0, 2**53, {"a": {1: 2}}, b"x", float("nan"), "\ud800"])
def test_json_that_other_readers_would_mangle_is_not_written(value: object) -> None:
    with pytest.raises(RidError, match="json_invalid"):
        jcs.encode(value)


@pytest.mark.parametrize("text", ["1.0", "1e3", "NaN", '{"a":1,"a":2}', "{", "[" * 100_000, ""])
def test_json_that_is_ambiguous_is_not_read(text: str) -> None:
    with pytest.raises(RidError, match="json_invalid"):
        jcs.decode(text.encode())


BAD_LINES = [
    ("pool", "HR\tA1\tA", "line_invalid", 1),
    ("pool", "HR\ta1\tA\tU", "line_invalid", 1),
    ("pool", "HR\tA1\tA\tU\r", "line_invalid", 1),
    ("pool", f"HR\t{'A' * 55}\tA\tU", "line_invalid", 1),
    ("pool", "HR\tA1\tA\tU\nHR\tA1\tB\tU", "line_duplicate", 2),
    ("pool", "HR\tA2\tA\tU\nHR\tA1\tA\tU", "line_order", 2),
    ("excluded", f"HR\tA1\t\t{HASH}", "exclusion_without_reason", 1),
    ("excluded", "HR\tA1\texempt\t", "exclusion_without_reason", 1),
    ("inspectors", "I1\tC\tU\tHR,", "line_invalid", 1),
    ("recusals", "I1\tA1\tkin\nI1\tA1\tkin", "line_duplicate", 2),
]


@pytest.mark.parametrize(("name", "text", "code", "line"), BAD_LINES)
def test_a_bad_line_is_named_with_file_line_and_reason(
    tmp_path: Path, name: str, text: str, code: str, line: int
) -> None:
    path = tmp_path / f"{name}.tsv"
    path.write_bytes(f"{text}\n".encode())
    with pytest.raises(RidError) as caught:
        describe(path, S256, KINDS[name])
    assert (caught.value.code, caught.value.where) == (code, f"{name}.tsv:{line}")


def test_a_file_without_a_last_line_feed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pool.tsv"
    path.write_bytes(b"HR\tA1\tA\tU\nHR\tA2\tA\tU")
    with pytest.raises(RidError, match="line_unfinished"):
        describe(path, S256, KINDS["pool"])


def test_an_empty_file_has_the_hash_of_nothing_as_its_root(tmp_path: Path) -> None:
    path = tmp_path / "recusals.tsv"
    path.write_bytes(b"")
    found = describe(path, S256, KINDS["recusals"]).file
    assert (found.size, found.sha, found.root) == (0, S256.hx(""), S256.hx(""))


def test_a_section_is_found_by_bisection_wherever_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "pool.tsv"
    lines = [f"{name}\t{at:03}\tA\tU\n" for name in ("A", "A.B", "B", "D") for at in range(40)]
    path.write_text("".join(sorted(lines)))
    with path.open("rb") as file:
        size = path.stat().st_size
        for name in ("A", "A.B", "B", "C", "D", "E", "0"):
            start, end = section(file, size, f"{name}\t".encode())
            file.seek(start)
            assert file.read(end - start).decode() == "".join(x for x in lines if x.startswith(f"{name}\t"))
        for line in lines:
            start, end = section(file, size, line[:-3].encode())
            file.seek(start)
            assert file.read(end - start).decode() == line


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"v": "RID/2"}, "manifest_field"),
    ({"suite": "MD5"}, "suite_unknown"),
    ({"attempt": 0}, "manifest_field"),
    ({"draw_id": "no spaces"}, "manifest_field"),
    ({"created": "2026-13-01T00:00:00Z"}, "manifest_field"),
    ({"surprise": 1}, "manifest_field"),
    ({"sub_bp": 1000000}, "quota"),
    ({"crews": []}, "manifest_field"),
    ({"disclosure": "secret"}, "manifest_field"),
]


@pytest.mark.parametrize(("change", "code"), CHANGES)
def test_a_manifest_with_a_wrong_field_is_refused(world: World, change: dict[str, Any], code: str) -> None:
    with pytest.raises(RidError, match=code):
        parse(jcs.encode({**world.manifest, **change}))


def seed_plan(world: World, **change: Any) -> bytes:
    return jcs.encode({**world.manifest, "seed": {**world.manifest["seed"], **change}})


def beacon(number: int) -> dict[str, Any]:
    return {"chain": "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971", "round": number}


AFTER = round_after(1795140000)


def test_one_source_of_the_seed_is_not_enough(world: World) -> None:
    with pytest.raises(RidError, match="seed_sources"):
        parse(seed_plan(world, dice=None))
    with pytest.raises(RidError, match="seed_sources"):
        parse(seed_plan(world, commits=[]))


def test_a_beacon_must_come_after_the_reveals(world: World) -> None:
    assert parse(seed_plan(world, beacon=beacon(AFTER), dice=None)).seed.beacon == AFTER
    with pytest.raises(RidError, match="beacon_time"):
        parse(seed_plan(world, beacon=beacon(AFTER - 2000)))


def manifest_of(world: World) -> Manifest:
    return parse((world.folder / "manifest.json").read_bytes())


def test_with_a_beacon_a_missing_or_wrong_reveal_counts_as_a_dash(world: World) -> None:
    manifest = parse(seed_plan(world, beacon=beacon(AFTER)))
    given = accepted_reveals(manifest, {"legal": "3" * 64})
    assert given == {"legal": "-", "operator": "-"}


def test_without_a_beacon_a_missing_or_wrong_reveal_voids_the_attempt(world: World) -> None:
    for reveals, code in (({"legal": "2" * 64}, "missing"), ({"operator": "x", "legal": "2" * 64}, "wrong")):
        with pytest.raises(RidError, match=f"reveal_{code}"):
            accepted_reveals(manifest_of(world), reveals)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"dice": "-"}, "dice"),
        ({"dice": "d10x20:123"}, "dice"),
        ({"beacon": f"drand:1:{HASH}"}, "beacon"),
        ({"reveals": {"legal": "2" * 64, "operator": "1" * 64, "mayor": "0" * 64}}, "reveal_unknown"),
    ],
)
def test_what_the_manifest_did_not_plan_makes_no_seed(
    world: World, change: dict[str, Any], code: str
) -> None:
    given: Reveals = replace(world.reveals, **change)
    with pytest.raises(RidError, match=code):
        seed_of(manifest_of(world), given, HASH)


def plan(manifest: Manifest) -> tuple[ListPlan, ...]:
    return tuple(
        ListPlan(
            spec.code,
            spec.crew,
            spec.floor_bp,
            spec.registry_count,
            tuple(StratumPlan(st.code, st.bp, st.count) for st in spec.strata),
        )
        for spec in manifest.lists
    )


def build(world: World, lists: tuple[ListPlan, ...]) -> Manifest:
    m = manifest_of(world)
    return build_manifest(
        suite=m.suite,
        draw_id=m.draw_id,
        attempt=m.attempt,
        prev=m.prev,
        scans={name: describe(world.folder / f"{name}.tsv", m.suite, kind) for name, kind in KINDS.items()},
        lists=lists,
        crews=m.crews,
        sub_bp=m.sub_bp,
        seed=m.seed,
        ruleset=m.ruleset,
        created=m.created,
    )


def test_a_manifest_built_from_the_files_is_the_worked_one(world: World) -> None:
    built = build(world, plan(manifest_of(world)))
    assert built.to_bytes() == (world.folder / "manifest.json").read_bytes()


def test_a_quota_by_number_is_kept_as_a_number(world: World) -> None:
    first, *rest = plan(manifest_of(world))
    by_number = replace(first, strata=(StratumPlan("A", count=200), *first.strata[1:]))
    built = build(world, (by_number, *rest))
    stratum = built.lists[0].strata[0]
    assert (stratum.k, stratum.m, stratum.count, stratum.bp) == (78, 0, 200, None)
    assert parse(built.to_bytes()) == built


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"floor_bp": 9000}, "floor"),
        ({"registry_count": 168}, "conservation"),
        ({"code": "XX"}, "stratum_unknown"),
    ],
)
def test_the_freeze_refuses_lists_that_break_a_rule(world: World, change: dict[str, Any], code: str) -> None:
    first, *rest = plan(manifest_of(world))
    with pytest.raises(RidError, match=code):
        build(world, (replace(first, **change), *rest))


def test_the_objects_that_cannot_be_staffed_are_listed(world: World) -> None:
    manifest = manifest_of(world)
    pooled = {line.split("\t")[1]: line.split("\t")[3] for line in world.lines("pool") if line < "SI"}
    victim = next(iter(pooled))
    staff = [row.split("\t")[0] for row in world.lines("inspectors") if f"LDJC\t{pooled[victim]}\t" in row]
    world.write_lines("recusals", sorted(f"{who}\t{victim}\tkinship" for who in staff[1:]))
    roster = read_roster(world.folder / "inspectors.tsv", world.folder / "recusals.tsv")
    found = list(unstaffable(world.folder / "pool.tsv", roster, manifest.lists, manifest.crews))
    assert found == [Unstaffable(victim, "LDJC", pooled[victim], 1, 2)]
    strict = [replace(crew, team=99) if crew.code == "SBZX" else crew for crew in manifest.crews]
    everyone = list(unstaffable(world.folder / "pool.tsv", roster, manifest.lists, strict))
    assert {u.id for u in everyone if u.crew == "SBZX"} == {
        line.split("\t")[1] for line in world.lines("pool") if line.startswith("SI\t")
    }


@pytest.mark.parametrize("team", [1, 2, 3, 5, 99])
@pytest.mark.parametrize("recusals", [0, 1, 3])
def test_what_the_counts_of_the_pool_decide_is_what_reading_it_says(
    world: World, team: int, recusals: int
) -> None:
    lines = [line.split("\t") for line in world.lines("pool") if line.startswith("SI\t")]
    victim, unit = lines[0][1], lines[0][3]
    staff = [row.split("\t")[0] for row in world.lines("inspectors") if f"SBZX\t{unit}\t" in row]
    world.write_lines("recusals", sorted(f"{who}\t{victim}\tkinship" for who in staff[:recusals]))
    roster = read_roster(world.folder / "inspectors.tsv", world.folder / "recusals.tsv")
    manifest = manifest_of(world)
    lists = [spec for spec in manifest.lists if spec.code == "SI"]
    crews = [replace(crew, team=team) for crew in manifest.crews if crew.code == "SBZX"]
    pool = world.folder / "pool.tsv"
    groups = describe(pool, S256, KINDS["pool"]).groups
    assert list(unstaffable(pool, roster, lists, crews, groups)) == list(
        unstaffable(pool, roster, lists, crews)
    )


def test_substitutes_and_floors_round_up() -> None:
    assert [quota.substitutes(10, k, 2000) for k in (0, 1, 5, 6, 9, 10)] == [0, 1, 1, 2, 1, 0]
    assert [quota.floor_count(n, 500) for n in (0, 1, 20, 21)] == [0, 1, 1, 2]


def test_order_is_checked_across_blocks(tmp_path: Path) -> None:
    # A block is BLOCK bytes and the rest of the line there: the first line of the next one is out of order.
    path = tmp_path / "pool.tsv"
    half = [f"L\t{at:09}\tA\tU\n" for at in range(BLOCK // 16 + 1)]
    path.write_text("".join(half + half))
    with pytest.raises(RidError) as caught:
        describe(path, S256, KINDS["pool"])
    assert (caught.value.code, caught.value.where) == ("line_order", f"pool.tsv:{BLOCK // 16 + 2}")
