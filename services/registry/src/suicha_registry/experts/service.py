"""Keeping the expert pool and telling those who attach experts to visits."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit, outbox
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Fault, Invalid, NotFound
from suicha_contracts.events import ExpertRegistered

from suicha_registry import edits
from suicha_registry.experts.models import Expert
from suicha_registry.experts.schemas import ExpertBody, ExpertPatch, ExpertState
from suicha_registry.organisations import service as organisations


async def create(session: AsyncSession, caller: Caller, body: ExpertBody) -> Expert:
    """Add an expert or institution to the pool of the caller's organisation.

    Raises:
        OrganisationUnknown: the caller's organisation is not registered.
        Exists: the code is taken.
    """
    organisation = await organisations.known(session, caller.org)
    fields = body.model_dump() | {"credit_code": body.credit_code or ""}
    row = Expert(**fields, org=organisation.code, region=organisation.region)
    await organisations.add_new(session, row, f"专家库编号 {body.code} 已存在")
    await audit.record(session, "create", "expert", row.code, after=body.model_dump(mode="json"))
    await _tell(session, row)
    return row


async def find(session: AsyncSession, code: str) -> Expert:
    """Return an entry inside the session's scope.

    Raises:
        NotFound: there is none.
    """
    row = await session.scalar(select(Expert).where(Expert.code == code))
    if row is None:
        raise NotFound(f"专家库没有 {code}，或不在您的管辖范围内")
    return row


async def edit(session: AsyncSession, row: Expert, patch: ExpertPatch) -> None:
    """Change an entry.

    Raises:
        Invalid: its days would be in the wrong order.
    """
    before, after = edits.apply(row, patch)
    if row.valid_until < row.valid_from:
        fault = Fault(where="body.valid_until", code="order", message="有效期止早于有效期起")
        raise Invalid("有效期止早于有效期起", faults=[fault])
    await session.flush()
    if after:
        await audit.record(session, "edit", "expert", row.code, before=before, after=after)
        await _tell(session, row)


async def _tell(session: AsyncSession, row: Expert) -> None:
    event = ExpertRegistered(
        org=row.org,
        region=row.region,
        code=row.code,
        name=row.name,
        kind=row.kind,
        institution=row.institution,
        tags=row.tags,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        active=row.state == ExpertState.ACTIVE,
        confidential_since=row.confidential_since,
        conflicts=row.conflicts,
        version=row.version,
    )
    await outbox.emit(session, event, about=row.org)
