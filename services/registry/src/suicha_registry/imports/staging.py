"""The stage of an import: accepted rows in an unlogged table of their own, refused rows in their report.

Both are written batch by batch, together with how far the file was read, so that a process that dies loses
at most one batch. The stage outlives processes and connections; a crash of the database empties it, which
is noticed by counting, and the file is read anew.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql

from suicha_registry.imports.faults import Fault, Row, Taken
from suicha_registry.imports.outcome import Task
from suicha_registry.imports.personal import HIDDEN, without_identities
from suicha_registry.tables.columns import Column
from suicha_registry.tables.copy_text import copy_line

NOT_TEXT = Fault("", "bad_encoding", "含有无法识别的字符（应为 UTF-8 或 GB 18030）")


def clean(text: str) -> str:
    """Make any text storable: undecodable bytes become `�`, NUL goes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\x00", "")


def is_text(text: str) -> bool:
    """Tell whether a text holds neither NUL nor bytes that were no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


class Batch:
    """Rows of a file between two commits. Accepted rows flow into the stage while the next are read."""

    def __init__(self, stage: "Stage", copy: psycopg.Copy) -> None:
        self._stage, self._copy = stage, copy
        self.refused: list[str] = []
        """Lines of the report; written when the COPY is over."""
        self.rows = 0

    def take(self, rows: Sequence[tuple[int, Row]], found: list[Taken]) -> None:
        """Take rows with their lines: those of which columns of the stage were found into the stage, the others
        into the report."""
        self.rows += len(rows)
        lines = []
        for (line, raw), columns in zip(rows, found, strict=True):
            if isinstance(columns, list):
                self._refuse(line, columns, raw)
            else:
                lines.append(f"{line}\t" + "\t".join(columns) + "\n")
        data = _as_it_is("".join(lines), len(lines), self._stage.width)
        if data is None:
            data = "".join(self._each(rows, found)).encode()
        if data:
            self._copy.write(data)

    def _each(self, rows: Sequence[tuple[int, Row]], found: list[Taken]) -> Iterator[str]:
        """Write accepted rows one by one: what means something to COPY is escaped, what is no text reported."""
        for (line, raw), columns in zip(rows, found, strict=True):
            if isinstance(columns, list):
                continue
            text = copy_line((str(line), *columns))
            if is_text(text):
                yield text
            else:
                self._refuse(line, [NOT_TEXT], raw)

    def _refuse(self, line: int, faults: Sequence[Fault], raw: Row) -> None:
        self.refused.append(self._stage.refusal(line, faults, raw))


def _as_it_is(text: str, rows: int, width: int) -> bytes | None:
    """Return lines of COPY as they can be sent: if all signs in them that mean something to it are ours; else None."""
    nulls = text.count("\\")
    ours = (
        text.count("\n") == rows
        and text.count("\t") == rows * width
        and "\r" not in text
        and "\x00" not in text
        and (not nulls or nulls == text.count("\t\\N") == text.count("\\N\t") + text.count("\\N\n"))
    )
    try:
        return text.encode() if ours else None
    except UnicodeEncodeError:
        return None


class Stage:
    """The stage of one import and the words for its refused rows."""

    def __init__(
        self, task: Task, kinds: dict[str, str], titles: dict[str, str], hidden: frozenset[int]
    ) -> None:
        """`kinds` are the stage's columns with their SQL types, the line apart; `titles` the headers of the
        fields in this file; `hidden` the columns of the file that must not be kept: identity numbers. What looks
        like one is hidden wherever it stands."""
        self._task, self._kinds, self._titles, self._hidden = task, kinds, titles, hidden
        self.width = len(kinds)
        self.personal = False
        """A refused row held an identity number."""
        names = sql.SQL(", ").join(map(sql.Identifier, ("line", *kinds)))
        self.copying = sql.SQL("COPY {} ({}) FROM STDIN").format(task.stage, names)

    def create(self, connection: psycopg.Connection[Any]) -> None:
        """Make the stage anew. Nobody else tidies it up, who would take a core from its readers. Pieces of the file are
        found by the blocks that they may lie in."""
        drop(connection, self._task)
        definitions = [
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in self._kinds.items()
        ]
        connection.execute(
            sql.SQL(
                "CREATE UNLOGGED TABLE {stage} (line bigint NOT NULL, {columns}) WITH (autovacuum_enabled = false);"
                "CREATE INDEX {lines} ON {stage} USING brin (line) WITH (pages_per_range = 16)"
            ).format(stage=self._task.stage, lines=self._task.lines, columns=sql.SQL(", ").join(definitions))
        )

    def refusal(self, line: int, faults: Sequence[Fault], raw: Sequence[str]) -> str:
        """Return a refused row as a line of COPY."""
        shown = [
            HIDDEN if index in self._hidden and value else without_identities(clean(value))
            for index, value in enumerate(raw)
        ]
        quoted = ",".join('"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' for v in shown)
        told = [
            {
                "column": self._titles.get(one.field, ""),
                "code": one.code,
                "message": without_identities(clean(one.message)),
            }
            for one in faults
        ]
        self.personal = self.personal or any(HIDDEN in text for text in shown)
        message = "；".join(one["message"] for one in told)
        first = faults[0].code
        return copy_line(
            (
                str(self._task.id),
                str(line),
                first,
                message,
                json.dumps(told, ensure_ascii=False),
                "{" + quoted + "}",
            )
        )


def write_refusals(connection: psycopg.Connection[Any], lines: Iterable[str]) -> None:
    """Add refused rows to the report. Rows that are there already, from before a crash, stay."""
    text = "".join(lines)
    if not text:
        return
    connection.execute("CREATE TEMP TABLE refused (LIKE import_refusals) ON COMMIT DROP")
    with connection.cursor().copy(
        "COPY refused (import_id, line, code, message, faults, raw) FROM STDIN"
    ) as copy:
        copy.write(text.encode())
    connection.execute("INSERT INTO import_refusals SELECT * FROM refused ON CONFLICT DO NOTHING")
    connection.execute("DROP TABLE refused")


def reported(connection: psycopg.Connection[Any], task: Task) -> int:
    """Return how many rows are refused."""
    found = connection.execute(
        "SELECT count(*) FROM import_refusals WHERE import_id = %s", (task.id,)
    ).fetchone()
    return int(found[0]) if found else 0


def in_stage(connection: psycopg.Connection[Any], task: Task) -> int:
    """Return how many rows lie in the stage; -1 if there is none."""
    known = connection.execute("SELECT to_regclass(%s)", (f"staging.import_{task.id.hex}",)).fetchone()
    if known is None or known[0] is None:
        return -1
    found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(task.stage)).fetchone()
    return int(found[0]) if found else -1


def repeated(task: Task, among: sql.Composable = sql.SQL("TRUE")) -> sql.Composed:
    """Take rows whose record stands in an earlier row out of the stage, among those of which the condition holds."""
    return sql.SQL(
        "WITH repeated AS (SELECT id, min(line) AS first FROM {stage} WHERE {among} GROUP BY id HAVING count(*) > 1) "
        "DELETE FROM {stage} s USING repeated r WHERE s.id = r.id AND s.line > r.first "
        "RETURNING s.line, 'duplicate', '与第 ' || r.first || ' 行的代码重复，以第 ' || r.first || ' 行为准'"
    ).format(stage=task.stage, among=among)


def titles_of(columns: Sequence[Column], places: dict[str, int], header: Sequence[str]) -> dict[str, str]:
    """Return the header of each field as the file writes it; fields that it does not have as exports do."""
    return {
        column.name: header[places[column.name]] if column.name in places else column.title
        for column in columns
    }


def drop(connection: psycopg.Connection[Any], task: Task) -> None:
    """Forget the stage of an import."""
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(task.stage))
