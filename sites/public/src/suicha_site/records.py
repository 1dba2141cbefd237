"""Taking in pushed records: every version is kept, the newest is laid out for the pages.

Nothing here knows of HTTP or signatures.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from suicha_contracts.publication import (
    HeldBody,
    HeldPage,
    HeldRecord,
    PublicationStatus,
    PublicDraw,
    PublicPlan,
    PublicResult,
    PushReceipt,
    RecordKind,
)
from suicha_contracts.values import NORMAL_RESULTS

from suicha_site.database import Database

_WITHHELD = ""


class VersionConflictError(Exception):
    """The same version of the same record was pushed before with another body."""


def accept_plan(database: Database, plan: PublicPlan, body: bytes) -> PushReceipt:
    """Take in a plan (S1 (二): plans and their adjustments are public). Raises as `accept_result`."""
    return _accept(
        database, RecordKind.PLAN, str(plan.plan_id), plan.version, body, lambda c: _lay_out_plan(c, plan)
    )


def accept_draw(database: Database, draw: PublicDraw, body: bytes) -> PushReceipt:
    """Take in a draw (S1: 抽取的过程要确保公开、公正). Raises as `accept_result`."""
    return _accept(
        database, RecordKind.DRAW, draw.draw_id, draw.version, body, lambda c: _lay_out_draw(c, draw)
    )


def accept_result(database: Database, result: PublicResult, body: bytes) -> PushReceipt:
    """Take in a result, a correction of it or its withdrawal (S3 Art. 14, 16).

    The answer is given after the version is on disk. An older or equal version changes nothing.

    Raises:
        VersionConflictError: this version is held with another body.
    """
    return _accept(
        database,
        RecordKind.RESULT,
        str(result.record_id),
        result.version,
        body,
        lambda c: _lay_out_result(c, result),
    )


def held_body(database: Database, kind: RecordKind, record_id: str) -> HeldBody | None:
    """Return the newest version held of a record, None when there is none."""
    with database.read() as connection:
        row = _newest(connection, kind, record_id)
    if row is None:
        return None
    return HeldBody(id=record_id, version=row["version"], sha256=row["sha256"], body=json.loads(row["body"]))


def held_page(database: Database, kind: RecordKind, after: str, limit: int) -> HeldPage:
    """List the newest versions held, ascending by id, beginning after the given one (DATA_CHECK)."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT id, max(version) AS version, sha256 FROM records"
            " WHERE kind = ? AND id > ? GROUP BY id ORDER BY id LIMIT ?",
            (kind.value, after, limit + 1),
        ).fetchall()
    items = [HeldRecord(id=row["id"], version=row["version"], sha256=row["sha256"]) for row in rows[:limit]]
    return HeldPage(items=items, next=items[-1].id if len(rows) > limit else None)


def _accept(
    database: Database,
    kind: RecordKind,
    record_id: str,
    version: int,
    body: bytes,
    lay_out: Callable[[sqlite3.Connection], None],
) -> PushReceipt:
    digest = hashlib.sha256(body).hexdigest()
    with database.write() as connection:
        same = connection.execute(
            "SELECT version, sha256, receipt_id, accepted_at FROM records"
            " WHERE kind = ? AND id = ? AND version = ?",
            (kind.value, record_id, version),
        ).fetchone()
        if same is not None:
            if same["sha256"] != digest:
                raise VersionConflictError
            return _receipt(kind, record_id, same)
        newest = _newest(connection, kind, record_id)
        if newest is not None and newest["version"] > version:
            return _receipt(kind, record_id, newest)
        receipt = PushReceipt(
            receipt_id=uuid4(),
            kind=kind,
            id=record_id,
            version=version,
            accepted_at=datetime.now(UTC),
            duplicate=False,
        )
        connection.execute(
            "INSERT INTO records (kind, id, version, body, sha256, receipt_id, accepted_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                kind.value,
                record_id,
                version,
                body,
                digest,
                str(receipt.receipt_id),
                receipt.accepted_at.isoformat(),
            ),
        )
        lay_out(connection)
    return receipt


def _newest(connection: sqlite3.Connection, kind: RecordKind, record_id: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT version, sha256, receipt_id, accepted_at, body FROM records"
        " WHERE kind = ? AND id = ? ORDER BY version DESC LIMIT 1",
        (kind.value, record_id),
    ).fetchone()
    return row


def _receipt(kind: RecordKind, record_id: str, row: sqlite3.Row) -> PushReceipt:
    return PushReceipt(
        receipt_id=UUID(row["receipt_id"]),
        kind=kind,
        id=record_id,
        version=row["version"],
        accepted_at=datetime.fromisoformat(row["accepted_at"]),
        duplicate=True,
    )


def _lay_out_plan(connection: sqlite3.Connection, plan: PublicPlan) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO plans"
        " (plan_id, number, name, year, org_name, task_count, version, published_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            str(plan.plan_id),
            plan.number,
            plan.name,
            plan.year,
            plan.org_name,
            len(plan.tasks),
            plan.version,
            _sortable(plan.published_at),
        ),
    )


def _lay_out_draw(connection: sqlite3.Connection, draw: PublicDraw) -> None:
    pool = sum(stratum.n for part in draw.lists for stratum in part.strata)
    connection.execute(
        "INSERT OR REPLACE INTO draws (draw_id, org_name, visits, pool, suite, completed_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (draw.draw_id, draw.org_name, draw.visits, pool, draw.suite, _sortable(draw.completed_at)),
    )


def _lay_out_result(connection: sqlite3.Connection, result: PublicResult) -> None:
    record_id = str(result.record_id)
    lines = result.lines
    problem = any(code not in NORMAL_RESULTS for line in lines for code in line.result_codes)
    connection.execute("DELETE FROM results WHERE record_id = ?", (record_id,))
    connection.execute(
        "INSERT INTO results (record_id, status, version, draw_id, object_name, object_code, authority,"
        " result, problem, withheld, finished_on, published_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            record_id,
            result.status.value,
            result.version,
            result.draw_id,
            result.object_name,
            result.object_code,
            "、".join(dict.fromkeys(line.authority for line in lines)),
            "；".join(dict.fromkeys(line.result for line in lines)),
            int(problem),
            int(any(line.withheld for line in lines)),
            max((line.finished_on.isoformat() for line in lines), default=""),
            _sortable(result.published_at),
        ),
    )
    if result.status is PublicationStatus.WITHDRAWN:
        return
    connection.executemany(
        "INSERT OR IGNORE INTO result_facets (record_id, plan_number, plan_name, result_code, month)"
        " VALUES (?, ?, ?, ?, ?)",
        [
            (record_id, line.plan_number, line.plan_name, code, f"{line.finished_on:%Y-%m}")
            for line in lines
            for code in ([str(code) for code in line.result_codes] or [_WITHHELD])
        ],
    )


def _sortable(moment: datetime) -> str:
    """UTC text of fixed width, so that order by text is order by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
