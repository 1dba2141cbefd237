"""One draw from frozen files to result.tsv and match.tsv (RID/1 §5–§7). The only module that writes a result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rid1.errors import RidError
from rid1.freeze import check_counts
from rid1.manifest import Manifest, manifest_hash
from rid1.manifest_reader import parse
from rid1.matching import match_all
from rid1.parallel import Tick
from rid1.scan import InputFile, Scan, describe, file_sha
from rid1.seed import Reveals, match_key, seed_of, target_key
from rid1.selection import Drawn, Need, need_of, result_lines, smallest
from rid1.staffing import Roster, check_staffing, read_roster
from rid1.suites import Suite
from rid1.tsv import FileKind, kinds_of, open_file

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total): bytes for `check` and `select`, objects for `match`."""


@dataclass(frozen=True)
class DrawOutcome:
    """Everything a draw fixes, hashes and keys in hex; `targets` is the number of lines of match.tsv."""

    manifest_hash: str
    seed: str
    key_target: str
    key_match: str
    result_hash: str
    match_hash: str
    selected: int
    targets: int


def read_bytes(path: Path) -> bytes:
    """The whole of a small file. Raises UnreadableError."""
    with open_file(path) as file:
        return file.read()


def read_manifest(folder: Path) -> tuple[Manifest, str]:
    """The manifest of a folder and its hash. Raises the RidErrors of `manifest_reader.parse`."""
    data = read_bytes(folder / "manifest.json")
    manifest = parse(data)
    return manifest, manifest_hash(data, manifest.suite)


def check_inputs(
    manifest: Manifest, folder: Path, progress: Progress | None = None, workers: int | None = None
) -> Roster:
    """Checks the four input files against the manifest and each other, and returns the inspectors.

    Raises RidError `input_size`, `input_sha`, `input_root`, those of `rid1.tsv`, `stratum_size`, `conservation`,
    `unit_conflict` and `unstaffable`.
    """
    kinds = kinds_of(manifest.disclosure)
    lengths = {
        name: (folder / f"{name}.tsv").stat().st_size for name in kinds if (folder / f"{name}.tsv").exists()
    }
    stage = _Stage(progress, "check", sum(lengths.values()))
    scans = {}
    for name, kind in kinds.items():
        scans[name] = check_file(
            folder / f"{name}.tsv", kind, manifest.inputs[name], manifest.suite, stage.tick, workers
        )
    check_counts(manifest, scans)
    roster = read_roster(folder / "inspectors.tsv", folder / "recusals.tsv")
    check_staffing(folder / "pool.tsv", roster, manifest.lists, manifest.crews, scans["pool"].groups)
    return roster


def check_file(
    path: Path,
    kind: FileKind,
    frozen: InputFile,
    suite: Suite,
    tick: Tick | None = None,
    workers: int | None = None,
) -> Scan:
    """Checks the lines of one input file, and that it is the frozen one.

    Raises RidError `input_size`, `input_sha`, `input_root`, or those of `rid1.tsv`.
    """
    try:
        found = describe(path, suite, kind, tick, workers)
    except RidError as error:
        # A file that is not the frozen one is the first thing wrong, whatever else is wrong with its lines.
        if error.code != "file_unreadable" and file_sha(path, suite) != frozen.sha:
            found = describe(path, suite, None, None, workers)
        else:
            raise
    for field, label in (("size", "行数"), ("sha", "文件哈希"), ("root", "默克尔根")):
        have, due = getattr(found.file, field), getattr(frozen, field)
        if have != due:
            raise RidError(
                f"input_{field}",
                f"{path.name} 的{label}与清单文件不符:清单为 {due},实际为 {have}",
                f"{field} of {path.name} differs: manifest says {due}, file has {have}",
                path.name,
            )
    return found


class _Stage:
    """Adds up the ticks of one stage for the caller's progress function."""

    def __init__(self, progress: Progress | None, name: str, total: int) -> None:
        self._progress, self._name, self._total, self._done = progress, name, total, 0

    def tick(self, amount: int) -> None:
        self._done += amount
        if self._progress:
            self._progress(self._name, self._done, self._total)


def draw(
    folder: Path,
    reveals: Reveals,
    out: Path,
    progress: Progress | None = None,
    workers: int | None = None,
) -> DrawOutcome:
    """Draws: checks the folder's manifest.json and input files, then writes result.tsv and match.tsv into `out`.

    The same inputs give the same bytes on every machine. Raises RidError; then nothing usable is in `out`.
    """
    manifest, digest = read_manifest(folder)
    roster = check_inputs(manifest, folder, progress, workers)
    return replay(manifest, digest, folder / "pool.tsv", roster, reveals, out, progress, workers)


def replay(
    manifest: Manifest,
    digest: str,
    pool: Path,
    roster: Roster,
    reveals: Reveals,
    out: Path,
    progress: Progress | None = None,
    workers: int | None = None,
) -> DrawOutcome:
    """The draw itself, for inputs that `check_inputs` has passed; `digest` is the manifest hash."""
    seed = seed_of(manifest, reveals, digest)
    suite = manifest.suite
    key_target, key_match = target_key(suite, seed), match_key(suite, seed)
    out.mkdir(parents=True, exist_ok=True)
    drawn = select(manifest, pool, key_target, progress, workers)
    result_hash, _ = _write(out / "result.tsv", result_lines(manifest, drawn), suite)
    selected = sum(st.k for spec in manifest.lists for st in spec.strata)
    stage = _Stage(progress, "match", selected)
    matches = match_all(manifest, drawn, roster, key_match, stage.tick, workers)
    match_hash, targets = _write(out / "match.tsv", (match.line() for match in matches), suite)
    return DrawOutcome(digest, seed, key_target, key_match, result_hash, match_hash, selected, targets)


def select(
    manifest: Manifest,
    pool: Path,
    key: str,
    progress: Progress | None = None,
    workers: int | None = None,
    need: Need | None = None,
) -> Drawn:
    """The k+m smallest tickets of every stratum under K_target `key` (RID/1 §6); `need` when the pool is not whole."""
    stage = _Stage(progress, "select", pool.stat().st_size)
    return smallest(pool, manifest.suite, key, need or need_of(manifest), stage.tick, workers)


def _write(path: Path, pieces: Iterable[bytes], suite: Suite) -> tuple[str, int]:
    """Writes pieces of whole lines and returns hx of the file and the number of lines."""
    state = suite.new(b"")
    lines = 0
    with path.open("wb") as file:
        for piece in pieces:
            state.update(piece)
            lines += piece.count(b"\n")
            file.write(piece)
    return state.hexdigest(), lines
