"""What the seed was made of (RID/1 §5): secrets against commitments and log, dice, beacon, and the seed itself."""

from __future__ import annotations

from rid1 import beacon
from rid1.bundle import ENTRIES
from rid1.errors import RidError
from rid1.log import EMBARGOED
from rid1.logged import differs
from rid1.manifest_reader import unix_time
from rid1.seed import MISSING, accepted_reveals, read_reveals, seed_of
from rid1.verify.case import Case

_WHERE = "reveals.json"


def check_reveals(case: Case) -> None:
    """Every contribution is the one that was committed to or logged."""
    case.reveals = read_reveals(case.bundle.read(_WHERE))
    accepted = accepted_reveals(case.manifest, case.reveals.reveals)
    logged = case.attempt.reveals
    for name, value in accepted.items():
        entry = logged.get(name)
        seen = entry.body["value"] if entry else MISSING
        if seen != value and not (name == case.manifest.seed.embargo and seen == EMBARGOED):
            raise differs("reveal_log", f"{name} 的揭示值", f"the reveal of {name}", _WHERE)
    for name, entry in case.attempt.disclosed.items():
        if entry.body["value"] != accepted.get(name):
            raise differs("reveal_log", f"{name} 的揭示值", f"the reveal of {name}", _WHERE)
    dice = case.attempt.dice.body["value"] if case.attempt.dice else MISSING
    if case.reveals.dice != dice:
        raise differs("dice_log", "骰子记录", "the dice record", _WHERE)
    _check_beacon(case)


def _check_beacon(case: Case) -> None:
    planned, entry, given = case.manifest.seed.beacon, case.attempt.beacon, case.reveals
    chain = case.manifest.seed.chain
    if planned is None:
        return
    signature = given.beacon_signature or ""
    try:
        fits = beacon.beacon_string(planned, signature) == given.beacon
    except ValueError:
        fits = False
    if not fits:
        raise RidError(
            "beacon_signature",
            f"信标值与第 {planned} 轮的签名不符",
            f"the beacon value is not that of the signature for round {planned}",
            _WHERE,
        )
    if entry is None or (entry.body["value"], entry.body["signature"]) != (given.beacon, signature):
        raise differs("beacon_log", "信标", "the beacon", _WHERE)
    if unix_time(entry.time) < beacon.time_of(planned, chain):
        raise RidError(
            "beacon_time", "信标在其发布时间之前已入日志", "the beacon is logged before its round", ENTRIES
        )
    beacon.verify(planned, bytes.fromhex(signature), _WHERE, chain)


def check_seed(case: Case) -> None:
    """The seed follows from the manifest and the contributions, and is the logged one."""
    case.seed = seed_of(case.manifest, case.reveals, case.digest)
    assert case.attempt.seeded is not None
    logged = case.attempt.seeded.body["seed"]
    if logged != case.seed and not (case.manifest.seed.embargo and logged == EMBARGOED):
        raise differs("seed_log", "种子", "the seed", ENTRIES)
    case.report.facts["seed"] = case.seed
