"""The four input files of RID/1 §2: their columns, their order, and exact words for a line that is wrong.

Line order equals key order: the key is the leading columns and TAB sorts before every character an id may hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter, lt
from pathlib import Path
from typing import BinaryIO

from rid1.errors import RidError, UnreadableError

BLOCK = 1 << 20
"""Bytes read at a time; blocks end on a line boundary."""

_ID = rb"[0-9A-Z][0-9A-Z._-]{0,53}"
_REASON = rb"[0-9A-Za-z][0-9A-Za-z._-]{0,53}"
_HEX64 = rb"[0-9a-f]{64}"
_SALT = rb"[0-9a-f]{32}"
_SCOPES = rb"(?:\*|" + _ID + rb"(?:," + _ID + rb")*)"

ID = re.compile(_ID.decode())
"""Ids of objects, inspectors, lists, strata, crews and units (RID/1 §1)."""


@dataclass(frozen=True)
class FileKind:
    """One kind of input file. `counted` picks what is counted per line out of the groups of `row`."""

    name: str
    columns: tuple[tuple[str, bytes], ...]
    row: re.Pattern[bytes]
    counted: tuple[int, ...]

    def __reduce__(self) -> tuple[object, ...]:
        return kind_named, (self.name,)


def _kind(
    name: str, key: int, columns: tuple[tuple[str, bytes], ...], counted: tuple[int, ...], rest: int
) -> FileKind:
    """A kind whose row captures (key, first column, the `rest` columns after the key)."""
    patterns = [pattern for _, pattern in columns]
    text = b"((" + patterns[0] + b")" + b"".join(b"\t" + p for p in patterns[1:key]) + b")"
    text += b"\t(" + b"\t".join(patterns[key : key + rest]) + b")"
    text += b"".join(b"\t" + p for p in patterns[key + rest :])
    return FileKind(name, columns, re.compile(b"^" + text + b"\n", re.MULTILINE), counted)


_POOL = (("list", _ID), ("id", _ID), ("stratum", _ID), ("unit", _ID))
POOL = _kind("pool", 2, _POOL, (1, 2), 2)
_EXCLUDED = (("list", _ID), ("id", _ID), ("reason", _REASON), ("evidence", _HEX64))
EXCLUDED = _kind("excluded", 2, _EXCLUDED, (1,), 1)
INSPECTORS = _kind("inspectors", 1, (("id", _ID), ("crew", _ID), ("unit", _ID), ("scopes", _SCOPES)), (), 2)
_RECUSALS = (("inspector", _ID), ("object", _ID), ("reason", _REASON))
RECUSALS = _kind("recusals", 2, _RECUSALS, (), 1)
KINDS = {kind.name: kind for kind in (POOL, EXCLUDED, INSPECTORS, RECUSALS)}
"""The open input files of a round, by the name they have in the manifest."""


SALTED = {
    "pool": _kind("sealed_pool", 2, (*_POOL, ("salt", _SALT)), (1, 2), 2),
    "excluded": _kind("sealed_excluded", 2, (*_EXCLUDED, ("salt", _SALT)), (1,), 1),
    "recusals": _kind("sealed_recusals", 2, (*_RECUSALS, ("salt", _SALT)), (), 1),
}
"""The files of a sealed round that name objects: each line ends in a salt, so that its leaf hash gives nothing away."""


def kinds_of(disclosure: str) -> dict[str, FileKind]:
    """The four input files of a round that is `open` or `sealed`, by the name they have in the manifest."""
    return {**KINDS, **SALTED} if disclosure == "sealed" else KINDS


def kind_named(name: str) -> FileKind:
    """The file kind of that name, the salted ones included."""
    return KINDS[name] if name in KINDS else SALTED[name.removeprefix("sealed_")]


def open_file(path: Path) -> BinaryIO:
    """Opens for reading. Raises UnreadableError `file_unreadable`."""
    try:
        return path.open("rb")
    except OSError as error:
        raise UnreadableError(
            "file_unreadable", f"无法读取文件:{path.name}", f"cannot read file: {error}", path.name
        ) from None


def blocks(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """The bytes from `start` to `end` in blocks that end on a line boundary; both bounds are line starts."""
    file.seek(start)
    while start < end:
        block = file.read(min(BLOCK, end - start))
        if start + len(block) < end:
            block += file.readline()
        if not block:
            return
        start += len(block)
        yield block


def rows_of(kind: FileKind, block: bytes, where: str, line_no: int) -> list[tuple[bytes, ...]]:
    """The captured groups of every line of a block whose first line has number `line_no` (1-based).

    Raises RidError `line_unfinished`, `line_invalid` or `exclusion_without_reason`, naming file, line and column.
    """
    rows = kind.row.findall(block)
    if len(rows) != block.count(b"\n") or not block.endswith(b"\n"):
        for offset, line in enumerate(block.split(b"\n")[:-1]):
            if not kind.row.fullmatch(line + b"\n"):
                raise _line_fault(kind, line, f"{where}:{line_no + offset}")
        number = line_no + block.count(b"\n")
        raise RidError(
            "line_unfinished", "文件末行没有换行符", "the last line has no line feed", f"{where}:{number}"
        )
    return rows


def check_order(rows: Sequence[tuple[bytes, ...]], before: bytes, where: str, line_no: int) -> bytes:
    """Checks that keys ascend strictly from `before` on; returns the last.

    Raises RidError `line_order`, `line_duplicate`.
    """
    keys: list[bytes] = list(map(itemgetter(0), rows))
    if before >= keys[0] or not all(map(lt, keys, keys[1:])):
        for offset, key in enumerate(keys):
            if before >= key:
                raise _order_fault(before, key, f"{where}:{line_no + offset}")
            before = key
    return keys[-1]


def _line_fault(kind: FileKind, line: bytes, place: str) -> RidError:
    fields = line.split(b"\t")
    shown = line.decode("utf-8", "replace")[:120]
    if kind.columns[:4] == EXCLUDED.columns and len(fields) == len(kind.columns):
        for (column, pattern), field in list(zip(kind.columns, fields, strict=True))[2:4]:
            if not re.fullmatch(pattern, field):
                return RidError(
                    "exclusion_without_reason",
                    f"被排除的对象缺少有效的{'理由代码' if column == 'reason' else '证据哈希'}:{shown}",
                    f"an exclusion has no valid {column}: {shown}",
                    place,
                )
    if len(fields) != len(kind.columns):
        return RidError(
            "line_invalid",
            f"应有 {len(kind.columns)} 列,实有 {len(fields)} 列:{shown}",
            f"expected {len(kind.columns)} columns, found {len(fields)}: {shown}",
            place,
        )
    for (column, pattern), field in zip(kind.columns, fields, strict=True):
        if not re.fullmatch(pattern, field):
            value = field.decode("utf-8", "replace")[:80]
            return RidError(
                "line_invalid", f"列 {column} 的值无效:{value!r}", f"bad {column}: {value!r}", place
            )
    raise AssertionError(f"line {place} is valid")


def _order_fault(before: bytes, key: bytes, place: str) -> RidError:
    shown = key.decode().replace("\t", " ")
    if before == key:
        return RidError("line_duplicate", f"重复的记录:{shown}", f"duplicate key: {shown}", place)
    return RidError("line_order", f"行未按字节升序排列:{shown}", f"line out of byte order: {shown}", place)


def section(file: BinaryIO, size: int, prefix: bytes) -> tuple[int, int]:
    """Byte range of the lines of a sorted file that start with `prefix`, found by bisection."""
    return _first_at_least(file, size, prefix), _first_at_least(
        file, size, prefix[:-1] + bytes([prefix[-1] + 1])
    )


def _first_at_least(file: BinaryIO, size: int, bound: bytes) -> int:
    """Offset of the first line that is not below `bound`."""
    low, high = 0, size  # every line that starts before `low` is below; the answer is at most `high`
    while low < high:
        middle = (low + high) // 2
        file.seek(middle)
        start = middle if middle == low else middle + len(file.readline())
        if start >= high:
            file.seek(low)
            start = low
        file.seek(start)
        line = file.readline()
        if line < bound:
            low = start + len(line)
        else:
            high = start
    return low
