"""Finding and keeping organisations."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.problems import Fault, NotFound

from suicha_registry import edits
from suicha_registry.organisations.models import Organisation
from suicha_registry.organisations.schemas import OrganisationBody, OrganisationPatch
from suicha_registry.problems import DepartmentUnknown, Exists, OrganisationUnknown


async def create(session: AsyncSession, body: OrganisationBody) -> Organisation:
    """Register an organisation.

    Raises:
        Exists: the code is taken.
        DepartmentUnknown: a responsibility names a department that there is not.
    """
    row = Organisation(**body.model_dump(mode="json"))
    _check_responsibilities(row)
    await add_new(session, row, f"机构编码 {body.code} 已存在")
    await audit.record(session, "create", "organisation", row.code, after=body.model_dump())
    return row


async def edit(session: AsyncSession, row: Organisation, patch: OrganisationPatch) -> None:
    """Change an organisation.

    Raises:
        DepartmentUnknown: a responsibility names a department that there is not.
    """
    before, after = edits.apply(row, patch)
    _check_responsibilities(row)
    await session.flush()
    if after:
        await audit.record(session, "edit", "organisation", row.code, before=before, after=after)


def _check_responsibilities(row: Organisation) -> None:
    for one in row.responsibilities:
        for code in (one["lead"], *one["responsible"]):
            check_department(row, code)


async def add_new(session: AsyncSession, row: object, taken: str) -> None:
    """Insert a row whose code must be new; the unique constraint decides between two at once.

    Raises:
        Exists: the code is taken; `taken` says it in Chinese.
    """
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Exists(taken) from error


async def find(session: AsyncSession, code: str) -> Organisation:
    """Return an organisation inside the session's scope.

    Raises:
        NotFound: there is none.
    """
    row = await session.scalar(select(Organisation).where(Organisation.code == code))
    if row is None:
        raise NotFound(f"机构 {code} 不存在，或不在您的管辖范围内")
    return row


async def known(session: AsyncSession, code: str) -> Organisation:
    """Return the organisation that a request names.

    Raises:
        OrganisationUnknown: it is not registered, or not inside the session's scope.
    """
    row = await session.scalar(select(Organisation).where(Organisation.code == code))
    if row is None:
        fault = Fault(where="org", code=OrganisationUnknown.code, message=f"机构 {code} 未登记")
        raise OrganisationUnknown(f"机构 {code} 未登记", faults=[fault])
    return row


def check_department(organisation: Organisation, code: str) -> str:
    """Return the crew of a department.

    Raises:
        DepartmentUnknown: the organisation has no such department.
    """
    for department in organisation.departments:
        if department["code"] == code:
            return str(department["crew"])
    message = f"{organisation.name}没有处室 {code}"
    raise DepartmentUnknown(
        message, faults=[Fault(where="body.department", code=DepartmentUnknown.code, message=message)]
    )
