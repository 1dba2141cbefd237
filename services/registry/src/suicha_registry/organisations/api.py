"""Endpoints for organisations."""

from typing import Annotated

from fastapi import Request, Response
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.etags import require_match, set_etag
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import MatchRequired, NotFound, StaleVersion, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_registry.organisations import service
from suicha_registry.organisations.models import Organisation
from suicha_registry.organisations.schemas import OrganisationBody, OrganisationPatch, OrganisationView
from suicha_registry.problems import DepartmentUnknown, Exists

ROUTER = router(prefix="/registry/v1/organisations", tags=["organisations"])


def _view(row: Organisation) -> OrganisationView:
    return OrganisationView(
        code=row.code,
        name=row.name,
        region=row.region,
        departments=row.departments,
        leading_group=row.leading_group,
        responsibilities=row.responsibilities,
        version=row.version,
    )


@ROUTER.post(
    "",
    summary="登记机构",
    status_code=201,
    response_model=OrganisationView,
    responses=problem_responses(Exists, DepartmentUnknown),
)
async def create_organisation(
    body: OrganisationBody,
    response: Response,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> OrganisationView:
    """Register an inspecting body with its departments."""
    row = await service.create(session, body)
    set_etag(response, row.version)
    response.headers["Location"] = f"/registry/v1/organisations/{row.code}"
    return _view(row)


@ROUTER.get("", summary="机构列表", response_model=Page[OrganisationView])
async def list_organisations(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[OrganisationView]:
    """Organisations inside the caller's region."""
    return await page(session, select(Organisation), (Organisation.code,), _view, limit=limit, cursor=cursor)


@ROUTER.get("/{code}", summary="机构", response_model=OrganisationView, responses=problem_responses(NotFound))
async def get_organisation(
    code: str,
    response: Response,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
) -> OrganisationView:
    """One organisation."""
    row = await service.find(session, code)
    set_etag(response, row.version)
    return _view(row)


@ROUTER.patch(
    "/{code}",
    summary="修改机构",
    response_model=OrganisationView,
    responses=problem_responses(NotFound, StaleVersion, MatchRequired, DepartmentUnknown),
)
async def edit_organisation(
    code: str,
    body: OrganisationPatch,
    request: Request,
    response: Response,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> OrganisationView:
    """Change name, departments, leading group or who is responsible for what (R20)."""
    row = await service.find(session, code)
    require_match(request, row.version)
    await service.edit(session, row, body)
    set_etag(response, row.version)
    return _view(row)
