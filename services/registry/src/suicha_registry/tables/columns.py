"""Columns of a register's table, and which column of a file means which of them. Pure.

The header of a file is what people typed: full-width brackets, spaces, a star beside what is mandatory, a
synonym. It is matched after taking all that away; what stays unknown is told with suggestions, never guessed.
"""

import difflib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

_NOISE = str.maketrans("", "", " \t\r\n\ufeff*＊_")
_ALIKE = 0.6
_SUGGESTIONS = 3


@dataclass(frozen=True)
class Column:
    """One column: the header that exports write, what else people call it, and what may stand in it."""

    name: str
    """The field's name in the API."""
    title: str
    synonyms: tuple[str, ...] = ()
    needed: bool = False
    says: str = ""
    """What to write, for whoever fills in the template."""
    words: tuple[str, ...] = ()
    """All allowed values, where there are few."""
    example: str = ""
    told: bool = False
    """Exports tell it; imports do not read it."""
    folded: bool = False
    """Imports read it into another field, which exports write."""

    @property
    def titles(self) -> tuple[str, ...]:
        """Every header that means this column; the one of exports first, the name in the API last."""
        return (self.title, *self.synonyms, self.name)


class Standing(StrEnum):
    """What became of a column of a file."""

    READ = "read"
    TOLD = "told"
    """Known, but only told by exports."""
    DOUBLED = "doubled"
    """Another column of the file has the same meaning and was taken."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Placed:
    """One column of a file and what became of it."""

    title: str
    standing: Standing
    name: str = ""
    """The field that it means."""
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """What the columns of a file mean."""

    placed: tuple[Placed, ...]
    places: Mapping[str, int] = field(default_factory=dict)
    """Index of each field that is read."""
    missing: tuple[Column, ...] = ()
    """Needed columns that the file does not have."""

    def complaint(self) -> str:
        """Say in Chinese which needed columns are missing, and which unknown ones may be them; else nothing."""
        if not self.missing:
            return ""
        words = f"缺少列：{'、'.join(column.title for column in self.missing)}"
        missing = {column.title for column in self.missing}
        alike = [
            f"“{one.title}”是否为“{'”或“'.join(near)}”"
            for one in self.placed
            if (near := [title for title in one.suggestions if title in missing])
        ]
        return f"{words}；{'；'.join(alike)}" if alike else words


def normal(title: str) -> str:
    """Return a header without what does not change its meaning: width of letters, spaces, stars, case."""
    return unicodedata.normalize("NFKC", title).translate(_NOISE).casefold()


def layout_of(
    header: Sequence[str], columns: Sequence[Column], said: Mapping[str, str] | None = None
) -> Layout:
    """Match the header of a file. `said` names fields for headers that nobody knows, or knows otherwise.

    Of several columns with one meaning the one that was said is read, then the one whose header stands first
    among the column's own titles.
    """
    known = {normal(title): (column, rank) for column in columns for rank, title in enumerate(column.titles)}
    named = {column.name: column for column in columns}
    chosen = {normal(title): named[name] for title, name in (said or {}).items() if name in named}
    best: dict[str, tuple[int, int]] = {}
    meant: list[Column | None] = []
    for index, title in enumerate(header):
        key = normal(title)
        column, rank = (chosen[key], -1) if key in chosen else known.get(key, (None, 0))
        meant.append(column)
        if column is not None and (rank, index) < best.get(column.name, (len(column.titles), 0)):
            best[column.name] = (rank, index)
    placed = []
    for index, (title, column) in enumerate(zip(header, meant, strict=True)):
        if column is None:
            placed.append(Placed(title, Standing.UNKNOWN, suggestions=alike(title, columns)))
        elif best[column.name][1] != index:
            placed.append(Placed(title, Standing.DOUBLED, column.name))
        else:
            placed.append(Placed(title, Standing.TOLD if column.told else Standing.READ, column.name))
    places = {name: index for name, (_, index) in best.items() if not named[name].told}
    missing = tuple(column for column in columns if column.needed and column.name not in places)
    return Layout(tuple(placed), places, missing)


def alike(title: str, columns: Sequence[Column]) -> tuple[str, ...]:
    """Return headers that an unknown one may have been meant for, the most alike first."""
    key = normal(title)
    if not key:
        return ()
    scores = [
        (max(_likeness(key, normal(known)) for known in column.titles), column.title)
        for column in columns
        if not column.told
    ]
    near = sorted((-score, known) for score, known in scores if score >= _ALIKE)
    return tuple(known for _, known in near[:_SUGGESTIONS])


def _likeness(one: str, other: str) -> float:
    """One header inside the other, such as 信用码（18位）and 信用码, counts as alike."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) > 1 and shorter in longer:
        return max(_ALIKE, len(shorter) / len(longer))
    return difflib.SequenceMatcher(None, one, other).ratio()
