"""Checks a bundle's entries against the whole exported draw log: what a bundle could leave out shows here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rid1.checkpoint import Checkpoint
from rid1.errors import RidError, UnreadableError
from rid1.log import Entry, history, parse_entry
from rid1.merkle import Accumulator
from rid1.states import EVENT_WORDS, Event
from rid1.suites import S256
from rid1.tsv import open_file


def check_full_log(
    path: Path, draw_id: str, entries: Sequence[Entry], checkpoint: Checkpoint, attempt: int
) -> None:
    """Reads the log of all draws (JSONL) and compares what it says of `draw_id` with the bundle's `entries`.

    Raises UnreadableError, and RidError `log_index`, `log_time`, `log_short`, `log_root`, `second_manifest`,
    `attempt_hidden`, `log_hidden`, `attempt_void`, or those of `log.history`.
    """
    own, root_at_checkpoint, size = _read(path, draw_id, checkpoint.size)
    if size < checkpoint.size:
        raise RidError(
            "log_short",
            f"日志只有 {size} 条,检查点写有 {checkpoint.size} 条",
            f"the log has {size} entries, the checkpoint {checkpoint.size}",
            path.name,
        )
    if root_at_checkpoint != checkpoint.root:
        raise RidError(
            "log_root", "日志与检查点的根不符", "the log's root is not the checkpoint's", path.name
        )
    _check_manifests(own, path.name)
    _check_hidden(own, entries, checkpoint.size, path.name)
    for found in history(own):
        if found.number == attempt and found.void:
            raise RidError(
                "attempt_void",
                "完整日志显示本次抽取已作废",
                "the log says that this attempt is void",
                path.name,
            )


def _read(path: Path, draw_id: str, size: int) -> tuple[list[Entry], bytes, int]:
    """The draw's entries, the root over the first `size` entries, and the number of entries."""
    own: list[Entry] = []
    tree = Accumulator(S256)
    root = tree.root()
    time = ""
    count = 0
    with open_file(path) as file:
        for line in file:
            try:
                entry = parse_entry(line.rstrip(b"\n"), f"{path.name}:{count + 1}")
            except RidError as error:
                raise UnreadableError(error.code, error.zh, error.en, error.where) from None
            if entry.index != count:
                raise RidError("log_index", "日志序号不连续", "log indexes are not consecutive", path.name)
            if entry.time < time:
                raise RidError("log_time", "日志时间倒退", "time runs backwards", f"{path.name}:{count + 1}")
            time = entry.time
            count += 1
            if count <= size:
                tree.add(entry.leaf)
                root = tree.root() if count == size else root
            if entry.draw_id == draw_id:
                own.append(entry)
    return own, root, count


def _check_manifests(own: Sequence[Entry], where: str) -> None:
    seen: dict[int, Entry] = {}
    for entry in own:
        if entry.event is Event.MANIFEST:
            if first := seen.get(entry.attempt):
                raise RidError(
                    "second_manifest",
                    f"第 {entry.attempt} 次抽取登记了两份清单文件(日志第 {first.index}、{entry.index} 条)",
                    f"attempt {entry.attempt} has two manifests (entries {first.index}, {entry.index})",
                    where,
                )
            seen[entry.attempt] = entry


def _check_hidden(own: Sequence[Entry], entries: Sequence[Entry], size: int, where: str) -> None:
    shown = {entry.line for entry in entries}
    for entry in own:
        if entry.index < size and entry.line not in shown:
            void = entry.event is Event.VOID or any(
                e.event is Event.VOID and e.attempt == entry.attempt and e.line not in shown for e in own
            )
            raise RidError(
                "attempt_hidden" if void else "log_hidden",
                f"证明包隐去了日志第 {entry.index} 条({EVENT_WORDS[entry.event]},第 {entry.attempt} 次抽取)",
                f"the bundle hides log entry {entry.index} ({entry.event}, attempt {entry.attempt})",
                where,
            )
