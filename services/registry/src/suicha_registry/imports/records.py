"""The effect of importing organisations, items or inspectors: checked by the same models as the API.

Rows of the stage are JSON documents; one statement each inserts and updates them as a set. Columns that the
file does not have stay as they are.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from pydantic import ValidationError
from suicha_chassis.messages import chinese_message
from suicha_chassis.outbox import emit_all
from suicha_contracts.envelope import Event

from suicha_registry.imports.faults import Fault, Row, Taken
from suicha_registry.imports.outcome import Counts, Refuse, Task
from suicha_registry.imports.staging import NOT_TEXT, is_text, repeated
from suicha_registry.tables.cells import meant
from suicha_registry.tables.columns import Layout
from suicha_registry.tables.sheets import UnreadableSheet

_COMMA = sql.SQL(", ")

Words = dict[str, str]
"""The cells of one row by field; empty ones are absent."""


@dataclass
class Home:
    """The importing organisation and what its register knows, for reading rows."""

    code: str
    region: str
    crews: Mapping[str, str]
    """Department code → crew."""
    prefix: str
    actor: str
    known: dict[str, Any]
    """What a kind of record looked up before its rows are read."""


Document = dict[str, Any]


@dataclass(frozen=True)
class Records:
    """How rows of one kind of record are read and where they go."""

    table: str
    key: tuple[str, ...]
    compared: tuple[str, ...]
    """Columns of the table whose difference makes a change."""
    read: Callable[[Words, Home], Document | list[Fault]]
    gives: Mapping[str, tuple[str, ...]]
    """Columns of the table that a field of the file decides, where they are not just its own."""
    first: tuple[str, ...] = ()
    """Columns of the table that are only written with a new row."""
    also_set: str = ""
    """SQL set with every change."""
    hidden: frozenset[str] = frozenset()
    """Fields that must never be kept in clear."""
    shown: tuple[str, ...] | None = None
    """Columns that a preview may show; all compared ones if None."""
    prepare: Callable[[psycopg.Connection[Any], Task], dict[str, Any]] | None = None
    event: Callable[[dict[str, Any]], Event] | None = None
    """What is told of each row that was written."""


def home_of(connection: psycopg.Connection[Any], task: Task) -> Home:
    """Look up the importing organisation.

    Raises:
        UnreadableSheet: it is not registered, and the file is not the one that registers it.
    """
    row = connection.execute(
        "SELECT region, departments FROM organisations WHERE code = %s", (task.org,)
    ).fetchone()
    if row is None and task.kind != "organisations":
        raise UnreadableSheet(f"机构 {task.org} 未登记，不能导入它的名录")
    region, departments = row or (task.region, [])
    crews = {one["code"]: one["crew"] for one in departments}
    return Home(task.org, region, crews, task.prefix, task.actor, {})


def counted(connection: psycopg.Connection[Any], differences: sql.Composed) -> Counts:
    """Count the rows that differ from the register."""
    found = connection.execute(
        sql.SQL(
            "SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM ({}) d"
        ).format(differences)
    ).fetchone()
    assert found is not None
    return Counts(new=found[0], changed=found[1])


class RecordImport:
    """Records of one kind: rows of the stage are documents."""

    key = "code"

    def __init__(self, task: Task, records: Records, layout: Layout) -> None:
        self._task, self._records = task, records
        self._places = layout.places
        self._home = Home(task.org, task.region, {}, task.prefix, task.actor, {})
        self.kinds = {"id": 'text COLLATE "C"', "doc": "jsonb"}
        self.hidden = records.hidden
        given = [
            column
            for field in layout.places
            for column in records.gives.get(field, (field,))
            if column in records.compared
        ]
        self._given = [name for name in records.compared if name in given]

    def prepare(self, connection: psycopg.Connection[Any]) -> None:
        """Look up the importing organisation.

        Raises:
            UnreadableSheet: it is not registered.
        """
        self._home = home_of(connection, self._task)
        if self._records.prepare is not None:
            self._home.known = self._records.prepare(connection, self._task)

    def read(self, rows: Sequence[Row]) -> list[Taken]:
        """Return of each row its columns of the stage, or its faults."""
        return [self._read(row) for row in rows]

    def _read(self, row: Row) -> Taken:
        words = {name: meant(row[index]) for name, index in self._places.items()}
        if not all(map(is_text, words.values())):
            return [NOT_TEXT]
        words = {name: text for name, text in words.items() if text}
        org = words.pop("org", self._home.code)
        if org != self._home.code:
            return [Fault("org", "outside_scope", f"该行属于机构 {org}，不是本机构的")]
        try:
            found = self._records.read(words, self._home)
        except ValidationError as error:
            return _faults_of(error)
        return found if isinstance(found, list) else (found["code"], json.dumps(found, ensure_ascii=False))

    def outside(self) -> sql.Composed:
        """Take rows whose code belongs to somebody else out of the stage."""
        owner = sql.SQL("starts_with(t.region, {})").format(self._task.prefix)
        if self._records.table != "organisations":
            owner = sql.SQL("t.org = {}").format(self._task.org)
        return sql.SQL(
            "DELETE FROM {stage} d USING {source} JOIN {table} t ON {join} "
            "WHERE d.line = s.line AND NOT ({owner}) "
            "RETURNING d.line, 'outside_scope', '编码 ' || d.id || ' 属于其他机构'"
        ).format(stage=self._task.stage, source=self._source, table=self._table, join=self._join, owner=owner)

    def differences(self, own: sql.Composable = sql.SQL("s.id")) -> sql.Composed:
        """Select line, id, whether it is new, and both states, of every row that differs from the register.

        `own` is the SQL of the id to name; the code of the row if absent.
        """
        shown = [name for name in self._given if self._records.shown is None or name in self._records.shown]
        key = sql.Identifier(self._records.key[0])
        return sql.SQL(
            "SELECT s.line, {own} AS id, t.{key} IS NULL AS is_new, {before} AS before, {after} AS after "
            "FROM {source} LEFT JOIN {table} t ON {join} WHERE t.{key} IS NULL OR {differs}"
        ).format(
            own=own,
            key=key,
            before=_document("t", shown),
            after=_document("r", shown),
            source=self._source,
            table=self._table,
            join=self._join,
            differs=self._differs,
        )

    def add(self, connection: psycopg.Connection[Any], after: int, upto: int) -> int:
        """Add nothing: the trail of records is written for all of them."""
        return 0

    def apply(self, connection: psycopg.Connection[Any], refuse: Refuse) -> Counts:
        """Write the stage into the register."""
        refuse(repeated(self._task))
        refuse(self.outside())
        records = self._records
        self._audit(connection)
        told: list[dict[str, Any]] = []
        changed = self._written(connection, self._update(), told) if self._given else 0
        new = self._written(connection, self._insert(), told)
        if records.event is not None:
            emit_all(connection, [(records.event(row), self._task.org) for row in told])
        return Counts(new=new, changed=changed)

    def _audit(self, connection: psycopg.Connection[Any]) -> None:
        """Keep of every row that will be written what changes, before and after, as an edit by hand does (R13)."""
        own = sql.SQL("coalesce(t.id, r.id)::text") if "id" in self._records.first else sql.SQL("s.id")
        connection.execute(
            sql.SQL(_AUDIT).format(differences=self.differences(own)),
            {
                "actor": self._task.actor,
                "org": self._task.org,
                "region": self._task.region,
                "type": self._records.table.removesuffix("s"),
                "reason": f"导入 {self._task.id}",
            },
        )

    def _written(
        self, connection: psycopg.Connection[Any], statement: sql.Composed, told: list[dict[str, Any]]
    ) -> int:
        """Carry a write out and return how many rows it wrote; rows that are told of are kept."""
        if self._records.event is None:
            return connection.execute(statement).rowcount
        with connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(sql.SQL("{} RETURNING t.*").format(statement))
            told += cursor.fetchall()
            return cursor.rowcount

    def _update(self) -> sql.Composed:
        return sql.SQL(
            "UPDATE {table} t SET {sets}, version = t.version + 1, updated_at = now(){also} "
            "FROM {source} WHERE {join} AND {differs}"
        ).format(
            table=self._table,
            sets=_COMMA.join(sql.SQL("{0} = r.{0}").format(sql.Identifier(name)) for name in self._given),
            also=sql.SQL(self._records.also_set),
            source=self._source,
            join=self._join,
            differs=self._differs,
        )

    def _insert(self) -> sql.Composed:
        records = self._records
        names = dict.fromkeys((*records.key, *records.compared, *records.first))
        named = [sql.Identifier(name) for name in names]
        return sql.SQL(
            "INSERT INTO {table} AS t ({named}) SELECT {values} FROM {source} ON CONFLICT DO NOTHING"
        ).format(
            table=self._table,
            named=_COMMA.join(named),
            values=_COMMA.join(sql.SQL("r.{}").format(name) for name in named),
            source=self._source,
        )

    @property
    def _table(self) -> sql.Identifier:
        return sql.Identifier(self._records.table)

    @property
    def _source(self) -> sql.Composed:
        return sql.SQL("{stage} s CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, s.doc) r").format(
            stage=self._task.stage, table=self._table
        )

    @property
    def _join(self) -> sql.Composed:
        return sql.SQL(" AND ").join(
            sql.SQL("t.{0} = r.{0}").format(sql.Identifier(name)) for name in self._records.key
        )

    @property
    def _differs(self) -> sql.Composed:
        old, new = (
            _COMMA.join(sql.SQL("{}.{}").format(sql.SQL(row), sql.Identifier(name)) for name in self._given)
            for row in ("t", "r")
        )
        return sql.SQL("ROW({}) IS DISTINCT FROM ROW({})").format(old, new)


_AUDIT = """
INSERT INTO audit_entries (actor, roles, org, region, action, object_type, object_id, reason, before, after)
SELECT %(actor)s, '', %(org)s, %(region)s, CASE WHEN d.is_new THEN 'create' ELSE 'edit' END, %(type)s, d.id,
  %(reason)s, b.changed, CASE WHEN d.is_new THEN d.after ELSE a.changed END
FROM ({differences}) d
CROSS JOIN LATERAL (SELECT jsonb_object_agg(key, value) FILTER (WHERE NOT d.is_new) AS changed
  FROM jsonb_each(d.before) WHERE value IS DISTINCT FROM d.after->key) b
CROSS JOIN LATERAL (SELECT jsonb_object_agg(key, value) AS changed
  FROM jsonb_each(d.after) WHERE value IS DISTINCT FROM d.before->key) a
ORDER BY d.line
"""
"""The trail of one import in one statement; columns that must not be shown are in neither state."""


def _document(row: str, fields: list[str]) -> sql.Composed:
    pairs = [
        sql.SQL("{}, {}.{}").format(sql.Literal(name), sql.SQL(row), sql.Identifier(name)) for name in fields
    ]
    return sql.SQL("jsonb_build_object({})").format(_COMMA.join(pairs))


def _faults_of(error: ValidationError) -> list[Fault]:
    found = []
    for one in error.errors():
        field = str(one["loc"][0]) if one["loc"] else ""
        found.append(Fault(field, f"{field or 'row'}_invalid", chinese_message(one)))
    return found
