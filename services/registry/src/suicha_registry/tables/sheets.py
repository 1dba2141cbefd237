"""Opens a table, whatever it came as: CSV or XLSX, gzipped or not, UTF-8 or GB 18030. Rows are streamed.

Rows carry the number of the line on which they begin (XLSX: of the row), from 1, as people count.
"""

import codecs
import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import cast

from suicha_registry.tables.ahead import Ahead
from suicha_registry.tables.workbooks import rows_about, sheet_rows
from suicha_registry.tables.xml_parts import NoWorkbook

GZIP, ZIP, OLD = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_NO_WORKBOOK = "不是有效的 XLSX 文件，或文件已损坏"
_PROBE = 1 << 16


class UnreadableSheet(Exception):
    """The file is no table; the message says why, in Chinese."""


@dataclass
class Sheet:
    """A header and the rows below it; a row of None is one whose quotes never end, an empty one is blank."""

    header: list[str]
    rows: Iterator[tuple[int, list[str] | None]]
    ahead: Ahead


@contextmanager
def open_sheet(path: Path) -> Iterator[Sheet]:
    """Open a table.

    Raises:
        UnreadableSheet: the file is empty, damaged, or neither CSV nor XLSX. Damage further down a gzip file
            raises it while the rows are read.
    """
    with path.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        if magic == ZIP:
            yield _xlsx(path)
            return
        if magic == OLD:
            raise UnreadableSheet("这是旧版 XLS 文件或加了密码的文件，请另存为不加密的 XLSX 或 CSV")
        zipped = magic.startswith(GZIP)
        try:
            with gzip.GzipFile(fileobj=file) if zipped else nullcontext(file) as plain:
                buffered = io.BufferedReader(cast(io.RawIOBase, plain), 1 << 20)
                encoding = _encoding_of(buffered.peek(_PROBE)[:_PROBE])
                yield _csv(
                    io.TextIOWrapper(buffered, encoding=encoding, errors="surrogateescape", newline="")
                )
        except (gzip.BadGzipFile, EOFError) as error:
            raise UnreadableSheet("压缩文件已损坏或不完整") from error


def _encoding_of(head: bytes) -> str:
    """UTF-8 or GB 18030, which Chinese spreadsheets write: the header decides, so that a few bad bytes below
    do not. Only below a header of plain ASCII the rows are looked at."""
    header = head.partition(b"\n")[0]
    sample = header if not header.isascii() else head
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _csv(text: io.TextIOWrapper) -> Sheet:
    reader = csv.reader(text)
    try:
        header = [name.strip() for name in next(reader)]
    except (StopIteration, csv.Error) as error:
        raise UnreadableSheet("文件是空的，或不是 CSV 表格") from error

    ahead = Ahead()

    def rows() -> Iterator[tuple[int, list[str] | None]]:
        nonlocal reader
        unread = 0
        while True:
            over = ahead.rows or ahead.line - unread - reader.line_num - 1
            if over > 0:
                passed, quoted = _passed_over(text, over)
                ahead.rows = max(ahead.rows - passed, 0)
                unread += passed
                if quoted:
                    unread += reader.line_num
                    reader = csv.reader(chain([quoted], text))
            line = unread + reader.line_num + 1
            row: list[str] | None
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                row = None
            if ahead.rows:
                ahead.rows -= 1
            else:
                yield line, row

    return Sheet(header, rows(), ahead)


def _passed_over(lines: Iterator[str], most: int) -> tuple[int, str]:
    """Pass over lines without a quote, each of which is a row, without reading what they say.

    Returns:
        How many, and the line with a quote before which it had to stop; empty if there was none.
    """
    passed = 0
    for line in lines:
        if '"' in line:
            return passed, line
        passed += 1
        if passed == most:
            break
    return passed, ""


def _xlsx(path: Path) -> Sheet:
    ahead = Ahead()
    rows = sheet_rows(path, ahead)
    header: list[str] = []
    try:
        while not any(header):
            _, header = next(rows)
    except StopIteration as error:
        raise UnreadableSheet("工作表是空的") from error
    except NoWorkbook as error:
        raise UnreadableSheet(_NO_WORKBOOK) from error
    while not header[-1]:
        header.pop()
    width = len(header)

    def below() -> Iterator[tuple[int, list[str] | None]]:
        try:
            for line, row in rows:
                while len(row) > width and not row[-1]:
                    row.pop()
                short = width - len(row)
                yield line, (row + [""] * short if short else row) if any(row) else []
        except NoWorkbook as error:
            raise UnreadableSheet(_NO_WORKBOOK) from error

    return Sheet([name.strip() for name in header], below(), ahead)


def rows_in(path: Path) -> int:
    """Return about how many rows a table has: by line ends, or by how long the first ones are."""
    with path.open("rb") as file:
        magic = file.read(4)
        if magic == ZIP:
            return rows_about(path)
        file.seek(0)
        opened = gzip.GzipFile(fileobj=file) if magic.startswith(GZIP) else nullcontext(file)
        try:
            with opened as plain:
                lines = sum(piece.count(b"\n") for piece in iter(lambda: plain.read(1 << 20), b""))
        except (gzip.BadGzipFile, EOFError):
            return 0
    return max(lines - 1, 0)
