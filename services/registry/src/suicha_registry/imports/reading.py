"""Reads a file into its stage: every row checked, good ones staged, others reported, a batch in a transaction.

Readers share a file by its batches: the first of three reads the first, the fourth, the seventh. With each batch
its reader notes how far it came, where it was before, so that no batch is staged twice, whoever else may still
be reading: a child whose process was killed, and the process that took the import up again.
"""

from itertools import islice
from typing import Any, NamedTuple

import psycopg

from suicha_registry.imports.faults import Fault
from suicha_registry.imports.outcome import Overtaken, Task
from suicha_registry.imports.staging import Batch, write_refusals
from suicha_registry.imports.targets import Target
from suicha_registry.tables.sheets import Sheet

BATCH = 20_000
"""Rows between two commits."""
BLOCK = 1000
"""Rows that are checked at once, and between two looks at the stop sign."""


class Share(NamedTuple):
    """The part of a file that one reader reads: every `of`-th batch from `number` (0, 1, …) on."""

    number: int
    of: int
    read: int
    """Rows of the share that are read already, blank ones too."""

    @property
    def ahead(self) -> int:
        """Rows of the file before the next one of the share."""
        full, begun = divmod(self.read, BATCH)
        return (self.number + full * self.of) * BATCH + begun


class Progress(NamedTuple):
    """How far a reader came with a batch."""

    rows: int
    """Rows of which there was something to read."""
    read: int
    """All rows."""
    line: int
    """The line of the last one; 0 if there was none."""


def reached(connection: psycopg.Connection[Any], task: Task) -> int:
    """Return the line of a file before which, and on which, every row is in the stage or in the report."""
    found = connection.execute(
        "SELECT (SELECT min(line) FROM unnest(lines) line) FROM imports WHERE id = %s", (task.id,)
    ).fetchone()
    return (found and found[0]) or 0


def read_share(
    connection: psycopg.Connection[Any], task: Task, target: Target, share: Share, sheet: Sheet
) -> None:
    """Check every row of a share that was not read yet and stage it.

    Args:
        connection: one that commits by itself.
        sheet: the whole file, from its first row.

    Raises:
        Overtaken: the batch is not this reader's any more.
        Stopped: the process is going down.
    """
    sheet.ahead.rows = share.ahead
    while True:
        read = line = 0
        with connection.transaction():
            with connection.cursor().copy(target.stage.copying) as copy:
                batch = Batch(target.stage, copy)
                rows = islice(sheet.rows, BATCH)
                while block := list(islice(rows, BLOCK)):
                    task.tick()
                    read, line = read + len(block), block[-1][0]
                    _take(batch, target, block)
            write_refusals(connection, batch.refused)
            share = _noted(connection, task, target, share, Progress(batch.rows, read, line))
        if read < BATCH:
            return
        sheet.ahead.rows = (share.of - 1) * BATCH


def _take(batch: Batch, target: Target, block: list[tuple[int, list[str] | None]]) -> None:
    """Check the rows of a block, those that are blank left out."""
    width = target.width
    whole = [(line, row) for line, row in block if row and len(row) == width]
    if whole:
        batch.take(whole, target.kind.read([row for _, row in whole]))
    if len(whole) < len(block):
        broken = [(line, row or []) for line, row in block if row is None or len(row) not in (0, width)]
        batch.take(broken, [[_broken(row, width)] for _, row in broken])


def _broken(row: list[str], width: int) -> Fault:
    if not row:
        return Fault("", "quote_unclosed", "引号没有结束，或单元格过长")
    return Fault("", "column_count", f"应有 {width} 列，实有 {len(row)} 列")


def _noted(
    connection: psycopg.Connection[Any], task: Task, target: Target, share: Share, came: Progress
) -> Share:
    """Note how far a reader came, from where it was."""
    after = share._replace(read=share.read + came.read)
    noted = connection.execute(
        "UPDATE imports SET rows_read = rows_read + %(rows)s, personal = personal OR %(personal)s, "
        "shares[%(place)s] = %(after)s, lines[%(place)s] = greatest(lines[%(place)s], %(line)s) "
        "WHERE id = %(id)s AND shares[%(place)s] = %(before)s",
        {
            "rows": came.rows,
            "personal": target.stage.personal,
            "place": share.number + 1,
            "before": share.read,
            "after": after.read,
            "line": came.line,
            "id": task.id,
        },
    )
    if noted.rowcount == 0:
        raise Overtaken
    return after
