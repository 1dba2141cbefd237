"""The two steps of an import: checking fills the stage and counts, applying writes it into the register.

Checking commits after every batch together with how far it read, so a killed process goes on from there.
Applying is one transaction: all good rows come in at once, or none.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from suicha_registry.imports.faults import Fault
from suicha_registry.imports.forms import FormImport
from suicha_registry.imports.kinds import RECORDS
from suicha_registry.imports.outcome import Counts, StageLost, Task
from suicha_registry.imports.personal import HIDDEN, is_identity_title, without_identities
from suicha_registry.imports.records import RecordImport, counted
from suicha_registry.imports.staging import Batch, Stage, clean, drop, titles_of, write_refusals
from suicha_registry.imports.subjects import SubjectImport
from suicha_registry.tables.columns import Column, Layout, layout_of
from suicha_registry.tables.registers import FORMS, REPORT, SUBJECTS
from suicha_registry.tables.sheets import UnreadableSheet, open_sheet, rows_in

BATCH = 20_000
"""Rows between two commits."""
TICK = 1000
"""Rows between two looks at the stop sign."""
REPORTED = 2000
"""Refused rows written at once."""


class KindOfImport(Protocol):
    """What one kind of register does with rows."""

    kinds: dict[str, str]
    hidden: frozenset[str]
    key: str
    """The field by which rows are told apart."""

    def prepare(self, connection: psycopg.Connection[Any]) -> None:
        """Look up what reading rows needs."""

    def read(self, row: list[str]) -> list[str] | list[Fault]:
        """Return a row's columns of the stage, or its faults."""

    def outside(self) -> sql.Composed:
        """Take rows that are not the importer's to change out of the stage, returning line, code and reason."""

    def differences(self) -> sql.Composed:
        """Select line, id, is_new, before, after of the rows that differ from the register."""

    def apply(self, connection: psycopg.Connection[Any]) -> Counts:
        """Write the stage into the register."""


def columns_of(kind: str) -> tuple[Column, ...]:
    """Return the columns of a kind of register."""
    return {"subjects": SUBJECTS, "forms": FORMS}.get(kind) or RECORDS[kind].columns


def import_of(task: Task, header: list[str]) -> tuple[KindOfImport, Layout]:
    """Return how the rows below a header are taken.

    Raises:
        UnreadableSheet: a needed column is missing.
    """
    layout = layout_of(header, (*columns_of(task.kind), *REPORT), task.headers)
    if layout.missing:
        raise UnreadableSheet(layout.complaint())
    if task.kind == "subjects":
        return SubjectImport(task, layout, len(header)), layout
    if task.kind == "forms":
        return FormImport(task, layout, len(header)), layout
    return RecordImport(task, RECORDS[task.kind], layout, len(header)), layout


def check(connection: psycopg.Connection[Any], task: Task, rows_read: int) -> None:
    """Fill the stage from the file, from where an earlier process stopped, and count what it would do.

    The connection must commit by itself: each batch is a transaction.

    Raises:
        UnreadableSheet: the file is no table or lacks a needed column.
        Stopped: the process is going down.
    """
    assert task.path is not None
    with open_sheet(task.path) as sheet:
        header = [without_identities(clean(name)) for name in sheet.header]
        if task.kind == "inspectors" or any(HIDDEN in name or is_identity_title(name) for name in header):
            _note_personal(connection, task)
        kind, layout = import_of(task, header)
        stage = stage_of(task, kind, layout, header)
        with connection.transaction():
            kind.prepare(connection)
            if not (rows_read and _in_stage(connection, task) + _reported(connection, task) == rows_read):
                rows_read = 0
                _begin(connection, task, stage, header, layout)
        _fill(connection, task, stage, kind, rows_read, sheet.rows)
    with connection.transaction():
        connection.execute("SET LOCAL work_mem = '256MB'")
        _settle(connection, task, stage, kind)


def stage_of(task: Task, kind: KindOfImport, layout: Layout, header: list[str]) -> Stage:
    """Return the stage of an import; columns of identity numbers are hidden, read or not, whatever its kind."""
    hidden = frozenset(
        index
        for index, one in enumerate(layout.placed)
        if one.name in kind.hidden or is_identity_title(one.title)
    )
    return Stage(task, kind.kinds, titles_of(columns_of(task.kind), dict(layout.places), header), hidden)


def _note_personal(connection: psycopg.Connection[Any], task: Task) -> None:
    """Note that the file holds identity numbers, so that it is not kept."""
    connection.execute("UPDATE imports SET personal = true WHERE id = %s", (task.id,))


def _begin(
    connection: psycopg.Connection[Any], task: Task, stage: Stage, header: list[str], layout: Layout
) -> None:
    """Make the stage and note what the columns were taken for."""
    assert task.path is not None
    stage.create(connection)
    columns = [
        {
            "title": one.title,
            "standing": one.standing,
            "field": one.name,
            "suggestions": list(one.suggestions),
        }
        for one in layout.placed
    ]
    connection.execute(
        "UPDATE imports SET header = %s, columns = %s, rows_total = %s WHERE id = %s",
        (header, Jsonb(columns), rows_in(task.path), task.id),
    )


def _fill(
    connection: psycopg.Connection[Any],
    task: Task,
    stage: Stage,
    kind: KindOfImport,
    rows_read: int,
    rows: Iterator[tuple[int, list[str] | None]],
) -> None:
    """Check every row that was not read yet and stage it, a batch in a transaction."""
    read = kind.read
    rows = itertools.islice(rows, rows_read, None)
    while True:
        with connection.transaction():
            with connection.cursor().copy(stage.copying) as copy:
                batch = Batch(stage, copy)
                for line, row in itertools.islice(rows, BATCH):
                    if batch.rows % TICK == 0:
                        task.tick()
                    if row is None:
                        batch.refuse(line, [Fault("", "quote_unclosed", "引号没有结束，或单元格过长")], [])
                        continue
                    found = read(row)
                    if isinstance(found[0], Fault):
                        batch.refuse(line, found, row)
                    else:
                        batch.accept(line, found, row)
                batch.flush()
            write_refusals(connection, batch.refused)
            rows_read += batch.rows
            connection.execute(
                "UPDATE imports SET rows_read = %s, personal = personal OR %s WHERE id = %s",
                (rows_read, stage.personal, task.id),
            )
        if batch.rows < BATCH:
            return


def _settle(connection: psycopg.Connection[Any], task: Task, stage: Stage, kind: KindOfImport) -> None:
    """Refuse what only the whole file or the register shows, and count: all in one transaction."""
    connection.execute(sql.SQL("ANALYZE {}").format(task.stage))
    repeated = sql.SQL(
        "WITH repeated AS (SELECT id, min(line) AS first FROM {stage} GROUP BY id HAVING count(*) > 1) "
        "DELETE FROM {stage} s USING repeated r WHERE s.id = r.id AND s.line > r.first "
        "RETURNING s.line, 'duplicate', '与第 ' || r.first || ' 行的代码重复，以第 ' || r.first || ' 行为准'"
    ).format(stage=task.stage)
    _refuse(connection, task, stage, repeated, kind.key)
    _refuse(connection, task, stage, kind.outside(), kind.key)
    staged = _in_stage(connection, task)
    counts = Counts(0, 0) if task.direct else counted(connection, kind.differences())
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
    stage: Stage,
    statement: sql.Composed,
    field: str,
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
            raws = _raws(task.path)
            while found := cursor.fetchmany(REPORTED):
                write_refusals(
                    connection,
                    [
                        stage.refusal(line, [Fault(field, code, message)], _raw_of(raws, line))
                        for line, code, message in found
                    ],
                )
    connection.execute("DROP TABLE gone")
    if stage.personal:
        _note_personal(connection, task)


def _raws(path: Path | None) -> Iterator[tuple[int, list[str]]]:
    if path is None:
        return
    with open_sheet(path) as sheet:
        for line, row in sheet.rows:
            yield line, row or []


def _raw_of(raws: Iterator[tuple[int, list[str]]], wanted: int) -> list[str]:
    """Advance to a line; what an absent file cannot show is empty."""
    return next((row for line, row in raws if line == wanted), [])


def apply(connection: psycopg.Connection[Any], task: Task, header: list[str], staged: int | None) -> Counts:
    """Write the stage into the register, in the connection's one transaction, and forget it.

    Raises:
        StageLost: the stage does not hold what was put there.
    """
    kind, layout = import_of(task, header)
    stage = stage_of(task, kind, layout, header)
    connection.execute("SET LOCAL work_mem = '256MB'")
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))", (f"import-{task.kind}",))
    if _in_stage(connection, task) != staged:
        raise StageLost
    _refuse(connection, task, stage, kind.outside(), kind.key)
    counts = kind.apply(connection)
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
