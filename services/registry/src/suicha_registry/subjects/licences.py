"""Licences (许可证) of objects: how a cell of a table tells several of them. Pure.

Each is written 种类:编号:有效期至; the last day may be left out (without end), and so may the kind of a single one.
"""

import re
from typing import NamedTuple

from suicha_registry.tables.cells import day_of, parts

UNNAMED = "许可证"
"""The kind of a licence of which a register only knows the number."""
LONGEST_KIND, LONGEST_NUMBER, MOST = 40, 60, 20
_COLON = re.compile("[:：]")


class Licence(NamedTuple):
    """One licence: kind, number and last day as YYYY-MM-DD; none: without end."""

    kind: str
    number: str
    until: str | None


def licences_of(cell: str) -> list[Licence] | str:
    """Read a cell; return its licences in the order of kind and number, or what is wrong with it, in Chinese."""
    found = []
    for part in parts(cell):
        pieces = [piece.strip() for piece in _COLON.split(part)]
        if len(pieces) > 3:
            return f"许可证“{part}”应写作 种类:编号:有效期至"
        kind, number = pieces[:2] if len(pieces) > 1 else (UNNAMED, pieces[0])
        if not (1 <= len(kind) <= LONGEST_KIND and 1 <= len(number) <= LONGEST_NUMBER):
            return f"许可证“{part}”的种类须为 1–{LONGEST_KIND} 字，编号须为 1–{LONGEST_NUMBER} 字"
        until = day_of(pieces[2]) if pieces[2:] and pieces[2] else None
        if until is None and pieces[2:] and pieces[2]:
            return f"许可证有效期“{pieces[2]}”不正确，应为 YYYY-MM-DD"
        found.append(Licence(kind, number, until.isoformat() if until else None))
    if len(found) > MOST or len({one[:2] for one in found}) < len(found):
        return f"许可证重复，或超过 {MOST} 个"
    return sorted(found, key=lambda one: one[:2])
