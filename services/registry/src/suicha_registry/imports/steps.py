"""The two steps of an import: checking fills the stage and counts, applying writes it into the register.

Checking commits after every batch together with how far it read, so a killed process goes on from there.
Applying is one transaction: all good rows come in at once, or none. An import that waits for nobody does both at
once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from suicha_registry.imports.outcome import Counts, Task
from suicha_registry.imports.personal import HIDDEN, is_identity_title
from suicha_registry.imports.readers import read_shares, readers_for
from suicha_registry.imports.reading import Share, reached, read_share
from suicha_registry.imports.records import counted
from suicha_registry.imports.refusing import note_personal, refuse
from suicha_registry.imports.staging import in_stage, repeated, reported
from suicha_registry.imports.targets import Target, kept_header, target_of
from suicha_registry.imports.writing import Writing
from suicha_registry.tables.sheets import Sheet, open_sheet, rows_in


def check(connection: psycopg.Connection[Any], task: Task, url: str) -> None:
    """Fill the stage from the file, from where an earlier process stopped, and count what it would do.

    The connection must commit by itself: each batch is a transaction. `url` is where the database is, for readers
    in processes of their own.

    Raises:
        UnreadableSheet: the file is no table or lacks a needed column.
        Overtaken: somebody else is reading the file for this import.
        Stopped: the process is going down.
    """
    with _begun(connection, task) as reading:
        reading.read(url, lambda: None)
    with connection.transaction():
        _settle(connection, task, reading.target)


def take(
    connection: psycopg.Connection[Any], register: psycopg.Connection[Any], task: Task, url: str
) -> Counts:
    """Fill the stage and write it into the register, in the one transaction of `register`: of a large file the first
    rows while others are read. The caller commits.

    Raises:
        UnreadableSheet, Overtaken, Stopped: as `check` does.
        StageLost: the database crashed and emptied the stage.
    """
    with _begun(connection, task) as reading:
        writing = Writing(register, task, reading.target)
        reading.read(url, lambda: writing.go_on(reached(connection, task)))
    return writing.finish(_go_on(connection, task))


@dataclass(frozen=True)
class _Reading:
    """A file on its way into its stage."""

    connection: psycopg.Connection[Any]
    task: Task
    target: Target
    shares: list[Share]
    sheet: Sheet

    def read(self, url: str, beside: Callable[[], None]) -> None:
        """Read what is left of the file, and do something beside it if there is time for that."""
        if len(self.shares) == 1:
            read_share(self.connection, self.task, self.target, self.shares[0], self.sheet)
        else:
            read_shares(url, self.task, self.shares, beside)


@contextmanager
def _begun(connection: psycopg.Connection[Any], task: Task) -> Iterator[_Reading]:
    """Open the file, find out what its columns mean, and who reads which part of it."""
    assert task.path is not None
    with open_sheet(task.path) as sheet:
        header = kept_header(sheet.header)
        if task.kind == "inspectors" or any(HIDDEN in name or is_identity_title(name) for name in header):
            note_personal(connection, task)
        target = target_of(task, header)
        with connection.transaction():
            target.kind.prepare(connection)
            shares = _kept_shares(connection, task) or _begin(connection, task, target, header)
        yield _Reading(connection, task, target, shares, sheet)


def _kept_shares(connection: psycopg.Connection[Any], task: Task) -> list[Share]:
    """Return what an earlier process read; empty if it is none, or if the stage does not hold it.

    The import's row is locked first: with every batch its reader changes it, so none comes in while it is counted.
    """
    read, rows = connection.execute(
        "SELECT shares, rows_read FROM imports WHERE id = %s FOR UPDATE", (task.id,)
    ).fetchone() or ([], 0)
    if not sum(read) or in_stage(connection, task) + reported(connection, task) != rows:
        return []
    return [Share(number, len(read), rows) for number, rows in enumerate(read)]


def _begin(connection: psycopg.Connection[Any], task: Task, target: Target, header: list[str]) -> list[Share]:
    """Make the stage, note what the columns were taken for, and share the file among readers."""
    assert task.path is not None
    target.stage.create(connection)
    rows = rows_in(task.path)
    readers = readers_for(rows)
    columns = [
        {
            "title": one.title,
            "standing": one.standing,
            "field": one.name,
            "suggestions": list(one.suggestions),
        }
        for one in target.layout.placed
    ]
    connection.execute(
        "UPDATE imports SET header = %s, columns = %s, rows_total = %s, rows_read = 0, shares = %s, "
        "lines = %s WHERE id = %s",
        (header, Jsonb(columns), rows, [0] * readers, [0] * readers, task.id),
    )
    return [Share(number, readers, 0) for number in range(readers)]


def _settle(connection: psycopg.Connection[Any], task: Task, target: Target) -> None:
    """Refuse what only the whole file or the register shows, and count: all in one transaction."""
    connection.execute("SET LOCAL work_mem = '256MB'")
    connection.execute(sql.SQL("ANALYZE {}").format(task.stage))
    refuse(connection, task, target, repeated(task))
    refuse(connection, task, target, target.kind.outside())
    staged = in_stage(connection, task)
    counts = counted(connection, target.kind.differences())
    connection.execute(
        "UPDATE imports SET state = 'checked', staged = %(staged)s, accepted = %(new)s, changed = %(changed)s, "
        "unchanged = %(unchanged)s, rows_total = rows_read, refused = %(refused)s WHERE id = %(id)s",
        {
            "staged": staged,
            "new": counts.new,
            "changed": counts.changed,
            "unchanged": staged - counts.new - counts.changed,
            "refused": reported(connection, task),
            "id": task.id,
        },
    )


def _go_on(connection: psycopg.Connection[Any], task: Task) -> int:
    """Note that all is read and will be written without being asked. Return how many rows lie in the stage."""
    # Counted, since the report may hold rows of an earlier reading too.
    staged = in_stage(connection, task)
    connection.execute(
        "UPDATE imports SET state = 'applying', rows_total = rows_read, staged = %s WHERE id = %s",
        (staged, task.id),
    )
    return staged


def apply(connection: psycopg.Connection[Any], task: Task, header: list[str], staged: int | None) -> Counts:
    """Write the stage into the register, in the connection's one transaction, and forget it.

    Raises:
        StageLost: the stage does not hold what was put there.
    """
    return Writing(connection, task, target_of(task, header)).finish(staged)
