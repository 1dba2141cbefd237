"""The attacks of SPEC §10 that need no key: whoever holds a bundle can make them, on any open bundle.

Each says which attack of the specification it is and what the verifier must name first. The tests make them on the
worked rounds, and on the bundle of a round that the platform has drawn; the library, the command and the browser are
held against the same table.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rid1 import jcs, quota
from rid1.cli import main
from rid1.merkle import leaf_hash, root_of
from rid1.suites import SUITES

SPEC_10 = (
    "object removed after the manifest",
    "object added after the manifest",
    "object re-graded after the manifest",
    "object removed with the manifest rewritten",
    "object added with the manifest rewritten",
    "object re-graded with the manifest rewritten",
    "quota lowered",
    "floor lowered",
    "a result row swapped",
    "an inspector swapped",
    "roster edited",
    "recusals edited",
    "a reveal changed",
    "a dice digit changed",
    "beacon round changed",
    "beacon signature changed",
    "a second manifest for the same attempt",
    "a void attempt hidden",
    "an exclusion without reason",
    "substitutes out of order",
)
"""Every attack of SPEC §10 in its order."""

MADE: set[str] = set()
"""The attacks of SPEC §10 that some test makes."""

Members = dict[str, bytes]
Change = Callable[[Members], None]
Test = TypeVar("Test", bound=Callable[..., None])


@dataclass(frozen=True)
class Attack:
    """One attack: which of SPEC §10 ("" is one more than it lists), the change, the first fault to be named."""

    spec: str
    change: Change
    code: str

    def __post_init__(self) -> None:
        MADE.update({self.spec} - {""})

    def on(self, bundle: Path) -> Path:
        """A changed copy of a bundle, as an outsider could make it."""
        with zipfile.ZipFile(bundle) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        before = dict(members)
        self.change(members)
        assert members != before
        changed = bundle.with_name("changed.zip")
        with zipfile.ZipFile(changed, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return changed


def makes(spec: str) -> Callable[[Test], Test]:
    """Says of a test that it makes an attack of SPEC §10."""

    def told(test: Test) -> Test:
        MADE.add(spec)
        return test

    return told


def by_command(path: Path, key: str = "", log: Path | None = None) -> tuple[int, dict[str, Any]]:
    """What `rid1 verify … --json` prints, and its exit code."""
    given = ["verify", str(path), "--json"]
    given += ["--log-key", key] if key else []
    given += ["--log", str(log)] if log else []
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = main(given)
    return code, json.loads(said.getvalue())


def data_of(name: str, change: Callable[[bytes], bytes]) -> Change:
    """A change of one member; one that is not there counts as empty."""

    def changed(members: Members) -> None:
        members[name] = change(members.get(name, b""))

    return changed


def lines_of(name: str, change: Callable[[list[bytes]], list[bytes]]) -> Change:
    """A change of the lines of one member."""
    return data_of(name, lambda data: b"".join(change(data.splitlines(keepends=True))))


def row_of(name: str, change: Callable[[list[bytes]], None]) -> Change:
    """A change of the columns of a member's first line."""

    def changed(lines: list[bytes]) -> list[bytes]:
        row = lines[0].removesuffix(b"\n").split(b"\t")
        change(row)
        return [b"\t".join(row) + b"\n", *lines[1:]]

    return lines_of(name, changed)


def json_of(name: str, change: Callable[[Any], None]) -> Change:
    """A change of a member that is canonical JSON."""

    def changed(data: bytes) -> bytes:
        value = json.loads(data)
        change(value)
        return jcs.encode(value)

    return data_of(name, changed)


def swapped(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], *lines[2:]]


def removed(lines: list[bytes]) -> list[bytes]:
    return lines[1:]


def added(lines: list[bytes]) -> list[bytes]:
    return [*lines, lines[-1].replace(b"\t", b"\tZZ", 1)]


def regraded(lines: list[bytes]) -> list[bytes]:
    """The first object in the grade of the next one that has another, of the same list."""
    rows = [line.split(b"\t") for line in lines]
    other = next(row[2] for row in rows if row[0] == rows[0][0] and row[2] != rows[0][2])
    rows[0][2] = other
    return [b"\t".join(rows[0]), *lines[1:]]


def fitted(value: dict[str, Any], members: Members) -> None:
    """Makes a manifest fit the pool, so that nothing but the log contradicts it."""
    suite, lines = SUITES[value["suite"]], members["pool.tsv"].splitlines()
    root = root_of(suite, (leaf_hash(suite, line) for line in lines))
    value["inputs"]["pool"] = {"root": root.hex(), "sha": suite.hx(members["pool.tsv"]), "size": len(lines)}
    rows = [tuple(line.decode().split("\t")) for line in lines]
    for spec in value["lists"]:
        for stratum in spec["strata"]:
            n = sum((row[0], row[2]) == (spec["code"], stratum["code"]) for row in rows)
            spec["registry_count"] += n - stratum["n"]
            stratum["n"] = n
        quotas(spec, value["sub_bp"])


def quotas(spec: dict[str, Any], sub_bp: int) -> None:
    """The quotas that a list's ratios and numbers give."""
    for stratum in spec["strata"]:
        n = stratum["n"]
        by_number = "count" in stratum
        stratum["k"] = quota.by_number(n, stratum["count"]) if by_number else quota.by_ratio(n, stratum["bp"])
        stratum["m"] = quota.substitutes(n, stratum["k"], sub_bp)


def with_manifest(change: Change) -> Change:
    """A change of the pool, and the manifest rewritten to fit."""

    def changed(members: Members) -> None:
        change(members)
        json_of("manifest.json", lambda value: fitted(value, members))(members)

    return changed


def one_fewer(manifest: dict[str, Any]) -> None:
    """One object fewer than the ratio asks for, in the first stratum that has two."""
    next(st for spec in manifest["lists"] for st in spec["strata"] if st["k"] > 1)["k"] -= 1


def hardly_anybody(manifest: dict[str, Any]) -> None:
    """One object a stratum, however large it is; every number follows from the ratios, but the floor is not kept."""
    for spec in manifest["lists"]:
        for stratum in spec["strata"]:
            stratum.pop("count", None)
            stratum["bp"] = 1
        quotas(spec, manifest["sub_bp"])


def lower_floor(manifest: dict[str, Any]) -> None:
    manifest["lists"][0]["floor_bp"] -= 1


def later_created(manifest: dict[str, Any]) -> None:
    manifest["created"] = "2031-01-01T00:00:00Z"


def other_digit(text: str) -> str:
    """The text with its last digit, hex or not, replaced by another."""
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def another_reveal(value: dict[str, Any]) -> None:
    name = min(value["reveals"])
    value["reveals"][name] = other_digit(value["reveals"][name])


def another_throw(value: dict[str, Any]) -> None:
    value["dice"] = other_digit(value["dice"])


def team_turned(row: list[bytes]) -> None:
    row[3] = b",".join(reversed(row[3].split(b",")))


def alternate_first(row: list[bytes]) -> None:
    """The first alternate in the place of the last inspector of the team."""
    team, alternates = row[3].split(b","), row[4].split(b",")
    team[-1], alternates[0] = alternates[0], team[-1]
    row[3:] = [b",".join(team), b",".join(alternates)]


def drawn_swapped(lines: list[bytes]) -> list[bytes]:
    """The first two drawn objects in each other's place, tickets and ranks left."""
    first, second = lines[0].split(b"\t"), lines[1].split(b"\t")
    first[4], second[4] = second[4], first[4]
    return [b"\t".join(first), b"\t".join(second), *lines[2:]]


def without_scope(row: list[bytes]) -> None:
    row[3] = b"NONE"


def other_time(data: bytes) -> bytes:
    """The first entry of the log a second later or earlier."""
    return re.sub(rb'(\d)Z"', lambda found: b'%dZ"' % (int(found[1]) ^ 1), data, count=1)


def longer_log(data: bytes) -> bytes:
    """The checkpoint of a log that holds one entry more."""
    origin, size, rest = data.split(b"\n", 2)
    return b"%s\n%d\n%s" % (origin, int(size) + 1, rest)


OUTSIDE = {
    "object removed": Attack(
        "object removed after the manifest", lines_of("pool.tsv", removed), "input_size"
    ),
    "object added": Attack("object added after the manifest", lines_of("pool.tsv", added), "input_size"),
    "object re-graded": Attack(
        "object re-graded after the manifest", lines_of("pool.tsv", regraded), "input_sha"
    ),
    "object removed, manifest rewritten": Attack(
        "object removed with the manifest rewritten",
        with_manifest(lines_of("pool.tsv", removed)),
        "manifest_not_logged",
    ),
    "object added, manifest rewritten": Attack(
        "object added with the manifest rewritten",
        with_manifest(lines_of("pool.tsv", added)),
        "manifest_not_logged",
    ),
    "object re-graded, manifest rewritten": Attack(
        "object re-graded with the manifest rewritten",
        with_manifest(lines_of("pool.tsv", regraded)),
        "manifest_not_logged",
    ),
    "quota lowered": Attack("quota lowered", json_of("manifest.json", one_fewer), "quota"),
    "result rows swapped": Attack("a result row swapped", lines_of("result.tsv", swapped), "result_row"),
    "drawn objects swapped": Attack(
        "a result row swapped", lines_of("result.tsv", drawn_swapped), "result_row"
    ),
    "result row dropped": Attack("", lines_of("result.tsv", removed), "result_row"),
    "result row added": Attack(
        "", data_of("result.tsv", lambda d: d + b"SI\tD\t3\tR\tX\t00\n"), "result_row"
    ),
    "result line feed dropped": Attack("", data_of("result.tsv", lambda d: d[:-1]), "result_row"),
    "result line feed changed": Attack(
        "", data_of("result.tsv", lambda d: d.replace(b"\n", b"\r\n", 1)), "result_row"
    ),
    "inspectors turned": Attack("an inspector swapped", row_of("match.tsv", team_turned), "match_row"),
    "inspector swapped for an alternate": Attack(
        "an inspector swapped", row_of("match.tsv", alternate_first), "match_row"
    ),
    "match emptied": Attack("", data_of("match.tsv", lambda _: b""), "match_row"),
    "pool out of order": Attack("", lines_of("pool.tsv", swapped), "input_sha"),
    "roster edited": Attack("roster edited", row_of("inspectors.tsv", without_scope), "input_sha"),
    "inspector taken off": Attack("roster edited", lines_of("inspectors.tsv", removed), "input_size"),
    "recusal added": Attack(
        "recusals edited", data_of("recusals.tsv", lambda d: d + b"ZZ\tZZ\tkinship\n"), "input_size"
    ),
    "reveal changed": Attack("a reveal changed", json_of("reveals.json", another_reveal), "reveal_wrong"),
    "dice digit changed": Attack("a dice digit changed", json_of("reveals.json", another_throw), "dice_log"),
    "exclusion added": Attack(
        "", data_of("excluded.tsv", lambda d: d + b"ZZ\tZZ\texempt\t%s\n" % (b"ab" * 32)), "input_size"
    ),
    "substitution put in": Attack(
        "substitutes out of order", data_of("substitutions.jsonl", lambda d: b"{}\n" + d), "substitutions_log"
    ),
    "manifest dated anew": Attack("", json_of("manifest.json", later_created), "manifest_not_logged"),
    "manifest spaced": Attack(
        "", data_of("manifest.json", lambda d: d.replace(b",", b", ", 1)), "json_not_canonical"
    ),
    "log entry changed": Attack("", data_of("log/entries.jsonl", other_time), "log_inclusion"),
    "log entry dropped": Attack("", lines_of("log/entries.jsonl", removed), "log_proof"),
    "checkpoint edited": Attack("", data_of("log/checkpoint", longer_log), "checkpoint_signature"),
}
"""Attacks on any open bundle, the key of the log pinned."""

FLOORED = {
    "quotas lowered below the floor": Attack(
        "quota lowered", json_of("manifest.json", hardly_anybody), "floor"
    ),
    "floor lowered": Attack("floor lowered", json_of("manifest.json", lower_floor), "manifest_not_logged"),
}
"""Attacks on a bundle whose first list has a floor: a ruleset may have none (RID/1 §3)."""
