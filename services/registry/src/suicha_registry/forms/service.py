"""Making and publishing forms."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Fault, NotFound
from suicha_contracts.freeze import PackageForm, PackageQuestion

from suicha_registry.forms.derive import json_schema_of, mistakes_in
from suicha_registry.forms.models import Form
from suicha_registry.organisations import service as organisations
from suicha_registry.problems import FormInvalid


async def create(
    session: AsyncSession,
    caller: Caller,
    code: str,
    name: str,
    clause: str,
    questions: list[PackageQuestion],
) -> Form:
    """Make the next version of a form of the caller's organisation, as a draft.

    Raises:
        FormInvalid: the questions contradict themselves; `faults` name each place.
        OrganisationUnknown: the caller's organisation is not registered.
    """
    mistakes = mistakes_in(questions)
    if mistakes:
        faults = [Fault(where=where, code=FormInvalid.code, message=what) for where, what in mistakes]
        raise FormInvalid("；".join(what for _, what in mistakes[:5]), faults=faults)
    organisation = await organisations.known(session, caller.org)
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 2))"), {"name": f"{caller.org}|{code}"}
    )
    newest = await session.scalar(
        select(func.max(Form.number)).where(Form.org == caller.org, Form.code == code)
    )
    row = Form(
        org=caller.org,
        region=organisation.region,
        code=code,
        number=(newest or 0) + 1,
        name=name,
        clause=clause,
        questions=[one.model_dump() for one in questions],
    )
    session.add(row)
    await session.flush()
    await audit.record(session, "create", "form", row.id, after={"code": code, "number": row.number})
    return row


async def find(session: AsyncSession, form_id: UUID) -> Form:
    """Return a form inside the session's scope.

    Raises:
        NotFound: there is none.
    """
    row = await session.scalar(select(Form).where(Form.id == form_id))
    if row is None:
        raise NotFound("表单不存在，或不在您的管辖范围内")
    return row


async def publish(session: AsyncSession, form_id: UUID, at: datetime) -> Form:
    """Publish a draft; a published form stays as it is.

    Raises:
        NotFound: there is none.
    """
    row = await find(session, form_id)
    if row.published_at is None:
        row.published_at = at
        await session.flush()
        await audit.record(session, "publish", "form", row.id, after={"code": row.code, "number": row.number})
    return row


async def newest_published(session: AsyncSession, org: str, codes: Collection[str]) -> dict[str, PackageForm]:
    """Return the newest published version of each form, by code; missing ones are absent."""
    newest = (
        select(Form)
        .where(Form.org == org, Form.code.in_(codes), Form.published_at.is_not(None))
        .ext(distinct_on(Form.code))
        .order_by(Form.code, Form.number.desc())
    )
    return {row.code: package_of(row) for row in await session.scalars(newest)}


def package_of(row: Form) -> PackageForm:
    """Return a form version as it is frozen into a task."""
    questions = [PackageQuestion.model_validate(one) for one in row.questions]
    return PackageForm(
        code=row.code,
        version=row.number,
        name=row.name,
        questions=questions,
        json_schema=json_schema_of(row.name, questions),
    )
