"""What a worker prepares once a round is completed: the way to everybody's receipt, and where its lists overlap.

Nothing that people wait for depends on it, so it comes after the event. Then the bundle is brought up to date.
"""

import tempfile
from pathlib import Path

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import outbox
from suicha_chassis.db import driver_connection
from suicha_chassis.scope import SYSTEM
from suicha_contracts.events import SavingsCounted

from suicha_draw.models import Overlap, Round
from suicha_draw.rounds.bundles import renew
from suicha_draw.rounds.child import compute
from suicha_draw.rounds.context import TSV, Work
from suicha_draw.rounds.quotas import quotas_of
from suicha_draw.rounds.saving import statistics_of
from suicha_draw.rounds.store import files_of, find_round, keep_file, physical, settings_of

RECEIPT_INDEX, REVEALS = "receipt_index", "reveals"
"""Kinds of files: where each block of the pool begins, and what the seed was made of."""

_CHUNK = 1 << 20
_STAGE = "CREATE TEMPORARY TABLE pooled (line text) ON COMMIT DROP"
# Neither sign occurs in a pool line, so that each comes in whole, salted or not.
_COPY = r"COPY pooled FROM STDIN (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')"
_COUNT = text(r"""
SELECT strata, count(*) AS objects FROM (
  SELECT array_agg(
    split_part(line, E'\t', 1) || '/' || split_part(line, E'\t', 3)
    ORDER BY split_part(line, E'\t', 1) COLLATE "C"
  ) AS strata
  FROM pooled GROUP BY split_part(line, E'\t', 2)
) AS objects GROUP BY strata
""")


async def after_completion(work: Work, row: Round) -> None:
    """Prepare receipts and statistics if that is not done yet, then bring the bundle up to date.

    Lots drawn by hand have none of these.
    """
    if physical(row):
        return
    async with work.db.session(SYSTEM) as session:
        known = await files_of(session, row.id)
    if RECEIPT_INDEX not in known:
        await _prepare(work, row)
    await renew(work, row)


async def _prepare(work: Work, row: Round) -> None:
    with tempfile.TemporaryDirectory(prefix="suicha-draw-") as name:
        folder = Path(name)
        await work.fetch_files(folder, "pool")
        told = await compute("index", work.progress, folder=str(folder), suite=settings_of(row).suite)
        index = await work.files.put_path(folder / "index.tsv", TSV, told["blocks"])
        reveals = await work.files.put((await work.reveals(row)).to_bytes(), "application/json")
        # Before the round is locked: people who wait to have somebody replaced do not wait for this.
        overlaps = await _overlaps(work, row, folder / "pool.tsv")
        async with work.db.transaction(SYSTEM) as session:
            await find_round(session, row.id, lock=True)
            if RECEIPT_INDEX in await files_of(session, row.id):
                return
            await session.execute(
                insert(Overlap),
                [{"round_id": row.id, "strata": strata, "objects": objects} for strata, objects in overlaps],
            )
            keep_file(session, row.id, RECEIPT_INDEX, index)
            keep_file(session, row.id, REVEALS, reveals)
            await _tell_savings(session, work, row)


async def _tell_savings(session: AsyncSession, work: Work, row: Round) -> None:
    """A round of one list shares no ticket with another, so there is nothing to tell."""
    found = await statistics_of(session, work.files, row)
    if found.lists == 1:
        return
    event = SavingsCounted(
        round_id=row.id, draw_id=row.draw_id, attempt=row.attempt, region=row.region, org=row.org,
        selected=found.selected, visits=found.visits, expected_visits_apart=found.expected_visits_apart,
        saved_by_sharing=found.saved_by_sharing,
    )  # fmt: skip
    await outbox.emit(session, event, about=row.draw_id)


async def _overlaps(work: Work, row: Round, pool: Path) -> list[tuple[list[str], int]]:
    """How many objects lie in just these strata together. Of one list the manifest says it."""
    async with work.db.session(SYSTEM) as session:
        if len(row.lists) == 1:
            specs = await quotas_of(session, work.files, row)
            return [([f"{li.code}/{st.code}"], st.n) for li in specs for st in li.strata if st.n]
        connection = await driver_connection(session)
        async with connection.cursor() as cursor:
            await cursor.execute(_STAGE)
            async with cursor.copy(_COPY) as copy:
                with pool.open("rb") as source:
                    while chunk := source.read(_CHUNK):
                        await copy.write(chunk)
        counted = await session.execute(_COUNT)
        return [(list(found.strata), found.objects) for found in counted]
