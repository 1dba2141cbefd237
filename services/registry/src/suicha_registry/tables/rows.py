"""The rows of a sheet: what stands in each cell, as a CSV would have it."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import IO

from suicha_registry.tables.ahead import Ahead
from suicha_registry.tables.strings import Strings
from suicha_registry.tables.xml_parts import NoWorkbook, local, parse_but, unescaped

_LETTERS = re.compile("[A-Z]{1,3}")
_VALUES = frozenset({"v", "t"})
_DIGITS_KEPT = 15
"""Longer whole numbers are not exact in a spreadsheet; they stay as it wrote them, and are refused as codes."""
_ROW = re.compile(r'\s*<row r="([0-9]{1,7})"[^<>]*(?<!/)>')
_PLAIN = r"([^<&\x00-\x08\x0b-\x1f]*+)"
_CELL = re.compile(
    r'<c r="([A-Z]++)[0-9]++"(?: s="([0-9]++)")?+(?: t="([A-Za-z]++)")?+'
    rf'(?:>(?:<v>{_PLAIN}</v>|<is><t(?: xml:space="preserve")?+>{_PLAIN}</t></is>)?+</c>|/>)'
)
"""A cell as most programs write it: place, style, kind, value or text, without anything to decode."""
_SOMETHING = r"([^<&\x00-\x08\x0b-\x1f]++)"
_MOST_KINDS = 200
"""So many ways in which rows are made are learnt of a sheet: to learn one takes as long as a hundred rows."""


class Like:
    """Reads rows that are made like one before: the same cells of the same kinds, whatever stands in them."""

    def __init__(self, found: Sequence[str | None], places: Sequence[int]) -> None:
        """`found` is what `_CELL` split that row into, `places` where the cells stand in which there was something."""
        pattern: list[str] = []
        width = 0
        self._coded: list[tuple[int, str, str]] = []
        left = iter(places)
        for letters, style, kind, value, written in zip(*(found[at::6] for at in range(1, 6)), strict=True):
            attributes = "".join(f' {name}="{what}"' for name, what in (("s", style), ("t", kind)) if what)
            begin = f'<c r="{letters}[0-9]++"{attributes}'
            if not (value or written):
                pattern.append(f"{begin}(?:/>|></c>)")
                continue
            place = next(left)
            pattern.append("()" * (place - width))
            width = place + 1
            if kind != "inlineStr":
                self._coded.append((place, kind or "n", style or ""))
            text = f"<v>{_SOMETHING}</v>"
            if not value:
                text = f'<is><t(?: xml:space="preserve")?+>{_SOMETHING}</t></is>'
            pattern.append(f"{begin}>{text}</c>")
        self._match = re.compile("".join(pattern)).fullmatch

    def read(self, piece: str, begins: int, text_of: Callable[[str, str, str], str]) -> list[str] | None:
        """Return the cells of a row; None if it is made otherwise."""
        found = self._match(piece, begins)
        if found is None or "_x" in piece:
            return None
        row = list(found.groups())
        for place, kind, style in self._coded:
            row[place] = text_of(kind, style, row[place])
        return row


class Cells:
    """Turns what stands in a cell into text."""

    def __init__(self, strings: Strings, days: frozenset[str], dates_1904: bool) -> None:
        """`days` are the cell styles that show a number as a day, counted from 1904 or, as is usual, from 1900."""
        self._strings, self._days = strings, days
        if days:
            # openpyxl takes half a second to import: sheets of text do without.
            from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

            self._moment_of = partial(
                from_excel, epoch=CALENDAR_MAC_1904 if dates_1904 else CALENDAR_WINDOWS_1900
            )

    def text(self, kind: str, style: str, raw: str) -> str:
        """Write a cell as a CSV would: whole numbers without a point, days as YYYY-MM-DD."""
        if kind == "s":
            return self._strings[int(raw)]
        if kind == "n":
            if style in self._days:
                moment = self._moment_of(float(raw))
                return moment.date().isoformat() if isinstance(moment, datetime) else str(moment)
            if raw.isdigit() and len(raw) <= _DIGITS_KEPT:
                return raw
            number = float(raw)
            return str(int(number)) if number.is_integer() and abs(number) < 10**_DIGITS_KEPT else raw
        if kind == "b":
            return "是" if raw == "1" else "否"
        return raw[:10] if kind == "d" else unescaped(raw)


def rows_of(source: IO[bytes], cells: Cells, ahead: Ahead) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a sheet, blank ones too. One function with local names, because it runs for every cell."""
    done: list[tuple[int, list[str]]] = []
    row: list[str] = []
    pieces: list[str] = []
    columns: dict[str, int] = {}
    line = place = 0
    kind = style = ""
    shown = phonetic = False
    text_of, finished = cells.text, done.append
    like: Like | None = None
    made: dict[tuple[object, ...], Like] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal line, place, kind, style, shown, phonetic, row
        if ":" in name:
            name = local(name)
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
            name = local(name)
        if name in _VALUES:
            shown = False
        elif name == "c":
            if pieces:
                while len(row) < place:
                    row.append("")
                row.append(text_of(kind, style, "".join(pieces)))
            place += 1
        elif name == "row":
            if ahead.rows:
                ahead.rows -= 1
            else:
                finished((line, row))
        elif name == "rPh":
            phonetic = False

    def take(piece: str) -> bool:
        nonlocal line, row, like
        begun = _ROW.match(piece)
        if begun is None:
            return False
        line = int(begun[1])
        if ahead.rows:
            ahead.rows -= 1
            return True
        if line < ahead.line:
            return True
        if like is not None and (alike := like.read(piece, begun.end(), text_of)) is not None:
            finished((line, alike))
            return True
        found = _CELL.split(piece[begun.end() :])
        if "".join(found[::6]):
            return False
        row, places = [], []
        for letters, style, kind, value, written in zip(
            found[1::6], found[2::6], found[3::6], found[4::6], found[5::6], strict=True
        ):
            if raw := value or written:
                known = columns.get(letters)
                place = columns.setdefault(letters, _column(letters)) if known is None else known
                while len(row) < place:
                    row.append("")
                places.append(len(row))
                plain = kind == "inlineStr" and "_x" not in raw
                row.append(raw if plain else text_of(kind or "n", style or "", raw))
        finished((line, row))
        if len(made) < _MOST_KINDS:
            key = tuple(bool(one) if at % 6 > 3 else one for at, one in enumerate(found) if at % 6)
            like = made[key] if key in made else made.setdefault(key, Like(found, places))
        return True

    def pass_over(part: bytes) -> bool:
        nonlocal line
        if not (ahead.rows or ahead.line):
            return False
        count = part.count(b"</row>") + 1
        last = _ROW.match(part[part.rfind(b"<row") :].decode())
        # <row/> has no end tag: where there are more beginnings than ends, rows are counted one by one.
        if last is None or part.count(b"<row") != count:
            return False
        if count > ahead.rows and int(last[1]) >= ahead.line:
            return False
        line, ahead.rows = int(last[1]), max(ahead.rows - count, 0)
        return True

    for _ in parse_but(source, "sheetData", "row", take, start, end, text, pass_over):
        for one in done:
            if ahead.rows:
                ahead.rows -= 1
            else:
                yield one
        done.clear()


def _column(letters: str) -> int:
    if not _LETTERS.fullmatch(letters):
        raise NoWorkbook(f"column {letters}")
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
