"""Refuses rows of the stage that only the whole file, or the register, shows to be wrong."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from suicha_registry.imports.faults import Fault
from suicha_registry.imports.outcome import Task
from suicha_registry.imports.staging import write_refusals
from suicha_registry.imports.targets import Target
from suicha_registry.tables.sheets import open_sheet

REPORTED = 2000
"""Refused rows written at once."""


def note_personal(connection: psycopg.Connection[Any], task: Task) -> None:
    """Note that the file holds identity numbers, so that it is not kept."""
    connection.execute("UPDATE imports SET personal = true WHERE id = %s", (task.id,))


def refuse(connection: psycopg.Connection[Any], task: Task, target: Target, statement: sql.Composed) -> None:
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
        note_personal(connection, task)


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
