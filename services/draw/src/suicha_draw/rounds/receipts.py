"""The receipt of one object of a completed, open round (RID/1 §9), from a few blocks of its files.

The pool may have ten million lines. Its index names where each block of lines begins and the block's Merkle root, so
a receipt reads one block and hashes the rest from the index: blocks are perfect subtrees of the pool's tree.
"""

import bisect
from dataclasses import dataclass
from typing import Any

from rid1 import jcs
from rid1.log import Entry
from rid1.manifest import Manifest
from rid1.manifest_reader import parse
from rid1.merkle import Tree, leaf_hash
from rid1.receipt import VERSION
from rid1.seed import target_key, ticket
from rid1.states import Event
from rid1.suites import Suite
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.files import FileStore
from suicha_chassis.problems import Conflict, NotFound
from suicha_contracts.values import FileRef

from suicha_draw.ledger import endorsements, tree
from suicha_draw.ledger import service as ledger
from suicha_draw.ledger.signer import Signer
from suicha_draw.models import ResultRow, Round
from suicha_draw.rounds.afterwards import RECEIPT_INDEX, REVEALS
from suicha_draw.rounds.store import expect_published, expect_seeded, files_of


@dataclass(frozen=True)
class _Block:
    """A run of pool lines: where it begins in the file, its Merkle root, and the key of its first line."""

    offset: int
    root: bytes
    first: bytes


async def receipt_of(
    session: AsyncSession, files: FileStore, signer: Signer, row: Round, object_id: str
) -> dict[str, Any]:
    """Return the receipt of an object, as `rid1 receipt --check` reads it.

    Raises:
        PhysicalLots: the lots were drawn by hand.
        Embargoed: nobody learns yet whether they are drawn.
        Conflict: the receipts are still being prepared.
        NotFound: the object is in none of the round's lists, or these are sealed.
    """
    expect_seeded(row, "没有回执")
    expect_published(row)
    known = await files_of(session, row.id)
    if RECEIPT_INDEX not in known:
        raise Conflict("回执正在准备，请稍后再试", state=row.state)
    data = await files.read(known["manifest"])
    manifest = parse(data)
    if manifest.disclosure != "open":
        raise NotFound("本次抽取的名单封存，不公开回执")
    assert row.seed is not None
    key = target_key(manifest.suite, row.seed)
    blocks, lines = await _index(files, known[RECEIPT_INDEX])
    places = []
    for spec in manifest.lists:
        place = await _place(files, known["pool"], manifest.suite, blocks, lines, spec.code, object_id)
        if place is not None:
            at = place["line"].split("\t")
            place |= {"ticket": ticket(manifest.suite, key, object_id)}
            place |= await _drawn(session, row, spec.code, at[2], object_id)
            places.append(place)
    if not places:
        raise NotFound("该对象不在本次抽取的任何名单中")
    return {
        "v": VERSION,
        "id": object_id,
        "manifest": data.decode(),
        "reveals": jcs.decode(await files.read(known[REVEALS])),
        "key_target": key,
        "places": places,
        "log": await _evidence(session, signer, row, manifest),
    }


async def _index(files: FileStore, ref: FileRef) -> tuple[list[_Block], int]:
    """Read the index: its first line tells how many lines a block has."""
    head, *rows = (await files.read(ref)).splitlines()
    parts = [line.split(b"\t", 2) for line in rows]
    return [_Block(int(offset), bytes.fromhex(root.decode()), first) for offset, root, first in parts], int(
        head
    )


async def _place(
    files: FileStore,
    pool: FileRef,
    suite: Suite,
    blocks: list[_Block],
    lines: int,
    list_code: str,
    object_id: str,
) -> dict[str, Any] | None:
    """Find the object's line in one list and prove it, reading one block of the pool."""
    wanted = f"{list_code}\t{object_id}\t".encode()
    number = bisect.bisect_right(blocks, wanted, key=lambda block: block.first) - 1
    if number < 0:
        return None
    end = blocks[number + 1].offset if number + 1 < len(blocks) else pool.size
    held = (await files.read_range(pool, blocks[number].offset, end)).splitlines()
    at = next((at for at, line in enumerate(held) if line.startswith(wanted)), None)
    if at is None:
        return None
    inside = Tree(suite, [leaf_hash(suite, line) for line in held]).path(at)
    outside = Tree(suite, [block.root for block in blocks]).path(number)
    return {
        "line": held[at].decode(),
        "index": number * lines + at,
        "path": [node.hex() for node in (*inside, *outside)],
    }


async def _drawn(
    session: AsyncSession, row: Round, list_code: str, stratum: str, object_id: str
) -> dict[str, Any]:
    own = [
        ResultRow.round_id == row.id, ResultRow.list_code == list_code, ResultRow.stratum == stratum,
    ]  # fmt: skip
    rank = await session.scalar(select(ResultRow.rank).where(*own, ResultRow.object_id == object_id))
    last = await session.execute(
        select(ResultRow.kind, func.max(ResultRow.ticket).label("cutoff"))
        .where(*own)
        .group_by(ResultRow.kind)
    )
    cutoffs = {row.kind: row.cutoff for row in last}
    return {"rank": rank, "cutoff": cutoffs.get("S"), "cutoff_substitutes": cutoffs.get("R")}


async def _evidence(session: AsyncSession, signer: Signer, row: Round, manifest: Manifest) -> dict[str, Any]:
    """The manifest's entry under the checkpoint with which the round was completed, cosignatures included."""
    entries = [one for one in await ledger.entries_of(session, row.draw_id) if one.attempt == row.attempt]
    (logged,) = (one for one in entries if one.event is Event.MANIFEST)
    size = _completion(entries).index + 1
    (path,) = await tree.inclusion(session, [logged.index], size)
    return {
        "entry": logged.line.decode(),
        "path": [node.hex() for node in path],
        "checkpoint": await endorsements.checkpoint(session, signer, size),
    }


def _completion(entries: list[Entry]) -> Entry:
    return next(one for one in entries if one.event is Event.COMPLETED)
