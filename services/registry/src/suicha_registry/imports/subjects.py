"""The effect of importing objects: a handful of statements over the whole stage.

Rows of objects that are already as the file says are not touched, so the same file twice changes nothing.
Columns that the file does not have stay.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from suicha_registry.imports.faults import Row, Taken
from suicha_registry.imports.outcome import Counts, Refuse, Task
from suicha_registry.imports.subject_rows import SubjectRows
from suicha_registry.tables.columns import Layout

_TYPES = {
    "id": 'text COLLATE "C"', "region": 'text COLLATE "C"', "registered_on": "date", "licences": "jsonb",
    "market_share_bp": "integer",
}  # fmt: skip
_COMMA = sql.SQL(", ")
_SHARED = ("created_at", "updated_at", "entered_on", "entered_xid")
"""Columns whose default is the same for all rows of a transaction."""
_DEFAULTS = """
SELECT a.attname, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE d.adrelid = 'subjects'::regclass AND a.attname = ANY(%s)
"""


class SubjectImport:
    """Objects: rows of the stage are columns of the register."""

    hidden = frozenset[str]()
    key = "id"

    def __init__(self, task: Task, layout: Layout) -> None:
        self._task = task
        self._rows = SubjectRows(layout.places, task.region_default, task.prefix)
        self.kinds = {name: _TYPES.get(name, "text") for name in self._rows.columns}

    def read(self, rows: Sequence[Row]) -> list[Taken]:
        """Return of each row its columns of the stage, or its faults."""
        return self._rows(rows)

    def prepare(self, connection: psycopg.Connection[Any]) -> None:
        """Objects need nothing else."""

    def outside(self) -> sql.Composed:
        """Take objects that the register keeps in a region outside the importer's, and such as turned out to be
        another object (R8), out of the stage."""
        return sql.SQL(
            "DELETE FROM {stage} s USING subjects t WHERE t.id = s.id "
            "AND (NOT starts_with(t.region, {prefix}) OR t.merged_into IS NOT NULL) RETURNING s.line, "
            "CASE WHEN t.merged_into IS NULL THEN 'outside_scope' ELSE 'merged' END, "
            "CASE WHEN t.merged_into IS NULL THEN '该对象已登记在区划 ' || t.region || '，不在您的管辖区域内' "
            "ELSE '该对象已并入 ' || t.merged_into || '，请用该代码' END"
        ).format(stage=self._task.stage, prefix=self._task.prefix)

    def differences(self) -> sql.Composed:
        """Select line, id, whether it is new, and both states, of every row that differs from the register."""
        fields = ["name", *self._rows.given]
        return sql.SQL(
            "SELECT s.line, s.id, t.id IS NULL AS is_new, {before} AS before, {after} AS after "
            "FROM {stage} s LEFT JOIN subjects t ON t.id = s.id "
            "WHERE t.id IS NULL OR ({old}) IS DISTINCT FROM ({new})"
        ).format(
            before=_document("t", fields),
            after=_document("s", fields),
            stage=self._task.stage,
            old=_COMMA.join(sql.SQL("t.{}").format(sql.Identifier(name)) for name in fields),
            new=_COMMA.join(sql.SQL("s.{}").format(sql.Identifier(name)) for name in fields),
        )

    def apply(self, connection: psycopg.Connection[Any], refuse: Refuse) -> Counts:
        """Write the stage into the register. A file of new objects, as large ones are, is compared with nothing."""
        if self._all_new(connection):
            return Counts(new=self._insert(connection, sql.SQL("")), changed=0)
        refuse(self.outside())
        changed = self._change(connection)
        unknown = sql.SQL("WHERE NOT EXISTS (SELECT FROM subjects t WHERE t.id = s.id)")
        return Counts(new=self._insert(connection, unknown), changed=changed)

    def _all_new(self, connection: psycopg.Connection[Any]) -> bool:
        """Tell whether the register knows none of the objects."""
        found = connection.execute(
            sql.SQL("SELECT count(*) = 0 FROM {stage} s JOIN subjects t ON t.id = s.id").format(
                stage=self._task.stage
            )
        ).fetchone()
        return bool(found and found[0])

    def _change(self, connection: psycopg.Connection[Any]) -> int:
        """Update objects that differ in a column the file speaks of, and keep what they were."""
        fields = ["name", *self._rows.given]
        named = [sql.Identifier(name) for name in fields]
        statement = sql.SQL(
            "WITH put AS (UPDATE subjects t SET {assignments}, version = t.version + 1, updated_at = now(), "
            "import_id = %(import)s FROM {stage} s WHERE s.id = t.id AND ({old}) IS DISTINCT FROM ({new}) "
            "RETURNING new.id AS id, {before} AS before, {after} AS after) "
            "INSERT INTO subject_changes (subject_id, actor, org, source, before, after) "
            "SELECT id, %(actor)s, %(org)s, %(source)s, b.doc, a.doc FROM put, "
            "LATERAL (SELECT jsonb_object_agg(key, value) AS doc FROM jsonb_each(before) "
            "WHERE value IS DISTINCT FROM after -> key) b, "
            "LATERAL (SELECT jsonb_object_agg(key, value) AS doc FROM jsonb_each(after) "
            "WHERE value IS DISTINCT FROM before -> key) a"
        ).format(
            assignments=_COMMA.join(sql.SQL("{0} = s.{0}").format(name) for name in named),
            stage=self._task.stage,
            old=_COMMA.join(sql.SQL("t.{}").format(name) for name in named),
            new=_COMMA.join(sql.SQL("s.{}").format(name) for name in named),
            before=_document("old", fields),
            after=_document("new", fields),
        )
        task = self._task
        told = {"import": task.id, "actor": task.actor, "org": task.org, "source": task.source}
        return connection.execute(statement, told).rowcount

    def _insert(self, connection: psycopg.Connection[Any], which: sql.SQL) -> int:
        """Insert objects that are not there yet, in the order of their ids: indexes grow at one end, and what
        lies together in the register lies together on disk.

        To look at every row whether somebody enters the same object meanwhile (ON CONFLICT) takes a quarter of the
        time of them all; the caller tries again instead. Defaults that are the same for all rows are computed once.
        """
        own = [sql.Identifier(name) for name in self._rows.columns]
        defaults = connection.execute(_DEFAULTS, (list(_SHARED),)).fetchall()
        statement = sql.SQL(
            "INSERT INTO subjects ({named}, import_id) SELECT {values}, %s FROM {stage} s {which} ORDER BY s.id"
        ).format(
            named=_COMMA.join([*own, *(sql.Identifier(name) for name, _ in defaults)]),
            values=_COMMA.join([*own, *(sql.SQL("(SELECT {})").format(sql.SQL(one)) for _, one in defaults)]),
            stage=self._task.stage,
            which=which,
        )
        return connection.execute(statement, (self._task.id,)).rowcount


def _document(row: str, fields: list[str]) -> sql.Composed:
    pairs = [
        sql.SQL("{}, {}.{}").format(sql.Literal(name), sql.SQL(row), sql.Identifier(name)) for name in fields
    ]
    return sql.SQL("jsonb_build_object({})").format(sql.SQL(", ").join(pairs))
