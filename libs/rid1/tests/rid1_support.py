"""A small world to test in: the vectors' folder, a draw log with a signing key, and bundles made from them."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rid1 import checkpoint, ed25519, jcs
from rid1.bundle import LogEvidence, write_bundle
from rid1.draw import draw
from rid1.log import Entry, make_entry
from rid1.manifest import manifest_hash
from rid1.merkle import Tree
from rid1.scan import describe
from rid1.seed import Reveals, read_reveals
from rid1.states import Event
from rid1.suites import S256
from rid1.tsv import KINDS

SOURCE = Path(__file__).parents[1] / "src"
VECTORS = Path(__file__).parent / "vectors"
DRAW_ID = "130102-2026-0001"
ORIGIN = "draw.example/log"
HASH = "ab" * 32


def run_cli(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The command line in an interpreter that sees nothing but the standard library and rid1."""
    boot = f"import sys; sys.path.insert(0, {str(SOURCE)!r}); from rid1.cli import main; sys.exit(main())"
    command = [sys.executable, "-I", "-S", "-c", boot, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, env={"PYTHONUTF8": "1"}, cwd="/", check=False
    )


def sign(secret: bytes, message: bytes) -> bytes:
    """An RFC 8032 signature, for tests only: slow and not constant in time."""
    digest = hashlib.sha512(secret).digest()
    scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    public = ed25519.compress(ed25519.multiply(scalar, ed25519.BASE))
    r = int.from_bytes(hashlib.sha512(digest[32:] + message).digest(), "little") % ed25519.L
    point = ed25519.compress(ed25519.multiply(r, ed25519.BASE))
    k = int.from_bytes(hashlib.sha512(point + public + message).digest(), "little")
    return point + ((r + k * scalar) % ed25519.L).to_bytes(32, "little")


def public_key(secret: bytes) -> bytes:
    digest = hashlib.sha512(secret).digest()
    scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    return ed25519.compress(ed25519.multiply(scalar, ed25519.BASE))


def rewrite(bundle: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """A copy of a bundle with one member changed, as an outsider could make it."""
    target = bundle.with_name("changed.zip")
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(target, "w") as new:
        for item in old.namelist():
            data = old.read(item)
            if item == name:
                changed = change(data)
                assert changed != data
                data = changed
            new.writestr(item, data)
    return target


SECRET = b"\7" * 32
PUBLIC = public_key(SECRET)
VKEY = checkpoint.verifier_key(ORIGIN, PUBLIC)


@dataclass
class World:
    """A folder with a round, and the log of all draws."""

    root: Path
    suite: str = "s256"
    entries: list[Entry] = field(default_factory=list)
    attempt: int = 1
    minute: int = 0
    hour: str = "2026-11-20T01"

    def __post_init__(self) -> None:
        self.folder = self.root / "round"
        shutil.copytree(VECTORS / self.suite, self.folder)
        self.reveals = read_reveals((self.folder / "expected.json").read_bytes())
        self.out = self.root / "out"

    @property
    def manifest(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "manifest.json").read_bytes()))

    def change(self, **fields: Any) -> None:
        """Rewrites fields of the manifest, canonically."""
        (self.folder / "manifest.json").write_bytes(jcs.encode({**self.manifest, **fields}))

    def refreeze(self) -> None:
        """Makes the manifest describe the files as they now are: sizes, hashes, counts and quotas."""
        from rid1 import quota

        value = self.manifest
        suite = read_suite(value["suite"])
        scans = {name: describe(self.folder / f"{name}.tsv", suite) for name in KINDS}
        value["inputs"] = {name: vars(scan.file) for name, scan in scans.items()}
        rows = [line.split("\t") for line in self.lines("pool")]
        for spec in value["lists"]:
            for st in spec["strata"]:
                st["n"] = sum(row[0] == spec["code"] and row[2] == st["code"] for row in rows)
                st["k"] = quota.by_ratio(st["n"], st["bp"])
                st["m"] = quota.substitutes(st["n"], st["k"], value["sub_bp"])
        self.change(**value)

    def lines(self, name: str) -> list[str]:
        return (self.folder / f"{name}.tsv").read_text().splitlines()

    def write_lines(self, name: str, lines: list[str]) -> None:
        (self.folder / f"{name}.tsv").write_text("".join(f"{line}\n" for line in lines))

    def log(self, event: Event, body: dict[str, Any], *, draw_id: str = DRAW_ID, time: str = "") -> Entry:
        own = [entry for entry in self.entries if entry.draw_id == draw_id]
        self.minute += 1
        entry = make_entry(
            index=len(self.entries),
            time=time or f"{self.hour}:{self.minute:02}:00Z",
            draw_id=draw_id,
            attempt=self.attempt,
            event=event,
            body=body,
            before=own[-1] if own else None,
        )
        self.entries.append(entry)
        return entry

    def log_start(self, committed: dict[str, str] | None = None) -> None:
        """created, frozen, commitments and manifest, with a neighbour's entry in between. What the manifest says is
        logged even when it is against the rules, and `committed` in place of its commitments, if given."""
        data = (self.folder / "manifest.json").read_bytes()
        digest = manifest_hash(data, read_suite(self.manifest["suite"]))
        self.log(Event.CREATED, {})
        self.log(Event.FROZEN, {})
        for commit in self.manifest["seed"]["commits"]:
            name = commit["name"]
            self.log(Event.COMMITMENT, {"name": name, "c": (committed or {}).get(name, commit["c"])})
        attempt, self.attempt = self.attempt, 1
        self.log(Event.CREATED, {}, draw_id=f"OTHER-{len(self.entries)}")
        self.attempt = attempt
        self.log(Event.MANIFEST, {"manifest_hash": digest})

    def log_secrets(self) -> None:
        for commit in self.manifest["seed"]["commits"]:
            value = self.reveals.reveals.get(commit["name"], "-")
            self.log(Event.REVEAL, {"name": commit["name"], "value": value})
        dice = {"value": self.reveals.dice, "typed_by": "u1", "confirmed_by": "u2"}
        self.log(Event.DICE, dice)

    def log_draw(self) -> None:
        outcome = draw(self.folder, self.reveals, self.out)
        self.log(Event.SEEDED, {"seed": outcome.seed})
        self.log(Event.DRAWN, {"result_hash": outcome.result_hash, "match_hash": outcome.match_hash})
        self.log(Event.SIGNED, {"result_hash": outcome.result_hash, "by": "legal"})
        self.log(Event.COMPLETED, {})

    def play(self) -> World:
        """The whole round, from creation to completion."""
        self.log_start()
        self.log_secrets()
        self.log_draw()
        return self

    def checkpoint(self) -> str:
        tree = Tree(S256, [entry.leaf for entry in self.entries])
        text = checkpoint.body(ORIGIN, tree.size, tree.root())
        return checkpoint.attach(text, ORIGIN, PUBLIC, sign(SECRET, text.encode()))

    def evidence(self) -> LogEvidence:
        tree = Tree(S256, [entry.leaf for entry in self.entries])
        own = [entry for entry in self.entries if entry.draw_id == DRAW_ID]
        return LogEvidence(own, [tree.path(entry.index) for entry in own], self.checkpoint())

    def bundle(self, name: str = "bundle.zip", reveals: Reveals | None = None) -> Path:
        path = self.root / name
        write_bundle(path, self.folder, self.out, reveals or self.reveals, self.evidence())
        return path

    def export(self) -> Path:
        path = self.root / "log.jsonl"
        path.write_bytes(b"".join(entry.line + b"\n" for entry in self.entries))
        return path


def read_suite(name: str) -> Any:
    from rid1.suites import SUITES

    return SUITES[name]
