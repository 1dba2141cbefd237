"""What is being verified, and what the steps have found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rid1.bundle import OpenBundle
from rid1.checkpoint import Checkpoint, LogKey
from rid1.consistency import Earlier
from rid1.cosignature import WitnessKey
from rid1.draw import Progress
from rid1.log import Attempt, Entry
from rid1.manifest import Manifest
from rid1.matching import Match
from rid1.seed import Reveals
from rid1.selection import Drawn, Need
from rid1.staffing import Roster
from rid1.verify.report import Report


@dataclass
class Case:
    """A bundle with everything that was given to verify it; the fields below are filled in by the steps in order."""

    bundle: OpenBundle
    report: Report
    log_key: LogKey | None = None
    witnesses: tuple[WitnessKey, ...] = ()
    log: Path | None = None
    earlier: Earlier | None = None
    inputs: Path | None = None
    progress: Progress | None = None
    workers: int | None = None
    sandbox: bool = False
    manifest: Manifest = field(init=False)
    digest: str = field(init=False)
    entries: list[Entry] = field(init=False)
    checkpoint: Checkpoint = field(init=False)
    attempt: Attempt = field(init=False)
    folder: Path = field(init=False)
    """Where pool.tsv lies, as far as it is open."""
    need: Need = field(init=False)
    roster: Roster = field(init=False)
    reveals: Reveals = field(init=False)
    seed: str = field(init=False)
    drawn: Drawn = field(init=False)
    matches: list[Match] = field(init=False)
