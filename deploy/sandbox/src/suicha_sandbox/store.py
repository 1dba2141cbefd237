"""What the 模拟信用平台（沙箱） keeps: records, counters, and how it is told to behave, in one SQLite file.

Everything is on disk before it is answered, so a killed sandbox has lost nothing that it accepted.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.publication import CreditReceipt, CreditRecord, HeldBody, HeldPage, HeldRecord

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    receipt   INTEGER PRIMARY KEY AUTOINCREMENT,
    record_id TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    body      BLOB    NOT NULL,
    sha256    TEXT    NOT NULL,
    UNIQUE (record_id, version)
);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS behaviour (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL);
"""


class Mode(StrEnum):
    """How a push of a record is met."""

    OK = "ok"
    FAIL = "fail"
    """503, nothing is stored."""
    HANG = "hang"
    """No answer for `seconds`, then 503; nothing is stored."""
    TWICE = "twice"
    """Stored, but the connection breaks off during the answer, so the sender must push again."""
    LIE = "lie"
    """201 with a receipt, and nothing is stored; only reconciliation finds out."""
    GARBAGE = "garbage"
    """200 with something that is no JSON; nothing is stored."""


class Behaviour(BaseModel):
    """The mode, for the next `calls` pushes or until told otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Mode.OK
    calls: int | None = Field(default=None, ge=1, le=1_000_000, description="None: until told otherwise")
    seconds: float = Field(default=30, gt=0, le=3600, description="of silence, for `hang`")


class OtherBodyError(Exception):
    """The same record and version was stored before with another body."""


class Store:
    """One SQLite file; every call is one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create(self) -> None:
        """Make the file and its tables where they are missing."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._transaction() as connection:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)

    def next_behaviour(self) -> Behaviour:
        """Return how the push at hand is met, and use one of the told calls up."""
        with self._transaction() as connection:
            told = _told(connection)
            if told.mode is not Mode.OK and told.calls is not None:
                left = told.calls - 1
                _tell(connection, told.model_copy(update={"calls": left}) if left else Behaviour())
            _count(connection, "pushes")
            if told.mode is not Mode.OK:
                _count(connection, told.mode.value)
        return told

    def behaviour(self) -> Behaviour:
        """Return what was told, with the calls left."""
        with self._transaction() as connection:
            return _told(connection)

    def behave(self, behaviour: Behaviour) -> None:
        """Remember how to behave; it survives a restart."""
        with self._transaction() as connection:
            _tell(connection, behaviour)

    def accept(self, record: CreditRecord, body: bytes) -> CreditReceipt:
        """Store a version of a record once, whatever comes how often (idempotent by record and version).

        Raises:
            OtherBodyError: this version is stored with another body.
        """
        digest = hashlib.sha256(body).hexdigest()
        key = (str(record.record_id), record.version)
        with self._transaction() as connection:
            held = connection.execute(
                "SELECT receipt, sha256 FROM records WHERE record_id = ? AND version = ?", key
            ).fetchone()
            if held is not None and held["sha256"] != digest:
                raise OtherBodyError
            if held is not None:
                _count(connection, "duplicates")
                return receipt(record, held["receipt"], duplicate=True)
            number = connection.execute(
                "INSERT INTO records (record_id, version, body, sha256) VALUES (?, ?, ?, ?) RETURNING receipt",
                (*key, body, digest),
            ).fetchone()["receipt"]
            _count(connection, "stored")
        return receipt(record, number, duplicate=False)

    def page(self, after: str, limit: int) -> HeldPage:
        """List the newest version of each record, ascending by id, beginning after the given one."""
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT record_id, max(version) AS version, sha256 FROM records"
                " WHERE record_id > ? GROUP BY record_id ORDER BY record_id LIMIT ?",
                (after, limit + 1),
            ).fetchall()
        items = [
            HeldRecord(id=row["record_id"], version=row["version"], sha256=row["sha256"])
            for row in rows[:limit]
        ]
        return HeldPage(items=items, next=items[-1].id if len(rows) > limit else None)

    def held(self, record_id: UUID) -> HeldBody | None:
        """Return the newest version of a record, None when there is none."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT version, sha256, body FROM records WHERE record_id = ? ORDER BY version DESC LIMIT 1",
                (str(record_id),),
            ).fetchone()
        if row is None:
            return None
        return HeldBody(
            id=str(record_id), version=row["version"], sha256=row["sha256"], body=json.loads(row["body"])
        )

    def count(self, name: str) -> None:
        """Add one to a counter."""
        with self._transaction() as connection:
            _count(connection, name)

    def counters(self) -> dict[str, int]:
        """Return all counters, and how many records and versions are held."""
        with self._transaction() as connection:
            counted = {row["name"]: row["value"] for row in connection.execute("SELECT * FROM counters")}
            held = connection.execute(
                "SELECT count(*) AS versions, count(DISTINCT record_id) AS records FROM records"
            ).fetchone()
        names = [
            "pushes",
            "stored",
            "duplicates",
            "refused",
            *(mode.value for mode in Mode if mode != Mode.OK),
        ]
        return {name: counted.get(name, 0) for name in names} | {
            "records_held": held["records"],
            "versions_held": held["versions"],
        }

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.commit()
        finally:
            connection.close()


def receipt(record: CreditRecord, number: int, *, duplicate: bool) -> CreditReceipt:
    """Return the receipt of a record; the number names the sandbox."""
    return CreditReceipt(
        receipt_no=f"SANDBOX-{number:08d}",
        record_id=record.record_id,
        version=record.version,
        duplicate=duplicate,
    )


def _told(connection: sqlite3.Connection) -> Behaviour:
    row = connection.execute("SELECT body FROM behaviour").fetchone()
    return Behaviour() if row is None else Behaviour.model_validate_json(row["body"])


def _tell(connection: sqlite3.Connection, behaviour: Behaviour) -> None:
    connection.execute(
        "INSERT INTO behaviour (one, body) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET body = excluded.body",
        (behaviour.model_dump_json(),),
    )


def _count(connection: sqlite3.Connection, name: str) -> None:
    connection.execute(
        "INSERT INTO counters (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1",
        (name,),
    )
