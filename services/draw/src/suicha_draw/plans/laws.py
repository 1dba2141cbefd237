"""What a law prescribes for an item, in the place of what a ruleset says (P8, P17; S0 三（二）, S3 Art. 4).

A ruleset's floor and frequency are for matters of which "法律法规规章没有规定". Where a law fixes them for an item,
the law's values stand instead: a task whose law asks for 2 % needs no 5 %, one whose law asks for 20 % needs 20 %.
A task of several items obeys the strictest of what binds each.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.clause import Clause, Level
from suicha_contracts.events import ItemLaw
from suicha_contracts.ruleset import Frequency, Ruleset

from suicha_draw.models import ItemListRow


def under_law(ruleset: Ruleset, items: Iterable[str], laws: Mapping[str, ItemLaw]) -> Ruleset:
    """Return the ruleset as it binds a task of these items: floor and frequency from law where a law fixes them."""
    wanted = sorted(set(items))
    if not laws.keys() & set(wanted):
        return ruleset
    frequencies = [law_frequency(laws.get(item)) or ruleset.selection.frequency for item in wanted]
    selection = ruleset.selection.model_copy(
        update={
            "floor_bp": floor_under_law(ruleset.selection.floor_bp, wanted, laws),
            "frequency": min(frequencies, key=lambda one: _most(one.value)),
        }
    )
    return ruleset.model_copy(update={"selection": selection})


def floor_under_law(floor: Clause[int], items: Iterable[str], laws: Mapping[str, ItemLaw]) -> Clause[int]:
    """Return the strictest floor of the items: a law's where it fixes one, else the one given."""
    return max((_floor(floor, laws.get(item)) for item in sorted(set(items))), key=lambda one: one.value)


def _floor(floor: Clause[int], law: ItemLaw | None) -> Clause[int]:
    if law is None or law.ratio_bp is None:
        return floor
    return Clause[int](value=law.ratio_bp, clause=law.ratio_clause, level=Level.LAW)


def law_frequency(law: ItemLaw | None) -> Clause[Frequency] | None:
    """Return the frequency that a law fixes, None where it fixes none."""
    if law is None or (law.frequency_minimum is None and law.frequency_maximum is None):
        return None
    value = Frequency(minimum=law.frequency_minimum, maximum=law.frequency_maximum)
    return Clause[Frequency](value=value, clause=law.frequency_clause, level=Level.LAW)


def frequencies_by_law(items: Iterable[str], laws: Mapping[str, ItemLaw]) -> dict[str, Clause[Frequency]]:
    """Return the frequency of every item for which a law fixes one, by code."""
    found = ((item, law_frequency(laws.get(item))) for item in sorted(set(items)))
    return {item: frequency for item, frequency in found if frequency is not None}


def _most(frequency: Frequency) -> float:
    return float("inf") if frequency.maximum is None else frequency.maximum


async def laws_of(session: AsyncSession, org: str) -> dict[str, ItemLaw]:
    """Return what laws prescribe for the items of a body, by code, as its newest lists say."""
    newest = (
        select(ItemListRow)
        .where(ItemListRow.org == org)
        .ext(distinct_on(ItemListRow.kind))
        .order_by(ItemListRow.kind, ItemListRow.version.desc())
    )
    laws = [ItemLaw.model_validate(law) for row in await session.scalars(newest) for law in row.laws]
    return {law.code: law for law in laws}
