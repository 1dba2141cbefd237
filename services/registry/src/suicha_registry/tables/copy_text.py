"""Lines of COPY in its text format (PostgreSQL: COPY, "Text Format"), written and read. Pure."""

import re
from collections.abc import Sequence

NULL = "\\N"
"""What stands for null."""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def copy_line(values: Sequence[str]) -> str:
    r"""Return one line. `\N` stands for null and is kept."""
    return "\t".join([value if value == NULL else value.translate(_ESCAPES) for value in values]) + "\n"


def read_lines(lines: bytes) -> list[list[str]]:
    """Return the texts of whole lines that a database wrote; null is the empty text."""
    rows = [line.split("\t") for line in lines.decode().split("\n")]
    rows.pop()
    if b"\\" in lines:
        return [[_read(text) if "\\" in text else text for text in row] for row in rows]
    return rows


def _read(text: str) -> str:
    return "" if text == NULL else _ESCAPED.sub(lambda found: _MEANT.get(found[1], found[1]), text)
