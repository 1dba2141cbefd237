"""Published versions of items and of the lists that they stand on (S2 Art. 5; S3 Art. 2). Nothing is overwritten."""

from datetime import UTC, datetime

from sqlalchemy import any_, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import outbox
from suicha_chassis.auth import Caller
from suicha_contracts.events import ItemLaw, ItemListPublished

from suicha_registry.items.models import Item, ItemList, ItemVersion
from suicha_registry.items.schemas import ItemBody, ListKind


async def newest_version(session: AsyncSession, org: str, code: str) -> ItemVersion | None:
    """Return what a body last published of an item, or None."""
    return await session.scalar(
        select(ItemVersion)
        .where(ItemVersion.org == org, ItemVersion.code == code)
        .order_by(ItemVersion.number.desc())
        .limit(1)
    )


async def publish(session: AsyncSession, caller: Caller, row: Item) -> None:
    """Keep what an item says now, or that it was retired, and publish the lists that this changes."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:org, 3))"), {"org": row.org})
    before = await newest_version(session, row.org, row.code)
    content = {name: getattr(row, name) for name in ItemBody.model_fields}
    session.add(
        ItemVersion(
            org=row.org,
            code=row.code,
            number=before.number + 1 if before else 1,
            region=row.region,
            content=ItemBody.model_validate(content).model_dump(mode="json"),
            retired=row.retired_at is not None,
            reviewed_by=row.reviewed_by,
            reviewed_on=row.reviewed_on,
            review_method=row.review_method,
            review_document=row.review_document,
            review_sha256=row.review_sha256,
            published_at=datetime.now(UTC),
        )
    )
    left = before.content["lists"] if before and not before.retired else []
    for kind in ListKind:
        if kind in row.lists or kind in left:
            await _publish_list(session, caller, row.org, row.region, kind)


async def _publish_list(session: AsyncSession, caller: Caller, org: str, region: str, kind: ListKind) -> None:
    newest = await session.scalar(
        select(func.max(ItemList.version)).where(ItemList.org == org, ItemList.kind == kind)
    )
    rows = (
        await session.scalars(
            select(Item)
            .where(Item.org == org, Item.published_at.is_not(None), literal(kind.value) == any_(Item.lists))
            .order_by(Item.code)
        )
    ).all()
    published = ItemList(
        org=org,
        kind=kind,
        version=(newest or 0) + 1,
        region=region,
        items=[row.code for row in rows],
        published_by=caller.subject,
        published_at=datetime.now(UTC),
    )
    session.add(published)
    event = ItemListPublished(
        org=org,
        region=region,
        version=published.version,
        items=published.items,
        published_at=published.published_at,
        kind=kind,
        laws=[law for law in map(law_of, rows) if law is not None],
    )
    await outbox.emit(session, event, about=org)


def law_of(row: Item) -> ItemLaw | None:
    """Return what a law itself prescribes for an item (P8, P17), or None."""
    ratio, frequency = row.legal_ratio, row.legal_frequency
    if ratio is None and frequency is None:
        return None
    return ItemLaw(
        code=row.code,
        ratio_bp=ratio["bp"] if ratio else None,
        ratio_clause=f"《{ratio['law']['law']}》{ratio['law']['articles']}" if ratio else "",
        frequency_minimum=frequency["minimum"] if frequency else None,
        frequency_maximum=frequency["maximum"] if frequency else None,
        frequency_clause=f"《{frequency['law']['law']}》{frequency['law']['articles']}" if frequency else "",
    )
