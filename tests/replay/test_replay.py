"""The guide to a replay without our code, on the worked round, on a round of many strata, and on a changed one."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from replay.guide import in_duckdb, in_postgresql, shell, unpacked
from rid1 import jcs, quota
from rid1.tsv import SALTED
from rid1_support import VECTORS, World
from suicha_chassis.testing import PostgresServer
from test_sealed import seal

EXPECTED = json.loads((VECTORS / "s256" / "expected.json").read_text())
KEY = EXPECTED["key_target"]


@pytest.fixture
def worked(tmp_path: Path) -> Path:
    """The folder of an unpacked bundle of the worked round."""
    world = World(tmp_path).play()
    folder = unpacked(world.bundle(), tmp_path / "unpacked")
    shutil.copy(world.export(), folder / "log.jsonl")
    return folder


def replayed_by_psql(folder: Path, key: str, postgres: PostgresServer, salted: bool = False) -> bytes:
    psql = postgres.place.programs / "bin" / "psql"
    return in_postgresql(folder, key, psql, postgres.place.admin_url, salted)


def test_the_files_the_commitments_and_the_root_of_the_log_are_as_published(worked: Path) -> None:
    assert shell(worked, "files", "commitments", "root") == ""


def test_the_key_of_the_tickets_follows_from_what_was_revealed(worked: Path) -> None:
    assert shell(worked, "key").strip() == KEY


def test_one_ticket_is_one_command(worked: Path) -> None:
    *_, object_id, ticket = (worked / "result.tsv").read_text().splitlines()[0].split("\t")
    assert shell(worked, "ticket", K=KEY, USCC=object_id).split()[0] == ticket


def test_duckdb_and_postgresql_write_the_result_byte_for_byte(worked: Path, postgres: PostgresServer) -> None:
    result = (worked / "result.tsv").read_bytes()
    assert in_duckdb(worked, KEY) == result
    assert replayed_by_psql(worked, KEY, postgres) == result


def test_a_round_in_sm3_is_checked_with_openssl_as_the_guide_says(tmp_path: Path) -> None:
    world = World(tmp_path, "sm3").play()
    folder = unpacked(world.bundle(), tmp_path / "unpacked")
    shutil.copy(world.export(), folder / "log.jsonl")
    expected = json.loads((VECTORS / "sm3" / "expected.json").read_text())
    assert shell(folder, "files", "commitments", sm3=True) == ""
    assert shell(folder, "root") == ""
    assert shell(folder, "key", sm3=True).strip() == expected["key_target"]
    *_, object_id, ticket = (folder / "result.tsv").read_text().splitlines()[0].split("\t")
    assert shell(folder, "ticket", sm3=True, K=expected["key_target"], USCC=object_id).split()[0] == ticket
    assert shell(folder, "files") != "", "another hash function does not give the same"


def test_a_sealed_round_is_replayed_by_whoever_holds_its_files(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    world = seal(World(tmp_path)).play()
    folder = unpacked(world.bundle(), tmp_path / "unpacked")
    for name in SALTED:
        shutil.copy(world.folder / f"{name}.tsv", folder)
    assert shell(folder, "files", "commitments") == ""
    key = shell(folder, "key").strip()
    result = (folder / "result.tsv").read_bytes()
    assert in_duckdb(folder, key, salted=True) == result
    assert replayed_by_psql(folder, key, postgres, salted=True) == result


def test_the_guide_notices_what_was_changed(worked: Path) -> None:
    pool, reveals, log = worked / "pool.tsv", worked / "reveals.json", worked / "log.jsonl"
    drawn = (worked / "result.tsv").read_text().split("\t")[4]
    lines = pool.read_text().splitlines(keepends=True)
    pool.write_text("".join(line for line in lines if not line.startswith(f"HR\t{drawn}\t")))
    reveals.write_bytes(reveals.read_bytes().replace(b"1111", b"1112", 1))
    log.write_bytes(log.read_bytes().replace(b'"u1"', b'"u9"'))
    said = shell(worked, "files", "commitments", "root")
    assert [line[:8] for line in said.splitlines()] == ["pool.tsv", "揭示值与承诺不符", "日志与检查点不符"]
    assert in_duckdb(worked, KEY) != (worked / "result.tsv").read_bytes()


def test_a_round_with_ratios_and_numbers_and_empty_strata_replays(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    """Lists and strata out of alphabetical order, by number and by ratio, empty, and used up."""
    rules = [
        ("ZZ", [("LOW", {"bp": 300}, 9_000), ("HIGH", {"count": 12}, 40), ("NONE", {"bp": 500}, 0)]),
        ("AA", [("ALL", {"bp": 1}, 3_000), ("FEW", {"count": 9}, 5), ("WHOLE", {"bp": 10_000}, 25)]),
    ]
    manifest = {
        "sub_bp": 2_000,
        "lists": [
            {"code": code, "strata": [{"code": stratum, **rule} for stratum, rule, _ in strata]}
            for code, strata in rules
        ],
    }
    (tmp_path / "manifest.json").write_bytes(jcs.encode(manifest))
    lines, expected = [], []
    for code, strata in rules:
        for stratum, rule, n in strata:
            ids = [
                f"9{hashlib.sha256(f'{code}{stratum}{i}'.encode()).hexdigest()[:17].upper()}"
                for i in range(n)
            ]
            lines += [f"{code}\t{one}\t{stratum}\tU1\n" for one in ids]
            k = quota.by_ratio(n, rule["bp"]) if "bp" in rule else quota.by_number(n, rule["count"])
            tickets = sorted((hashlib.sha256(f"{KEY}:{one}".encode()).hexdigest(), one) for one in ids)
            ranked = tickets[: k + quota.substitutes(n, k, 2_000)]
            expected += [
                f"{code}\t{stratum}\t{rank}\t{'S' if rank <= k else 'R'}\t{one}\t{ticket}\n"
                for rank, (ticket, one) in enumerate(ranked, 1)
            ]
    (tmp_path / "pool.tsv").write_text("".join(sorted(lines)))
    assert in_duckdb(tmp_path, KEY) == "".join(expected).encode()
    assert replayed_by_psql(tmp_path, KEY, postgres) == "".join(expected).encode()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    n=st.integers(0, 300),
    rule=st.one_of(
        st.integers(0, 10_000).map(lambda bp: {"bp": bp}),
        st.integers(0, 400).map(lambda count: {"count": count}),
    ),
    sub_bp=st.integers(0, 10_000),
)
def test_quotas_in_sql_are_those_of_the_specification(
    tmp_path: Path, n: int, rule: dict[str, int], sub_bp: int
) -> None:
    manifest = {"sub_bp": sub_bp, "lists": [{"code": "L", "strata": [{"code": "A", **rule}]}]}
    (tmp_path / "manifest.json").write_bytes(jcs.encode(manifest))
    (tmp_path / "pool.tsv").write_text("".join(f"L\tID{i:04}\tA\tU1\n" for i in range(n)))
    k = quota.by_ratio(n, rule["bp"]) if "bp" in rule else quota.by_number(n, rule["count"])
    marks = [line.split(b"\t")[3] for line in in_duckdb(tmp_path, KEY).splitlines()]
    assert (marks.count(b"S"), marks.count(b"R")) == (k, quota.substitutes(n, k, sub_bp))
