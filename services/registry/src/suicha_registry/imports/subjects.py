"""The effect of a register import: staged by COPY, then a handful of statements over the whole set.

Everything happens inside the transaction of the given connection. Rows of objects that are already as the
file says are not touched, so the same file twice changes nothing. Columns that the file does not have stay.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from suicha_registry.imports.headers import SUBJECT_HEADERS, columns_of
from suicha_registry.imports.outcome import Outcome, Task
from suicha_registry.imports.sheets import Sheet, UnreadableSheet, open_sheet, raw_rows
from suicha_registry.imports.staging import RefusedRows, copy_line
from suicha_registry.imports.subject_rows import Refusal, SubjectRows

BLOCK = 2000
"""Rows in one piece of the COPY stream."""
TICK = 10_000
"""Rows between two looks at the clock and the stop sign."""


def import_subjects(connection: psycopg.Connection[Any], task: Task, refused: RefusedRows) -> Outcome:
    """Import one file of objects.

    Raises:
        UnreadableSheet: the file is no table or lacks a needed column.
        Stopped: the process is going down.
    """
    with open_sheet(task.path) as sheet:
        columns = columns_of(sheet.header, SUBJECT_HEADERS)
        missing = [SUBJECT_HEADERS[name][0] for name in ("name", "id") if name not in columns]
        if missing:
            raise UnreadableSheet(f"缺少列：{'、'.join(missing)}")
        check = SubjectRows(columns, len(sheet.header), task.region_default, task.prefix)
        outcome = Outcome(sheet.header)
        _create_stage(connection, check.columns)
        names = sql.SQL(", ").join(map(sql.Identifier, ("line", *check.columns)))
        with connection.cursor().copy(sql.SQL("COPY stage ({}) FROM STDIN").format(names)) as copy:
            for block in _blocks(sheet, check, task, refused, outcome):
                copy.write(block)
    _refuse_repeated(connection, task, refused)
    _refuse_outside(connection, task, refused)
    staged = connection.execute("SELECT count(*) FROM stage").fetchone()
    outcome.changed = _change(connection, task, check)
    outcome.accepted = _insert(connection, task, check)
    outcome.refused = refused.count
    outcome.unchanged = (staged or (0,))[0] - outcome.changed - outcome.accepted
    return outcome


def _blocks(
    sheet: Sheet, check: SubjectRows, task: Task, refused: RefusedRows, outcome: Outcome
) -> Iterator[bytes]:
    """Check every row; yield accepted ones as pieces of a COPY stream."""
    lines: list[str] = []
    raws: list[tuple[int, list[str]]] = []
    for line, row in sheet.rows:
        outcome.read += 1
        if outcome.read % TICK == 0:
            task.tick(outcome.read)
        if row is None:
            refused.add(line, Refusal("quote_unclosed", "引号没有结束，或单元格过长"), [])
            continue
        found = check(row)
        if isinstance(found, Refusal):
            refused.add(line, found, row)
            continue
        text = f"{line}\t" + "\t".join(found) + "\n"
        if "\\" in text or "\r" in text or text.count("\t") != len(found) or text.count("\n") != 1:
            text = copy_line((str(line), *found))
        lines.append(text)
        raws.append((line, row))
        if len(lines) == BLOCK:
            yield _encoded(lines, raws, refused)
            lines, raws = [], []
    yield _encoded(lines, raws, refused)


def _encoded(lines: list[str], raws: list[tuple[int, list[str]]], refused: RefusedRows) -> bytes:
    """Encode a block; only when it holds bytes that were no text, look for the rows that hold them."""
    joined = "".join(lines)
    if "\x00" not in joined:
        try:
            return joined.encode()
        except UnicodeEncodeError:
            pass
    good = []
    for text, (line, row) in zip(lines, raws, strict=True):
        try:
            if "\x00" in text:
                raise UnicodeError
            good.append(text.encode())
        except UnicodeError:
            refused.add(line, Refusal("bad_encoding", "含有无法识别的字符（应为 UTF-8 或 GB 18030）"), row)
    return b"".join(good)


def _create_stage(connection: psycopg.Connection[Any], columns: list[str]) -> None:
    kinds = {"id": 'text COLLATE "C"', "region": 'text COLLATE "C"', "registered_on": "date"}
    definitions = [
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kinds.get(name, "text"))) for name in columns
    ]
    connection.execute(
        sql.SQL("CREATE TEMP TABLE stage (line bigint, {}) ON COMMIT DROP").format(
            sql.SQL(", ").join(definitions)
        )
    )


def _refuse_repeated(connection: psycopg.Connection[Any], task: Task, refused: RefusedRows) -> None:
    """Of several rows with one code the first stays; the others are refused, naming it."""
    gone = connection.execute(
        "WITH repeated AS (SELECT id, min(line) AS first FROM stage GROUP BY id HAVING count(*) > 1) "
        "DELETE FROM stage s USING repeated r WHERE s.id = r.id AND s.line > r.first "
        "RETURNING s.line, r.first"
    ).fetchall()
    _refuse_lines(
        task,
        refused,
        {
            line: Refusal("duplicate", f"与第 {first} 行的代码重复，以第 {first} 行为准")
            for line, first in gone
        },
    )


def _refuse_outside(connection: psycopg.Connection[Any], task: Task, refused: RefusedRows) -> None:
    """Objects that the register keeps in a region outside the importer's must not be changed."""
    gone = connection.execute(
        "DELETE FROM stage s USING subjects t WHERE t.id = s.id AND NOT starts_with(t.region, %s) "
        "RETURNING s.line, t.region",
        (task.prefix,),
    ).fetchall()
    _refuse_lines(
        task,
        refused,
        {
            line: Refusal("outside_scope", f"该对象已登记在区划 {region}，不在您的管辖区域内")
            for line, region in gone
        },
    )


def _refuse_lines(task: Task, refused: RefusedRows, found: dict[int, Refusal]) -> None:
    if not found:
        return
    raw = raw_rows(task.path, set(found))
    for line in sorted(found):
        refused.add(line, found[line], raw.get(line, []))


def _change(connection: psycopg.Connection[Any], task: Task, check: SubjectRows) -> int:
    """Update objects that differ in a column the file speaks of, and keep what they were."""
    fields = ["name", *check.given]
    named = [sql.Identifier(name) for name in fields]
    comma = sql.SQL(", ")
    statement = sql.SQL(
        "WITH put AS (UPDATE subjects t SET {assignments}, version = t.version + 1, updated_at = now(), "
        "import_id = %(import)s FROM stage s WHERE s.id = t.id AND ({old}) IS DISTINCT FROM ({new}) "
        "RETURNING new.id AS id, {before} AS before, {after} AS after) "
        "INSERT INTO subject_changes (subject_id, actor, source, before, after) "
        "SELECT id, %(actor)s, %(source)s, b.doc, a.doc FROM put, "
        "LATERAL (SELECT jsonb_object_agg(key, value) AS doc FROM jsonb_each(before) "
        "WHERE value IS DISTINCT FROM after -> key) b, "
        "LATERAL (SELECT jsonb_object_agg(key, value) AS doc FROM jsonb_each(after) "
        "WHERE value IS DISTINCT FROM before -> key) a"
    ).format(
        assignments=comma.join(sql.SQL("{0} = s.{0}").format(name) for name in named),
        old=comma.join(sql.SQL("t.{}").format(name) for name in named),
        new=comma.join(sql.SQL("s.{}").format(name) for name in named),
        before=_document("old", fields),
        after=_document("new", fields),
    )
    return connection.execute(
        statement, {"import": task.id, "actor": task.actor, "source": task.source}
    ).rowcount


def _document(row: str, fields: list[str]) -> sql.Composed:
    pairs = [
        sql.SQL("{}, {}.{}").format(sql.Literal(name), sql.SQL(row), sql.Identifier(name)) for name in fields
    ]
    return sql.SQL("jsonb_build_object({})").format(sql.SQL(", ").join(pairs))


def _insert(connection: psycopg.Connection[Any], task: Task, check: SubjectRows) -> int:
    """Insert objects that are not there yet."""
    named = sql.SQL(", ").join(map(sql.Identifier, check.columns))
    statement = sql.SQL(
        "INSERT INTO subjects ({named}, import_id) SELECT {named}, %s FROM stage s "
        "WHERE NOT EXISTS (SELECT FROM subjects t WHERE t.id = s.id) ON CONFLICT (id) DO NOTHING"
    ).format(named=named)
    return connection.execute(statement, (task.id,)).rowcount
