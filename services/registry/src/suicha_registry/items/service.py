"""Keeping and publishing the list of matters."""

from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit, outbox
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Fault, Invalid, NotFound
from suicha_contracts.events import ItemListPublished

from suicha_registry import edits
from suicha_registry.forms import service as forms
from suicha_registry.items.models import Item, ItemList
from suicha_registry.items.schemas import ItemBody, ItemPatch, LegalReview
from suicha_registry.organisations import service as organisations
from suicha_registry.problems import NoForm, NoLegalBasis
from suicha_registry.rulesets.service import today


async def create(session: AsyncSession, caller: Caller, body: ItemBody) -> Item:
    """Add an item, as a draft, to the list of the caller's organisation.

    Raises:
        OrganisationUnknown: the caller's organisation is not registered.
        DepartmentUnknown: it has no such department.
        Exists: the code is taken.
    """
    organisation = await organisations.known(session, caller.org)
    if body.department:
        organisations.check_department(organisation, body.department)
    row = Item(**body.model_dump(), org=organisation.code, region=organisation.region)
    await organisations.add_new(session, row, f"事项编码 {body.code} 已存在")
    await audit.record(session, "create", "item", row.id, after=body.model_dump(mode="json"))
    return row


async def find(session: AsyncSession, item_id: UUID) -> Item:
    """Return an item inside the session's scope.

    Raises:
        NotFound: there is none.
    """
    row = await session.scalar(select(Item).where(Item.id == item_id))
    if row is None:
        raise NotFound("事项不存在，或不在您的管辖范围内")
    return row


async def edit(session: AsyncSession, row: Item, patch: ItemPatch) -> None:
    """Change an item. A published item that changes is a draft again until it is reviewed (S2 Art. 5)."""
    before, after = edits.apply(row, patch)
    if after:
        row.published_at, row.reviewed_on, row.reviewed_by = None, None, ""
        await session.flush()
        await audit.record(session, "edit", "item", row.id, before=before, after=after)


async def publish(session: AsyncSession, caller: Caller, row: Item, review: LegalReview) -> None:
    """Publish a reviewed item and with it a new version of the list.

    Raises:
        NoLegalBasis: no law allows this inspection (S0 二).
        NoForm: its form has no published version.
        Invalid: the review is dated in the future.
    """
    _check_review(review.reviewed_on)
    if not row.basis:
        raise NoLegalBasis(
            f"事项 {row.code}“{row.name}”没有执法依据，不得公布",
            faults=[Fault(where=row.code, code=NoLegalBasis.code, message="没有执法依据")],
        )
    if row.form_code not in await forms.newest_published(session, row.org, [row.form_code]):
        raise NoForm(
            f"事项 {row.code}“{row.name}”的检查表单“{row.form_code}”没有已发布的版本",
            faults=[Fault(where=row.code, code=NoForm.code, message="没有已发布的检查表单")],
        )
    if row.published_at is not None:
        return
    row.reviewed_by, row.reviewed_on = review.reviewed_by, review.reviewed_on
    row.published_at = datetime.now(UTC)
    await session.flush()
    await _publish_list(session, caller, row.org, row.region)
    await audit.record(
        session, "publish", "item", row.id, after={"code": row.code} | review.model_dump(mode="json")
    )


def _check_review(day: date) -> None:
    if day > today():
        raise Invalid(
            "核准日期不能晚于今天",
            faults=[Fault(where="body.reviewed_on", code="future", message="核准日期不能晚于今天")],
        )


async def _publish_list(session: AsyncSession, caller: Caller, org: str, region: str) -> None:
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:org, 3))"), {"org": org})
    newest = await session.scalar(select(func.max(ItemList.version)).where(ItemList.org == org))
    codes = (
        await session.scalars(
            select(Item.code).where(Item.org == org, Item.published_at.is_not(None)).order_by(Item.code)
        )
    ).all()
    published = ItemList(
        org=org,
        version=(newest or 0) + 1,
        region=region,
        items=list(codes),
        published_by=caller.subject,
        published_at=datetime.now(UTC),
    )
    session.add(published)
    event = ItemListPublished(
        org=org,
        region=region,
        version=published.version,
        items=list(codes),
        published_at=published.published_at,
    )
    await outbox.emit(session, event, about=org)
