"""What an import is told to do, and what came of it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql
from pydantic import SecretStr


class Stopped(Exception):
    """The process is going down; what was not committed is given up and the import resumes elsewhere."""


class Overtaken(Exception):
    """Somebody else read the same batch of the file, or began anew; nothing of this one is kept."""


class StageLost(Exception):
    """The stage does not hold what was put there: the database itself crashed. The file is read anew."""


class Refused(Exception):
    """The database refuses what was read. Says why without the words of the row, which may be personal."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    @classmethod
    def by(cls, error: psycopg.Error) -> "Refused":
        """Keep of the database's error only its kind and place."""
        place = error.diag.column_name or error.diag.constraint_name or ""
        return cls(f"{type(error).__name__} {place}".rstrip())


@dataclass(frozen=True)
class Task:
    """One import, read from its row."""

    id: UUID
    kind: str
    path: Path | None
    """The uploaded file, where it is at hand."""
    org: str
    region: str
    prefix: str
    region_default: str
    headers: dict[str, str]
    actor: str
    source: str
    pii_key: SecretStr
    direct: bool
    """Go on to apply what was checked, without being asked."""
    stop: threading.Event = field(default_factory=threading.Event)
    fetch: Callable[[], Path | None] = lambda: None
    """Brings the uploaded file; None where it was forgotten because of the personal data in it."""

    @property
    def stage(self) -> sql.Identifier:
        """The import's own table in the schema of stages."""
        return sql.Identifier("staging", f"import_{self.id.hex}")

    @property
    def lines(self) -> sql.Identifier:
        """The index of the stage by lines."""
        return sql.Identifier(f"import_{self.id.hex}_lines")

    def tick(self) -> None:
        """Look at the stop sign.

        Raises:
            Stopped: the process is going down.
        """
        if self.stop.is_set():
            raise Stopped


Refuse = Callable[[sql.Composed], None]
"""Takes rows out of the stage by a statement that returns their line, code and reason, and reports them."""


class Counts(NamedTuple):
    """What a stage does, or did, to a register."""

    new: int
    changed: int
