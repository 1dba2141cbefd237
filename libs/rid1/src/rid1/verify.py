"""The verifier (RID/1 §9): checks a bundle from the outside in and names the first thing that is wrong.

Order: layout, manifest, log, earlier checkpoint and whole log (if given), input files, reveals and seed, result, match,
substitutions.
Each step may rely on those before it. It reads nothing but the bundle, the pinned key and the log it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from rid1 import jcs
from rid1.bundle import CHECKPOINT, ENTRIES, PROOFS, SUBSTITUTIONS, OpenBundle, read_paths
from rid1.checkpoint import Checkpoint, LogKey, check_signature
from rid1.checkpoint import parse as parse_checkpoint
from rid1.consistency import Earlier, check_growth
from rid1.draw import Progress, check_inputs, select
from rid1.errors import RidError
from rid1.fulllog import check_full_log
from rid1.log import EMBARGOED, Attempt, Entry, history, read_entries
from rid1.logged import attempt_of, differs
from rid1.manifest import Manifest, manifest_hash
from rid1.manifest_reader import parse, round_time, unix_time
from rid1.matching import Match, match_all
from rid1.merkle import inclusion_holds
from rid1.seed import (
    MISSING,
    Reveals,
    accepted_reveals,
    beacon_string,
    match_key,
    read_reveals,
    seed_of,
    target_key,
)
from rid1.selection import Drawn, result_lines, smallest
from rid1.staffing import Roster
from rid1.states import State
from rid1.substitution import Roll
from rid1.suites import S256
from rid1.tsv import KINDS

BeaconCheck = Callable[[int, bytes], bool]
"""Whether a BLS signature is quicknet's for a round (RID/1 §5)."""


@dataclass
class Report:
    """What a verification found. `fault` is the first thing wrong; `notes` are (code, Chinese, English)."""

    passed: list[str] = field(default_factory=list)
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    facts: dict[str, str | int] = field(default_factory=dict)
    fault: RidError | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.fault is None


def verify_bundle(
    path: Path,
    *,
    log_key: LogKey | None = None,
    log: Path | None = None,
    earlier: Earlier | None = None,
    beacon_check: BeaconCheck | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Report:
    """Verifies a bundle. `log_key` pins the key of the checkpoint, `log` is the whole exported draw log (JSONL),
    `earlier` a checkpoint that was kept, with the proof that the log has only grown since.

    Faults are reported, not raised; only UnreadableError is raised, when there is no bundle or log to speak of.
    """
    with OpenBundle(path) as bundle:
        run = _Verification(bundle, Report(), log_key, log, earlier, beacon_check, progress, workers)
        try:
            for name, step in run.steps():
                step()
                run.report.passed.append(name)
        except RidError as fault:
            run.report.fault = fault
        return run.report


@dataclass
class _Verification:
    bundle: OpenBundle
    report: Report
    log_key: LogKey | None
    log: Path | None
    earlier: Earlier | None
    beacon_check: BeaconCheck | None
    progress: Progress | None
    workers: int | None
    manifest: Manifest = field(init=False)
    digest: str = field(init=False)
    entries: list[Entry] = field(init=False)
    checkpoint: Checkpoint = field(init=False)
    attempt: Attempt = field(init=False)
    roster: Roster = field(init=False)
    reveals: Reveals = field(init=False)
    seed: str = field(init=False)
    drawn: Drawn = field(init=False)
    matches: list[Match] = field(init=False)

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        yield "layout", self.bundle.check_layout
        yield "manifest", self.check_manifest
        yield "log", self.check_log
        if self.earlier:
            yield "growth", self.check_growth
        if self.log:
            yield "full_log", self.check_full_log
        yield "inputs", self.check_inputs
        yield "reveals", self.check_reveals
        yield "seed", self.check_seed
        yield "result", self.check_result
        yield "match", self.check_match
        yield "substitutions", self.check_substitutions

    def check_manifest(self) -> None:
        data = self.bundle.read("manifest.json")
        self.manifest = parse(data)
        self.digest = manifest_hash(data, self.manifest.suite)
        m = self.manifest
        self.report.facts |= {
            "draw_id": m.draw_id,
            "attempt": m.attempt,
            "suite": m.suite.name,
            "manifest_hash": self.digest,
            "objects": m.inputs["pool"].size,
            "selected": sum(st.k for spec in m.lists for st in spec.strata),
        }
        if m.disclosure == "sealed":
            raise RidError(
                "sealed_unsupported",
                "本版本不能核验封存对象库的证明包",
                "bundles of sealed pools cannot be verified by this version",
                "manifest.json",
            )
        for spec in m.lists:
            if spec.floor_bp == 0:
                self.report.notes.append(
                    (
                        "floor_zero",
                        f"名单 {spec.code} 未设最低比例,须有规则依据",
                        f"list {spec.code} has no floor",
                    )
                )

    def check_log(self) -> None:
        self.entries = read_entries(self.bundle.read(ENTRIES), ENTRIES)
        try:
            self.checkpoint = parse_checkpoint(self.bundle.read(CHECKPOINT).decode())
        except UnicodeDecodeError:
            raise RidError("checkpoint", "检查点不是 UTF-8", "not UTF-8", CHECKPOINT) from None
        if self.log_key:
            check_signature(self.checkpoint, self.log_key)
        else:
            self.report.notes.append(
                ("no_log_key", "未指定日志公钥,检查点签名未核验", "no log key pinned: signature not checked")
            )
        for entry, path in zip(self.entries, read_paths(self.bundle.read(PROOFS), self.entries), strict=True):
            if not inclusion_holds(
                S256, entry.leaf, entry.index, self.checkpoint.size, path, self.checkpoint.root
            ):
                raise RidError(
                    "log_inclusion",
                    f"日志第 {entry.index} 条不在检查点之下",
                    f"log entry {entry.index} is not under the checkpoint",
                    f"log entry {entry.index}",
                )
        if any(entry.draw_id != self.manifest.draw_id for entry in self.entries):
            raise RidError("log_draw", "日志混入其他抽取的记录", "an entry of another draw", ENTRIES)
        self.attempt = attempt_of(self.manifest, self.digest, history(self.entries))
        self.report.facts["state"] = str(self.attempt.state)
        if self.attempt.state is State.DRAWN:
            self.report.notes.append(
                ("unsigned", "结果尚未经法制机构签署", "the result is not signed off yet")
            )

    def check_growth(self) -> None:
        assert self.earlier is not None
        check_growth(self.earlier, self.checkpoint, self.log_key)
        self.report.facts["earlier_size"] = self.earlier.checkpoint.size

    def check_full_log(self) -> None:
        assert self.log is not None
        check_full_log(self.log, self.manifest.draw_id, self.entries, self.checkpoint, self.manifest.attempt)

    def check_inputs(self) -> None:
        for name in KINDS:
            self.bundle.unpack(f"{name}.tsv")
        self.roster = check_inputs(self.manifest, self.bundle.folder, self.progress, self.workers)

    def check_reveals(self) -> None:
        self.reveals = read_reveals(self.bundle.read("reveals.json"))
        accepted = accepted_reveals(self.manifest, self.reveals.reveals)
        logged = self.attempt.reveals
        for name, value in accepted.items():
            entry = logged.get(name)
            seen = entry.body["value"] if entry else MISSING
            if seen != value and not (name == self.manifest.seed.embargo and seen == EMBARGOED):
                raise differs("reveal_log", f"{name} 的揭示值", f"the reveal of {name}", "reveals.json")
        for name, entry in self.attempt.disclosed.items():
            if entry.body["value"] != accepted.get(name):
                raise differs("reveal_log", f"{name} 的揭示值", f"the reveal of {name}", "reveals.json")
        dice = self.attempt.dice.body["value"] if self.attempt.dice else MISSING
        if self.reveals.dice != dice:
            raise differs("dice_log", "骰子记录", "the dice record", "reveals.json")
        self._check_beacon()

    def _check_beacon(self) -> None:
        planned, entry, given = self.manifest.seed.beacon, self.attempt.beacon, self.reveals
        if planned is None:
            return
        signature = given.beacon_signature or ""
        try:
            fits = beacon_string(planned, signature) == given.beacon
        except ValueError:
            fits = False
        if not fits:
            raise RidError(
                "beacon_signature",
                f"信标值与第 {planned} 轮的签名不符",
                f"the beacon value is not that of the signature for round {planned}",
                "reveals.json",
            )
        if entry is None or (entry.body["value"], entry.body["signature"]) != (given.beacon, signature):
            raise differs("beacon_log", "信标", "the beacon", "reveals.json")
        if unix_time(entry.time) < round_time(planned):
            raise RidError(
                "beacon_time",
                "信标在其发布时间之前已入日志",
                "the beacon is logged before its round",
                ENTRIES,
            )
        if self.beacon_check is None:
            self.report.notes.append(
                ("beacon_bls", "信标的 BLS 签名未核验", "the beacon's BLS signature is not checked")
            )
        elif not self.beacon_check(planned, bytes.fromhex(signature)):
            raise RidError(
                "beacon_invalid",
                "信标的 BLS 签名无效",
                "the beacon's BLS signature is invalid",
                "reveals.json",
            )

    def check_seed(self) -> None:
        self.seed = seed_of(self.manifest, self.reveals, self.digest)
        assert self.attempt.seeded is not None
        logged = self.attempt.seeded.body["seed"]
        if logged != self.seed and not (self.manifest.seed.embargo and logged == EMBARGOED):
            raise differs("seed_log", "种子", "the seed", ENTRIES)
        self.report.facts["seed"] = self.seed

    def check_result(self) -> None:
        key = target_key(self.manifest.suite, self.seed)
        self.drawn = select(self.manifest, self.bundle.folder / "pool.tsv", key, self.progress, self.workers)
        self._compare("result", result_lines(self.manifest, self.drawn))

    def check_match(self) -> None:
        key = match_key(self.manifest.suite, self.seed)
        self.matches = list(match_all(self.manifest, self.drawn, self.roster, key, None, self.workers))
        self._compare("match", (match.line() for match in self.matches))
        self.report.facts["targets"] = len(self.matches)

    def _compare(self, name: str, pieces: Iterable[bytes]) -> None:
        """Compares a member with its replay, names the first line that differs, then checks the logged hash."""
        state = self.manifest.suite.new(b"")
        line = 1
        with self.bundle.unpack(f"{name}.tsv").open("rb") as file:
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
        self.report.facts[f"{name}_hash"] = digest
        assert self.attempt.drawn is not None
        logged = [self.attempt.drawn.body[f"{name}_hash"]]
        if name == "result":
            logged += [entry.body["result_hash"] for entry in self.attempt.signed]
        if any(value != digest for value in logged):
            raise differs(f"{name}_log", f"{name}.tsv 的哈希", f"the hash of {name}.tsv", ENTRIES)

    def check_substitutions(self) -> None:
        logged = b"".join(jcs.encode(entry.body) + b"\n" for entry in self.attempt.substitutions)
        given = self.bundle.read(SUBSTITUTIONS) if self.bundle.has(SUBSTITUTIONS) else b""
        if given != logged:
            raise differs("substitutions_log", "递补记录", "the substitutions", SUBSTITUTIONS)
        if not logged:
            return
        m = self.manifest
        key = match_key(m.suite, self.seed)
        roll = Roll(m, self.drawn, self.matches, self.roster, key, self._deeper)
        for at, entry in enumerate(self.attempt.substitutions, 1):
            roll.check(entry.body, f"{SUBSTITUTIONS}:{at}")
        self.report.facts["substitutions"] = len(self.attempt.substitutions)

    def _deeper(self, list_code: str, stratum: str, rank: int) -> Drawn:
        need = {
            (spec.code, st.code): (st.n, rank if (spec.code, st.code) == (list_code, stratum) else 0)
            for spec in self.manifest.lists
            for st in spec.strata
        }
        pool = self.bundle.folder / "pool.tsv"
        key = target_key(self.manifest.suite, self.seed)
        return smallest(pool, self.manifest.suite, key, need, None, self.workers)


def _row(name: str, line: int, due: bytes, have: bytes) -> RidError:
    shown_due, shown = (text.decode("utf-8", "replace").replace("\t", " ") for text in (due, have))
    return RidError(
        f"{name}_row",
        f"{name}.tsv 第 {line} 行与重算结果不符:应为「{shown_due}」,实为「{shown}」",
        f"line {line} of {name}.tsv is not what the replay gives: {shown_due!r} is due, found {shown!r}",
        f"{name}.tsv:{line}",
    )
