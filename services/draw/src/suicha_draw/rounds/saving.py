"""Reading what `statistics` needs: quotas from the manifest, overlaps from what was counted after the draw."""

from rid1.manifest_reader import parse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.files import FileStore
from suicha_chassis.problems import Conflict

from suicha_draw.models import Overlap, Round
from suicha_draw.rounds.schemas.views import RoundStatistics
from suicha_draw.rounds.statistics import hundredths, savings
from suicha_draw.rounds.store import expect, expect_seeded, files_of


async def statistics_of(session: AsyncSession, files: FileStore, row: Round) -> RoundStatistics:
    """Return what a completed round saved by sharing its tickets.

    Raises:
        PhysicalLots: the lots were drawn by hand, so no tickets were shared.
        Conflict: the round is not completed, or its overlaps are still being counted.
    """
    expect(row, "completed")
    expect_seeded(row, "没有共用的签号可供统计")
    counted = select(Overlap.strata, Overlap.objects).where(Overlap.round_id == row.id)
    overlaps = [(row.strata, row.objects) for row in await session.execute(counted)]
    if not overlaps:
        raise Conflict("统计正在准备，请稍后再试", state=row.state)
    manifest = parse(await files.read((await files_of(session, row.id))["manifest"]))
    quotas = {f"{spec.code}/{st.code}": (st.k, st.n) for spec in manifest.lists for st in spec.strata if st.n}
    assert row.visits is not None
    found = savings(quotas, overlaps, row.visits)
    return RoundStatistics(
        draw_id=row.draw_id, attempt=row.attempt, lists=len(manifest.lists), selected=found.selected,
        visits=found.visits, saved=found.saved,
        saved_bp=found.saved * 10_000 // found.selected if found.selected else 0,
        expected_visits_apart=hundredths(found.expected_apart),
        saved_by_sharing=hundredths(found.saved_by_sharing),
    )  # fmt: skip
