"""Freezing a round (RID/1 §2, §3): counted files and a plan become a manifest, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rid1 import quota
from rid1.errors import RidError
from rid1.manifest import Crew, ListSpec, Manifest, Ruleset, SeedPlan, Stratum
from rid1.manifest_reader import parse
from rid1.scan import Scan
from rid1.suites import Suite
from rid1.tsv import KINDS


@dataclass(frozen=True)
class StratumPlan:
    """A stratum before its objects are counted: a ratio `bp` (basis points) or a number `count`."""

    code: str
    bp: int | None = None
    count: int | None = None


@dataclass(frozen=True)
class ListPlan:
    """A list before its objects are counted."""

    code: str
    crew: str
    floor_bp: int
    registry_count: int
    strata: tuple[StratumPlan, ...]


def build_manifest(
    *,
    suite: Suite,
    draw_id: str,
    attempt: int,
    prev: str | None,
    scans: Mapping[str, Scan],
    lists: Sequence[ListPlan],
    crews: Sequence[Crew],
    sub_bp: int,
    seed: SeedPlan,
    ruleset: Ruleset,
    created: str,
    disclosure: str = "open",
    substitutes: str = "draw_order",
) -> Manifest:
    """The manifest of a round whose four input files were read by `scan.describe`; quotas follow RID/1 §3.

    Raises RidError for whatever the freeze must refuse: floors, conservation, unknown lists, too few seed sources.
    """
    counts = stratum_counts(scans["pool"])
    specs = list_specs(lists, counts, sub_bp)
    made = Manifest(
        suite, draw_id, attempt, prev, {name: scans[name].file for name in KINDS}, specs, tuple(crews),
        sub_bp, seed, disclosure, substitutes, ruleset, created,
    )  # fmt: skip
    read = parse(made.to_bytes())
    check_counts(read, scans)
    return read


def list_specs(
    lists: Sequence[ListPlan], counts: Mapping[tuple[str, str], int], sub_bp: int
) -> tuple[ListSpec, ...]:
    """The lists with the quotas of their strata (RID/1 §3); `counts` are the pool's lines per (list, stratum)."""
    return tuple(
        ListSpec(
            plan.code,
            plan.crew,
            plan.floor_bp,
            plan.registry_count,
            tuple(_stratum(st, counts.get((plan.code, st.code), 0), sub_bp) for st in plan.strata),
        )
        for plan in lists
    )


def _stratum(plan: StratumPlan, n: int, sub_bp: int) -> Stratum:
    k = quota.by_number(n, plan.count or 0) if plan.bp is None else quota.by_ratio(n, plan.bp)
    return Stratum(plan.code, n, k, quota.substitutes(n, k, sub_bp), plan.bp, plan.count)


def stratum_counts(pool: Scan) -> dict[tuple[str, str], int]:
    """Pool lines per (list, stratum)."""
    counts: dict[tuple[str, str], int] = {}
    for (list_code, stratum, _), lines in pool.groups.items():
        counts[list_code, stratum] = counts.get((list_code, stratum), 0) + lines
    return counts


def check_counts(manifest: Manifest, scans: Mapping[str, Scan]) -> None:
    """Checks the strata's sizes and conservation (RID/1 §2) against the files.

    Raises RidError `list_unknown`, `stratum_unknown`, `stratum_size` or `conservation`.
    """
    counts = stratum_counts(scans["pool"])
    known = manifest.wanted()
    for list_code, code in counts:
        if (list_code, code) not in known:
            raise RidError(
                "stratum_unknown",
                f"名单 {list_code} 的层 {code} 不在清单文件中",
                f"stratum {code} of list {list_code} is not in the manifest",
                "pool.tsv",
            )
    out = {key[0]: lines for key, lines in scans["excluded"].groups.items()}
    for list_code in out.keys() - {spec.code for spec in manifest.lists}:
        raise RidError(
            "list_unknown", f"未知的名单:{list_code}", f"unknown list: {list_code}", "excluded.tsv"
        )
    for spec in manifest.lists:
        for st in spec.strata:
            found = counts.get((spec.code, st.code), 0)
            if found != st.n:
                raise RidError(
                    "stratum_size",
                    f"名单 {spec.code} 层 {st.code}:清单文件写 {st.n} 家,对象库有 {found} 家",
                    f"list {spec.code} stratum {st.code}: manifest says {st.n}, pool has {found}",
                    "pool.tsv",
                )
        total = sum(st.n for st in spec.strata) + out.get(spec.code, 0)
        if total != spec.registry_count:
            raise RidError(
                "conservation",
                f"名单 {spec.code}:登记 {spec.registry_count} 家,入库与排除合计 {total} 家",
                f"list {spec.code}: registry counts {spec.registry_count}, pool and excluded hold {total}",
                "manifest.json",
            )
