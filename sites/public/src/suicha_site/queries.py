"""What the pages ask of the file. Every list is paged by keyset, so page 1,000 costs what page 1 costs."""

import base64
import json
import sqlite3
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from suicha_contracts.publication import PublicDraw, PublicPlan, PublicResult, RecordKind

from suicha_site.database import Database

PAGE_SIZE = 20
_LONGEST_QUERY = 100
_AFTER_EVERY_CODE = "\U0010ffff"

R = TypeVar("R", PublicPlan, PublicDraw, PublicResult)


@dataclass(frozen=True)
class Page:
    """Rows of a list and the cursor of the next page, empty at the end."""

    rows: list[sqlite3.Row]
    next: str = ""


@dataclass(frozen=True)
class History(Generic[R]):
    """All versions of a record, newest first; never empty."""

    versions: list[R]

    @property
    def newest(self) -> R:
        """The version in force."""
        return self.versions[0]

    @property
    def earlier(self) -> list[R]:
        """What stood before, which stays visible (S3 Art. 16)."""
        return self.versions[1:]


@dataclass(frozen=True)
class Filter:
    """Conditions of the list of results; empty means all."""

    plan: str = ""
    result: str = ""
    month: str = ""
    draw: str = ""


@dataclass(frozen=True)
class Figures:
    """What the front page counts. Withdrawn results count nowhere."""

    plans: int
    draws: int
    drawn_from: int
    visits: int
    results: int
    problems: int
    by_code: list[tuple[str, int]]
    by_month: list[tuple[str, int]]


@dataclass(frozen=True)
class Choices:
    """What the filters of the list of results offer: (value, words)."""

    plans: list[tuple[str, str]] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    months: list[str] = field(default_factory=list)


def plans(database: Database, cursor: str = "", limit: int = PAGE_SIZE) -> Page:
    """Published plans, newest first."""
    return _newest_first(database, "SELECT * FROM plans", "published_at", "plan_id", cursor, limit)


def draws(database: Database, cursor: str = "", limit: int = PAGE_SIZE) -> Page:
    """Completed draws, newest first."""
    return _newest_first(database, "SELECT * FROM draws", "completed_at", "draw_id", cursor, limit)


def results(database: Database, wanted: Filter, cursor: str = "", limit: int = PAGE_SIZE) -> Page:
    """Results, newest first; withdrawn ones stand among them, marked, unless a filter by content is set."""
    conditions: list[str] = []
    values: list[object] = []
    if wanted.draw:
        conditions.append("draw_id = ?")
        values.append(wanted.draw)
    facets = [
        (column, value)
        for column, value in (
            ("plan_number", wanted.plan),
            ("result_code", wanted.result),
            ("month", wanted.month),
        )
        if value
    ]
    if facets:
        inner = " AND ".join(f"{column} = ?" for column, _ in facets)
        conditions.append(
            f"EXISTS (SELECT 1 FROM result_facets f WHERE f.record_id = results.record_id AND {inner})"  # noqa: S608
        )
        values.extend(value for _, value in facets)
    return _newest_first(
        database, "SELECT * FROM results", "published_at", "record_id", cursor, limit, conditions, values
    )


def results_of_object(database: Database, code: str) -> list[History[PublicResult]]:
    """Every public result of one object with its versions, latest inspection first."""
    with database.read() as connection:
        ids = connection.execute(
            "SELECT record_id FROM results WHERE object_code = ?"
            " ORDER BY finished_on DESC, published_at DESC",
            (code,),
        ).fetchall()
        histories = [_history(connection, PublicResult, RecordKind.RESULT, row["record_id"]) for row in ids]
    return [history for history in histories if history is not None]


def search(database: Database, text: str, cursor: str = "", limit: int = PAGE_SIZE) -> Page:
    """Inspected objects whose name contains the text or whose code begins with it, by name.

    Width and case do not matter (ＡＢＣ finds abc in names as typed, codes in capitals).
    """
    name = normalised(text)
    code = name.upper()
    after = _decode(cursor)
    condition = "(instr(object_name, ?) > 0 OR (object_code >= ? AND object_code < ?))"
    values: list[object] = [name, code, code + _AFTER_EVERY_CODE]
    if len(after) == 2:
        condition += " AND (object_name, object_code) > (?, ?)"
        values += after
    with database.read() as connection:
        rows = connection.execute(
            "SELECT object_name, object_code, count(*) AS results, max(finished_on) AS latest,"  # noqa: S608
            " max(record_id) AS record_id, sum(problem) AS problems"
            f" FROM results WHERE {condition}"
            " GROUP BY object_name, object_code ORDER BY object_name, object_code LIMIT ?",
            (*values, limit + 1),
        ).fetchall()
    return _cut(rows, limit, ("object_name", "object_code"))


def history(database: Database, model: type[R], kind: RecordKind, record_id: str) -> History[R] | None:
    """Return all versions of a record, None when there is none."""
    with database.read() as connection:
        return _history(connection, model, kind, record_id)


class Summary:
    """Figures and choices, counted again only after something new was accepted."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counted: tuple[int, Figures, Choices] | None = None

    def now(self) -> tuple[Figures, Choices]:
        """Return what holds at this moment; two threads may count at once and get the same."""
        with self._database.read() as connection:
            (accepted,) = connection.execute("SELECT coalesce(max(rowid), 0) FROM records").fetchone()
            counted = self._counted
            if counted is None or counted[0] != accepted:
                counted = (accepted, _figures(connection), _choices(connection))
                self._counted = counted
        return counted[1], counted[2]


def normalised(text: str) -> str:
    """Return what is searched for: NFKC, no surrounding blanks, at most 100 characters."""
    return unicodedata.normalize("NFKC", text).strip()[:_LONGEST_QUERY]


def _history(
    connection: sqlite3.Connection, model: type[R], kind: RecordKind, record_id: str
) -> History[R] | None:
    rows = connection.execute(
        "SELECT body FROM records WHERE kind = ? AND id = ? ORDER BY version DESC", (kind.value, record_id)
    ).fetchall()
    if not rows:
        return None
    return History([model.model_validate_json(row["body"]) for row in rows])


def _newest_first(
    database: Database,
    select: str,
    moment: str,
    key: str,
    cursor: str,
    limit: int,
    conditions: list[str] | None = None,
    values: list[object] | None = None,
) -> Page:
    conditions, values = list(conditions or []), list(values or [])
    after = _decode(cursor)
    if len(after) == 2:
        conditions.append(f"({moment}, {key}) < (?, ?)")
        values += after
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    with database.read() as connection:
        rows = connection.execute(
            f"{select}{where} ORDER BY {moment} DESC, {key} DESC LIMIT ?", (*values, limit + 1)
        ).fetchall()
    return _cut(rows, limit, (moment, key))


def _cut(rows: list[sqlite3.Row], limit: int, keys: tuple[str, str]) -> Page:
    if len(rows) <= limit:
        return Page(rows)
    last = rows[limit - 1]
    return Page(rows[:limit], _encode([last[key] for key in keys]))


def _encode(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _decode(cursor: str) -> list[str]:
    """Return what a cursor holds; one that we never made is the beginning of the list, not an error."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        return []
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        return values
    return []


def _figures(connection: sqlite3.Connection) -> Figures:
    (plan_count,) = connection.execute("SELECT count(*) FROM plans").fetchone()
    draw = connection.execute(
        "SELECT count(*) AS draws, coalesce(sum(pool), 0) AS pool, coalesce(sum(visits), 0) AS visits"
        " FROM draws"
    ).fetchone()
    result = connection.execute(
        "SELECT count(*) AS results, coalesce(sum(problem), 0) AS problems"
        " FROM results WHERE status = 'published'"
    ).fetchone()
    by_code = connection.execute(
        "SELECT result_code, count(DISTINCT record_id) AS n FROM result_facets"
        " WHERE result_code <> '' GROUP BY result_code"
        " ORDER BY n DESC, CAST(result_code AS INTEGER)"
    ).fetchall()
    by_month = connection.execute(
        "SELECT month, count(DISTINCT record_id) AS n FROM result_facets"
        " GROUP BY month ORDER BY month DESC LIMIT 12"
    ).fetchall()
    return Figures(
        plans=plan_count,
        draws=draw["draws"],
        drawn_from=draw["pool"],
        visits=draw["visits"],
        results=result["results"],
        problems=result["problems"],
        by_code=[(row["result_code"], row["n"]) for row in by_code],
        by_month=[(row["month"], row["n"]) for row in by_month],
    )


def _choices(connection: sqlite3.Connection) -> Choices:
    plan_rows = connection.execute(
        "SELECT plan_number, max(plan_name) AS name FROM result_facets"
        " GROUP BY plan_number ORDER BY plan_number DESC"
    ).fetchall()
    codes = connection.execute(
        "SELECT DISTINCT result_code FROM result_facets WHERE result_code <> ''"
        " ORDER BY CAST(result_code AS INTEGER)"
    ).fetchall()
    months = connection.execute("SELECT DISTINCT month FROM result_facets ORDER BY month DESC").fetchall()
    return Choices(
        plans=[(row["plan_number"], row["name"]) for row in plan_rows],
        codes=[row["result_code"] for row in codes],
        months=[row["month"] for row in months],
    )
