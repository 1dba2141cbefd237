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
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar, cast

from python_calamine import CalamineError, CalamineWorkbook

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
_PROBE = 1 << 16
Cell = TypeVar("Cell")


class UnreadableSheet(Exception):
    """The file is no table; the message says why, in Chinese."""


@dataclass
class Sheet:
    """A header and the rows below it; a row of None is one whose quotes never end."""

    header: list[str]
    rows: Iterator[tuple[int, list[str] | None]]


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

    def rows() -> Iterator[tuple[int, list[str] | None]]:
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
                yield line, row

    return Sheet(header, rows())


def _xlsx(path: Path) -> Sheet:
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheet = workbook.get_sheet_by_index(0)
    except CalamineError as error:
        raise UnreadableSheet("不是有效的 XLSX 文件") from error
    first = (sheet.start or (0, 0))[0] + 1
    found = (
        (first + index, [_words(cell) for cell in row]) for index, row in enumerate(_used(sheet.iter_rows()))
    )
    try:
        _, header = next(found)
    except StopIteration as error:
        raise UnreadableSheet("工作表是空的") from error
    return Sheet([name.strip() for name in header], ((line, row) for line, row in found if any(row)))


def _used(rows: Iterator[list[Cell]]) -> Iterator[list[Cell]]:
    """Leave out empty rows above the header; calamine counts them only when they are inside."""
    started = False
    for row in rows:
        started = started or any(cell != "" for cell in row)
        if started:
            yield row


def _words(cell: object) -> str:
    """Write a cell as the CSV would: whole numbers without a point, days as YYYY-MM-DD."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def raw_rows(path: Path, lines: set[int]) -> dict[int, list[str]]:
    """Return the given lines of a table as they stand there, by reading it once more."""
    found: dict[int, list[str]] = {}
    with open_sheet(path) as sheet:
        for line, row in sheet.rows:
            if line in lines:
                found[line] = row or []
                if len(found) == len(lines):
                    break
    return found
