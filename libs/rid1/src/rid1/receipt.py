"""The receipt of one enterprise (RID/1 §9): proves alone its list, its grade and whether it was drawn.

It carries the manifest (root, quotas), the reveals (from which K_target follows) and the log evidence of the manifest.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from rid1 import jcs
from rid1.bundle import CHECKPOINT, ENTRIES, PROOFS, OpenBundle, read_paths
from rid1.checkpoint import LogKey, check_signature
from rid1.checkpoint import parse as parse_checkpoint
from rid1.errors import RidError
from rid1.fields import Fields
from rid1.log import parse_entry, read_entries
from rid1.manifest import Manifest, manifest_hash
from rid1.manifest_reader import parse, refuse_sandbox
from rid1.merkle import inclusion_holds, inclusion_proof, leaf_hash
from rid1.seed import read_reveals, seed_of, target_key, ticket
from rid1.states import Event
from rid1.suites import S256, Suite
from rid1.tsv import ID, blocks, open_file, section

VERSION = "RID/1-receipt"
WHERE = "receipt"


def make_receipt(path: Path, object_id: str, inputs: Path | None = None) -> dict[str, Any]:
    """The receipt of `object_id` from a bundle, as JSON-ready values.

    The bundle of a sealed round lacks the pool: whoever keeps it names the folder (`inputs`). The receipt then holds
    the object's own line with its salt, and nobody else's. The bundle itself is not verified. Raises UnreadableError,
    and RidError `object_unknown`, `sealed_inputs`.
    """
    with OpenBundle(path) as bundle:
        bundle.check_layout()
        data = bundle.read("manifest.json")
        manifest = parse(data)
        reveals = read_reveals(bundle.read("reveals.json"))
        seed = seed_of(manifest, reveals, manifest_hash(data, manifest.suite))
        key = target_key(manifest.suite, seed)
        ranks = _ranks(bundle.unpack("result.tsv"), object_id)
        if bundle.sealed and inputs is None:
            raise RidError(
                "sealed_inputs",
                "封存的对象库须由保管方提供原始文件(--inputs)",
                "the pool is sealed: name the folder with its files (--inputs)",
                "pool.tsv",
            )
        pool = inputs / "pool.tsv" if bundle.sealed and inputs else bundle.unpack("pool.tsv")
        places = [
            _place(manifest, pool, found, object_id, key, ranks)
            for found in _lines(manifest, pool, object_id)
        ]
        if not places:
            raise RidError(
                "object_unknown",
                f"对象库中没有 {object_id}",
                f"{object_id} is not in the pool",
                "pool.tsv",
            )
        return {
            "v": VERSION,
            "id": object_id,
            "manifest": data.decode(),
            "reveals": jcs.decode(reveals.to_bytes()),
            "key_target": key,
            "places": places,
            "log": _log_evidence(bundle, manifest),
        }


def _lines(manifest: Manifest, pool: Path, object_id: str) -> Iterator[tuple[int, bytes]]:
    """(byte offset, line) of the object in each list of the sorted pool."""
    if not ID.fullmatch(object_id):
        return
    with open_file(pool) as file:
        size = file.seek(0, 2)
        for spec in manifest.lists:
            start, end = section(file, size, f"{spec.code}\t{object_id}\t".encode())
            if start < end:
                file.seek(start)
                yield start, file.readline().rstrip(b"\n")


def _leaves(file: BinaryIO, suite: Suite) -> Iterator[bytes]:
    for block in blocks(file, 0, file.seek(0, 2)):
        for line in block.split(b"\n")[:-1]:
            yield leaf_hash(suite, line)


def _place(
    manifest: Manifest,
    pool: Path,
    found: tuple[int, bytes],
    object_id: str,
    key: str,
    ranks: dict[tuple[str, str], Any],
) -> dict[str, Any]:
    offset, line = found
    list_code, _, stratum, _ = line.decode().split("\t")[:4]
    with open_file(pool) as file:
        index = sum(block.count(b"\n") for block in blocks(file, 0, offset))
        path = inclusion_proof(
            manifest.suite, _leaves(file, manifest.suite), index, manifest.inputs["pool"].size
        )
    drawn = ranks.get((list_code, stratum), {})
    return {
        "line": line.decode(),
        "index": index,
        "path": [node.hex() for node in path],
        "ticket": ticket(manifest.suite, key, object_id),
        "rank": drawn.get("rank"),
        "cutoff": drawn.get("S"),
        "cutoff_substitutes": drawn.get("R"),
    }


def _ranks(result: Path, object_id: str) -> dict[tuple[str, str], Any]:
    """(list, stratum) → last ticket of each mark (S, R) and the object's rank, from result.tsv."""
    found: dict[tuple[str, str], Any] = {}
    with open_file(result) as file:
        for raw in file:
            list_code, stratum, rank, mark, ident, its_ticket = raw.decode().rstrip("\n").split("\t")
            at = found.setdefault((list_code, stratum), {})
            at[mark] = its_ticket
            if ident == object_id:
                at["rank"] = int(rank)
    return found


def _log_evidence(bundle: OpenBundle, manifest: Manifest) -> dict[str, Any]:
    entries = read_entries(bundle.read(ENTRIES), ENTRIES)
    paths = read_paths(bundle.read(PROOFS), entries)
    for entry, path in zip(entries, paths, strict=True):
        if entry.event is Event.MANIFEST and entry.attempt == manifest.attempt:
            return {
                "entry": entry.line.decode(),
                "path": [node.hex() for node in path],
                "checkpoint": bundle.read(CHECKPOINT).decode(),
            }
    raise RidError("manifest_not_logged", "日志中没有清单文件", "the log has no manifest", ENTRIES)


def check_receipt(receipt: object, log_key: LogKey | None = None) -> list[dict[str, Any]]:
    """Checks a receipt alone and says per list: list, stratum, rank (None if not drawn), mark `S`, `R` or `-`.

    Raises RidError `receipt_field`, `receipt_log`, `receipt_key`, `receipt_path`, `receipt_ticket`, `receipt_rank`,
    and those of the manifest, the reveals and the checkpoint's signature.
    """
    f = Fields(receipt, WHERE, "receipt_field")
    f.choice("v", VERSION)
    object_id = f.id("id")
    data = f.text("manifest").encode()
    manifest = parse(data)
    refuse_sandbox(manifest)
    digest = manifest_hash(data, manifest.suite)
    _check_log(f.part("log"), digest, manifest, log_key)
    reveals = read_reveals(jcs.encode(f.take("reveals")), WHERE)
    key = target_key(manifest.suite, seed_of(manifest, reveals, digest))
    if f.hex("key_target") != key:
        raise _fault("receipt_key", "K_target 与种子不符", "K_target does not follow from the seed")
    places = [_check_place(place, manifest, object_id, key) for place in f.parts("places")]
    f.close()
    return places


def _check_log(f: Fields, digest: str, manifest: Manifest, log_key: LogKey | None) -> None:
    entry = parse_entry(f.text("entry").encode(), WHERE)
    path = _path(f)
    checkpoint = parse_checkpoint(f.text("checkpoint"))
    f.close()
    if log_key:
        check_signature(checkpoint, log_key)
    named = (entry.event, entry.draw_id, entry.attempt, entry.body.get("manifest_hash"))
    held = inclusion_holds(S256, entry.leaf, entry.index, checkpoint.size, path, checkpoint.root)
    if named != (Event.MANIFEST, manifest.draw_id, manifest.attempt, digest) or not held:
        raise _fault("receipt_log", "清单文件未登记在抽取日志中", "the manifest is not in the draw log")


def _path(f: Fields) -> list[bytes]:
    try:
        return [bytes.fromhex(node) for node in f.texts("path")]
    except ValueError:
        f.refuse("path", "不是十六进制", "not hex")


def _check_place(f: Fields, manifest: Manifest, object_id: str, key: str) -> dict[str, Any]:
    line = f.text("line")
    columns = line.split("\t")
    pool = manifest.inputs["pool"]
    held = inclusion_holds(
        manifest.suite,
        leaf_hash(manifest.suite, line.encode()),
        f.integer("index", 0),
        pool.size,
        _path(f),
        bytes.fromhex(pool.root),
    )
    st = manifest.stratum(columns[0], columns[2]) if len(columns) >= 4 else None
    if not held or st is None or columns[1] != object_id:
        raise _fault("receipt_path", "对象库记录与默克尔根不符", "the pool line is not under the pool's root")
    mine = ticket(manifest.suite, key, object_id)
    if f.hex("ticket") != mine:
        raise _fault("receipt_ticket", "签号与 K_target 不符", "the ticket does not follow from K_target")
    rank = f.take("rank")
    cutoffs = f.hex_or_none("cutoff"), f.hex_or_none("cutoff_substitutes")
    f.close()
    mark = _mark(mine, *cutoffs)
    ranks = {"S": range(1, st.k + 1), "R": range(st.k + 1, st.k + st.m + 1), "-": (None,)}[mark]
    if rank not in ranks or (cutoffs[0] is None) != (st.k == 0) or (cutoffs[1] is None) != (st.m == 0):
        raise _fault("receipt_rank", "名次与截止签号不符", "the rank does not fit the cutoff tickets")
    return {"list": columns[0], "stratum": columns[2], "rank": rank, "mark": mark}


def _mark(mine: str, cutoff: str | None, cutoff_substitutes: str | None) -> str:
    if cutoff is not None and mine <= cutoff:
        return "S"
    return "R" if cutoff_substitutes is not None and mine <= cutoff_substitutes else "-"


def _fault(code: str, zh: str, en: str) -> RidError:
    return RidError(code, zh, en, WHERE)
