"""Endpoints for inspectors."""

from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy import select
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.etags import require_match, set_etag
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import Forbidden, MatchRequired, NotFound, StaleVersion, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.codes import RECUSAL_GROUNDS
from suicha_contracts.roles import Permission

from suicha_registry.inspectors import service
from suicha_registry.inspectors.identity import Vault
from suicha_registry.inspectors.models import Inspector, Recusal
from suicha_registry.inspectors.schemas import (
    AddressBody,
    InspectorBody,
    InspectorPatch,
    InspectorState,
    InspectorView,
    RecusalBody,
    RecusalView,
    view,
)
from suicha_registry.problems import DepartmentUnknown, Exists, LicenceExpired, OrganisationUnknown

ROUTER = router(prefix="/registry/v1/inspectors", tags=["inspectors"])


def _vault(request: Request) -> Vault:
    return Vault(request.app.state.runtime.settings.pii_key)


def _recusal_view(row: Recusal) -> RecusalView:
    shown = {
        name: getattr(row, name) for name in RecusalView.model_fields if name not in ("ground", "clause")
    }
    ground, clause = RECUSAL_GROUNDS[row.reason]
    return RecusalView.model_validate(shown | {"ground": ground, "clause": clause})


@ROUTER.post(
    "",
    summary="登记执法检查人员",
    status_code=201,
    response_model=InspectorView,
    responses=problem_responses(Exists, LicenceExpired, OrganisationUnknown, DepartmentUnknown),
)
async def create_inspector(
    body: InspectorBody,
    request: Request,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> InspectorView:
    """Register an inspector of the caller's organisation. An expired licence is refused."""
    row = await service.create(session, caller, body, _vault(request))
    set_etag(response, row.version)
    response.headers["Location"] = f"/registry/v1/inspectors/{row.code}"
    return view(row)


@ROUTER.get("", summary="执法检查人员列表", response_model=Page[InspectorView])
async def list_inspectors(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    org: str = "",
    crew: str = "",
    state: InspectorState | None = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[InspectorView]:
    """Inspectors inside the caller's scope; identity numbers masked."""
    wanted = select(Inspector)
    if org:
        wanted = wanted.where(Inspector.org == org)
    if crew:
        wanted = wanted.where(Inspector.crew == crew)
    if state is not None:
        wanted = wanted.where(Inspector.state == state)
    return await page(session, wanted, (Inspector.code,), view, limit=limit, cursor=cursor)


@ROUTER.get(
    "/{code}",
    summary="执法检查人员",
    response_model=InspectorView,
    responses=problem_responses(NotFound, Forbidden),
)
async def get_inspector(
    code: str,
    request: Request,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    reveal: Annotated[bool, Query(description="show the identity number; its keeper only, audited")] = False,
) -> InspectorView:
    """One inspector. The audit entry of a reveal is durable before the number is answered."""
    row = await service.find(session, code)
    number = None
    if reveal:
        if not caller.may(Permission.IDENTITY_READ):
            raise Forbidden("只有名录库保管人可以查看身份证号码")
        runtime = request.app.state.runtime
        async with runtime.db.transaction(
            caller.scope, caller=caller, request_id=request.state.request_id
        ) as deed:
            await audit.record(deed, "reveal_identity", "inspector", code)
        number = _vault(request).open(row.identity_sealed) if row.identity_sealed else ""
        response.headers["Cache-Control"] = "no-store"
    set_etag(response, row.version)
    return view(row, number)


@ROUTER.patch(
    "/{code}",
    summary="修改执法检查人员",
    response_model=InspectorView,
    responses=problem_responses(NotFound, StaleVersion, MatchRequired, LicenceExpired, DepartmentUnknown),
)
async def edit_inspector(
    code: str,
    body: InspectorPatch,
    request: Request,
    response: Response,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> InspectorView:
    """Change an inspector."""
    row = await service.find(session, code)
    require_match(request, row.version)
    await service.edit(session, row, body, _vault(request))
    set_etag(response, row.version)
    return view(row)


@ROUTER.put(
    "/{code}/address",
    summary="登记住址（仅用于回避）",
    status_code=204,
    responses=problem_responses(NotFound),
)
async def keep_inspector_address(
    code: str,
    body: AddressBody,
    request: Request,
    session: Session,
    _: Annotated[Caller, requires(Permission.IDENTITY_READ)],
) -> None:
    """Keep where an inspector lives, encrypted. A freeze recuses from every object at the same address."""
    await service.keep_address(session, await service.find(session, code), body.address, _vault(request))


@ROUTER.post(
    "/{code}/recusals",
    summary="登记回避",
    status_code=201,
    response_model=RecusalView,
    responses=problem_responses(NotFound),
)
async def create_recusal(
    code: str,
    body: RecusalBody,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> RecusalView:
    """Record that the inspector must not inspect an object (S2 Art. 12)."""
    row = await service.find(session, code)
    return _recusal_view(await service.recuse(session, caller, row, body))


@ROUTER.get(
    "/{code}/recusals",
    summary="回避列表",
    response_model=Page[RecusalView],
    responses=problem_responses(NotFound),
)
async def list_recusals(
    code: str,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[RecusalView]:
    """Objects that the inspector must not inspect."""
    await service.find(session, code)
    wanted = select(Recusal).where(Recusal.inspector == code)
    return await page(session, wanted, (Recusal.object_id,), _recusal_view, limit=limit, cursor=cursor)
