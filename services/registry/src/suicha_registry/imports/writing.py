"""Writes the rows of a stage into their register, in one transaction: all of them come in at once, or none.

A large file that nobody wants to see before is written while it is still read: a piece at a time, of the rows before
a line that every reader has passed, so that of two rows with the same record the first is the one that counts.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import psycopg

from suicha_registry.imports.outcome import Counts, StageLost, Task
from suicha_registry.imports.refusing import refuse
from suicha_registry.imports.staging import drop, in_stage, reported
from suicha_registry.imports.targets import Target

T = TypeVar("T")

PIECE = 100_000
"""Lines that are worth a piece of their own."""
ATTEMPTS = 5
"""Times that rows are written when others enter the same records meanwhile."""
_END = 2**62
"""A line that no file has."""


class Writing:
    """The transaction of one import, on a connection of its own that does not commit by itself."""

    def __init__(self, connection: psycopg.Connection[Any], task: Task, target: Target) -> None:
        self._connection, self._task, self._target = connection, task, target
        self._line = self._new = 0
        connection.execute("SET LOCAL work_mem = '256MB'")

    def go_on(self, line: int) -> None:
        """Write the rows up to a line, all of which are staged, if they are worth it and nobody else writes."""
        if line - self._line < PIECE:
            return
        if self._held("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 5))"):
            index = f"staging.{self._task.lines.as_string()}"
            self._connection.execute("SELECT brin_summarize_new_values(%s::regclass)", (index,))
            self._add(line)

    def finish(self, staged: int | None) -> Counts:
        """Write all the rest, forget the stage and note what was done; the caller commits.

        Args:
            staged: rows that the stage must hold.

        Raises:
            StageLost: it does not hold them.
        """
        self._held("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))")
        if in_stage(self._connection, self._task) != staged:
            raise StageLost
        self._add(_END)
        take = partial(refuse, self._connection, self._task, self._target)
        rest = self._tried(lambda: self._target.kind.apply(self._connection, take))
        drop(self._connection, self._task)
        counts = Counts(new=self._new + rest.new, changed=rest.changed)
        self._connection.execute(
            "UPDATE imports SET state = 'done', accepted = %(new)s, changed = %(changed)s, refused = %(refused)s, "
            "unchanged = rows_read - %(refused)s - %(new)s - %(changed)s, finished_at = now() WHERE id = %(id)s",
            {
                "new": counts.new,
                "changed": counts.changed,
                "refused": reported(self._connection, self._task),
                "id": self._task.id,
            },
        )
        return counts

    def _held(self, lock: str) -> bool:
        """Take the lock under which one import at a time writes into a register."""
        found = self._connection.execute(lock, (f"import-{self._task.kind}",)).fetchone()
        return bool(found and found[0] is not False)

    def _add(self, line: int) -> None:
        self._new += self._tried(lambda: self._target.kind.add(self._connection, self._line, line))
        self._line = line

    def _tried(self, write: Callable[[], T]) -> T:
        """Write; once more if somebody entered one of the records meanwhile, which is then known and compared."""
        attempts = ATTEMPTS
        while True:
            attempts -= 1
            try:
                with self._connection.transaction():
                    return write()
            except psycopg.errors.UniqueViolation:
                if not attempts:
                    raise
                self._task.tick()
