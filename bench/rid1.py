"""rid1 alone: selection, Merkle root and matching of large rounds, with and without the [fast] extra, beside a rival.

Every figure is a process of its own, from its start to its end: what an inspector of the inspectors waits for.
"""

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random

from rid1 import fast, parallel
from rid1.draw import select
from rid1.manifest import Crew, ListSpec, Manifest, Ruleset, SeedPlan, Stratum
from rid1.matching import match_all
from rid1.quota import by_ratio, substitutes
from rid1.scan import describe
from rid1.selection import Drawn, result_lines
from rid1.staffing import Inspector, Roster
from rid1.suites import S256

from bench.report import Report

OBJECTS = 10_000_000
GRADES = {"A": (50, 100), "B": (30, 300), "C": (15, 500), "D": (5, 1000)}
"""Grade → (share of the objects in per cent, ratio in basis points)."""

SUBSTITUTE_BP = 500
TARGETS, INSPECTORS, UNITS = 50_000, 4_000, 100
KEY = "5a" * 32
RIVAL = "consistent-sampler==1.0.10"


@dataclass(frozen=True)
class Run:
    """One child process: wall-clock and CPU seconds, peak memory of it and its children in bytes, what it printed."""

    seconds: float
    cpu: float
    size: int
    said: str

    @property
    def megabytes(self) -> float:
        """Peak memory in MB of 1,000,000 bytes, the unit of the goals."""
        return self.size / 1_000_000


def measure(report: Report) -> None:
    """Ten million objects in four strata; no platform runs meanwhile."""
    with tempfile.TemporaryDirectory(prefix="suicha-rid1-") as folder:
        pool = Path(folder) / "pool.tsv"
        write_pool(pool, OBJECTS)
        rivals = _rivals(pool, Path(folder) / "rival")
        _selection(pool, report, rivals)
        _root(pool, report)
    _matching(report)


def _selection(pool: Path, report: Report, rivals: dict[str, Run]) -> None:
    plain = _run("select", pool, fast=False)
    report.add(
        f"rid1 抽取 {OBJECTS:,} 户、4 层并写出结果（标准库）",
        _shown(plain),
        goal="≤ 7 秒，≤ 500 MB",
        rival=_beside(plain, rivals, 10),
        met=_shown_to_be(plain.seconds <= 7 and plain.megabytes <= 500, _faster(plain, rivals, 10)),
    )
    if not _kernels_ready():
        report.add("同上（[fast]）", "未安装 numba，未测", goal="≤ 2.0 秒，≤ 600 MB")
        return
    with tempfile.TemporaryDirectory(prefix="suicha-kernels-") as empty:
        compiling = _run("warm", None, fast=True, cache=Path(empty))
        loading = _run("warm", None, fast=True, cache=Path(empty))
    _run("warm", None, fast=True)
    compiled = _run("select", pool, fast=True)
    report.add(
        "同上（[fast]，每次运行都用 hashlib 复核）",
        f"{_shown(compiled)}；另：内核一次性编译 {compiling.seconds:.1f} 秒，载入 {loading.seconds:.2f} 秒；"
        "结果与标准库" + ("逐字节相同" if compiled.said == plain.said else "不同！"),
        goal="≤ 2.0 秒，≤ 600 MB",
        rival=_beside(compiled, rivals, 30),
        met=_shown_to_be(
            compiled.seconds <= 2 and compiled.megabytes <= 600 and compiled.said == plain.said,
            _faster(compiled, rivals, 30),
        ),
    )


def _root(pool: Path, report: Report) -> None:
    plain = _run("root", pool, fast=False)
    report.add(
        f"{OBJECTS:,} 行的 SHA-256 与默克尔根（标准库）",
        _shown(plain),
        goal="≤ 12 秒",
        met=plain.seconds <= 12,
    )
    if _kernels_ready():
        _run("root", pool, fast=True)
        compiled = _run("root", pool, fast=True)
        report.add(
            "同上（[fast]）",
            _shown(compiled),
            goal="≤ 4.5 秒",
            rival=f"标准库 {plain.seconds:.2f} 秒，根"
            + ("相同" if compiled.said == plain.said else "不同！"),
            met=compiled.seconds <= 4.5 and compiled.said == plain.said,
        )


def _matching(report: Report) -> None:
    run = _run("match", None, fast=False)
    report.add(
        f"LEXMIN：{TARGETS:,} 户 × {INSPECTORS:,} 名检查人员，{UNITS} 个单位",
        _shown(run),
        goal="≤ 6 秒",
        met=run.seconds <= 6,
    )


def _shown(run: Run) -> str:
    return f"{run.seconds:.2f} 秒（CPU {run.cpu:.2f} 秒），{run.megabytes:.0f} MB"


def _beside(run: Run, rivals: dict[str, Run], goal: int) -> str:
    if not rivals:
        return "consistent_sampler 装不上，未比"
    return "；".join(
        f"{name} {rival.seconds:.1f} 秒、{rival.megabytes:.0f} MB"
        f"（{rival.seconds / run.seconds:.0f} 倍，目标 ≥ {goal} 倍）"
        for name, rival in rivals.items()
    )


def _shown_to_be(own: bool, faster: bool | None) -> bool | None:
    """A goal with two parts: missed if either is; not shown while there was no rival to compare with."""
    return own and faster if own else False


def _faster(run: Run, rivals: dict[str, Run], times: int) -> bool | None:
    if not rivals:
        return None
    return all(rival.seconds >= times * run.seconds for rival in rivals.values())


def _kernels_ready() -> bool:
    return find_spec("numba") is not None


def _rivals(pool: Path, folder: Path) -> dict[str, Run]:
    """The rival on the same pool, in its two uses; nothing if it cannot be installed."""
    uv = shutil.which("uv")
    installer = [uv, "pip", "install"] if uv else [sys.executable, "-m", "pip", "install"]
    command = [*installer, "--quiet", "--target", str(folder), RIVAL]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        return {}
    return {
        "consistent_sampler": _run("rival", pool, fast=False, path=folder),
        "Arlo 的用法（有放回，编号为元组，18 位）": _run("rival-arlo", pool, fast=False, path=folder),
    }


def _run(
    task: str, pool: Path | None, *, fast: bool, path: Path | None = None, cache: Path | None = None
) -> Run:
    """Run this module in a child; `cache` is where its kernels are kept instead of the user's own place."""
    here = str(Path(__file__).resolve().parents[1])
    environment = os.environ | {
        "RID1_FAST": "1" if fast else "0",
        "PYTHONPATH": os.pathsep.join([here, *([str(path)] if path else [])]),
    }
    if cache:
        environment["XDG_CACHE_HOME"] = str(cache)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled to bytecode once
    command = [sys.executable, "-m", "bench.rid1", task, *([str(pool)] if pool else [])]
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    answer = json.loads(done.stdout)
    return Run(seconds, answer["cpu"], answer["size"], answer["said"])


def _strata(objects: int) -> dict[str, int]:
    return {grade: objects * share // 100 for grade, (share, _) in GRADES.items()}


def write_pool(path: Path, objects: int) -> None:
    """A pool of the grades' exact sizes, the grades dealt at random over ids in order."""
    grades = [grade for grade, n in _strata(objects).items() for _ in range(n // 100)]
    rng = Random(7)
    with path.open("w") as file:
        for block in range(100):
            rng.shuffle(grades)
            first = block * len(grades)
            file.write(
                "".join(
                    f"HR\t9141030{at:08}MA\t{grade}\t4103{at % 97:02}\n"
                    for at, grade in enumerate(grades, first)
                )
            )


def manifest(objects: int) -> Manifest:
    """What `select` needs of a manifest; its input files are not read."""
    strata = []
    for grade, n in _strata(objects).items():
        k = by_ratio(n, GRADES[grade][1])
        strata.append(Stratum(grade, n, k, substitutes(n, k, SUBSTITUTE_BP), GRADES[grade][1]))
    return Manifest(
        S256, "BENCH", 1, None, {}, (ListSpec("HR", "LDJC", 0, objects, tuple(strata)),),
        (Crew("LDJC", 2, 2, 0),), SUBSTITUTE_BP, SeedPlan((), "", None, None, None), "open", "draw_order",
        Ruleset("bench", "1", ""), "",
    )  # fmt: skip


def select_and_write(pool: Path) -> str:
    """Select from the pool, write result.tsv beside it, return its hash."""
    made = manifest(OBJECTS)
    state = hashlib.sha256()
    with (pool.parent / "result.tsv").open("wb") as file:
        for piece in result_lines(made, select(made, pool, KEY)):
            state.update(piece)
            file.write(piece)
    return state.hexdigest()


def match_units() -> str:
    """Teams of two for every target, 500 targets and 40 inspectors in each unit."""
    units = [f"U{at:03}" for at in range(UNITS)]
    tickets = sorted((hashlib.sha256(b"%d" % at).digest(), at) for at in range(TARGETS))
    drawn: Drawn = {
        ("HR", "A"): [ticket + f"T{at:08}\t{units[at % UNITS]}".encode() for ticket, at in tickets]
    }
    spec = ListSpec("HR", "LDJC", 0, TARGETS, (Stratum("A", TARGETS, TARGETS, 0, 10_000),))
    roster = Roster(
        {
            ("LDJC", unit): [
                Inspector(f"I{unit}{at:03}", "LDJC", unit, None) for at in range(INSPECTORS // UNITS)
            ]
            for unit in units
        }
    )
    made = manifest(OBJECTS)
    plan = Manifest(**{**vars(made), "lists": (spec,)})
    state = hashlib.sha256()
    for match in match_all(plan, drawn, roster, KEY):
        state.update(match.line())
    return state.hexdigest()


def sample_with_rival(pool: Path, *, arlo: bool) -> str:
    """The same strata and numbers by the rival, as its documentation and Arlo call it."""
    sampler = import_module("consistent_sampler").sampler  # installed for this process only

    groups: dict[str, list[object]] = {grade: [] for grade in GRADES}
    with pool.open() as file:
        for at, line in enumerate(file):
            _, ident, grade, _ = line.split("\t")
            groups[grade].append((ident, at) if arlo else ident)
    found = 0
    # Arlo (server/audit_math/sampler.py) draws ballots with replacement, as tuples, with tickets of 18 digits.
    settings = {"with_replacement": True, "output": "tuple", "digits": 18} if arlo else {"output": "id"}
    for stratum in manifest(OBJECTS).lists[0].strata:
        taken: Iterator[object] = sampler(
            groups.pop(stratum.code), seed=KEY, take=stratum.k + stratum.m, **settings
        )
        found += sum(1 for _ in taken)
    return str(found)


def child(task: str, pool: str = "") -> None:
    """One task in this process; prints what it gave and the peak memory of it and its children."""
    tasks: dict[str, Callable[[], str]] = {
        "select": lambda: select_and_write(Path(pool)),
        "root": lambda: describe(Path(pool), S256).file.root,
        "match": match_units,
        "warm": lambda: str(fast.warm()),
        "rival": lambda: sample_with_rival(Path(pool), arlo=False),
        "rival-arlo": lambda: sample_with_rival(Path(pool), arlo=True),
    }
    said = tasks[task]()
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    # getrusage would count what the bench held when it started this process.
    status = Path("/proc/self/status").read_text().splitlines()
    held = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    kibibytes = held + parallel.cores() * others.ru_maxrss
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in (own, others))
    print(json.dumps({"said": said, "size": kibibytes << 10, "cpu": cpu}))


if __name__ == "__main__":
    child(*sys.argv[1:])
