"""Keeping inspectors and recusals."""

from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Fault, NotFound

from suicha_registry import edits
from suicha_registry.inspectors.identity import Vault, masked
from suicha_registry.inspectors.models import Inspector, Recusal
from suicha_registry.inspectors.same_address import normalised
from suicha_registry.inspectors.schemas import InspectorBody, InspectorPatch, InspectorState, RecusalBody
from suicha_registry.organisations import service as organisations
from suicha_registry.problems import LicenceExpired
from suicha_registry.rulesets.service import today


def row_of(body: InspectorBody, org: str, region: str, crew: str, vault: Vault) -> Inspector:
    """Make a row; the identity number only in sealed and masked form."""
    fields = body.model_dump(exclude={"identity_number", "region"})
    row = Inspector(**fields, org=org, region=body.region or region, crew=crew)
    _keep_identity(row, body.identity_number, vault)
    return row


def _keep_identity(row: Inspector, number: str | None, vault: Vault) -> None:
    row.identity_sealed = vault.seal(number) if number else None
    row.identity_masked = masked(number) if number else ""


def check_licence(code: str, until: date) -> None:
    """Check that a licence has not run out (S2 Art. 6).

    Raises:
        LicenceExpired: it has.
    """
    if until < today():
        message = f"{code} 的执法证件已于 {until} 到期"
        raise LicenceExpired(
            message, faults=[Fault(where="body.licence_until", code=LicenceExpired.code, message=message)]
        )


async def create(session: AsyncSession, caller: Caller, body: InspectorBody, vault: Vault) -> Inspector:
    """Register an inspector of the caller's organisation.

    Raises:
        LicenceExpired: the licence has run out.
        OrganisationUnknown: the caller's organisation is not registered.
        DepartmentUnknown: it has no such department.
        Exists: the code is taken.
    """
    check_licence(body.code, body.licence_until)
    organisation = await organisations.known(session, caller.org)
    crew = organisations.check_department(organisation, body.department)
    row = row_of(body, organisation.code, organisation.region, crew, vault)
    await organisations.add_new(session, row, f"人员编号 {body.code} 已存在")
    after = body.model_dump(mode="json", exclude={"identity_number"})
    await audit.record(session, "create", "inspector", row.code, after=after)
    return row


async def find(session: AsyncSession, code: str) -> Inspector:
    """Return an inspector inside the session's scope.

    Raises:
        NotFound: there is none.
    """
    row = await session.scalar(select(Inspector).where(Inspector.code == code))
    if row is None:
        raise NotFound(f"执法检查人员 {code} 不存在，或不在您的管辖范围内")
    return row


async def edit(session: AsyncSession, row: Inspector, patch: InspectorPatch, vault: Vault) -> None:
    """Change an inspector. Whoever has left may keep an expired licence, and cannot come back with it.

    Raises:
        LicenceExpired: the licence of somebody active has run out.
        DepartmentUnknown: the organisation has no such department.
    """
    if patch.department is not None:
        organisation = await organisations.known(session, row.org)
        row.crew = organisations.check_department(organisation, patch.department)
    before, after = edits.apply(row, patch, apart={"identity_number"})
    if "identity_number" in patch.model_fields_set:
        before["identity_masked"] = row.identity_masked
        _keep_identity(row, patch.identity_number, vault)
        after["identity_masked"] = row.identity_masked
    if after.keys() & {"licence_until", "state"} and row.state == InspectorState.ACTIVE:
        check_licence(row.code, row.licence_until)
    await session.flush()
    if after:
        await audit.record(session, "edit", "inspector", row.code, before=before, after=after)


async def keep_address(session: AsyncSession, row: Inspector, address: str, vault: Vault) -> None:
    """Keep where an inspector lives, encrypted; the audit trail only says that it was changed."""
    row.address_sealed = vault.seal(normalised(address)) if normalised(address) else None
    await session.flush()
    await audit.record(session, "address", "inspector", row.code)


async def recuse(session: AsyncSession, caller: Caller, row: Inspector, body: RecusalBody) -> Recusal:
    """Record that an inspector must not inspect an object; recorded again, the first record stays."""
    known = await session.get(Recusal, (row.code, body.object_id))
    if known is not None:
        return known
    recusal = Recusal(
        inspector=row.code,
        object_id=body.object_id,
        reason=body.reason,
        note=body.note,
        org=row.org,
        region=row.region,
        recorded_by=caller.subject,
        recorded_at=datetime.now(UTC),
    )
    session.add(recusal)
    await session.flush()
    await audit.record(session, "recuse", "inspector", row.code, after=body.model_dump(mode="json"))
    return recusal
