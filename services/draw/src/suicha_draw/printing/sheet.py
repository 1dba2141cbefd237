"""A document to be printed: title, facts, tables, notes. What it looks like is decided by the writers beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Table:
    """A table; `weights` are the relative widths of its columns."""

    heads: Sequence[str]
    weights: Sequence[int]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True)
class Sheet:
    """A document."""

    title: str
    tables: Sequence[Table]
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)
    notes: Sequence[str] = field(default_factory=tuple)
