"""Endpoints of deliveries: what goes where, every attempt, retry, and reconciliation (X5)."""

from typing import Annotated
from uuid import UUID

from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import BadRequest, Conflict, Fault, Invalid, NotFound, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_disclosure.api.schemas import (
    DeliveryDetail,
    DeliveryView,
    ReconcileBody,
    ReconciliationsAsked,
    ReconciliationView,
)
from suicha_disclosure.api.views import delivery_detail, delivery_view, reconciliation_view
from suicha_disclosure.models import Delivery, DeliveryState, Reconciliation
from suicha_disclosure.service import deliveries, reconcile
from suicha_disclosure.service.publish import CREDIT_PLATFORM, PUBLIC_SITE

routes = router(prefix="/disclosure/v1", tags=["deliveries"])
_CHANNELS = (PUBLIC_SITE, CREDIT_PLATFORM)
_READ = requires(Permission.DISCLOSURE_READ, Permission.DELIVERY_OPERATE)


@routes.get("/deliveries", summary="推送列表", responses=problem_responses(BadRequest))
async def list_deliveries(
    session: Session,
    _: Annotated[Caller, _READ],
    state: DeliveryState | None = None,
    channel: str | None = None,
    disclosure_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[DeliveryView]:
    """Deliveries of the caller's scope, oldest first."""
    statement = select(Delivery)
    if state is not None:
        statement = statement.where(Delivery.state == state.value)
    if channel is not None:
        statement = statement.where(Delivery.channel == channel)
    if disclosure_id is not None:
        statement = statement.where(Delivery.disclosure_id == disclosure_id)
    return await page(session, statement, (Delivery.id,), delivery_view, limit=limit, cursor=cursor)


@routes.get("/deliveries/reconciliations", summary="核对记录", responses=problem_responses(BadRequest))
async def list_reconciliations(
    session: Session,
    _: Annotated[Caller, _READ],
    channel: str | None = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[ReconciliationView]:
    """Comparisons with what the channels hold, newest first. They hold counts only, of all regions."""
    statement = select(Reconciliation)
    if channel is not None:
        statement = statement.where(Reconciliation.channel == channel)
    return await page(
        session, statement, (Reconciliation.id,), reconciliation_view,
        limit=limit, cursor=cursor, descending=True,
    )  # fmt: skip


@routes.get("/deliveries/{delivery_id}", summary="推送详情", responses=problem_responses(NotFound))
async def read_delivery(delivery_id: UUID, session: Session, _: Annotated[Caller, _READ]) -> DeliveryDetail:
    """One delivery with every attempt: status, first 2 KB of the answer, milliseconds."""
    found = await session.scalar(select(Delivery).where(Delivery.id == delivery_id))
    if found is None:
        raise NotFound()
    return await delivery_detail(session, found)


@routes.post(
    "/deliveries/reconcile",
    status_code=202,
    summary="与各渠道核对（DATA_CHECK）",
    responses=problem_responses(Invalid),
)
async def reconcile_deliveries(
    body: ReconcileBody,
    session: Session,
    caller: Annotated[Caller, requires(Permission.DELIVERY_OPERATE)],
) -> ReconciliationsAsked:
    """Ask for a comparison with what the channels hold; what they lack is pushed again.

    Follow it under `/deliveries/reconciliations`.
    """
    unknown = [one for one in body.channels if one not in _CHANNELS]
    if unknown:
        faults = [
            Fault(where=f"body.channels.{one}", code="unknown_channel", message="没有这个渠道")
            for one in unknown
        ]
        raise Invalid("没有这个渠道：" + "、".join(unknown), faults=faults)
    asked = await reconcile.ask(session, caller, body.channels or list(_CHANNELS))
    return ReconciliationsAsked(items=[reconciliation_view(one) for one in asked])


@routes.post(
    "/deliveries/{delivery_id}/retry",
    summary="立即重新推送",
    responses=problem_responses(NotFound, Conflict),
)
async def retry_delivery(
    delivery_id: UUID,
    session: Session,
    _: Annotated[Caller, requires(Permission.DELIVERY_OPERATE)],
) -> DeliveryDetail:
    """Push again at once, also what the channel refused for good."""
    found = await session.scalar(select(Delivery).where(Delivery.id == delivery_id).with_for_update())
    if found is None:
        raise NotFound()
    await deliveries.retry(session, found)
    await session.flush()
    return await delivery_detail(session, found)
