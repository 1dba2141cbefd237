"""Reads manifest.json strictly: canonical JSON, known fields only, quotas, floors and sources recomputed."""

from __future__ import annotations

import re
from calendar import timegm
from time import strptime

from rid1 import beacon, jcs, quota
from rid1.errors import RidError
from rid1.fields import Fields
from rid1.manifest import (
    VERSION,
    Commit,
    Crew,
    ListSpec,
    Manifest,
    Ruleset,
    SeedPlan,
    Stratum,
)
from rid1.scan import InputFile
from rid1.suites import suite_named
from rid1.tsv import KINDS

WHERE = "manifest.json"
_KEY = re.compile(r"[0-9a-f]{192}")


def parse(data: bytes) -> Manifest:
    """Reads manifest.json.

    Raises RidError `json_invalid`, `json_not_canonical`, `manifest_field`, `suite_unknown`, `quota`, `floor`,
    `seed_sources` or `beacon_time`.
    """
    top = Fields(jcs.decode_canonical(data, WHERE), WHERE, "manifest_field")
    if top.text("v") != VERSION:
        top.refuse("v", "版本不受支持", "unsupported version")
    inputs = top.part("inputs")
    manifest = Manifest(
        suite=suite_named(top.text("suite")),
        draw_id=top.id("draw_id"),
        attempt=top.integer("attempt", 1),
        prev=top.hex_or_none("prev"),
        inputs={name: _input(inputs.part(name)) for name in KINDS},
        lists=tuple(_list(item) for item in top.parts("lists")),
        crews=tuple(_crew(item) for item in top.parts("crews")),
        sub_bp=top.integer("sub_bp", 0),
        seed=_seed(top.part("seed")),
        disclosure=top.choice("disclosure", "open", "sealed"),
        substitutes=top.choice("substitutes", "draw_order", "fresh_beacon"),
        ruleset=_ruleset(top.part("ruleset")),
        created=top.time("created"),
    )
    inputs.close()
    top.close()
    _check_references(manifest, top)
    _check_quotas(manifest)
    _check_sources(manifest)
    return manifest


def _input(f: Fields) -> InputFile:
    return f.closed(InputFile(f.integer("size", 0), f.hex("sha"), f.hex("root")))


def _crew(f: Fields) -> Crew:
    team, alternates, slack = f.integer("team", 1), f.integer("alternates", 0), f.integer("slack", 0)
    return f.closed(Crew(f.id("code"), team, alternates, slack))


def _ruleset(f: Fields) -> Ruleset:
    return f.closed(Ruleset(f.text("id"), f.text("version"), f.hex("sha")))


def _list(f: Fields) -> ListSpec:
    strata = tuple(_stratum(item) for item in f.parts("strata"))
    floor_bp, registry_count = f.integer("floor_bp", 0, 10000), f.integer("registry_count", 0)
    return f.closed(ListSpec(f.id("code"), f.id("crew"), floor_bp, registry_count, strata))


def _stratum(f: Fields) -> Stratum:
    by_count = f.has("count")
    bp = None if by_count else f.integer("bp", 0, 10000)
    count = f.integer("count", 0) if by_count else None
    n, k, m = f.integer("n", 0), f.integer("k", 0), f.integer("m", 0)
    return f.closed(Stratum(f.id("code"), n, k, m, bp, count))


def _seed(f: Fields) -> SeedPlan:
    commits = tuple(c.closed(Commit(c.name("name"), c.hex("c"))) for c in f.parts("commits"))
    if [c.name for c in commits] != sorted({c.name for c in commits}):
        f.refuse("commits", "贡献人须按名称升序且不重复", "contributors must be in order and different")
    reveal_by, dice, (drand_round, chain) = f.time("reveal_by"), _dice(f), _beacon(f)
    return f.closed(SeedPlan(commits, reveal_by, dice, drand_round, _embargo(f, commits), chain))


def _dice(f: Fields) -> int | None:
    dice = f.part_or_none("dice")
    if dice is None:
        return None
    dice.integer("sides", 10, 10)
    return dice.closed(dice.integer("count", 20, 20))


def _beacon(f: Fields) -> tuple[int | None, beacon.Chain]:
    plan = f.part_or_none("beacon")
    if plan is None:
        return None, beacon.QUICKNET
    chain = _sandbox(plan.part("sandbox")) if plan.has("sandbox") else beacon.QUICKNET
    plan.choice("chain", chain.hash)
    return plan.closed(plan.integer("round", 1)), chain


def _sandbox(f: Fields) -> beacon.Chain:
    """A chain for rehearsals; a verifier refuses it unless told otherwise."""
    public_key = f.text("public_key")
    if not _KEY.fullmatch(public_key):
        f.refuse("public_key", "应为 192 位十六进制", "192 hex digits are expected")
    return f.closed(beacon.sandbox_chain(public_key, f.integer("genesis", 0), f.integer("period", 1)))


def _embargo(f: Fields, commits: tuple[Commit, ...]) -> str | None:
    name = f.text_or_none("embargo")
    if name is not None and name not in {c.name for c in commits}:
        f.refuse("embargo", "保密的贡献人不在承诺之列", "the embargoed contributor made no commitment")
    return name


def _check_references(manifest: Manifest, top: Fields) -> None:
    lists = [spec.code for spec in manifest.lists]
    crews = [crew.code for crew in manifest.crews]
    if len(set(lists)) != len(lists) or any(
        len({st.code for st in spec.strata}) != len(spec.strata) for spec in manifest.lists
    ):
        top.refuse("lists", "名单或层的代码重复", "a list or stratum code is repeated")
    if len(set(crews)) != len(crews) or {spec.crew for spec in manifest.lists} - set(crews):
        top.refuse("crews", "队伍代码重复或缺失", "a crew code is repeated or missing")


def _check_quotas(manifest: Manifest) -> None:
    for spec in manifest.lists:
        for st in spec.strata:
            k = quota.by_number(st.n, st.count or 0) if st.bp is None else quota.by_ratio(st.n, st.bp)
            m = quota.substitutes(st.n, k, manifest.sub_bp)
            if (st.k, st.m) != (k, m):
                raise RidError(
                    "quota",
                    f"名单 {spec.code} 层 {st.code}:应抽 {k} 家、候补 {m} 家,清单文件写 {st.k}、{st.m}",
                    f"list {spec.code} stratum {st.code}: k={k} m={m} are due, manifest says k={st.k} m={st.m}",
                    WHERE,
                )
        due = quota.floor_count(sum(st.n for st in spec.strata), spec.floor_bp)
        chosen = sum(st.k for st in spec.strata)
        if chosen < due:
            raise RidError(
                "floor",
                f"名单 {spec.code}:共抽 {chosen} 家,低于最低比例要求的 {due} 家",
                f"list {spec.code}: {chosen} selected, the floor asks for {due}",
                WHERE,
            )


def refuse_sandbox(manifest: Manifest) -> None:
    """Refuses a round whose beacon is not the network that RID/1 §5 pins. Raises RidError `beacon_sandbox`."""
    if manifest.seed.chain.sandbox:
        raise RidError(
            "beacon_sandbox",
            "信标不是 drand quicknet,是演练用的链:这不是一次真正的抽取",
            "the beacon is a rehearsal's, not drand quicknet: this is not a real draw",
            WHERE,
        )


def unix_time(time: str) -> int:
    """Unix time of an ISO time ending in Z; fractions are cut."""
    return timegm(strptime(time[:19], "%Y-%m-%dT%H:%M:%S"))


def _check_sources(manifest: Manifest) -> None:
    seed = manifest.seed
    sources = (len(seed.commits) >= 2) + (seed.dice is not None) + (seed.beacon is not None)
    if sources < 2:
        raise RidError(
            "seed_sources",
            "随机种子来源不足:两名贡献人、骰子、信标三者至少须有其二",
            "at least two of {two contributors, dice, beacon} are required",
            WHERE,
        )
    if seed.beacon is not None and beacon.time_of(seed.beacon, seed.chain) <= unix_time(seed.reveal_by):
        raise RidError(
            "beacon_time",
            "信标轮次不晚于揭示截止时间",
            "the beacon round is not later than reveal_by",
            WHERE,
        )
