"""Sealed rounds (RID/1 §2, §9): the lists stay with their keeper, who hands an enterprise its own salted line."""

import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.files import FileStore
from suicha_chassis.problems import NotFound

from suicha_draw.models import Round
from suicha_draw.rounds.child import DeedRefusedError, compute
from suicha_draw.rounds.context import INPUTS, file_name
from suicha_draw.rounds.store import expect, expect_published, expect_seeded, files_of


async def receipt_of_sealed(
    session: AsyncSession, files: FileStore, row: Round, object_id: str
) -> dict[str, Any]:
    """Return the receipt of one object, for an officer to hand to it; `rid1 receipt --check` reads it.

    Raises:
        Conflict: the round is not completed.
        PhysicalLots: the lots were drawn by hand.
        Embargoed: nobody learns yet whether they are drawn.
        NotFound: the object was in none of the lists.
    """
    expect(row, "completed")
    expect_seeded(row, "没有回执")
    expect_published(row)
    known = await files_of(session, row.id)
    with tempfile.TemporaryDirectory(prefix="suicha-draw-") as name:
        for kind in ("bundle", *INPUTS):
            await files.fetch(known[kind], Path(name) / file_name(kind))
        try:
            return await compute("receipt", _unheard, folder=name, object=object_id)
        except DeedRefusedError as error:
            raise NotFound(error.zh) from error


async def _unheard(step: str, done: int, total: int) -> None:
    """Nobody follows the progress of a receipt."""
