"""The proof bundle of a completed round (RID/1 §9), written again when more belongs in it; earlier ones stay.

A bundle ends with the newest entry of its draw, and its checkpoint is that of the log just after this entry. So the
same entries and the same endorsements give the same bytes, whoever writes them.
"""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rid1.log import Entry
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import outbox
from suicha_chassis.scope import SYSTEM
from suicha_contracts.events import BundleRewritten
from suicha_contracts.values import FileRef

from suicha_draw.ledger import endorsements, tree
from suicha_draw.ledger import service as ledger
from suicha_draw.models import Document, LogEntry, Round, RoundFile
from suicha_draw.rounds.child import compute
from suicha_draw.rounds.context import INPUTS, Work
from suicha_draw.rounds.store import find_round, keep_file, queue_work


async def write_bundle(work: Work, row: Round) -> tuple[FileRef, Document]:
    """Write the bundle as it is due now; return the file and what it covers."""
    with tempfile.TemporaryDirectory(prefix="suicha-draw-") as name:
        folder = Path(name)
        await work.fetch_files(folder, "manifest", *INPUTS, "result", "match")
        (folder / "reveals.json").write_bytes((await work.reveals(row)).to_bytes())
        covers = await _write_log_evidence(work, row, folder)
        await compute("bundle", work.progress, folder=str(folder))
        return await work.files.put_path(folder / "bundle.zip", "application/zip"), covers


async def _write_log_evidence(work: Work, row: Round, folder: Path) -> Document:
    """Put the draw's entries, their proofs, the checkpoint and its timestamps into log.json."""
    async with work.db.session(SYSTEM) as session:
        entries = await ledger.entries_of(session, row.draw_id)
        covers = await _due(session, entries)
        size = covers["size"]
        paths = await tree.inclusion(session, [entry.index for entry in entries], size)
        evidence = {
            "entries": [entry.line.decode() for entry in entries],
            "paths": [[node.hex() for node in path] for path in paths],
            "checkpoint": await endorsements.checkpoint(session, work.signer, size),
            "timestamps": [
                one.response.hex()
                for one in (await endorsements.timestamps_of(session, size))[: covers["timestamps"]]
            ],
        }
    (folder / "log.json").write_text(json.dumps(evidence))
    return covers


async def _due(session: AsyncSession, entries: Sequence[Entry]) -> Document:
    return dict(await endorsements.endorsed(session, entries[-1].index + 1))


async def renew(work: Work, row: Round) -> None:
    """Write the next version of a completed round's bundle if more belongs in it, and tell everybody."""
    async with work.db.session(SYSTEM) as session:
        last = await newest(session, row)
        due = await _due(session, await ledger.entries_of(session, row.draw_id))
    if last.covers == due:
        return
    bundle, covers = await write_bundle(work, row)
    async with work.db.transaction(SYSTEM) as session:
        current = await find_round(session, row.id, lock=True)
        now = await newest(session, row)
        if current.state != "completed" or now.version != last.version:
            return
        keep_file(session, row.id, "bundle", bundle, now.version + 1, covers)
        entries = await ledger.entries_of(session, row.draw_id)
        event = BundleRewritten(
            round_id=row.id, draw_id=row.draw_id, attempt=row.attempt, region=row.region, org=row.org,
            version=now.version + 1, bundle=bundle, entries_until=ledger.moment_of(entries[-1]),
        )  # fmt: skip
        await outbox.emit(session, event, about=row.draw_id)


async def newest(session: AsyncSession, row: Round) -> RoundFile:
    """Return the newest bundle of a completed round."""
    return (await versions(session, row))[-1]


async def versions(session: AsyncSession, row: Round) -> Sequence[RoundFile]:
    """Return all bundles of a round, oldest first."""
    found = await session.scalars(
        select(RoundFile)
        .where(RoundFile.round_id == row.id, RoundFile.kind == "bundle")
        .order_by(RoundFile.version)
    )
    return found.all()


async def renew_those_of(session: AsyncSession, size: int) -> None:
    """Queue the completed round whose bundle ends with the checkpoint of this size, if there is one."""
    entry = await session.get(LogEntry, size - 1)
    if entry is None:
        return
    row = await session.scalar(
        select(Round).where(
            Round.draw_id == entry.draw_id, Round.attempt == entry.attempt, Round.state == "completed"
        )
    )
    if row is not None:
        await queue_work(session, row)
