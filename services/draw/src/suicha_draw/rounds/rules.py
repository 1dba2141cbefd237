"""From what a freeze counted to the quotas of the manifest, and everything that forbids it. Pure."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from rid1 import quota
from rid1.beacon import QUICKNET, Chain
from rid1.freeze import ListPlan, StratumPlan, build_manifest
from rid1.manifest import Commit, Crew, Manifest, Ruleset, SeedPlan
from rid1.manifest import inputs_hash as hash_of_inputs
from rid1.scan import InputFile, Scan
from rid1.suites import suite_named
from suicha_contracts.values import percent

from suicha_draw.conditions import percent_text
from suicha_draw.rounds.schemas.kept import (
    BeaconChain,
    Frozen,
    RoundCrew,
    RoundList,
    RoundProblem,
    RoundSettings,
)

_ALL = "ALL"


def scans_of(frozen: Frozen) -> dict[str, Scan]:
    """Return what rid1 knows of the input files."""
    return {
        name: Scan(
            InputFile(scan["size"], scan["sha"], scan["root"]),
            Counter({tuple(group[:-1]): group[-1] for group in scan["groups"]}),
        )
        for name, scan in frozen.scans.items()
    }


def chain_of(settings: RoundSettings) -> Chain:
    """Return the network whose beacon the round uses; quicknet where it uses none."""
    given = settings.beacon
    if given is None:
        return QUICKNET
    return Chain(given.hash, bytes.fromhex(given.public_key), given.genesis, given.period)


def chain_document(chain: Chain) -> BeaconChain:
    """Return a network as a round keeps it."""
    return BeaconChain(
        hash=chain.hash, public_key=chain.public_key.hex(), genesis=chain.genesis, period=chain.period,
        sandbox=chain.sandbox,
    )  # fmt: skip


def told_beacon(settings: RoundSettings, beacon: str | None) -> str:
    """Return the beacon as others are told it: a rehearsal's says that it is one, wherever it is printed."""
    if beacon is None:
        return "-"
    return f"演练信标，不是真正的抽取：{beacon}" if chain_of(settings).sandbox else beacon


def seed_sources(contributors: Sequence[str], dice: bool, beacon: bool) -> int:
    """Count the independent sources of a seed: two contributors, dice, beacon (RID/1 §5); two are needed."""
    return (len(contributors) >= 2) + dice + beacon


def inputs_hash(frozen: Frozen, suite: str) -> str:
    """Return what witnesses sign before the manifest: the hash of its `inputs`, hex."""
    return hash_of_inputs({name: scan.file for name, scan in scans_of(frozen).items()}, suite_named(suite))


def outstanding(required: Mapping[str, int], signed: Sequence[tuple[str, str]], deed: str) -> dict[str, int]:
    """Return how many witnesses of each role still have to sign a deed; `signed` holds (deed, role)."""
    have = Counter(role for what, role in signed if what == deed)
    return {role: number - have[role] for role, number in required.items() if number > have[role]}


def stratum_sizes(frozen: Frozen, list_code: str) -> dict[str, int]:
    """Return the pooled objects of each stratum of a list."""
    sizes: Counter[str] = Counter()
    for code, stratum, _, lines in frozen.scans["pool"]["groups"]:
        if code == list_code:
            sizes[stratum] += lines
    return dict(sizes)


def strata_of(wanted: RoundList, sizes: Mapping[str, int]) -> tuple[StratumPlan, ...]:
    """Return the strata of a list in byte order, each with its ratio or number (RID/1 §3)."""
    raised = {one.stratum: StratumPlan(one.stratum, one.ratio_bp, one.count) for one in wanted.raises}
    if wanted.by_grade:
        codes = {*wanted.ratios, *wanted.counts, *sizes} - set(raised)
        base = [
            StratumPlan(code, None, wanted.counts[code])
            if code in wanted.counts
            else StratumPlan(code, wanted.ratios.get(code, wanted.ratio_bp))
            for code in codes
        ]
    else:
        base = [StratumPlan(_ALL, wanted.ratio_bp, wanted.count)]
    return tuple(sorted((*base, *raised.values()), key=lambda stratum: stratum.code))


def freeze_problems(lists: Sequence[RoundList], frozen: Frozen) -> list[RoundProblem]:
    """Name everything that forbids a draw from these lists: emptiness, a stratum without ratio, the floor."""
    problems: list[RoundProblem] = []
    for wanted in lists:
        sizes = stratum_sizes(frozen, wanted.code)
        at = f"任务“{wanted.task_name}”（名单 {wanted.code}）"
        total = sum(sizes.values())
        excluded = sum(group[-1] for group in frozen.scans["excluded"]["groups"] if group[0] == wanted.code)
        registered = frozen.registry_counts.get(wanted.code, 0)
        if registered != total + excluded:
            text = f"{at}：登记 {registered} 家，入库与排除合计 {total + excluded} 家"
            problems.append(_problem("conservation", text))
        if total == 0:
            problems.append(_problem("list_empty", f"{at}没有可抽取的对象"))
            continue
        strata = strata_of(wanted, sizes)
        lacking = [st.code for st in strata if st.bp is None and st.count is None]
        lacking += [code for code in sizes if code not in {st.code for st in strata}]
        for code in lacking:
            problems.append(
                _problem(
                    "stratum_without_ratio",
                    f"{at}有 {sizes[code]} 家属于层 {code}，任务未规定该层的比例或数量",
                )
            )
        problems += _raised_too_little(wanted, strata, sizes, at)
        chosen = sum(_chosen(st, sizes.get(st.code, 0)) for st in strata)
        due = quota.floor_count(total, wanted.floor_bp)
        if not lacking and chosen < due:
            floor = f"“{wanted.floor_clause}”规定的下限 {percent(wanted.floor_bp)}"
            each = "、".join(f"层 {st.code} {sizes.get(st.code, 0)} 家" for st in strata)
            problems.append(
                _problem(
                    "ratio_below_floor", f"{at}：{each}，合计抽取 {chosen} 家，少于{floor}所要求的 {due} 家"
                )
            )
    return problems


def _chosen(stratum: StratumPlan, size: int) -> int:
    if stratum.bp is not None:
        return quota.by_ratio(size, stratum.bp)
    return quota.by_number(size, stratum.count or 0)


def _share(stratum: StratumPlan, size: int) -> Fraction:
    """The ratio that a stratum asks for; of a number, that number in what the stratum holds."""
    if stratum.bp is not None:
        return Fraction(stratum.bp, 10_000)
    return Fraction(min(stratum.count or 0, size), size) if size else Fraction(0)


def _raised_too_little(
    wanted: RoundList, strata: Sequence[StratumPlan], sizes: Mapping[str, int], at: str
) -> list[RoundProblem]:
    """A reason must draw at least what the highest share of the other strata would, ratio or number (D7, D9)."""
    raised = {one.stratum for one in wanted.raises}
    base = max(_share(st, sizes.get(st.code, 0)) for st in strata if st.code not in raised)
    found = []
    for one in strata:
        size = sizes.get(one.code, 0)
        chosen = _chosen(one, size)
        if one.code in raised and chosen < math.ceil(size * base):
            share = percent_text(base.numerator, base.denominator)
            text = f"{at}：{wanted.stratum_name(one.code)} {size} 家只抽 {chosen} 家，少于其他各层的 {share}"
            found.append(_problem("raise_too_low", text))
    return found


def _problem(code: str, message: str) -> RoundProblem:
    return RoundProblem(code=code, message=message)


def list_plans(lists: Sequence[RoundList], frozen: Frozen) -> list[ListPlan]:
    """Return the lists of a frozen round as RID/1 plans them."""
    return [
        ListPlan(
            one.code, one.crew, one.floor_bp, frozen.registry_counts[one.code],
            strata_of(one, stratum_sizes(frozen, one.code)),
        )
        for one in lists
    ]  # fmt: skip


def make_manifest(
    *,
    draw_id: str,
    attempt: int,
    prev: str | None,
    lists: Sequence[RoundList],
    crews: Sequence[RoundCrew],
    settings: RoundSettings,
    frozen: Frozen,
    commits: Mapping[str, str],
    reveal_by: str,
    beacon_round: int | None,
    ruleset: Ruleset,
    created: str,
) -> Manifest:
    """Return the manifest of a frozen round with all its commitments (RID/1 §4).

    Raises:
        RidError: RID/1 refuses it; `freeze_problems` was not asked.
    """
    return build_manifest(
        suite=suite_named(settings.suite),
        draw_id=draw_id,
        attempt=attempt,
        prev=prev,
        scans=scans_of(frozen),
        lists=list_plans(lists, frozen),
        crews=[Crew(one.code, one.team, one.alternates, one.slack) for one in crews],
        sub_bp=settings.sub_bp,
        seed=SeedPlan(
            tuple(Commit(name, commits[name]) for name in sorted(commits)),
            reveal_by, 20 if settings.dice else None, beacon_round, settings.embargo, chain_of(settings),
        ),
        ruleset=ruleset,
        created=created,
        disclosure=settings.disclosure,
        substitutes=settings.substitutes,
    )  # fmt: skip
