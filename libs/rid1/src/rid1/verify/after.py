"""After the draw (RID/1 §8): the logged substitutions replayed one by one.

Under `fresh_beacon` who steps in hangs on a beacon. So that nobody can wait for a beacon that suits, each drop-out is
logged beforehand with the round that will decide, and the j-th object substitution is held against the j-th of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from rid1 import beacon, jcs
from rid1.bundle import SUBSTITUTIONS
from rid1.errors import RidError
from rid1.log import Entry
from rid1.logged import differs
from rid1.manifest_reader import unix_time
from rid1.selection import Drawn, smallest
from rid1.substitution import Roll
from rid1.verify.case import Case


def check_substitutions(case: Case) -> None:
    """The substitutions are the logged ones, and each stepped in in order."""
    logged = b"".join(jcs.encode(entry.body) + b"\n" for entry in case.attempt.substitutions)
    given = case.bundle.read(SUBSTITUTIONS) if case.bundle.has(SUBSTITUTIONS) else b""
    if given != logged:
        raise differs("substitutions_log", "递补记录", "the substitutions", SUBSTITUTIONS)
    dropouts = list(case.attempt.dropouts)
    fresh = case.manifest.substitutes == "fresh_beacon"
    if dropouts and not fresh:
        raise RidError(
            "substitution",
            "按抽取顺序递补时不应有待定信标的退出记录",
            "a drop-out awaits a beacon, but substitutes come in draw order",
            f"log entry {dropouts[0].index}",
        )
    if case.attempt.substitutions:
        roll = Roll(case.manifest, case.drawn, case.matches, case.roster, case.seed, partial(_smallest, case))
        for at, entry in enumerate(case.attempt.substitutions, 1):
            where = f"{SUBSTITUTIONS}:{at}"
            if fresh and entry.body["kind"] == "object":
                _check_dropout(case.manifest.seed.chain, dropouts.pop(0) if dropouts else None, entry, where)
            roll.check(entry.body, where)
        case.report.facts["substitutions"] = len(case.attempt.substitutions)
    if dropouts:
        case.report.note(
            "dropout_pending",
            f"{len(dropouts)} 个退出的对象尚未递补",
            f"{len(dropouts)} drop-outs await their substitutes",
        )


def _check_dropout(chain: beacon.Chain, dropout: Entry | None, entry: Entry, where: str) -> None:
    """The substitution is the answer to a drop-out that was logged before the beacon it names existed."""
    body = entry.body
    shared = ("list", "stratum", "out", "reason", "evidence", "by")
    if dropout is None or dropout.index > entry.index or _of(dropout.body, shared) != _of(body, shared):
        raise RidError(
            "dropout_missing",
            "递补之前没有登记对应的退出记录",
            "no drop-out was logged that this substitution answers",
            where,
        )
    drand_round = dropout.body["round"]
    published = beacon.time_of(drand_round, chain)
    if unix_time(dropout.time) >= published:
        raise RidError(
            "dropout_late",
            f"退出记录于 {dropout.time} 入日志时,第 {drand_round} 轮信标已经公布",
            f"the drop-out was logged at {dropout.time}, when round {drand_round} was already public",
            f"log entry {dropout.index}",
        )
    signature = body.get("signature")
    try:
        fits = beacon.beacon_string(drand_round, signature or "") == body.get("beacon")
    except (ValueError, TypeError):
        fits = False
    if not fits:
        raise RidError(
            "beacon_signature",
            f"递补所用信标不是退出记录所定的第 {drand_round} 轮,或与其签名不符",
            f"the beacon is not that of round {drand_round}, which the drop-out named, and its signature",
            where,
        )
    if unix_time(entry.time) < published:
        raise RidError(
            "beacon_time", "信标在其发布时间之前已被使用", "the beacon was used before its round", where
        )
    beacon.verify(drand_round, bytes.fromhex(body["signature"]), where, chain)


def _of(body: Mapping[str, Any], names: tuple[str, ...]) -> list[Any]:
    return [body.get(name) for name in names]


def _smallest(case: Case, key: str, list_code: str, stratum: str, count: int) -> Drawn:
    need = {at: (n, min(count, n) if at == (list_code, stratum) else 0) for at, (n, _) in case.need.items()}
    return smallest(case.folder / "pool.tsv", case.manifest.suite, key, need, None, case.workers)
