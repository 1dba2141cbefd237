"""Reads the first sheet of an XLSX file row by row, in memory that does not grow with the file (ECMA-376).

The XML is handled as it is unpacked (`xml_parts`); shared strings, of which a register may have millions, are kept in
a temporary file.
"""

import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from suicha_registry.tables.ahead import Ahead
from suicha_registry.tables.rows import Cells, rows_of
from suicha_registry.tables.strings import Strings
from suicha_registry.tables.xml_parts import NoWorkbook, local, parse

_MOST_BYTES = 16 << 30
"""Unpacked size above which a file is taken for an attack."""
_SAMPLE = 1 << 16
_EAST_ASIAN_DAYS = frozenset({*range(27, 37), *range(50, 59)})
"""Built-in number formats that are days in Chinese spreadsheets (ECMA-376 §18.8.30)."""
_PLAIN = frozenset({0, 49})
"""Built-in number formats that are no more than the number, or the text, itself."""


def sheet_rows(path: Path, ahead: Ahead) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number from 1, cells as text) of every row of the first sheet, but those passed over.

    Raises:
        NoWorkbook: damaged, encrypted, or none at all.
    """
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryFile() as spool:
            if sum(one.file_size for one in archive.infolist()) > _MOST_BYTES:
                raise NoWorkbook("unpacked size")
            sheet, dates_1904 = _first_sheet(archive)
            with Strings(archive, spool) as strings:
                cells = Cells(strings, _day_styles(archive), dates_1904)
                with archive.open(sheet) as source:
                    yield from rows_of(source, cells, ahead)
    except (zipfile.BadZipFile, KeyError, expat.ExpatError, IndexError, ValueError, EOFError) as error:
        raise NoWorkbook(str(error)) from error


def rows_about(path: Path) -> int:
    """Return about how many rows the first sheet has, by how long its first ones are; 0 if it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            name, _ = _first_sheet(archive)
            with archive.open(name) as source:
                begun = source.read(_SAMPLE)
            return archive.getinfo(name).file_size * begun.count(b"</row>") // max(len(begun), 1)
    except (zipfile.BadZipFile, KeyError, expat.ExpatError, ValueError, EOFError, NoWorkbook):
        return 0


def _attributes(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield every element of a small part with its attributes."""
    found: list[tuple[str, dict[str, str]]] = []
    with archive.open(part) as source:
        for _ in parse(source, lambda name, attributes: found.append((local(name), attributes))):
            yield from found
            found.clear()


def _first_sheet(archive: zipfile.ZipFile) -> tuple[str, bool]:
    """Return the part that holds the first sheet, and whether days are counted from 1904."""
    wanted, dates_1904 = "", False
    for name, attributes in _attributes(archive, "xl/workbook.xml"):
        if name == "workbookPr":
            dates_1904 = attributes.get("date1904", "0") in ("1", "true")
        if name == "sheet" and not wanted:
            wanted = next(value for key, value in attributes.items() if ":" in key and local(key) == "id")
    for name, attributes in _attributes(archive, "xl/_rels/workbook.xml.rels"):
        if name == "Relationship" and attributes["Id"] == wanted:
            target = attributes["Target"]
            return (target[1:] if target.startswith("/") else f"xl/{target}"), dates_1904
    raise NoWorkbook("no sheet")


def _day_styles(archive: zipfile.ZipFile) -> frozenset[str]:
    """Return the cell styles that show a number as a day."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    formats: dict[int, str] = {}
    days, inside, index = set(), False, 0
    for name, attributes in _attributes(archive, "xl/styles.xml"):
        if name == "numFmt" and "numFmtId" in attributes:
            formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif name in ("cellStyleXfs", "cellXfs", "cellStyles", "dxfs"):
            inside = name == "cellXfs"
        elif name == "xf" and inside:
            number = int(attributes.get("numFmtId", "0"))
            if number in _EAST_ASIAN_DAYS or (number not in _PLAIN and _is_day(number, formats)):
                days.add(str(index))
            index += 1
    return frozenset(days)


def _is_day(number: int, formats: dict[int, str]) -> bool:
    # openpyxl takes half a second to import: sheets of text do without.
    from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

    return bool(is_date_format(formats.get(number, BUILTIN_FORMATS.get(number, ""))))
