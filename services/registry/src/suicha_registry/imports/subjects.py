"""The effect of importing objects: a handful of statements over many rows of the stage.

New objects are added in pieces of the file, one after the other; rows of an object that is known by then, from the
register or from an earlier row, are put aside until all are there. Rows of objects that are already as the file says
are not touched, so the same file twice changes nothing. Columns that the file does not have stay.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from suicha_registry.imports.faults import Row, Taken
from suicha_registry.imports.outcome import Counts, Refuse, Task
from suicha_registry.imports.staging import repeated
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
        self._known = False
        """Some row was put aside."""
        self._all_new = False
        """Rows so far were all of objects that nobody knew."""
        self.kinds = {name: _TYPES.get(name, "text") for name in self._rows.columns}

    def read(self, rows: Sequence[Row]) -> list[Taken]:
        """Return of each row its columns of the stage, or its faults."""
        return self._rows(rows)

    def prepare(self, connection: psycopg.Connection[Any]) -> None:
        """Objects need nothing else."""

    def outside(self) -> sql.Composed:
        """Take objects that the register keeps in a region outside the importer's, and such as turned out to be
        another object (R8), out of the stage."""
        return self._outside(sql.SQL("TRUE"))

    def _outside(self, among: sql.Composable) -> sql.Composed:
        return sql.SQL(
            "DELETE FROM {stage} s USING subjects t WHERE t.id = s.id AND {among} "
            "AND (NOT starts_with(t.region, {prefix}) OR t.merged_into IS NOT NULL) RETURNING s.line, "
            "CASE WHEN t.merged_into IS NULL THEN 'outside_scope' ELSE 'merged' END, "
            "CASE WHEN t.merged_into IS NULL THEN '该对象已登记在区划 ' || t.region || '，不在您的管辖区域内' "
            "ELSE '该对象已并入 ' || t.merged_into || '，请用该代码' END"
        ).format(stage=self._task.stage, among=among, prefix=self._task.prefix)

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

    def add(self, connection: psycopg.Connection[Any], after: int, upto: int) -> int:
        """Add objects that are not known to the register, and put the rows of the others aside.

        Once a piece held none of those, the next are expected to hold none: the index of ids tells if one does.
        """
        lines = sql.SQL("s.line > {} AND s.line <= {}").format(after, upto)
        if self._all_new:
            try:
                return self._insert(connection, lines)
            except psycopg.errors.UniqueViolation:
                self._all_new = False
                raise
        connection.execute(
            'CREATE TEMP TABLE IF NOT EXISTS known (line bigint, id text COLLATE "C") ON COMMIT DROP'
        )
        known = connection.execute(
            sql.SQL(
                "INSERT INTO known SELECT s.line, s.id FROM (SELECT s.line, s.id, row_number() OVER "
                "(PARTITION BY s.id ORDER BY s.line) AS place FROM {stage} s WHERE {lines}) s "
                "LEFT JOIN subjects t ON t.id = s.id WHERE s.place > 1 OR t.id IS NOT NULL"
            ).format(stage=self._task.stage, lines=lines)
        ).rowcount
        if known:
            lines += sql.SQL(" AND NOT EXISTS (SELECT FROM known k WHERE k.line = s.line)")
            self._known = True
        added = self._insert(connection, lines)
        self._all_new = not self._known
        return added

    def apply(self, connection: psycopg.Connection[Any], refuse: Refuse) -> Counts:
        """Write what was put aside: a row of an object that an earlier row has is refused, others are compared."""
        if not self._known:
            return Counts(0, 0)
        connection.execute(sql.SQL("ANALYZE known, {}").format(self._task.stage))
        refuse(repeated(self._task, sql.SQL("id IN (SELECT id FROM known)")))
        refuse(self._outside(sql.SQL("s.line IN (SELECT line FROM known)")))
        return Counts(new=0, changed=self._change(connection))

    def _change(self, connection: psycopg.Connection[Any]) -> int:
        """Update objects that differ in a column the file speaks of, and keep what they were."""
        fields = ["name", *self._rows.given]
        named = [sql.Identifier(name) for name in fields]
        statement = sql.SQL(
            "WITH put AS (UPDATE subjects t SET {assignments}, version = t.version + 1, updated_at = now(), "
            "import_id = %(import)s FROM {stage} s JOIN known k ON k.line = s.line "
            "WHERE s.id = t.id AND ({old}) IS DISTINCT FROM ({new}) "
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

    def _insert(self, connection: psycopg.Connection[Any], which: sql.Composable) -> int:
        """Insert objects of some rows in the order of their ids: what lies together in the register lies together
        on disk.

        To look at every row whether somebody enters the same object meanwhile (ON CONFLICT) takes a quarter of the
        time of them all; the caller tries again instead. Defaults that are the same for all rows are computed once.
        """
        own = [sql.Identifier(name) for name in self._rows.columns]
        defaults = connection.execute(_DEFAULTS, (list(_SHARED),)).fetchall()
        statement = sql.SQL(
            "INSERT INTO subjects ({named}, import_id) SELECT {values}, %s FROM {stage} s WHERE {which} ORDER BY s.id"
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
