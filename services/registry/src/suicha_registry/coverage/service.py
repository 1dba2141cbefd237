"""Which items of a list were drawn in a year, from what completed draws tell."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.events import DrawCompleted, DrawVoided

from suicha_registry.coverage.models import ItemDraw, VoidedDraw
from suicha_registry.coverage.schemas import CoveredItem, ListCoverage, Target
from suicha_registry.items.models import ItemList, ItemVersion
from suicha_registry.items.schemas import ListKind
from suicha_registry.rulesets import binding
from suicha_registry.rulesets.service import CHINA


async def note_draw(session: AsyncSession, event: DrawCompleted) -> None:
    """Keep for which items a draw was held."""
    year = event.completed_at.astimezone(CHINA).year
    rows = [
        {
            "round_id": event.round_id,
            "code": code,
            "org": event.org,
            "year": year,
            "draw_id": event.draw_id,
            "completed_at": event.completed_at,
        }
        for code in sorted({code for one in event.lists for code in one.items})
    ]
    if rows:
        await session.execute(insert(ItemDraw).values(rows).on_conflict_do_nothing())


async def note_voiding(session: AsyncSession, event: DrawVoided) -> None:
    """Keep that a draw does not stand; told before or after its completion, it covers nothing."""
    await session.execute(insert(VoidedDraw).values(round_id=event.round_id).on_conflict_do_nothing())


async def coverage(session: AsyncSession, org: str, year: int, kind: ListKind) -> ListCoverage:
    """Return how much of a body's list was drawn in a year: of the list as it stood when the year ended."""
    ended = datetime(year + 1, 1, 1, tzinfo=CHINA).astimezone(UTC)
    version = await session.scalar(
        select(ItemList)
        .where(ItemList.org == org, ItemList.kind == kind, ItemList.published_at < ended)
        .order_by(ItemList.version.desc())
        .limit(1)
    )
    codes = version.items if version else []
    drawn = {
        code: (count, last)
        for code, count, last in await session.execute(
            select(ItemDraw.code, func.count(), func.max(ItemDraw.draw_id))
            .where(
                ItemDraw.org == org,
                ItemDraw.year == year,
                ItemDraw.code.in_(codes),
                ItemDraw.round_id.not_in(select(VoidedDraw.round_id)),
            )
            .group_by(ItemDraw.code)
        )
    }
    names = await _names(session, org, codes)
    items = [
        CoveredItem(
            code=code,
            name=names.get(code, ""),
            draws=drawn[code][0] if code in drawn else 0,
            last_draw_id=drawn[code][1] if code in drawn else None,
        )
        for code in codes
    ]
    return ListCoverage(
        org=org,
        year=year,
        kind=kind,
        list_version=version.version if version else None,
        published=len(codes),
        drawn=len(drawn),
        coverage_bp=len(drawn) * 10_000 // len(codes) if codes else None,
        items=items,
        target=await _target(session, org),
    )


async def _names(session: AsyncSession, org: str, codes: list[str]) -> dict[str, str]:
    rows = await session.execute(
        select(ItemVersion.code, ItemVersion.content["name"].astext)
        .where(ItemVersion.org == org, ItemVersion.code.in_(codes))
        .order_by(ItemVersion.number)
    )
    return dict(rows.all())


async def _target(session: AsyncSession, org: str) -> Target | None:
    found = (await binding.of_organisation(session, org)).get("targets.item_coverage_bp")
    if found is None:
        return None
    return Target(bp=found.winner.value, clause=found.winner.clause, ruleset=found.winner.ruleset)
