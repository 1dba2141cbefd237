"""The two steps of an import: checking fills the stage and counts, applying writes it into the register.

Checking commits after every batch together with how far it read, so a killed process goes on from there.
Applying is one transaction: all good rows come in at once, or none.
"""

from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from suicha_registry.imports.faults import Fault
from suicha_registry.imports.outcome import Counts, StageLost, Task
from suicha_registry.imports.personal import HIDDEN, is_identity_title
from suicha_registry.imports.readers import read_shares, readers_for
from suicha_registry.imports.reading import Share, read_share
from suicha_registry.imports.records import counted
from suicha_registry.imports.staging import drop, write_refusals
from suicha_registry.imports.targets import Target, kept_header, target_of
from suicha_registry.tables.sheets import open_sheet, rows_in

REPORTED = 2000
"""Refused rows written at once."""
ATTEMPTS = 5
"""Times that a stage is written when others enter the same records meanwhile."""


def check(connection: psycopg.Connection[Any], task: Task, url: str) -> None:
    """Fill the stage from the file, from where an earlier process stopped, and count what it would do.

    The connection must commit by itself: each batch is a transaction. `url` is where the database is, for readers
    in processes of their own.

    Raises:
        UnreadableSheet: the file is no table or lacks a needed column.
        Overtaken: somebody else is reading the file for this import.
        Stopped: the process is going down.
    """
    assert task.path is not None
    with open_sheet(task.path) as sheet:
        header = kept_header(sheet.header)
        if task.kind == "inspectors" or any(HIDDEN in name or is_identity_title(name) for name in header):
            _note_personal(connection, task)
        target = target_of(task, header)
        with connection.transaction():
            target.kind.prepare(connection)
            shares = _kept_shares(connection, task) or _begin(connection, task, target, header)
        if len(shares) == 1:
            read_share(connection, task, target, shares[0], sheet)
        else:
            read_shares(url, task, shares)
    with connection.transaction():
        connection.execute("SET LOCAL work_mem = '256MB'")
        _settle(connection, task, target)


def _note_personal(connection: psycopg.Connection[Any], task: Task) -> None:
    """Note that the file holds identity numbers, so that it is not kept."""
    connection.execute("UPDATE imports SET personal = true WHERE id = %s", (task.id,))


def _kept_shares(connection: psycopg.Connection[Any], task: Task) -> list[Share]:
    """Return what an earlier process read; empty if it is none, or if the stage does not hold it.

    The import's row is locked first: with every batch its reader changes it, so none comes in while it is counted.
    """
    read, rows = connection.execute(
        "SELECT shares, rows_read FROM imports WHERE id = %s FOR UPDATE", (task.id,)
    ).fetchone() or ([], 0)
    if not sum(read) or _in_stage(connection, task) + _reported(connection, task) != rows:
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
        "UPDATE imports SET header = %s, columns = %s, rows_total = %s, rows_read = 0, shares = %s WHERE id = %s",
        (header, Jsonb(columns), rows, [0] * readers, task.id),
    )
    return [Share(number, readers, 0) for number in range(readers)]


def _settle(connection: psycopg.Connection[Any], task: Task, target: Target) -> None:
    """Refuse what only the whole file or the register shows, and count: all in one transaction. What goes on by
    itself is compared with the register when it is applied."""
    connection.execute(sql.SQL("ANALYZE {}").format(task.stage))
    repeated = sql.SQL(
        "WITH repeated AS (SELECT id, min(line) AS first FROM {stage} GROUP BY id HAVING count(*) > 1) "
        "DELETE FROM {stage} s USING repeated r WHERE s.id = r.id AND s.line > r.first "
        "RETURNING s.line, 'duplicate', '与第 ' || r.first || ' 行的代码重复，以第 ' || r.first || ' 行为准'"
    ).format(stage=task.stage)
    _refuse(connection, task, target, repeated)
    if not task.direct:
        _refuse(connection, task, target, target.kind.outside())
    staged = _in_stage(connection, task)
    counts = Counts(0, 0) if task.direct else counted(connection, target.kind.differences())
    connection.execute(
        "UPDATE imports SET state = %(state)s, staged = %(staged)s, accepted = %(new)s, "
        "changed = %(changed)s, unchanged = %(unchanged)s, rows_total = rows_read, "
        "refused = %(refused)s WHERE id = %(id)s",
        {
            "state": "confirmed" if task.direct else "checked",
            "staged": staged,
            "new": counts.new,
            "changed": counts.changed,
            "unchanged": 0 if task.direct else staged - counts.new - counts.changed,
            "refused": _reported(connection, task),
            "id": task.id,
        },
    )


def _reported(connection: psycopg.Connection[Any], task: Task) -> int:
    """Return how many rows are refused."""
    found = connection.execute(
        "SELECT count(*) FROM import_refusals WHERE import_id = %s", (task.id,)
    ).fetchone()
    return int(found[0]) if found else 0


def _in_stage(connection: psycopg.Connection[Any], task: Task) -> int:
    """Return how many rows lie in the stage; -1 if there is none."""
    known = connection.execute("SELECT to_regclass(%s)", (f"staging.import_{task.id.hex}",)).fetchone()
    if known is None or known[0] is None:
        return -1
    found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(task.stage)).fetchone()
    return int(found[0]) if found else -1


def _refuse(
    connection: psycopg.Connection[Any],
    task: Task,
    target: Target,
    statement: sql.Composed,
) -> None:
    """Take rows out of the stage and report them as they stood in the file.

    The file is read once more beside the rows found, both in the order of lines, so memory stays bounded.
    """
    connection.execute("CREATE TEMP TABLE gone (line bigint, code text, message text) ON COMMIT DROP")
    count = connection.execute(
        sql.SQL("WITH found (line, code, message) AS ({}) INSERT INTO gone SELECT * FROM found").format(
            statement
        )
    ).rowcount
    if count:
        with connection.cursor(name="gone") as cursor:
            cursor.itersize = REPORTED
            cursor.execute("SELECT line, code, message FROM gone ORDER BY line")
            raw_of = _raws(task.path or task.fetch())
            next(raw_of)
            while found := cursor.fetchmany(REPORTED):
                write_refusals(
                    connection,
                    [
                        target.stage.refusal(line, [Fault(target.kind.key, code, message)], raw_of.send(line))
                        for line, code, message in found
                    ],
                )
    connection.execute("DROP TABLE gone")
    if target.stage.personal:
        _note_personal(connection, task)


def _raws(path: Path | None) -> Generator[list[str], int]:
    """Give the row of each line that is sent, in the order of lines; what an absent file cannot show is empty."""
    row: list[str] | None = []
    if path is None:
        while True:
            yield []
    with open_sheet(path) as sheet:
        while True:
            wanted = yield row or []
            sheet.ahead.line = wanted
            row = next((row for line, row in sheet.rows if line == wanted), None)


def apply(connection: psycopg.Connection[Any], task: Task, header: list[str], staged: int | None) -> Counts:
    """Write the stage into the register, in the connection's one transaction, and forget it.

    Raises:
        StageLost: the stage does not hold what was put there.
    """
    target = target_of(task, header)
    connection.execute("SET LOCAL work_mem = '256MB'")
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))", (f"import-{task.kind}",))
    if _in_stage(connection, task) != staged:
        raise StageLost
    counts = _applied(connection, task, target)
    drop(connection, task)
    connection.execute(
        "UPDATE imports SET state = 'done', accepted = %(new)s, changed = %(changed)s, refused = %(refused)s, "
        "unchanged = rows_read - %(refused)s - %(new)s - %(changed)s, finished_at = now() WHERE id = %(id)s",
        {
            "new": counts.new,
            "changed": counts.changed,
            "refused": _reported(connection, task),
            "id": task.id,
        },
    )
    return counts


def _applied(connection: psycopg.Connection[Any], task: Task, target: Target) -> Counts:
    """Write the stage into the register; once more if somebody entered one of its records meanwhile, which is then
    known and compared."""
    attempts = ATTEMPTS
    while True:
        attempts -= 1
        try:
            with connection.transaction():
                return target.kind.apply(connection, partial(_refuse, connection, task, target))
        except psycopg.errors.UniqueViolation:
            if not attempts:
                raise
            task.tick()
