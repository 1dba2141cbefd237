"""The draw once more (RID/1 §6, §7): input files, result and match, compared line by line."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path

from rid1 import draw
from rid1.bundle import ENTRIES
from rid1.errors import RidError
from rid1.logged import differs
from rid1.matching import match_all
from rid1.seed import match_key, target_key
from rid1.selection import need_of, result_lines
from rid1.tsv import KINDS
from rid1.verify.case import Case


def check_inputs(case: Case) -> None:
    """The four input files are those of the manifest and fit each other (RID/1 §2)."""
    for name in KINDS:
        case.bundle.unpack(f"{name}.tsv")
    check_folder(case, case.bundle.folder)


def check_folder(case: Case, folder: Path) -> None:
    """The whole of the input files, in one folder."""
    case.folder, case.need = folder, need_of(case.manifest)
    case.roster = draw.check_inputs(case.manifest, folder, case.progress, case.workers)


def check_result(case: Case) -> None:
    """result.tsv is what the seed gives, and its hash the logged one."""
    key = target_key(case.manifest.suite, case.seed)
    pool = case.folder / "pool.tsv"
    case.drawn = draw.select(case.manifest, pool, key, case.progress, case.workers, case.need)
    _compare(case, "result", result_lines(case.manifest, case.drawn))


def check_match(case: Case) -> None:
    """match.tsv is what the seed gives, and its hash the logged one."""
    key = match_key(case.manifest.suite, case.seed)
    case.matches = list(match_all(case.manifest, case.drawn, case.roster, key, None, case.workers))
    _compare(case, "match", (match.line() for match in case.matches))
    case.report.facts["targets"] = len(case.matches)


def _compare(case: Case, name: str, pieces: Iterable[bytes]) -> None:
    """Compares a member with its replay, names the first line that differs, then checks the logged hash."""
    state = case.manifest.suite.new(b"")
    line = 1
    with case.bundle.unpack(f"{name}.tsv").open("rb") as file:
        for piece in pieces:
            found = file.read(len(piece))
            if found != piece:
                pairs = enumerate(zip_longest(piece.split(b"\n"), found.split(b"\n")))
                at, (due, have) = next((i, pair) for i, pair in pairs if pair[0] != pair[1])
                raise _row(name, line + at, due or b"", have or b"")
            state.update(piece)
            line += piece.count(b"\n")
        if rest := file.readline():
            raise _row(name, line, b"", rest.rstrip(b"\n"))
    digest = state.hexdigest()
    case.report.facts[f"{name}_hash"] = digest
    assert case.attempt.drawn is not None
    logged = [case.attempt.drawn.body[f"{name}_hash"]]
    if name == "result":
        logged += [entry.body["result_hash"] for entry in case.attempt.signed]
    if any(value != digest for value in logged):
        raise differs(f"{name}_log", f"{name}.tsv 的哈希", f"the hash of {name}.tsv", ENTRIES)


def _row(name: str, line: int, due: bytes, have: bytes) -> RidError:
    shown_due, shown = (text.decode("utf-8", "replace").replace("\t", " ") for text in (due, have))
    return RidError(
        f"{name}_row",
        f"{name}.tsv 第 {line} 行与重算结果不符:应为「{shown_due}」,实为「{shown}」",
        f"line {line} of {name}.tsv is not what the replay gives: {shown_due!r} is due, found {shown!r}",
        f"{name}.tsv:{line}",
    )
