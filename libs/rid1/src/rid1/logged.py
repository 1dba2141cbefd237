"""What the draw log must say of a manifest's attempt before the bundle's contents are looked at (RID/1 §4, §5)."""

from __future__ import annotations

from rid1.bundle import ENTRIES
from rid1.errors import RidError
from rid1.log import Attempt
from rid1.manifest import Manifest, inputs_hash
from rid1.manifest_reader import unix_time
from rid1.seed import MISSING
from rid1.states import EVENT_WORDS


def attempt_of(manifest: Manifest, digest: str, attempts: list[Attempt]) -> Attempt:
    """The manifest's attempt as the log has it, its manifest, commitments and times checked.

    Raises RidError `attempt_hidden`, `manifest_not_logged`, `attempt_void`, `not_drawn`, `prev`,
    `commitment_log`, `witnessed_log`
    or `reveal_late`.
    """
    if [a.number for a in attempts[: manifest.attempt]] != list(range(1, manifest.attempt + 1)):
        raise RidError("attempt_hidden", "日志缺少先前的抽取", "earlier attempts are missing", ENTRIES)
    attempt = attempts[manifest.attempt - 1]
    if attempt.manifest is None or attempt.manifest.body["manifest_hash"] != digest:
        raise RidError(
            "manifest_not_logged",
            "日志中登记的不是这份清单文件",
            "the log holds another manifest for this attempt",
            "manifest.json",
        )
    if attempt.void is not None:
        raise RidError("attempt_void", "本次抽取已作废", "this attempt is void", ENTRIES)
    if attempt.drawn is None or attempt.seeded is None:
        raise RidError("not_drawn", "日志中尚无抽取结果", "the log has no drawn result yet", ENTRIES)
    earlier = [a.manifest.body["manifest_hash"] for a in attempts[: manifest.attempt - 1] if a.manifest]
    if manifest.prev != (earlier[-1] if earlier else None):
        raise RidError(
            "prev", "prev 未指向前一次作废的抽取", "prev does not name the voided attempt", "manifest.json"
        )
    if attempt.commitments != {commit.name: commit.c for commit in manifest.seed.commits}:
        raise differs("commitment_log", "承诺", "the commitments", "manifest.json")
    signed = inputs_hash(manifest.inputs, manifest.suite)
    if any(entry.body["inputs_hash"] != signed for entry in attempt.witnessed):
        raise differs("witnessed_log", "见证人签署的冻结名单", "what the witnesses signed", "manifest.json")
    _check_times(manifest, attempt)
    return attempt


def _check_times(manifest: Manifest, attempt: Attempt) -> None:
    assert attempt.manifest is not None
    limit = unix_time(manifest.seed.reveal_by)
    # An entry that says a reveal is missing can only be written once the time is over.
    bound = [entry for entry in attempt.reveals.values() if entry.body["value"] != MISSING]
    bound += [attempt.manifest, *([attempt.dice] if attempt.dice else [])]
    for entry in bound:
        if unix_time(entry.time) > limit:
            raise RidError(
                "reveal_late",
                f"{EVENT_WORDS[entry.event]}于 {entry.time} 入日志,晚于揭示截止时间 {manifest.seed.reveal_by}",
                f"{entry.event} was logged at {entry.time}, after reveal_by {manifest.seed.reveal_by}",
                f"log entry {entry.index}",
            )


def differs(code: str, zh: str, en: str, where: str) -> RidError:
    """The fault of something that is not what the log says."""
    return RidError(code, f"{zh}与抽取日志不符", f"{en} differs from the draw log", where)
