"""Claiming items of superior lists, and following what becomes of them there (S1 二（一）认领)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, NotFound
from suicha_contracts.values import region_prefix

from suicha_registry.claims.models import ItemClaim
from suicha_registry.claims.schemas import (
    ClaimBody,
    ClaimState,
    DeclineBody,
    Pending,
    SuperiorItem,
)
from suicha_registry.items import service as items
from suicha_registry.items.models import Item, ItemVersion
from suicha_registry.items.schemas import ItemBody

OWN = frozenset({"code", "body", "department", "ratio_bp", "frequency", "form_code", "source"})
"""What a lower body decides for itself; everything else follows the superior item."""


def regions_above(region: str) -> list[str]:
    """Return the divisions that a division lies in, nearest first: 410482 → 410400, 410000."""
    above = [f"{region[:4]}00", f"{region[:2]}0000"]
    return [one for one in above if region_prefix(one) != region_prefix(region)]


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return the fields that a follower would have to take over."""
    return sorted(
        name for name in old.keys() | new.keys() if name not in OWN and old.get(name) != new.get(name)
    )


def newest_above(region: str) -> Any:
    """Return the select of the newest published version of every item of the lists above a region."""
    newest = (
        select(ItemVersion.org, ItemVersion.code, func.max(ItemVersion.number).label("number"))
        .where(ItemVersion.region.in_(regions_above(region)))
        .group_by(ItemVersion.org, ItemVersion.code)
        .subquery()
    )
    return select(ItemVersion).join(
        newest,
        and_(
            ItemVersion.org == newest.c.org,
            ItemVersion.code == newest.c.code,
            ItemVersion.number == newest.c.number,
        ),
    )


def with_state(wanted: Any, org: str, state: ClaimState | None, pending: bool | None) -> Any:
    """Join the claims of a body, and narrow the select to a state or to what waits for a decision.

    A retired item is shown only to those who have claimed it.
    """
    wanted = wanted.outerjoin(
        ItemClaim,
        and_(
            ItemClaim.org == org,
            ItemClaim.superior_org == ItemVersion.org,
            ItemClaim.superior_code == ItemVersion.code,
        ),
    )
    claimed = ItemClaim.state == ClaimState.CLAIMED
    wanted = wanted.where(or_(ItemVersion.retired.is_(False), claimed))
    if state is ClaimState.OPEN:
        wanted = wanted.where(ItemClaim.id.is_(None))
    elif state is not None:
        wanted = wanted.where(ItemClaim.state == state)
    if pending is True:
        wanted = wanted.where(claimed, ItemClaim.number < ItemVersion.number)
    elif pending is False:
        wanted = wanted.where(or_(ItemClaim.id.is_(None), ~claimed, ItemClaim.number == ItemVersion.number))
    return wanted


async def shown(session: AsyncSession, caller: Caller, rows: Sequence[ItemVersion]) -> list[SuperiorItem]:
    """Show superior items with the claims of the caller's body."""
    keys = [(row.org, row.code) for row in rows]
    claims = {
        (one.superior_org, one.superior_code): one
        for one in await session.scalars(
            select(ItemClaim).where(
                ItemClaim.org == caller.org,
                tuple_(ItemClaim.superior_org, ItemClaim.superior_code).in_(keys),
            )
        )
    }
    followed = [(key[0], key[1], one.number) for key, one in claims.items()]
    old = {
        (one.org, one.code): one.content
        for one in await session.scalars(
            select(ItemVersion).where(
                tuple_(ItemVersion.org, ItemVersion.code, ItemVersion.number).in_(followed)
            )
        )
    }
    return [_shown(row, claims.get((row.org, row.code)), old.get((row.org, row.code))) for row in rows]


def _shown(row: ItemVersion, claim: ItemClaim | None, old: dict[str, Any] | None) -> SuperiorItem:
    follows = claim is not None and claim.state == ClaimState.CLAIMED
    pending = None
    if claim is not None and follows and claim.number < row.number:
        pending = Pending.RETIRED if row.retired else Pending.CHANGED
    return SuperiorItem(
        superior_org=row.org,
        superior_code=row.code,
        number=row.number,
        item=ItemBody.model_validate(row.content),
        state=ClaimState(claim.state) if claim else ClaimState.OPEN,
        claim_id=claim.id if claim else None,
        item_id=claim.item_id if claim else None,
        claimed_number=claim.number if claim else None,
        pending=pending,
        changes=differences(old, row.content) if pending is Pending.CHANGED and old else [],
        reason=claim.reason if claim else "",
        version=claim.version if claim else None,
    )


async def superior(session: AsyncSession, caller: Caller, org: str, code: str) -> ItemVersion:
    """Return the newest published version of an item of a list above the caller's.

    Raises:
        NotFound: no body above has published such an item.
    """
    row: ItemVersion | None = await session.scalar(
        newest_above(caller.region).where(ItemVersion.org == org, ItemVersion.code == code)
    )
    if row is None:
        raise NotFound(f"上级清单中没有事项 {org} {code}")
    return row


async def _claim_of(session: AsyncSession, caller: Caller, row: ItemVersion) -> ItemClaim | None:
    return await session.scalar(
        select(ItemClaim)
        .where(
            ItemClaim.org == caller.org,
            ItemClaim.superior_org == row.org,
            ItemClaim.superior_code == row.code,
        )
        .with_for_update()
    )


async def claim(session: AsyncSession, caller: Caller, body: ClaimBody) -> tuple[ItemVersion, ItemClaim]:
    """Claim an item: a draft of the own list is made of it, to be reviewed and published like any other.

    Raises:
        NotFound: no body above has published it.
        Conflict: it is claimed already, or was retired above.
        Exists: the own list has another item of this code.
        OrganisationUnknown, DepartmentUnknown: see `items.service.create`.
    """
    row = await superior(session, caller, body.superior_org, body.superior_code)
    if row.retired:
        raise Conflict("上级已取消该事项，不能认领", state="retired")
    known = await _claim_of(session, caller, row)
    if known is not None and known.state == ClaimState.CLAIMED:
        raise Conflict("该事项已经认领", state=known.state)
    if known is not None and known.item_id is not None:
        item = await items.find(session, known.item_id)
        await items.check_department(session, item.org, body.department)
        item.department = body.department or item.department
        await _follow(session, caller, item, row)
    else:
        content = row.content | {
            "code": body.code or row.code,
            "body": "",
            "department": body.department or "",
            "source": f"认领自 {row.org} {row.code}",
        }
        item = await items.create(session, caller, ItemBody.model_validate(content))
    kept = known or _new(caller, item.region, row)
    kept.state, kept.number, kept.item_id = ClaimState.CLAIMED, row.number, item.id
    kept.reason, kept.decided_by = "", caller.subject
    await _keep(session, kept, "claim")
    return row, kept


async def decline(session: AsyncSession, caller: Caller, body: DeclineBody) -> tuple[ItemVersion, ItemClaim]:
    """Say that an item is no power of this body.

    Raises:
        NotFound: no body above has published it.
        Conflict: it is claimed; the claim has to be withdrawn.
    """
    row = await superior(session, caller, body.superior_org, body.superior_code)
    known = await _claim_of(session, caller, row)
    if known is not None and known.state == ClaimState.CLAIMED:
        raise Conflict("该事项已经认领，请先撤回认领", state=known.state)
    kept = known or _new(caller, caller.region, row)
    kept.state, kept.number, kept.reason = ClaimState.DECLINED, row.number, body.reason
    kept.decided_by = caller.subject
    await _keep(session, kept, "decline", body.reason)
    return row, kept


async def follow(session: AsyncSession, caller: Caller, claim_id: UUID) -> tuple[ItemVersion, ItemClaim]:
    """Take over what the superior changed: the own item becomes a draft again, or is retired as it was above.

    Raises:
        NotFound: there is no such claim.
        Conflict: nothing is pending.
    """
    kept = await find(session, claim_id)
    row = await superior(session, caller, kept.superior_org, kept.superior_code)
    if kept.state != ClaimState.CLAIMED or kept.item_id is None or kept.number == row.number:
        raise Conflict("没有待跟进的上级变更", state=kept.state)
    item = await items.find(session, kept.item_id)
    kept.number, kept.decided_by = row.number, caller.subject
    if row.retired:
        await _give_up(session, caller, item, "上级已取消该事项")
        kept.state, kept.reason = ClaimState.WITHDRAWN, "上级已取消该事项"
    else:
        await _follow(session, caller, item, row)
    await _keep(session, kept, "follow")
    return row, kept


async def withdraw(
    session: AsyncSession, caller: Caller, claim_id: UUID, reason: str
) -> tuple[ItemVersion, ItemClaim]:
    """Give a claim up; the own item leaves the list.

    Raises:
        NotFound: there is no such claim.
        Conflict: it is not claimed.
    """
    kept = await find(session, claim_id)
    if kept.state != ClaimState.CLAIMED or kept.item_id is None:
        raise Conflict("该事项没有认领", state=kept.state)
    row = await superior(session, caller, kept.superior_org, kept.superior_code)
    await _give_up(session, caller, await items.find(session, kept.item_id), reason)
    kept.state, kept.reason, kept.decided_by = ClaimState.WITHDRAWN, reason, caller.subject
    await _keep(session, kept, "withdraw", reason)
    return row, kept


async def find(session: AsyncSession, claim_id: UUID) -> ItemClaim:
    """Return a claim inside the session's scope, locked.

    Raises:
        NotFound: there is none.
    """
    row = await session.scalar(select(ItemClaim).where(ItemClaim.id == claim_id).with_for_update())
    if row is None:
        raise NotFound("没有这项认领，或不在您的管辖范围内")
    return row


def _new(caller: Caller, region: str, row: ItemVersion) -> ItemClaim:
    return ItemClaim(
        org=caller.org, region=region, superior_org=row.org, superior_code=row.code, number=row.number
    )


async def _keep(session: AsyncSession, kept: ItemClaim, deed: str, reason: str = "") -> None:
    session.add(kept)
    await session.flush()
    after = {
        "superior": f"{kept.superior_org} {kept.superior_code}",
        "number": kept.number,
        "state": kept.state,
    }
    await audit.record(session, deed, "item_claim", kept.id, after=after, reason=reason)


async def _follow(session: AsyncSession, caller: Caller, item: Item, row: ItemVersion) -> None:
    for name, value in row.content.items():
        if name not in OWN:
            setattr(item, name, value)
    await items.made_draft(session, caller, item)


async def _give_up(session: AsyncSession, caller: Caller, item: Item, reason: str) -> None:
    """Retire the own item where it was published; a draft that nobody ever saw stays one."""
    if item.published_at is not None:
        await items.retire(session, caller, item, reason)
