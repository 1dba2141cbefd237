"""Writes tables piece by piece: CSV as spreadsheets expect it (UTF-8 with BOM), and XLSX (ECMA-376).

The XLSX writer exists because an export is answered while it is read: nothing else known to us writes a
workbook without having the whole sheet first, and the gateway gives up an answer that does not begin. Every
cell is text, so nothing in it can be a formula and no code loses its digits.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Protocol
from xml.sax.saxutils import escape

from suicha_registry.tables.cells import guarded_row

MOST_ROWS = 1_048_576
"""Rows of a sheet (ECMA-376); what is more goes on in the next sheet."""
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_PLAIN = ("<", ">", "&", "_x", "'")
"""What XML or spreadsheets read as something else; an apostrophe may guard outer spaces, which must be kept."""
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/>'
    '</font></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2">'
    '<xf numFmtId="49" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" xfId="0" applyFont="1" '
    'applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles></styleSheet>"
)
"""Style 0, which a cell has that names none: text; style 1: bold text."""
_BOLD = ' s="1"'


class Writer(Protocol):
    """Turns rows into the bytes of a file, some at a time."""

    media_type: str

    def rows(self, rows: Iterable[Sequence[str]]) -> bytes:
        """Return the bytes that these rows add."""

    def end(self) -> bytes:
        """Return what closes the file."""


def csv_start() -> bytes:
    """Return the byte order mark, by which spreadsheets know UTF-8."""
    return "\ufeff".encode()


def csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as lines of CSV (RFC 4180), each cell guarded."""
    out = io.StringIO()
    csv.writer(out).writerows(map(guarded_row, rows))
    return out.getvalue().encode()


class CsvWriter:
    """CSV."""

    media_type = "text/csv; charset=utf-8"

    def __init__(self, header: Sequence[str]) -> None:
        self._start = csv_start() + csv_lines([header])

    def rows(self, rows: Iterable[Sequence[str]]) -> bytes:
        """Return the bytes that these rows add."""
        started, self._start = self._start, b""
        return started + csv_lines(rows)

    def end(self) -> bytes:
        """A table without rows is its header."""
        return self._start


class _Pipe(io.RawIOBase):
    """Where the archive is written to; what came is taken out again. Not seekable, as no answer is."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


class XlsxWriter:
    """XLSX with one sheet for each million rows, the header above each."""

    media_type = f"{_TYPE}.sheet"

    def __init__(self, header: Sequence[str], title: str = "名录") -> None:
        self._header, self._title = header, title
        self._shapes: dict[tuple[bool, ...], str] = {}
        self._letters = [_column(index) for index in range(len(header))]
        self._pipe = _Pipe()
        self._archive = zipfile.ZipFile(self._pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._sheets = 0
        self._line = 0
        self._open()

    def rows(self, rows: Iterable[Sequence[str]]) -> bytes:
        """Return the bytes that these rows add."""
        lines: list[str] = []
        for row in rows:
            if self._line == MOST_ROWS:
                self._sheet.write("".join(lines).encode())
                lines = []
                self._close()
                self._open()
            lines.append(self._row(row))
        self._sheet.write("".join(lines).encode())
        return self._pipe.take()

    def end(self) -> bytes:
        """Return what closes the file: the parts that name the sheets."""
        self._close()
        numbers = range(1, self._sheets + 1)
        sheets = "".join(
            f'<sheet name="{escape(self._title)}{n if n > 1 else ""}" sheetId="{n}" r:id="rId{n}"/>'
            for n in numbers
        )
        related = "".join(
            f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        typed = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
            for n in numbers
        )
        parts = {
            "xl/styles.xml": _STYLES,
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": (
                f'<Relationships xmlns="{_PACKAGE}/relationships">{related}<Relationship Id="rId{self._sheets + 1}" '
                f'Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
            ),
            "_rels/.rels": (
                f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
                f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
            ),
            "[Content_Types].xml": (
                f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/'
                'vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
                f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_TYPE}'
                f'.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
                f"{typed}</Types>"
            ),
        }
        for name, text in parts.items():
            self._archive.writestr(name, text if text.startswith("<?xml") else _XML + text)
        self._archive.close()
        return self._pipe.take()

    def _open(self) -> None:
        self._sheets += 1
        self._line = 0
        self._sheet = self._archive.open(f"xl/worksheets/sheet{self._sheets}.xml", "w", force_zip64=True)
        frozen = (
            '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" '
            'state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15" defaultColWidth="18"/>'
        )
        head = f'{_XML}<worksheet xmlns="{_MAIN}">{frozen}<sheetData>{self._row(self._header, _BOLD)}'
        self._sheet.write(head.encode())

    def _close(self) -> None:
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()

    def _row(self, row: Sequence[str], attributes: str = "") -> str:
        self._line += 1
        cells = guarded_row(row)
        together = "".join(cells)
        plain = together.isprintable() and not any(sign in together for sign in _NOT_PLAIN)
        if plain and not attributes:
            return self._shape(tuple(map(bool, cells))).format(self._line, *filter(None, cells))
        written = [
            f'<c r="{letters}{self._line}"{attributes} t="inlineStr"><is>{_t(text)}</is></c>'
            for letters, text in zip(self._letters, cells, strict=True)
            if text
        ]
        return f'<row r="{self._line}">{"".join(written)}</row>'

    def _shape(self, filled: tuple[bool, ...]) -> str:
        """Return the pattern of a row with these cells filled, for its number and the texts; there are few patterns."""
        if filled not in self._shapes:
            cells = [
                f'<c r="{letters}{{0}}" t="inlineStr"><is><t>{{{number}}}</t></is></c>'
                for number, letters in enumerate(compress(self._letters, filled), 1)
            ]
            self._shapes[filled] = f'<row r="{{0}}">{"".join(cells)}</row>'
        return self._shapes[filled]


def _t(text: str) -> str:
    if "_x" in text:
        text = _LOOKS_ESCAPED.sub("_x005F_", text)
    if _FORBIDDEN.search(text):
        text = _FORBIDDEN.sub("", text)
    text = escape(text).replace("\r", "_x000D_")
    return f'<t xml:space="preserve">{text}</t>'


def _column(index: int) -> str:
    """Return the letters of a column from 0, for the widths that registers have: A to ZZ."""
    return chr(65 + index) if index < 26 else chr(64 + index // 26) + chr(65 + index % 26)
