"""What an import is told to do, and what came of it."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from psycopg import sql
from pydantic import SecretStr


class Stopped(Exception):
    """The process is going down; what was not committed is given up and the import resumes elsewhere."""


class StageLost(Exception):
    """The stage does not hold what was put there: the database itself crashed. The file is read anew."""


@dataclass(frozen=True)
class Task:
    """One import, read from its row."""

    id: UUID
    kind: str
    path: Path | None
    """The uploaded file; None where it was forgotten because of the personal data in it."""
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

    @property
    def stage(self) -> sql.Identifier:
        """The import's own table in the schema of stages."""
        return sql.Identifier("staging", f"import_{self.id.hex}")

    def tick(self) -> None:
        """Look at the stop sign.

        Raises:
            Stopped: the process is going down.
        """
        if self.stop.is_set():
            raise Stopped


class Counts(NamedTuple):
    """What a stage does, or did, to a register."""

    new: int
    changed: int
