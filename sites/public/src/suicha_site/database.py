"""The website's SQLite file: connections and numbered migrations. Knows nothing of what is stored."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

_BUSY_MILLISECONDS = 10_000


class Database:
    """One SQLite file in WAL mode: many readers beside one writer, each request with its own connection."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def migrate(self) -> None:
        """Make the file if it is missing and apply the migrations that it has not had.

        Several processes may call this at once: the write lock is taken before the version is read.

        Raises:
            RuntimeError: the file was made by a newer version of this program.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        migrations = _migrations()
        with self.write() as connection:
            (done,) = connection.execute("PRAGMA user_version").fetchone()
            if done > len(migrations):
                raise RuntimeError(f"数据库版本 {done} 比本程序新，请升级程序")
            for number, script in enumerate(migrations[done:], start=done + 1):
                for statement in _statements(script):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number:d}")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that sees one state of the file throughout."""
        connection = self._connect()
        try:
            connection.execute("BEGIN")
            yield connection
            connection.rollback()
        finally:
            connection.close()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that holds the write lock; commit at the end, nothing at all on an error.

        A commit returns after fsync, so what was answered as accepted survives a killed process or machine.
        """
        connection = self._connect()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        finally:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_MILLISECONDS / 1000, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection


def _migrations() -> list[str]:
    folder = resources.files(__package__) / "migrations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda f: f.name)
    return [file.read_text(encoding="utf-8") for file in files]


def _statements(script: str) -> Iterator[str]:
    """Cut a script at the ends of its statements; `executescript` would commit what came before."""
    buffer = ""
    for line in script.splitlines(keepends=True):
        buffer += line
        if sqlite3.complete_statement(buffer):
            yield buffer
            buffer = ""
