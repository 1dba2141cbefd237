"""The input files of a sealed bundle: leaf hashes for what is secret, opened lines for what is public (RID/1 §9).

The steps after this one run on the opened lines as if they were the whole pool. They then show that the result is in
order among the objects that are public; that nobody else had a smaller ticket shows only in the whole files.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from rid1.draw import check_file
from rid1.errors import RidError
from rid1.freeze import stratum_counts
from rid1.merkle import Accumulator, leaf_hash
from rid1.scan import describe
from rid1.sealed import LEAVES, OPENED
from rid1.selection import need_of
from rid1.staffing import check_staffing, read_roster
from rid1.tsv import INSPECTORS, SALTED, open_file
from rid1.verify.case import Case
from rid1.verify.replay import check_folder

_DIGEST = 32


def check_inputs(case: Case) -> None:
    """Roots and sizes of all files, the opened lines under their roots, and the totals that can be added up."""
    m = case.manifest
    inspectors = case.bundle.unpack("inspectors.tsv")
    check_file(inspectors, INSPECTORS, m.inputs["inspectors"], m.suite)
    for name, member in LEAVES.items():
        _check_leaves(case, name, case.bundle.unpack(member))
    _check_totals(case)
    folder = _open(case)
    if case.inputs:
        whole = _link(case.bundle.folder / "whole", {"inspectors": inspectors}, case.inputs)
        check_folder(case, whole)
        return
    case.folder = folder
    scan = describe(folder / "pool.tsv", m.suite, SALTED["pool"])
    case.roster = read_roster(inspectors, folder / "recusals.tsv")
    _check_opened_enough(case, stratum_counts(scan))
    check_staffing(folder / "pool.tsv", case.roster, m.lists, m.crews, scan.groups)
    _say_what_is_open(case)


def _check_leaves(case: Case, name: str, path: Path) -> None:
    tree = Accumulator(case.manifest.suite)
    with open_file(path) as file:
        while leaf := file.read(_DIGEST):
            tree.add(leaf)
    frozen = case.manifest.inputs[name]
    if (tree.size, path.stat().st_size) != (frozen.size, frozen.size * _DIGEST):
        raise _fault(
            "input_size", path.name, "的叶数与清单文件不符", "does not hold the manifest's number of leaves"
        )
    if tree.root().hex() != frozen.root:
        raise _fault(
            "input_root", path.name, "的默克尔根与清单文件不符", "has another root than the manifest says"
        )


def _check_totals(case: Case) -> None:
    m = case.manifest
    pool, excluded = m.inputs["pool"].size, m.inputs["excluded"].size
    if sum(st.n for spec in m.lists for st in spec.strata) != pool:
        raise _fault(
            "stratum_size", "pool.leaves", "的行数不等于各层之和", "does not hold the sum of the strata"
        )
    if sum(spec.registry_count for spec in m.lists) != pool + excluded:
        raise _fault(
            "conservation",
            "manifest.json",
            "的登记总数不等于入库与排除之和",
            "counts others than pool and excluded hold",
        )


def _open(case: Case) -> Path:
    """Writes the opened lines of each file into a folder, once each is shown to lie under the file's root."""
    folder = case.bundle.folder / "opened"
    folder.mkdir()
    before = ("", -1)
    with (
        open_file(case.bundle.unpack(OPENED)) as opened,
        (folder / "pool.tsv").open("wb") as pool,
        (folder / "recusals.tsv").open("wb") as recusals,
        open_file(case.bundle.folder / LEAVES["pool"]) as pool_leaves,
        open_file(case.bundle.folder / LEAVES["recusals"]) as recusal_leaves,
    ):
        ways = {"pool": (pool, pool_leaves), "recusals": (recusals, recusal_leaves)}
        for number, raw in enumerate(opened, 1):
            name, index, line = _fields(raw, number)
            if name not in ways or (name, index) <= before:
                raise _opened_fault(number)
            out, leaves = ways[name]
            if _leaf(leaves, index) != leaf_hash(case.manifest.suite, line):
                raise _opened_fault(number)
            out.write(line + b"\n")
            before = name, index
    return folder


def _fields(raw: bytes, number: int) -> tuple[str, int, bytes]:
    name, _, rest = raw.partition(b"\t")
    index, _, line = rest.partition(b"\t")
    if not (index.isdigit() and index == b"%d" % int(index) and line.endswith(b"\n")):
        raise _opened_fault(number)
    return name.decode("ascii", "replace"), int(index), line[:-1]


def _leaf(leaves: BinaryIO, index: int) -> bytes:
    leaves.seek(index * _DIGEST)
    return leaves.read(_DIGEST)


def _opened_fault(number: int) -> RidError:
    return RidError(
        "opened_line",
        f"{OPENED} 第 {number} 行不是冻结文件中该位置的记录",
        f"line {number} of {OPENED} is not the line of the frozen file at that place",
        f"{OPENED}:{number}",
    )


def _check_opened_enough(case: Case, counts: dict[tuple[str, str], int]) -> None:
    wanted = need_of(case.manifest)
    for at in counts:
        if at not in wanted:
            raise _fault("stratum_unknown", OPENED, f"有未知的层 {at}", f"names an unknown stratum {at}")
    for (list_code, stratum), (_, due) in wanted.items():
        found = counts.get((list_code, stratum), 0)
        if found < due:
            raise RidError(
                "opened_missing",
                f"名单 {list_code} 层 {stratum}:应公开 {due} 个对象,实有 {found} 个",
                f"list {list_code} stratum {stratum}: {due} objects are to be opened, {found} are",
                OPENED,
            )
    case.need = {at: (counts.get(at, 0), due) for at, (_, due) in wanted.items()}


def _say_what_is_open(case: Case) -> None:
    case.report.note(
        "sealed_order",
        "对象库已封存:未公开对象的签号无从核验,名次是否完整须由持有原始文件的独立方用 --inputs 重算",
        "the pool is sealed: that no other object had a smaller ticket can be checked only with --inputs",
    )
    case.report.note(
        "sealed_counts",
        "各层对象数与各名单排除数只核对了总数,排除理由未公开",
        "sizes of strata and numbers of exclusions are checked in total only; reasons of exclusions are not public",
    )
    case.report.note(
        "sealed_recusals",
        "只核验了已公开的回避;抽中对象是否另有回避无从核验",
        "only the opened recusals are checked: whether a drawn object had others cannot be told",
    )


def _link(folder: Path, own: dict[str, Path], given: Path) -> Path:
    """A folder with the bundle's own files and the ones that were given."""
    folder.mkdir()
    for name in SALTED:
        (folder / f"{name}.tsv").symlink_to((given / f"{name}.tsv").resolve())
    for name, path in own.items():
        (folder / f"{name}.tsv").symlink_to(path)
    return folder


def _fault(code: str, where: str, zh: str, en: str) -> RidError:
    return RidError(code, f"{where} {zh}", f"{where} {en}", where)
