"""The proof bundle (RID/1 §9): one zip with everything a stranger needs to repeat a draw. Writing is deterministic.

Members are stored, not deflated: the same draw then gives the same bytes
with every zlib, and parts can be read in place.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Self

from rid1 import jcs, sealed
from rid1.errors import RidError, UnreadableError
from rid1.fields import Fields
from rid1.log import Entry
from rid1.manifest_reader import parse
from rid1.seed import Reveals
from rid1.states import Event

SUBSTITUTIONS = "substitutions.jsonl"
ENTRIES, PROOFS, CHECKPOINT = "log/entries.jsonl", "log/proofs.json", "log/checkpoint"
REQUIRED = (
    "manifest.json",
    "pool.tsv",
    "excluded.tsv",
    "inspectors.tsv",
    "recusals.tsv",
    "reveals.json",
    ENTRIES,
    PROOFS,
    CHECKPOINT,
    "result.tsv",
    "match.tsv",
)
TIMESTAMPS = tuple(f"log/timestamp-{number}.tsr" for number in range(1, 10))
"""RFC 3161 responses over the text of the checkpoint, as `openssl ts` reads them; any number up to nine."""
OPTIONAL = (SUBSTITUTIONS, *TIMESTAMPS)
REQUIRED_SEALED = (
    *(sealed.LEAVES.get(name.removesuffix(".tsv"), name) for name in REQUIRED),
    sealed.OPENED,
)
"""The same of a sealed round: leaf hashes in place of the lines that name objects, and the lines that are public."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LARGEST_SMALL = 256 << 20
"""Bytes that a member read into memory may have."""


@dataclass(frozen=True)
class LogEvidence:
    """A draw's log entries with their inclusion paths, the signed checkpoint they lead to, and its timestamps."""

    entries: Sequence[Entry]
    paths: Sequence[Sequence[bytes]]
    checkpoint: str
    timestamps: Sequence[bytes] = ()


def write_bundle(out: Path | BinaryIO, inputs: Path, drawn: Path, reveals: Reveals, log: LogEvidence) -> None:
    """Writes a bundle from the folder of manifest and input files and the folder of result.tsv and match.tsv.

    The same contents give the same bytes. Substitutions are taken from the log's entries. Of a sealed round the bundle
    holds no line that is not public. Raises the RidErrors of `manifest_reader.parse`.
    """
    manifest = parse((inputs / "manifest.json").read_bytes())
    proofs = {
        "proofs": [
            {"index": entry.index, "path": [node.hex() for node in path]}
            for entry, path in zip(log.entries, log.paths, strict=True)
        ]
    }
    substitutions = [jcs.encode(e.body) + b"\n" for e in log.entries if e.event is Event.SUBSTITUTION]
    made = {
        "reveals.json": reveals.to_bytes(),
        ENTRIES: b"".join(entry.line + b"\n" for entry in log.entries),
        PROOFS: jcs.encode(proofs),
        CHECKPOINT: log.checkpoint.encode(),
        **({SUBSTITUTIONS: b"".join(substitutions)} if substitutions else {}),
        **dict(zip(TIMESTAMPS, log.timestamps, strict=False)),
    }
    folders = {"result.tsv": drawn, "match.tsv": drawn}
    required: tuple[str, ...] = REQUIRED
    with tempfile.TemporaryDirectory(prefix="rid1-") as parts, zipfile.ZipFile(out, "w") as archive:
        if manifest.disclosure == "sealed":
            sealed.write_parts(manifest.suite, inputs, drawn / "result.tsv", log.entries, Path(parts))
            folders |= dict.fromkeys(sealed.PARTS, Path(parts))
            required = REQUIRED_SEALED
        for name in (*required, *OPTIONAL):
            if name in made:
                archive.writestr(_info(name), made[name])
            elif name in required:
                _copy(archive, name, folders.get(name, inputs) / name)


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info


def _copy(archive: zipfile.ZipFile, name: str, source: Path) -> None:
    info = _info(name)
    info.file_size = source.stat().st_size
    with source.open("rb") as file, archive.open(info, "w") as member:
        shutil.copyfileobj(file, member, 1 << 20)


class OpenBundle:
    """A bundle being read; large members are unpacked one by one into a temporary folder that is removed on exit.

    Raises UnreadableError `bundle_unreadable` and RidError `bundle_layout`.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise UnreadableError(
                "bundle_unreadable", f"无法读取证明包:{error}", f"cannot read the bundle: {error}", path.name
            ) from None
        self._folder = tempfile.TemporaryDirectory(prefix="rid1-")
        self.folder = Path(self._folder.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()
        self._folder.cleanup()

    def check_layout(self) -> None:
        """Checks that every part is there once and nothing else is: a second member of one name could hide a file."""
        names = self._zip.namelist()
        required = REQUIRED_SEALED if self.sealed else REQUIRED
        for name in required:
            if name not in names:
                raise RidError("bundle_layout", f"证明包缺少 {name}", f"the bundle lacks {name}", name)
        for name in names:
            if name not in (*required, *OPTIONAL) or names.count(name) > 1:
                raise RidError(
                    "bundle_layout",
                    f"证明包中有多余或重复的文件:{name}",
                    f"unexpected or repeated member: {name}",
                    name,
                )

    @property
    def sealed(self) -> bool:
        """Whether the bundle is laid out as that of a sealed round."""
        return self.has(sealed.LEAVES["pool"])

    def has(self, name: str) -> bool:
        """Whether an optional member is there."""
        return name in self._zip.namelist()

    def _open(self, name: str) -> IO[bytes]:
        return self._zip.open(name)

    def read(self, name: str) -> bytes:
        """A small member."""
        if self._zip.getinfo(name).file_size > _LARGEST_SMALL:
            raise RidError("bundle_layout", f"{name} 过大", f"{name} is too large", name)
        try:
            with self._open(name) as member:
                return member.read()
        except (zipfile.BadZipFile, OSError) as error:
            raise _damaged(name, error) from None

    def unpack(self, name: str) -> Path:
        """A member as a file in the temporary folder."""
        target = self.folder / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with self._open(name) as member, target.open("wb") as file:
                    shutil.copyfileobj(member, file, 1 << 20)
            except zipfile.BadZipFile as error:
                raise _damaged(name, error) from None
        return target


def _damaged(name: str, error: Exception) -> RidError:
    return RidError("bundle_damaged", f"{name} 已损坏:{error}", f"{name} is damaged: {error}", name)


def read_paths(data: bytes, entries: Sequence[Entry]) -> list[list[bytes]]:
    """The inclusion paths of log/proofs.json, one per entry in order. Raises RidError `log_proof`."""
    top = Fields(jcs.decode(data, PROOFS), PROOFS, "log_proof")
    proofs = top.parts("proofs")
    if len(proofs) != len(entries):
        top.refuse("proofs", "证明数与日志条数不符", "the number of proofs is not that of the entries")
    paths: list[list[bytes]] = []
    for entry, proof in zip(entries, proofs, strict=True):
        if proof.integer("index", 0) != entry.index:
            proof.refuse("index", "证明的序号不符", "the proof is for another entry")
        try:
            paths.append([bytes.fromhex(node) for node in proof.texts("path")])
        except ValueError:
            proof.refuse("path", "不是十六进制", "not hex")
    return paths
