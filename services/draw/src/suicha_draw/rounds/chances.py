"""The chance of every object of a draw, as a number k/n beside the result (D9, D23)."""

from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.files import FileStore

from suicha_draw.conditions import fraction, percent_text
from suicha_draw.models import Round
from suicha_draw.rounds.quotas import quotas_of
from suicha_draw.rounds.schemas.kept import RoundList
from suicha_draw.rounds.schemas.outcomes import ListChances, StratumChance
from suicha_draw.rounds.store import lists_of


async def chances_of(session: AsyncSession, files: FileStore, row: Round) -> list[ListChances]:
    """Return the chances in every list of a round; none before its quotas are fixed."""
    lists: dict[str, RoundList] = {one.code: one for one in lists_of(row)}
    shown = []
    for spec in await quotas_of(session, files, row):
        one = lists[spec.code]
        reasons = {raised.stratum: raised.reason for raised in one.raises}
        strata = [
            StratumChance(
                code=stratum.code, name=one.stratum_name(stratum.code), reason=reasons.get(stratum.code, ""),
                n=stratum.n, k=stratum.k, m=stratum.m, probability=fraction(stratum.k, stratum.n),
                percent=percent_text(stratum.k, stratum.n),
            )
            for stratum in spec.strata
        ]  # fmt: skip
        shown.append(
            ListChances(
                list_code=spec.code, task_name=one.task_name, conditions=one.conditions,
                registry_count=spec.registry_count,
                excluded=spec.registry_count - sum(stratum.n for stratum in spec.strata), strata=strata,
            )
        )  # fmt: skip
    return shown
