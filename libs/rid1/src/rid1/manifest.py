"""The manifest of a round (RID/1 §4): everything that decides a draw before any secret is known.

Types, canonical bytes and hash. Reading it from a file is `manifest_reader`, building it
from counted files is `freeze`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rid1 import jcs
from rid1.beacon import QUICKNET, Chain
from rid1.scan import InputFile
from rid1.suites import Suite

VERSION = "RID/1"


@dataclass(frozen=True)
class Stratum:
    """One grade of a list: `n` objects, `k` selected, `m` substitutes; by ratio `bp` (basis points) or by `count`."""

    code: str
    n: int
    k: int
    m: int
    bp: int | None = None
    count: int | None = None


@dataclass(frozen=True)
class ListSpec:
    """One population for one set of matters of one crew (RID/1 §2)."""

    code: str
    crew: str
    floor_bp: int
    registry_count: int
    strata: tuple[Stratum, ...]


@dataclass(frozen=True)
class Crew:
    """The inspectors of one department: `team` per object, `alternates` behind, `slack` on top of the cap (§7)."""

    code: str
    team: int
    alternates: int
    slack: int


@dataclass(frozen=True)
class Commit:
    """The commitment `c` (hex) of contributor `name` (RID/1 §5)."""

    name: str
    c: str


@dataclass(frozen=True)
class SeedPlan:
    """Where the seed will come from (RID/1 §5). `dice` is the number of ten-sided throws, `beacon` a drand round."""

    commits: tuple[Commit, ...]
    reveal_by: str
    dice: int | None
    beacon: int | None
    embargo: str | None
    chain: Chain = QUICKNET


@dataclass(frozen=True)
class Ruleset:
    """The ruleset in force: id, version, hash of its file."""

    id: str
    version: str
    sha: str


@dataclass(frozen=True)
class Manifest:
    """A parsed or built manifest; `to_bytes` gives the canonical file."""

    suite: Suite
    draw_id: str
    attempt: int
    prev: str | None
    inputs: Mapping[str, InputFile]
    lists: tuple[ListSpec, ...]
    crews: tuple[Crew, ...]
    sub_bp: int
    seed: SeedPlan
    disclosure: str
    substitutes: str
    ruleset: Ruleset
    created: str

    def to_bytes(self) -> bytes:
        """manifest.json, byte for byte."""
        return jcs.encode(_to_json(self))

    def hash(self) -> str:
        """manifest_hash of RID/1 §4."""
        return manifest_hash(self.to_bytes(), self.suite)

    def wanted(self) -> dict[tuple[str, str], int]:
        """Tickets needed per (list, stratum): selected and substitutes, in manifest order."""
        return {(li.code, st.code): st.k + st.m for li in self.lists for st in li.strata}

    def stratum(self, list_code: str, code: str) -> Stratum | None:
        """The stratum of that list and code, if any."""
        return next(
            (st for li in self.lists if li.code == list_code for st in li.strata if st.code == code), None
        )


def manifest_hash(canonical: bytes, suite: Suite) -> str:
    """hx("RID/1|manifest|" ‖ JCS), RID/1 §4."""
    return suite.hx(b"RID/1|manifest|" + canonical)


def inputs_hash(inputs: Mapping[str, InputFile], suite: Suite) -> str:
    """What a witness signs before the manifest: hx("RID/1|inputs|" ‖ JCS of the manifest's `inputs`)."""
    return suite.hx(b"RID/1|inputs|" + jcs.encode({name: asdict(file) for name, file in inputs.items()}))


def _to_json(m: Manifest) -> dict[str, Any]:
    dice = None if m.seed.dice is None else {"count": m.seed.dice, "sides": 10}
    drand = None if m.seed.beacon is None else _beacon(m.seed.beacon, m.seed.chain)
    return {
        "v": VERSION,
        "suite": m.suite.name,
        "draw_id": m.draw_id,
        "attempt": m.attempt,
        "prev": m.prev,
        "inputs": {name: asdict(file) for name, file in m.inputs.items()},
        "lists": [{**asdict(li), "strata": [_stratum(st) for st in li.strata]} for li in m.lists],
        "crews": [asdict(crew) for crew in m.crews],
        "sub_bp": m.sub_bp,
        "seed": {
            "commits": [asdict(commit) for commit in m.seed.commits],
            "reveal_by": m.seed.reveal_by,
            "dice": dice,
            "beacon": drand,
            "embargo": m.seed.embargo,
        },
        "disclosure": m.disclosure,
        "substitutes": m.substitutes,
        "ruleset": asdict(m.ruleset),
        "created": m.created,
    }


def _stratum(st: Stratum) -> dict[str, Any]:
    rule = {"bp": st.bp} if st.bp is not None else {"count": st.count}
    return {"code": st.code, "n": st.n, "k": st.k, "m": st.m, **rule}


def _beacon(drand_round: int, chain: Chain) -> dict[str, Any]:
    named: dict[str, Any] = {"chain": chain.hash, "round": drand_round}
    if chain.sandbox:
        named["sandbox"] = {
            "genesis": chain.genesis,
            "period": chain.period,
            "public_key": chain.public_key.hex(),
        }
    return named
