"""Which ruleset version holds: the one that was named, or the newest in force on a day of China's calendar."""

from datetime import UTC, date, datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.effective import in_force
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import region_prefix

from suicha_draw.models import Plan, RulesetRow
from suicha_draw.plans.bounds import bounds_of
from suicha_draw.plans.schemas import PlanWarning
from suicha_draw.problems import RulesetElsewhere, RulesetUnknown
from suicha_draw.words import CHINA


def china_day(moment: datetime) -> date:
    """Return the day of a moment in China, where every effective date is meant."""
    return moment.astimezone(CHINA).date()


def china_today() -> date:
    """Return today in China."""
    return china_day(datetime.now(UTC))


def day_of(year: int) -> date:
    """Return the day whose rules a plan of a year is made under: today, or the first day of a year to come."""
    return max(china_today(), date(year, 1, 1))


async def ruleset_row(
    session: AsyncSession, ruleset_id: str, version: str = "", on: date | None = None
) -> RulesetRow:
    """Return a ruleset version; without a version, the newest one in force on a day, by default today in China.

    Raises:
        RulesetUnknown: registry has published no such version, or none is in force on that day.
    """
    wanted = select(RulesetRow).where(RulesetRow.id == ruleset_id)
    if version:
        wanted = wanted.where(RulesetRow.version == version)
    else:
        day = on or china_today()
        wanted = wanted.where(
            RulesetRow.effective_from <= day,
            or_(RulesetRow.effective_to.is_(None), RulesetRow.effective_to >= day),
        )
    rows = (await session.scalars(wanted)).all()
    if not rows:
        when = "" if version or on is None else f"，或没有在 {on} 有效的版本"
        raise RulesetUnknown(f"规则集“{ruleset_id}{'@' + version if version else ''}”不存在或尚未发布{when}")
    return max(rows, key=lambda row: (row.effective_from, [int(part) for part in row.version.split(".")]))


async def ruleset_for(
    session: AsyncSession, region: str, ruleset_id: str, version: str = "", on: date | None = None
) -> RulesetRow:
    """Return a ruleset version as `ruleset_row` does, for somebody of a region.

    Raises:
        RulesetUnknown: as for `ruleset_row`.
        RulesetElsewhere: it binds neither the region nor one above it.
    """
    rules = await ruleset_row(session, ruleset_id, version, on)
    where = str(rules.document["region"])
    if not region.startswith(region_prefix(where)):
        raise RulesetElsewhere(f"规则集“{rules.id}”适用于区划 {where}，本机构在区划 {region}")
    return rules


def version_warnings(named: RulesetRow, current: RulesetRow | None, day: date) -> list[PlanWarning]:
    """Warn where the version that a plan names is not the newest in force on its day. Pure."""
    if current is not None and current.version == named.version:
        return []
    if current is not None:
        text = f"计划依据 {named.id}@{named.version}，而 {day} 有效的版本是 {current.version}；草稿可以改用"
    else:
        text = f"计划依据 {named.id}@{named.version}，它在 {day} 已失效或尚未生效，也没有其他有效版本"
    return [PlanWarning(code="ruleset_not_in_force", message=text)]


async def others_binding(session: AsyncSession, plan: Plan, named: Ruleset) -> list[Ruleset]:
    """Return the rulesets beside the one that a plan names which bind its region on its day.

    Those of regions above bind everybody inside. Of several rulesets of one region each body has its own: the
    plan's own body's binds where the plan names one from above.
    """
    day, prefix = day_of(plan.year), region_prefix(plan.region)
    above = [prefix[:length].ljust(6, "0") for length in range(0, len(prefix), 2)]
    region = RulesetRow.document["region"].astext
    rows = await session.scalars(
        select(RulesetRow).where(
            RulesetRow.id != named.id,
            or_(region.in_(above), and_(region == plan.region, RulesetRow.id == plan.org)),
            RulesetRow.effective_from <= day,
            or_(RulesetRow.effective_to.is_(None), RulesetRow.effective_to >= day),
        )
    )
    found = in_force([Ruleset.model_validate(row.document) for row in rows], plan.region, day)
    return [one for one in found if one.region != plan.region or named.region != plan.region]


async def strictest(session: AsyncSession, plan: Plan, named: Ruleset) -> Ruleset:
    """Return the ruleset that a plan names with the strictest floor of all that bind it, for counted objects."""
    return bounds_of(named, await others_binding(session, plan, named)).applied_to(named)


async def issuer_of(session: AsyncSession, org: str) -> str:
    """Return the name under which a body issued the document of its own ruleset; empty where it has none."""
    rows = (await session.scalars(select(RulesetRow).where(RulesetRow.id == org))).all()
    newest = max(rows, key=lambda row: row.effective_from, default=None)
    return "" if newest is None else str(newest.document["document"]["issuer"])
