"""From secrets thrown in by several hands to one seed and its keys (RID/1 §5, §6, §7). Pure functions over strings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rid1 import jcs
from rid1.errors import RidError, UnreadableError
from rid1.fields import Fields
from rid1.manifest import Manifest
from rid1.suites import Suite

MISSING = "-"
"""Stands for a reveal that is missing or wrong, for no dice and for no beacon."""

_SECRET = re.compile(r"[0-9a-f]{64}")
_DICE = re.compile(r"d10x20:[0-9]{20}")
_BEACON = re.compile(r"drand:([1-9][0-9]*):([0-9a-f]{64})")


@dataclass(frozen=True)
class Reveals:
    """What was revealed: secrets by contributor, dice and beacon strings, and the beacon's BLS signature in hex."""

    reveals: Mapping[str, str]
    dice: str = MISSING
    beacon: str = MISSING
    beacon_signature: str | None = None

    def to_bytes(self) -> bytes:
        """reveals.json of a bundle, canonical."""
        made: dict[str, Any] = {"reveals": dict(self.reveals), "dice": self.dice, "beacon": self.beacon}
        if self.beacon_signature is not None:
            made["beacon_signature"] = self.beacon_signature
        return jcs.encode(made)


def read_reveals(data: bytes, where: str = "reveals.json") -> Reveals:
    """Reads `reveals`, `dice`, `beacon` (and `beacon_signature` if any); other keys are ignored.

    Raises UnreadableError for what is not JSON and RidError `reveals_invalid` for wrong types.
    """
    try:
        fields = Fields(jcs.decode(data, where), where, "reveals_invalid")
    except RidError as error:
        raise UnreadableError(error.code, error.zh, error.en, where) from None
    reveals = fields.take("reveals")
    if not isinstance(reveals, dict) or not all(isinstance(value, str) for value in reveals.values()):
        fields.refuse("reveals", "应为名称到字符串的对象", "an object of strings is expected")
    signature = fields.text("beacon_signature") if fields.has("beacon_signature") else None
    return Reveals(reveals, fields.text("dice"), fields.text("beacon"), signature)


def commitment(suite: Suite, draw_id: str, name: str, secret: str) -> str:
    """The commitment of contributor `name` with `secret` (64 hex): hx("RID/1|commit|" draw_id "|" name "|" secret)."""
    return suite.hx(f"RID/1|commit|{draw_id}|{name}|{secret}")


def accepted_reveals(manifest: Manifest, reveals: Mapping[str, str]) -> dict[str, str]:
    """What each contributor's reveal counts as: the secret, or `-` when missing or wrong (RID/1 §5).

    Raises RidError `reveal_unknown` for a name without commitment, and without a beacon `reveal_wrong` or
    `reveal_missing`: the attempt is then void.
    """
    accepted: dict[str, str] = {}
    for name in reveals.keys() - {commit.name for commit in manifest.seed.commits}:
        raise RidError("reveal_unknown", f"{name} 没有作过承诺", f"{name} made no commitment", "reveals.json")
    for commit in manifest.seed.commits:
        secret = reveals.get(commit.name, MISSING)
        right = _SECRET.fullmatch(secret) is not None and (
            commitment(manifest.suite, manifest.draw_id, commit.name, secret) == commit.c
        )
        if not right and manifest.seed.beacon is None:
            raise _bad_reveal(commit.name, secret)
        accepted[commit.name] = secret if right else MISSING
    return accepted


def _bad_reveal(name: str, secret: str) -> RidError:
    if secret == MISSING:
        return RidError(
            "reveal_missing",
            f"缺少 {name} 的揭示值,又没有信标,本次抽取作废",
            f"the reveal of {name} is missing and there is no beacon: the attempt is void",
            "reveals.json",
        )
    return RidError(
        "reveal_wrong",
        f"{name} 的揭示值与其承诺不符",
        f"the reveal of {name} does not open its commitment",
        "reveals.json",
    )


def dice_string(digits: str) -> str:
    """The dice record of 20 digits thrown in public. Raises RidError `dice`."""
    return _dice(f"d10x20:{digits}")


def _dice(text: str) -> str:
    if not _DICE.fullmatch(text):
        raise RidError(
            "dice", f"骰子记录无效:{text}", f"not a record of 20 ten-sided dice: {text}", "reveals.json"
        )
    return text


def check_dice(manifest: Manifest, dice: str) -> None:
    """Checks that dice were thrown exactly when the manifest says so. Raises RidError `dice`."""
    if manifest.seed.dice is not None:
        _dice(dice)
    elif dice != MISSING:
        raise RidError(
            "dice", "清单文件没有骰子,却给出了骰子记录", "dice given but not planned", "reveals.json"
        )


def check_beacon_string(manifest: Manifest, beacon: str) -> None:
    """Checks the beacon's form and that its round is the manifest's. Raises RidError `beacon`."""
    planned = manifest.seed.beacon
    match = _BEACON.fullmatch(beacon)
    if planned is None:
        if beacon != MISSING:
            raise RidError(
                "beacon", "清单文件没有信标,却给出了信标值", "a beacon given but not planned", "reveals.json"
            )
    elif not match or int(match[1]) != planned:
        raise RidError(
            "beacon",
            f"信标值不是清单文件所定的第 {planned} 轮",
            f"the beacon is not round {planned} of the manifest",
            "reveals.json",
        )


def seed_of(manifest: Manifest, given: Reveals, manifest_hash: str) -> str:
    """The seed (RID/1 §5), hex. Raises the RidErrors of the checks above."""
    accepted = accepted_reveals(manifest, given.reveals)
    check_dice(manifest, given.dice)
    check_beacon_string(manifest, given.beacon)
    values = "|".join(f"{name}:{accepted[name]}" for name in sorted(accepted))
    return manifest.suite.hx(
        f"RID/1|seed|{manifest.draw_id}|{manifest.attempt}|{manifest_hash}|{given.beacon}|{values}|{given.dice}"
    )


def target_key(suite: Suite, seed: str) -> str:
    """K_target (RID/1 §6), hex."""
    return suite.hx(f"RID/1|key|target|{seed}")


def match_key(suite: Suite, seed: str) -> str:
    """K_match (RID/1 §7), hex."""
    return suite.hx(f"RID/1|key|match|{seed}")


def substitute_key(suite: Suite, number: int, seed: str, beacon: str) -> str:
    """The key that re-tickets for the substitution `number` (from 1) under `fresh_beacon` (RID/1 §8), hex."""
    return suite.hx(f"RID/1|key|sub/{number}|{seed}|{beacon}")


def ticket(suite: Suite, key: str, object_id: str) -> str:
    """ticket(id) = hx(K ":" id) (RID/1 §6)."""
    return suite.hx(f"{key}:{object_id}")
