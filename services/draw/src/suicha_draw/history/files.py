"""Opens a file of earlier inspections: CSV (UTF-8 or GB 18030) or JSON Lines. Rows are streamed."""

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from suicha_draw.history.rows import HEADERS, NEEDED, columns_of

_PROBE = 1 << 16


class UnreadableFile(Exception):
    """The file is no table of inspections; the message says why, in Chinese."""


@contextmanager
def open_rows(path: Path) -> Iterator[Iterator[tuple[int, Mapping[str, str] | None]]]:
    """Yield (line, fields) of every row; None where a line cannot be read.

    Raises:
        UnreadableFile: empty, or columns are missing.
    """
    with path.open("rb") as file:
        head = file.read(_PROBE)
        file.seek(0)
        text = io.TextIOWrapper(file, encoding=_encoding(head), errors="surrogateescape", newline="")
        if head.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"{"):
            yield _json_lines(text)
        else:
            yield _table(text)


def _encoding(head: bytes) -> str:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _table(text: io.TextIOWrapper) -> Iterator[tuple[int, Mapping[str, str] | None]]:
    reader = csv.reader(text)
    header = [name.strip() for name in next(reader, [])]
    columns = columns_of(header)
    missing = [HEADERS[name][0] for name in NEEDED if name not in columns]
    if missing:
        raise UnreadableFile(f"缺少列：{'、'.join(missing)}")

    def rows() -> Iterator[tuple[int, Mapping[str, str] | None]]:
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield line, None
                continue
            if row:
                fits = len(row) == len(header)
                yield line, {name: row[index] for name, index in columns.items()} if fits else None

    return rows()


def _json_lines(text: io.TextIOWrapper) -> Iterator[tuple[int, Mapping[str, str] | None]]:
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
        except ValueError:
            yield number, None
            continue
        known = isinstance(said, dict)
        yield number, {name: _word(said[name]) for name in HEADERS if name in said} if known else None


def _word(value: object) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)
