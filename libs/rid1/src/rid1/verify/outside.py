"""What can be said before the bundle's contents are looked at: its layout, the manifest, the draw log."""

from __future__ import annotations

from datetime import UTC, datetime

from rid1.bundle import CHECKPOINT, ENTRIES, PROOFS, TIMESTAMPS, read_paths
from rid1.checkpoint import check_signature
from rid1.checkpoint import parse as parse_checkpoint
from rid1.consistency import check_growth as check_consistency
from rid1.cosignature import cosigned_by
from rid1.errors import RidError
from rid1.fulllog import check_full_log as check_whole_log
from rid1.log import history, read_entries
from rid1.logged import attempt_of
from rid1.manifest import manifest_hash
from rid1.manifest_reader import parse, refuse_sandbox
from rid1.merkle import inclusion_holds
from rid1.states import State
from rid1.suites import S256
from rid1.timestamp import check_timestamp
from rid1.verify.case import Case


def check_layout(case: Case) -> None:
    """Every member once and nothing else."""
    case.bundle.check_layout()


def check_manifest(case: Case) -> None:
    """The manifest is canonical, and its quotas, floors and seed sources are what RID/1 demands."""
    data = case.bundle.read("manifest.json")
    m = case.manifest = parse(data)
    case.digest = manifest_hash(data, m.suite)
    case.report.facts |= {
        "draw_id": m.draw_id,
        "attempt": m.attempt,
        "suite": m.suite.name,
        "manifest_hash": case.digest,
        "objects": m.inputs["pool"].size,
        "selected": sum(st.k for spec in m.lists for st in spec.strata),
    }
    if case.sandbox and m.seed.chain.sandbox:
        case.report.note("beacon_sandbox", "信标是演练用的链,仅供演练", "a rehearsal's beacon: no real draw")
    else:
        refuse_sandbox(m)
    if case.bundle.sealed != (m.disclosure == "sealed"):
        raise RidError(
            "bundle_layout",
            f"清单文件写明 {m.disclosure},证明包的文件却不是",
            f"the manifest says {m.disclosure}, the members of the bundle do not",
            "manifest.json",
        )
    for spec in m.lists:
        if spec.floor_bp == 0:
            case.report.note(
                "floor_zero",
                f"名单 {spec.code} 未设最低比例,须有规则依据",
                f"list {spec.code} has no floor",
            )


def check_log(case: Case) -> None:
    """Signatures of the checkpoint, inclusion of every entry, the draw's chain, order and times (RID/1 §4)."""
    case.entries = read_entries(case.bundle.read(ENTRIES), ENTRIES)
    try:
        case.checkpoint = parse_checkpoint(case.bundle.read(CHECKPOINT).decode())
    except UnicodeDecodeError:
        raise RidError("checkpoint", "检查点不是 UTF-8", "not UTF-8", CHECKPOINT) from None
    _check_signatures(case)
    size, root = case.checkpoint.size, case.checkpoint.root
    for entry, path in zip(case.entries, read_paths(case.bundle.read(PROOFS), case.entries), strict=True):
        if not inclusion_holds(S256, entry.leaf, entry.index, size, path, root):
            raise RidError(
                "log_inclusion",
                f"日志第 {entry.index} 条不在检查点之下",
                f"log entry {entry.index} is not under the checkpoint",
                f"log entry {entry.index}",
            )
    if any(entry.draw_id != case.manifest.draw_id for entry in case.entries):
        raise RidError("log_draw", "日志混入其他抽取的记录", "an entry of another draw", ENTRIES)
    case.attempt = attempt_of(case.manifest, case.digest, history(case.entries))
    case.report.facts["state"] = str(case.attempt.state)
    if case.attempt.state is State.DRAWN:
        case.report.note("unsigned", "结果尚未经法制机构签署", "the result is not signed off yet")


def _check_signatures(case: Case) -> None:
    if case.log_key:
        check_signature(case.checkpoint, case.log_key)
    else:
        case.report.note(
            "no_log_key", "未指定日志公钥,检查点签名未核验", "no log key pinned: signature not checked"
        )
    if case.witnesses:
        signed = cosigned_by(case.checkpoint, case.witnesses)
        at = "; ".join(
            f"{seen.name} {datetime.fromtimestamp(seen.time, UTC):%Y-%m-%dT%H:%M:%SZ}" for seen in signed
        )
        case.report.facts["witnesses"] = at or "-"
        for name in [key.name for key in case.witnesses if key.name not in {seen.name for seen in signed}]:
            case.report.note(
                "witness_missing",
                f"见证人 {name} 未在检查点上共同签名",
                f"witness {name} did not sign the checkpoint",
            )
    _check_timestamps(case)


def _check_timestamps(case: Case) -> None:
    for name in filter(case.bundle.has, TIMESTAMPS):
        found = check_timestamp(case.bundle.read(name), case.checkpoint.text.encode(), name)
        case.report.note(
            "timestamp",
            f"{name}：检查点带有 {found.time} 的时间戳,签发者须用 openssl ts -verify 核验",
            f"{name}: the checkpoint is timestamped {found.time}; check its issuer with openssl ts -verify",
        )


def check_growth(case: Case) -> None:
    """The log of the bundle's checkpoint begins with the log of the one that was kept."""
    assert case.earlier is not None
    check_consistency(case.earlier, case.checkpoint, case.log_key)
    case.report.facts["earlier_size"] = case.earlier.checkpoint.size


def check_full_log(case: Case) -> None:
    """Nothing of this draw that the whole log holds is hidden."""
    assert case.log is not None
    check_whole_log(case.log, case.manifest.draw_id, case.entries, case.checkpoint, case.manifest.attempt)
