"""What an import is told to do and what it did."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from pydantic import SecretStr


class Stopped(Exception):
    """The process is going down; the transaction is given up and the import resumes elsewhere."""


@dataclass(frozen=True)
class Task:
    """One import, read from its row."""

    id: UUID
    kind: str
    path: Path
    org: str
    region: str
    prefix: str
    region_default: str
    dry_run: bool
    actor: str
    source: str
    pii_key: SecretStr
    progress: Callable[[int], None]
    """Called now and then with the number of rows read."""
    stop: threading.Event = field(default_factory=threading.Event)

    def tick(self, rows: int) -> None:
        """Tell the progress.

        Raises:
            Stopped: the process is going down.
        """
        if self.stop.is_set():
            raise Stopped
        self.progress(rows)


@dataclass
class Outcome:
    """Counts; read = accepted + changed + unchanged + refused."""

    header: list[str]
    read: int = 0
    accepted: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
