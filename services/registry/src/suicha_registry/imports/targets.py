"""What a file is imported into: the kind of register, the meaning of its header, the stage that its rows go to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
from psycopg import sql

from suicha_registry.imports.faults import Row, Taken
from suicha_registry.imports.outcome import Counts, Refuse, Task
from suicha_registry.imports.personal import is_identity_title, without_identities
from suicha_registry.imports.staging import Stage, clean, titles_of
from suicha_registry.imports.subjects import SubjectImport
from suicha_registry.tables.columns import Layout, layout_of
from suicha_registry.tables.registers import COLUMNS, REPORT
from suicha_registry.tables.sheets import UnreadableSheet


class KindOfImport(Protocol):
    """What one kind of register does with rows."""

    kinds: dict[str, str]
    hidden: frozenset[str]
    key: str
    """The field by which rows are told apart."""

    def prepare(self, connection: psycopg.Connection[Any]) -> None:
        """Look up what reading rows needs."""

    def read(self, rows: Sequence[Row]) -> list[Taken]:
        """Return of each row its columns of the stage, or its faults. All are as wide as the header."""

    def outside(self) -> sql.Composed:
        """Take rows that are not the importer's to change out of the stage, returning line, code and reason."""

    def differences(self) -> sql.Composed:
        """Select line, id, is_new, before, after of the rows that differ from the register."""

    def add(self, connection: psycopg.Connection[Any], after: int, upto: int) -> int:
        """Add records that the register does not know, from the rows between two lines, the second among them, to
        it; return how many. Pieces of a file follow each other; a kind that is only written whole adds nothing.

        Raises:
            psycopg.errors.UniqueViolation: somebody entered one of the records meanwhile.
        """

    def apply(self, connection: psycopg.Connection[Any], refuse: Refuse) -> Counts:
        """Write the rest of the stage into the register, without records that an earlier row has and what is not the
        importer's to change, which are refused; return what this wrote.

        Raises:
            psycopg.errors.UniqueViolation: somebody entered one of its records meanwhile.
        """


@dataclass(frozen=True)
class Target:
    """How the rows below one header are taken, and where they go."""

    kind: KindOfImport
    layout: Layout
    stage: Stage

    @property
    def width(self) -> int:
        """Columns of the file."""
        return len(self.layout.placed)


def kept_header(header: Sequence[str]) -> list[str]:
    """Return a file's header as it may be kept."""
    return [without_identities(clean(name)) for name in header]


def target_of(task: Task, header: list[str]) -> Target:
    """Return how the rows below a header are taken; columns of identity numbers are hidden, read or not, whatever
    the kind.

    Raises:
        UnreadableSheet: a needed column is missing.
    """
    columns = COLUMNS[task.kind]
    layout = layout_of(header, (*columns, *REPORT), task.headers)
    if layout.missing:
        raise UnreadableSheet(layout.complaint())
    kind = _kind_of(task, layout)
    hidden = frozenset(
        index
        for index, one in enumerate(layout.placed)
        if one.name in kind.hidden or is_identity_title(one.title)
    )
    stage = Stage(task, kind.kinds, titles_of(columns, dict(layout.places), header), hidden)
    return Target(kind, layout, stage)


def _kind_of(task: Task, layout: Layout) -> KindOfImport:
    """Return the kind. What the others are checked by takes a second to import: objects do without."""
    if task.kind == "subjects":
        return SubjectImport(task, layout)
    if task.kind == "forms":
        from suicha_registry.imports.forms import FormImport

        return FormImport(task, layout)
    from suicha_registry.imports.kinds import RECORDS
    from suicha_registry.imports.records import RecordImport

    return RecordImport(task, RECORDS[task.kind], layout)
