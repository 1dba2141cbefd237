"""Which published rulesets bind a region or an organisation on a day."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.effective import Effective, in_force, resolve
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import region_prefix

from suicha_registry.rulesets.models import RulesetVersion
from suicha_registry.rulesets.service import today


async def binding(session: AsyncSession, region: str, on: date, org: str = "") -> list[Ruleset]:
    """Return the rulesets that bind a region on a day, the nearest first.

    Several bodies of one region each have rules of their own: with an organisation, only its own ruleset counts
    among those of its region (the one whose id is the organisation's code, where there is one), and all above.
    """
    prefix = region_prefix(region)
    above = {f"{prefix[:length].ljust(6, '0')}" for length in range(2, len(prefix) + 1, 2)}
    rows = await session.scalars(
        select(RulesetVersion).where(
            RulesetVersion.region.in_(above),
            RulesetVersion.effective_from <= on,
            (RulesetVersion.effective_to.is_(None)) | (RulesetVersion.effective_to >= on),
        )
    )
    found = in_force([Ruleset.model_validate(row.document) for row in rows], region, on)
    return _of_body(found, region, org)


def _of_body(found: Iterable[Ruleset], region: str, org: str) -> list[Ruleset]:
    rules = list(found)
    if not any(one.id == org and one.region == region for one in rules):
        return rules
    return [one for one in rules if one.id == org or one.region != region]


async def of_organisation(session: AsyncSession, org: str, on: date | None = None) -> dict[str, Effective]:
    """Return what holds for an organisation, whose code begins with its region."""
    return resolve(await binding(session, org[:6], on or today(), org))
