"""Sealed rounds (RID/1 §2, §9): who may be drawn stays secret, who was drawn does not.

Every line that names an object ends in a salt, so a hash of it gives nothing away. The bundle holds the leaf hashes of
pool, exclusions and recusals in place of their lines, and opens the lines of the objects that are public with the
result. What a reader can then still check, and what not, is the README's table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from rid1.errors import RidError
from rid1.log import Entry
from rid1.merkle import leaf_hash
from rid1.states import Event
from rid1.suites import Suite
from rid1.tsv import SALTED, blocks, open_file

LEAVES = {name: f"{name}.leaves" for name in SALTED}
"""The member that stands for each salted file: its leaf hashes, 32 bytes a line, in the order of the lines."""

OPENED = "opened.tsv"
"""The lines that are public: file name, index of the line from 0, the line itself, salt included."""

PARTS = (*LEAVES.values(), OPENED)
SALT_BYTES = 16


def salt_file(source: Path, target: Path, name: str, secret: bytes) -> None:
    """Writes the salted form of an open `pool`, `excluded` or `recusals` file (`name`).

    A salt is a MAC of its line under `secret` (16 to 64 bytes, of one round only and never published), so a freeze
    that is done again gives the same bytes. Raises RidError `salt_secret`.
    """
    if not 16 <= len(secret) <= 64:
        raise RidError("salt_secret", "盐的密钥须为 16 至 64 字节", "a salt secret has 16 to 64 bytes", name)
    person = f"RID/1 {name}".encode()
    mac = hashlib.blake2b
    with open_file(source) as file, target.open("wb") as out:
        for block in blocks(file, 0, file.seek(0, 2)):
            out.write(
                b"".join(
                    b"%b\t%b\n"
                    % (
                        line,
                        mac(line, key=secret, digest_size=SALT_BYTES, person=person).hexdigest().encode(),
                    )
                    for line in block.splitlines()
                )
            )


def write_parts(suite: Suite, inputs: Path, result: Path, entries: Iterable[Entry], out: Path) -> None:
    """Writes the leaves and the opened lines of a sealed round into `out`.

    Opened are the pool lines of the objects in result.tsv and of those that stepped in later, each in that list, and
    all recusals from these objects.
    """
    places, objects = _published(result, entries)
    with ExitStack() as stack:
        opened = stack.enter_context((out / OPENED).open("wb"))
        for name, member in LEAVES.items():
            source = stack.enter_context(open_file(inputs / f"{name}.tsv"))
            leaves = stack.enter_context((out / member).open("wb"))
            _write_part(suite, name, source, leaves, opened, places if name == "pool" else objects)


def _published(result: Path, entries: Iterable[Entry]) -> tuple[set[bytes], set[bytes]]:
    """(list TAB id) and ids of the objects that are public."""
    places: set[bytes] = set()
    with open_file(result) as file:
        for line in file:
            fields = line.split(b"\t")
            places.add(b"%b\t%b" % (fields[0], fields[4]))
    for entry in entries:
        body = entry.body
        if entry.event is Event.SUBSTITUTION and body["kind"] == "object" and body.get("in"):
            places.add(f"{body['list']}\t{body['in']}".encode())
    return places, {place.split(b"\t")[1] for place in places}


def _write_part(
    suite: Suite, name: str, source: BinaryIO, leaves: BinaryIO, opened: BinaryIO, public: set[bytes]
) -> None:
    index = 0
    for block in blocks(source, 0, source.seek(0, 2)):
        lines = block.splitlines()
        leaves.write(b"".join(leaf_hash(suite, line) for line in lines))
        if name != "excluded":
            for at, line in enumerate(lines, index):
                first, second, _ = line.split(b"\t", 2)
                if (b"%b\t%b" % (first, second) if name == "pool" else second) in public:
                    opened.write(b"%b\t%d\t%b\n" % (name.encode(), at, line))
        index += len(lines)
