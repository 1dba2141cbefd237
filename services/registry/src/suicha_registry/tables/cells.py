"""Cells of a table: what an export writes into one is what an import reads from it. Pure.

A leading apostrophe says "the rest as it stands", as in spreadsheets. Exports put it before whatever a
spreadsheet would take for a formula (OWASP: CSV injection), and before whatever an import would read as
something else: outer spaces, words for "nothing". Old systems write `="9141…"` for the same purpose.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from suicha_registry.tables.words import EMPTY

_SEPARATORS = re.compile(r"[；;、\n]+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_GUARDS = frozenset("'=")
"""What a cell begins with that does not stand for itself."""
_SPACES = frozenset(char for char in map(chr, range(0x3001)) if char.isspace())
"""What `str.strip` takes away."""
_FIRST = frozenset({*_FORMULA, *_SPACES, "'", *(word[0] for word in EMPTY if word)})
"""Characters of which one comes first in everything that is guarded, but for what ends with a space."""


def guarded(text: str) -> str:
    """Return the cell that stands for a text."""
    if not text:
        return ""
    literal = text[0] in _FORMULA or text[0] == "'" or text != text.strip() or text in EMPTY
    return "'" + text if literal else text


def guarded_row(row: Sequence[str]) -> list[str]:
    """Return the cells that stand for the texts of a row: `guarded`, but most texts are told by two characters."""
    return [
        text if not text or (text[0] not in _FIRST and text[-1] not in _SPACES) else guarded(text)
        for text in row
    ]


def meant(cell: str) -> str:
    r"""Return the text that a cell stands for; what registers write for "nothing" is the empty text.

    `\N`, the null of COPY, is nothing in any case.
    """
    text = cell.strip()
    if text[:1] == "'":
        rest = cell.lstrip()[1:]
        return "" if rest == "\\N" else rest
    if text[:2] == '="' and text[-1:] == '"' and len(text) > 3:
        return text[2:-1]
    return "" if text in EMPTY else text


def meanings(cells: Sequence[str]) -> list[str]:
    """Return what each cell of a column stands for, as `meant` does: quickly, since most stand for themselves."""
    texts = list(map(str.strip, cells))
    if not _GUARDS.isdisjoint([text[:1] for text in texts]):
        return list(map(meant, cells))
    return ["" if text in EMPTY else text for text in texts]


def day_of(text: str) -> date | None:
    """Read a day as people write it: 2026-03-01, 2026/3/1, 2026.3.1, 20260301, 2026年3月1日, with or without
    a time; None if it is none."""
    plain = text.strip()
    try:
        if len(plain) == 8 and plain.isascii() and plain.isdigit():
            return datetime.strptime(plain, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
        for sign in ("年", "月", "/", "."):
            plain = plain.replace(sign, "-")
        year, month, rest = plain.replace("日", " ").split("-", 2)
        parts = rest.replace("T", " ").split()
        if len(year) != 4 or not (year + month + parts[0]).isascii():
            return None
        return date(int(year), int(month), int(parts[0]))
    except (ValueError, IndexError):
        return None


def parts(text: str) -> list[str]:
    """Split a cell that says several things, by semicolons, 、 or lines."""
    return [part.strip() for part in _SEPARATORS.split(text) if part.strip()]


def records(text: str) -> list[list[str]]:
    """Split a cell of several things, by semicolons or lines, each into its pieces, by colons."""
    rows = [part.strip() for part in re.split("[;；\\n]", text) if part.strip()]
    return [[piece.strip() for piece in re.split("[:：]", part)] for part in rows]


def percent(text: str) -> int | None:
    """Read a share in percent, with or without its sign, as basis points; None if it is none, lies outside of
    0 to 100 %, or has more than two decimals."""
    try:
        share = Decimal(text.strip().removesuffix("%").removesuffix("％").strip()) * 100
    except InvalidOperation:
        return None
    return int(share) if share.is_finite() and 0 <= share <= 10_000 and share == int(share) else None


def is_scientific(text: str) -> bool:
    """Tell whether a spreadsheet turned a long number into something like 9.14103E+17 and lost its digits."""
    head, letter, tail = text.upper().partition("E+")
    return bool(letter) and tail.isdigit() and head.replace(".", "", 1).isdigit()
