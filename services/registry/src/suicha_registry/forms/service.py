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
from suicha_registry.forms.schemas import FormBody
from suicha_registry.organisations import service as organisations
from suicha_registry.problems import FormInvalid


async def create(session: AsyncSession, caller: Caller, body: FormBody) -> Form:
    """Make the next version of a form of the caller's organisation, as a draft.

    Raises:
        FormInvalid: the questions contradict themselves, or the form extends itself; `faults` name each place.
        OrganisationUnknown: the caller's organisation is not registered.
    """
    mistakes = mistakes_in(body.questions)
    if body.extends == body.code:
        mistakes.append(("body.extends", "表单不能以自己为基础"))
    _refuse(mistakes)
    organisation = await organisations.known(session, caller.org)
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 2))"),
        {"name": f"{caller.org}|{body.code}"},
    )
    newest = await session.scalar(
        select(func.max(Form.number)).where(Form.org == caller.org, Form.code == body.code)
    )
    row = Form(
        org=caller.org,
        region=organisation.region,
        code=body.code,
        number=(newest or 0) + 1,
        name=body.name,
        clause=body.clause,
        extends=body.extends,
        questions=[one.model_dump() for one in body.questions],
    )
    session.add(row)
    await session.flush()
    await audit.record(session, "create", "form", row.id, after={"code": body.code, "number": row.number})
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
        FormInvalid: its base form is not published, or asks under the same keys.
    """
    row = await find(session, form_id)
    if row.published_at is None:
        await _freeze_base(session, row)
        row.published_at = at
        await session.flush()
        await audit.record(session, "publish", "form", row.id, after={"code": row.code, "number": row.number})
    return row


async def _freeze_base(session: AsyncSession, row: Form) -> None:
    """Put the questions of the newest base form before the own ones (基础检查表 + 个性化检查表单, S1 二（一）)."""
    if not row.extends:
        return
    base = (await newest_published(session, row.org, [row.extends])).get(row.extends)
    if base is None:
        _refuse([("extends", f"基础表单 {row.extends} 没有已发布的版本")])
        return
    own = [PackageQuestion.model_validate(one) for one in row.questions]
    together = [*base.questions, *own]
    _refuse(mistakes_in(together))
    row.questions, row.base_number = [one.model_dump() for one in together], base.version


def _refuse(mistakes: list[tuple[str, str]]) -> None:
    if mistakes:
        faults = [Fault(where=where, code=FormInvalid.code, message=what) for where, what in mistakes]
        raise FormInvalid("；".join(what for _, what in mistakes[:5]), faults=faults)


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
