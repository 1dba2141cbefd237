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
TICK = 1000
"""Rows between two looks at the stop sign."""


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
        read = 0
        with connection.transaction():
            with connection.cursor().copy(target.stage.copying) as copy:
                batch = Batch(target.stage, copy)
                for line, row in islice(sheet.rows, BATCH):
                    if read % TICK == 0:
                        task.tick()
                    read += 1
                    if row != []:
                        _take(batch, target, line, row)
                batch.flush()
            write_refusals(connection, batch.refused)
            share = _noted(connection, task, target, share, batch.rows, read)
        if read < BATCH:
            return
        sheet.ahead.rows = (share.of - 1) * BATCH


def _take(batch: Batch, target: Target, line: int, row: list[str] | None) -> None:
    if row is None:
        batch.refuse(line, [Fault("", "quote_unclosed", "引号没有结束，或单元格过长")], [])
        return
    found = target.kind.read(row)
    if isinstance(found[0], Fault):
        batch.refuse(line, found, row)
    else:
        batch.accept(line, found, row)


def _noted(
    connection: psycopg.Connection[Any], task: Task, target: Target, share: Share, rows: int, read: int
) -> Share:
    """Note how far a reader came, from where it was: rows of which there was something to read, and all."""
    after = share._replace(read=share.read + read)
    noted = connection.execute(
        "UPDATE imports SET rows_read = rows_read + %(rows)s, personal = personal OR %(personal)s, "
        "shares[%(place)s] = %(after)s WHERE id = %(id)s AND shares[%(place)s] = %(before)s",
        {
            "rows": rows,
            "personal": target.stage.personal,
            "place": share.number + 1,
            "before": share.read,
            "after": after.read,
            "id": task.id,
        },
    )
    if noted.rowcount == 0:
        raise Overtaken
    return after
