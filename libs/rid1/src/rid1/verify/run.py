"""The steps of a verification in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rid1.bundle import OpenBundle
from rid1.checkpoint import LogKey
from rid1.consistency import Earlier
from rid1.cosignature import WitnessKey
from rid1.draw import Progress
from rid1.errors import RidError
from rid1.tsv import SALTED, open_file
from rid1.verify import after, contributions, outside, replay, sealed
from rid1.verify.case import Case
from rid1.verify.report import Report


def verify_bundle(
    path: Path,
    *,
    log_key: LogKey | None = None,
    witnesses: Sequence[WitnessKey] = (),
    log: Path | None = None,
    earlier: Earlier | None = None,
    inputs: Path | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
    sandbox: bool = False,
) -> Report:
    """Verifies a bundle. `log_key` pins the key of the checkpoint, `witnesses` those who may have cosigned it, `log`
    is the whole exported draw log (JSONL), `earlier` a checkpoint that was kept, with the proof that the log has only
    grown since, `inputs` the folder with the salted files of a sealed round, for whoever was given them.
    `sandbox` accepts a rehearsal's beacon in place of drand quicknet (RID/1 §5).

    Faults are reported, not raised; only UnreadableError is raised, when there is no bundle, log or input file to speak
    of.
    """
    if inputs:
        for name in SALTED:
            open_file(inputs / f"{name}.tsv").close()
    with OpenBundle(path) as bundle:
        case = Case(
            bundle, Report(), log_key, tuple(witnesses), log, earlier, inputs, progress, workers, sandbox
        )
        try:
            for name, step in _steps(case):
                step(case)
                case.report.passed.append(name)
        except RidError as fault:
            case.report.fault = fault
        return case.report


def _steps(case: Case) -> Iterator[tuple[str, Callable[[Case], None]]]:
    yield "layout", outside.check_layout
    yield "manifest", outside.check_manifest
    yield "log", outside.check_log
    if case.earlier:
        yield "growth", outside.check_growth
    if case.log:
        yield "full_log", outside.check_full_log
    yield "inputs", sealed.check_inputs if case.manifest.disclosure == "sealed" else replay.check_inputs
    yield "reveals", contributions.check_reveals
    yield "seed", contributions.check_seed
    yield "result", replay.check_result
    yield "match", replay.check_match
    yield "substitutions", after.check_substitutions
