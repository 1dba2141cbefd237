"""What every step of the worker needs, and the few things that they all do."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from rid1.seed import MISSING, Reveals
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.db import Database, driver_connection
from suicha_chassis.files import FileStore
from suicha_chassis.scope import SYSTEM
from suicha_contracts.values import FileRef

from suicha_draw.ledger.signer import Signer
from suicha_draw.models import Round
from suicha_draw.registry_client import RegistryClient
from suicha_draw.rounds.store import contributors_of, files_of
from suicha_draw.rounds.watching import seconds, watched, written

TSV = "text/tab-separated-values"
INPUTS = ("pool", "excluded", "inspectors", "recusals")
RESULT_COLUMNS = "round_id, list_code, stratum, rank, kind, object_id, ticket"
MATCH_COLUMNS = "round_id, position, object_id, crew, unit, team, alternates"
"""Columns of the files that the child prepares for COPY."""

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Work:
    """One round in the hands of one worker."""

    db: Database
    files: FileStore
    registry: RegistryClient
    signer: Signer
    round_id: UUID

    async def progress(self, step: str, done: int, total: int) -> None:
        """Show how far the step is. Never part of a step's commit."""
        shown = {"step": step, "done": done, "total": total}
        async with self.db.transaction(SYSTEM) as session:
            await session.execute(update(Round).where(Round.id == self.round_id).values(progress=shown))

    async def fetch_files(self, folder: Path, *kinds: str) -> dict[str, FileRef]:
        """Copy files of the round into a folder under their canonical names; return all of its files."""
        async with self.db.session(SYSTEM) as session:
            known = await files_of(session, self.round_id)
        await self.fetch({folder / file_name(kind): known[kind] for kind in kinds})
        return known

    async def fetch(self, places: Mapping[Path, FileRef]) -> None:
        """Copy stored files to where they are wanted."""
        total = sum(ref.size for ref in places.values())
        async with watched(self.progress, "fetch", written(list(places)), total):
            await asyncio.gather(*(self.files.fetch(ref, path) for path, ref in places.items()))

    async def store(self, rows: Mapping[Path, int], media_type: str = TSV) -> list[FileRef]:
        """Store files with so many lines, in their order."""
        async with watched(self.progress, "store", seconds()):
            return await asyncio.gather(
                *(self.files.put_path(path, media_type, count) for path, count in rows.items())
            )

    async def reveals(self, row: Round) -> Reveals:
        """Return what was revealed and thrown."""
        async with self.db.session(SYSTEM) as session:
            parties = await contributors_of(session, row)
        return Reveals(
            {one.name: one.secret or MISSING for one in parties}, row.dice or MISSING,
            row.beacon or MISSING, row.beacon_signature,
        )  # fmt: skip


def file_name(kind: str) -> str:
    """Return the name of a round's file inside a bundle."""
    return {"manifest": "manifest.json", "bundle": "bundle.zip"}.get(kind, f"{kind}.tsv")


async def copy_in(session: AsyncSession, table: str, columns: str, path: Path) -> None:
    """COPY a prepared file into a table, inside the session's transaction."""
    connection = await driver_connection(session)
    async with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        with path.open("rb") as source:
            while chunk := source.read(_CHUNK):
                await copy.write(chunk)
