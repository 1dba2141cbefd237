"""How many of which stratum are drawn, for whoever asks: from the manifest, or where lots are drawn by hand from the
frozen lists, by the same rule (RID/1 §3)."""

from rid1.freeze import list_specs
from rid1.manifest import ListSpec
from rid1.manifest_reader import parse
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.files import FileStore

from suicha_draw.models import Round
from suicha_draw.rounds.rules import list_plans, stratum_sizes
from suicha_draw.rounds.store import files_of, frozen_of, lists_of, physical, settings_of


def frozen_quotas(row: Round) -> tuple[ListSpec, ...]:
    """Return the quotas of a frozen round whose lots are drawn by hand."""
    frozen = frozen_of(row)
    counts = {
        (one.code, stratum): size
        for one in lists_of(row)
        for stratum, size in stratum_sizes(frozen, one.code).items()
    }
    return list_specs(list_plans(lists_of(row), frozen), counts, settings_of(row).sub_bp)


async def quotas_of(session: AsyncSession, files: FileStore, row: Round) -> tuple[ListSpec, ...]:
    """Return the lists of a round with their quotas; none before they are fixed."""
    if physical(row):
        return frozen_quotas(row) if row.frozen is not None else ()
    known = await files_of(session, row.id)
    return parse(await files.read(known["manifest"])).lists if "manifest" in known else ()
