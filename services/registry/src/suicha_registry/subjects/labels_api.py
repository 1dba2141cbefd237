"""Endpoints of tags (分类标注)."""

from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.etags import require_match, set_etag
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import Invalid, MatchRequired, NotFound, StaleVersion, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_registry.problems import Exists, LabelUnknown
from suicha_registry.subjects import labels
from suicha_registry.subjects.models import Label
from suicha_registry.subjects.schemas import LabelBody, LabelFields, LabelPutBody, LabelPutResult, LabelView

ROUTER = router(prefix="/registry/v1/labels", tags=["subjects"])


@ROUTER.post(
    "",
    summary="新建标签",
    status_code=201,
    response_model=LabelView,
    responses=problem_responses(Exists, LabelUnknown, Invalid),
)
async def create_label(
    body: LabelBody,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> LabelView:
    """Make a tag for the caller's region and put it on every object that its rule fits."""
    row = await labels.create(session, caller, body)
    set_etag(response, row.version)
    return (await labels.views(session, [row]))[0]


@ROUTER.get("", summary="标签列表", response_model=Page[LabelView])
async def list_labels(
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    item: Annotated[str, Query(max_length=54, description="only tags that name this item")] = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[LabelView]:
    """Tags inside the caller's region, apart from those of other organisations for themselves."""
    wanted = select(Label).where((Label.org == "") | (Label.org == caller.org))
    if item:
        wanted = wanted.where(Label.items.any_() == item)
    found = await page(
        session, wanted, (Label.code, Label.region), lambda row: row, limit=limit, cursor=cursor
    )
    return Page(items=await labels.views(session, found.items), next_cursor=found.next_cursor)


@ROUTER.put(
    "/{code}",
    summary="修改标签",
    response_model=LabelView,
    responses=problem_responses(NotFound, StaleVersion, MatchRequired, LabelUnknown, Invalid),
)
async def change_label(
    code: str,
    body: LabelFields,
    request: Request,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> LabelView:
    """Describe a tag anew: name, place in the tree, items, rule, validity. Its rule is applied at once."""
    row = await labels.find(session, caller, code)
    require_match(request, row.version)
    await labels.change(session, caller, row, body)
    set_etag(response, row.version)
    return (await labels.views(session, [row]))[0]


@ROUTER.post(
    "/{code}/apply", summary="重新标注", response_model=LabelView, responses=problem_responses(NotFound)
)
async def apply_label(
    code: str, session: Session, caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)]
) -> LabelView:
    """Put the tag on exactly the objects that its rule fits now; what people put on stays."""
    row = await labels.find(session, caller, code)
    await labels.apply(session, caller, row)
    return (await labels.views(session, [row]))[0]


@ROUTER.post(
    "/{code}/subjects",
    summary="批量标注",
    response_model=LabelPutResult,
    responses=problem_responses(NotFound),
)
async def put_label(
    code: str,
    body: LabelPutBody,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> LabelPutResult:
    """Put a tag on named objects or on all that a search finds, or take it off; any number at once."""
    return await labels.put(session, caller, await labels.find(session, caller, code), body)
