"""Reads the first sheet of an XLSX file row by row, in memory that does not grow with the file (ECMA-376).

The XML is parsed as it is unpacked; shared strings, of which a register may have millions, are kept in a
temporary file. A document type definition is refused: workbooks have none, attacks on XML parsers do.
"""

import mmap
import re
import tempfile
import zipfile
from array import array
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

_CHUNK = 1 << 17
_MOST_BYTES = 16 << 30
"""Unpacked size above which a file is taken for an attack."""
_EAST_ASIAN_DAYS = frozenset({*range(27, 37), *range(50, 59)})
"""Built-in number formats that are days in Chinese spreadsheets (ECMA-376 §18.8.30)."""
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_LETTERS = re.compile("[A-Z]{1,3}")
_VALUES = frozenset({"v", "t"})
_DIGITS_KEPT = 15
"""Longer whole numbers are not exact in a spreadsheet; they stay as it wrote them, and are refused as codes."""

Start = Callable[[str, dict[str, str]], object]
End = Callable[[str], object]


class NoWorkbook(Exception):
    """The file is no readable workbook."""


def sheet_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number from 1, cells as text) of every row of the first sheet that has a cell.

    Raises:
        NoWorkbook: damaged, encrypted, or none at all.
    """
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryFile() as spool:
            if sum(one.file_size for one in archive.infolist()) > _MOST_BYTES:
                raise NoWorkbook("unpacked size")
            sheet, dates_1904 = _first_sheet(archive)
            with _Strings(archive, spool) as strings:
                days = _day_styles(archive)
                epoch = CALENDAR_MAC_1904 if dates_1904 else CALENDAR_WINDOWS_1900
                with archive.open(sheet) as source:
                    yield from _rows(source, _Cells(strings, days, epoch))
    except (zipfile.BadZipFile, KeyError, expat.ExpatError, IndexError, ValueError, EOFError) as error:
        raise NoWorkbook(str(error)) from error


def _parse(
    source: IO[bytes], start: Start, end: End | None = None, text: Callable[[str], object] | None = None
) -> Iterator[None]:
    """Feed a part of the workbook to the handlers; yield after each piece."""

    def refuse(*_: object) -> None:
        raise NoWorkbook("document type definition")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    while chunk := source.read(_CHUNK):
        parser.Parse(chunk, False)
        yield
    parser.Parse(b"", True)
    yield


def _local(name: str) -> str:
    """Return the name of an element without its prefix, which some programs write."""
    return name.rpartition(":")[2]


def _attributes(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield every element of a small part with its attributes."""
    found: list[tuple[str, dict[str, str]]] = []
    with archive.open(part) as source:
        for _ in _parse(source, lambda name, attributes: found.append((_local(name), attributes))):
            yield from found
            found.clear()


def _first_sheet(archive: zipfile.ZipFile) -> tuple[str, bool]:
    """Return the part that holds the first sheet, and whether days are counted from 1904."""
    wanted, dates_1904 = "", False
    for name, attributes in _attributes(archive, "xl/workbook.xml"):
        if name == "workbookPr":
            dates_1904 = attributes.get("date1904", "0") in ("1", "true")
        if name == "sheet" and not wanted:
            wanted = next(value for key, value in attributes.items() if ":" in key and _local(key) == "id")
    for name, attributes in _attributes(archive, "xl/_rels/workbook.xml.rels"):
        if name == "Relationship" and attributes["Id"] == wanted:
            target = attributes["Target"]
            return (target[1:] if target.startswith("/") else f"xl/{target}"), dates_1904
    raise NoWorkbook("no sheet")


def _day_styles(archive: zipfile.ZipFile) -> frozenset[str]:
    """Return the cell styles that show a number as a day."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    formats = dict(BUILTIN_FORMATS)
    days, inside, index = set(), False, 0
    for name, attributes in _attributes(archive, "xl/styles.xml"):
        if name == "numFmt" and "numFmtId" in attributes:
            formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif name in ("cellStyleXfs", "cellXfs", "cellStyles", "dxfs"):
            inside = name == "cellXfs"
        elif name == "xf" and inside:
            number = int(attributes.get("numFmtId", "0"))
            if number in _EAST_ASIAN_DAYS or is_date_format(formats.get(number, "")):
                days.add(str(index))
            index += 1
    return frozenset(days)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class _Strings:
    """The shared strings, in a temporary file with the place of each."""

    def __init__(self, archive: zipfile.ZipFile, spool: IO[bytes]) -> None:
        self._places = array("Q", [0])
        self._bytes: mmap.mmap | bytes = b""
        if "xl/sharedStrings.xml" not in archive.namelist():
            return
        pieces: list[str] = []
        shown, phonetic, place, places = False, False, 0, self._places.append

        def start(name: str, _: dict[str, str]) -> None:
            nonlocal shown, phonetic
            name = _local(name)
            if name == "si":
                pieces.clear()
            elif name == "rPh":
                phonetic = True
            shown = name == "t" and not phonetic

        def end(name: str) -> None:
            nonlocal shown, phonetic, place
            shown = False
            name = _local(name)
            if name == "si":
                place += spool.write(_unescaped("".join(pieces)).encode())
                places(place)
            elif name == "rPh":
                phonetic = False

        def text(piece: str) -> None:
            if shown:
                pieces.append(piece)

        with archive.open("xl/sharedStrings.xml") as source:
            for _ in _parse(source, start, end, text):
                pass
        spool.flush()
        if place:
            self._bytes = mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ)

    def __enter__(self) -> "_Strings":
        return self

    def __exit__(self, *_: object) -> None:
        if isinstance(self._bytes, mmap.mmap):
            self._bytes.close()

    def __getitem__(self, index: int) -> str:
        return self._bytes[self._places[index] : self._places[index + 1]].decode()


class _Cells:
    """Turns what stands in a cell into text."""

    def __init__(self, strings: _Strings, days: frozenset[str], epoch: datetime) -> None:
        self._strings, self._days, self._epoch = strings, days, epoch

    def text(self, kind: str, style: str, raw: str) -> str:
        """Write a cell as a CSV would: whole numbers without a point, days as YYYY-MM-DD."""
        if kind == "s":
            return self._strings[int(raw)]
        if kind == "n":
            if style in self._days:
                moment = from_excel(float(raw), self._epoch)
                return moment.date().isoformat() if isinstance(moment, datetime) else str(moment)
            if raw.isdigit() and len(raw) <= _DIGITS_KEPT:
                return raw
            number = float(raw)
            return str(int(number)) if number.is_integer() and abs(number) < 10**_DIGITS_KEPT else raw
        if kind == "b":
            return "是" if raw == "1" else "否"
        return raw[:10] if kind == "d" else _unescaped(raw)


def _rows(source: IO[bytes], cells: _Cells) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a sheet. One function with local names, because it runs for every cell."""
    done: list[tuple[int, list[str]]] = []
    row: list[str] = []
    pieces: list[str] = []
    columns: dict[str, int] = {}
    line = place = 0
    kind = style = ""
    shown = phonetic = False
    text_of, finished = cells.text, done.append

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal line, place, kind, style, shown, phonetic, row
        if ":" in name:
            name = _local(name)
        if name == "c":
            kind, style = attributes.get("t", "n"), attributes.get("s", "")
            letters = attributes.get("r", "").rstrip("0123456789")
            if letters:
                known = columns.get(letters)
                place = columns.setdefault(letters, _column(letters)) if known is None else known
            pieces.clear()
        elif name in _VALUES:
            shown = not phonetic
        elif name == "row":
            line, place, row = int(attributes.get("r", line + 1)), 0, []
        elif name == "rPh":
            phonetic = True

    def text(piece: str) -> None:
        if shown:
            pieces.append(piece)

    def end(name: str) -> None:
        nonlocal place, shown, phonetic
        if ":" in name:
            name = _local(name)
        if name in _VALUES:
            shown = False
        elif name == "c":
            if pieces:
                while len(row) < place:
                    row.append("")
                row.append(text_of(kind, style, "".join(pieces)))
            place += 1
        elif name == "row":
            if row:
                finished((line, row))
        elif name == "rPh":
            phonetic = False

    for _ in _parse(source, start, end, text):
        yield from done
        done.clear()


def _column(letters: str) -> int:
    if not _LETTERS.fullmatch(letters):
        raise NoWorkbook(f"column {letters}")
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
