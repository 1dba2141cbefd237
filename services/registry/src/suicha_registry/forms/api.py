"""Endpoints for forms."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import Field
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import NotFound, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_registry.forms import service
from suicha_registry.forms.models import Form
from suicha_registry.forms.schemas import FormBody
from suicha_registry.problems import FormInvalid, OrganisationUnknown

ROUTER = router(prefix="/registry/v1/forms", tags=["forms"])


class FormView(FormBody):
    """One version of a form."""

    id: UUID
    org: str
    version: int
    json_schema: dict[str, Any] = Field(description="JSON Schema of the answers, derived from the questions")
    base_version: int | None = Field(description="version of the base form that was frozen in; null: none")
    published_at: datetime | None = Field(description="null while it is a draft")


def _view(row: Form) -> FormView:
    return FormView(
        **service.package_of(row).model_dump(),
        id=row.id,
        org=row.org,
        clause=row.clause,
        extends=row.extends,
        base_version=row.base_number,
        published_at=row.published_at,
    )


@ROUTER.post(
    "",
    summary="新建表单版本",
    status_code=201,
    response_model=FormView,
    responses=problem_responses(FormInvalid, OrganisationUnknown),
)
async def create_form(
    body: FormBody,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> FormView:
    """Make a draft: version 1 of a new form, or the next version of a known code."""
    row = await service.create(session, caller, body)
    response.headers["Location"] = f"/registry/v1/forms/{row.id}"
    return _view(row)


@ROUTER.post(
    "/{form_id}/publish",
    summary="发布表单版本",
    response_model=FormView,
    responses=problem_responses(NotFound, FormInvalid),
)
async def publish_form(
    form_id: UUID, session: Session, _: Annotated[Caller, requires(Permission.REGISTRY_WRITE)]
) -> FormView:
    """Publish a draft, the base form's questions frozen in. It never changes again; once more changes nothing."""
    return _view(await service.publish(session, form_id, datetime.now(UTC)))


@ROUTER.get("", summary="表单列表", response_model=Page[FormView])
async def list_forms(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    code: str = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[FormView]:
    """All versions of all forms, or of one code."""
    wanted = select(Form).where(Form.code == code) if code else select(Form)
    return await page(session, wanted, (Form.id,), _view, limit=limit, cursor=cursor)


@ROUTER.get("/{form_id}", summary="表单", response_model=FormView, responses=problem_responses(NotFound))
async def get_form(
    form_id: UUID, session: Session, _: Annotated[Caller, requires(Permission.REGISTRY_READ)]
) -> FormView:
    """One version of a form."""
    return _view(await service.find(session, form_id))
