"""Endpoints for sets of result codes; public, because public results name them."""

from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field
from suicha_chassis.auth import Caller
from suicha_chassis.problems import NotFound, problem_responses
from suicha_chassis.routes import Session, public, requires, router
from suicha_contracts.code_sets import CodeMapping, CodeSet, CodeSetId
from suicha_contracts.roles import Permission

from suicha_registry import national
from suicha_registry.code_sets import service
from suicha_registry.problems import CodeSetExists, CodeUnmapped

ROUTER = router(prefix="/registry/v1/code-sets", tags=["code-sets"])
PUBLIC = router(prefix="/public/code-sets", tags=["public"])


class Figures(BaseModel):
    """Figures by code."""

    model_config = ConfigDict(extra="forbid")

    counts: dict[str, Annotated[int, Field(ge=0)]] = Field(max_length=50, examples=[{"1": 120, "5": 7}])


class TranslatedFigures(BaseModel):
    """The same figures in another set, code by code; the sum is the same."""

    code_set: CodeSetId
    counts: dict[str, int]


@ROUTER.get("", summary="结果代码集", response_model=list[CodeSet])
async def list_code_sets(
    session: Session, _: Annotated[Caller, requires(Permission.REGISTRY_READ)]
) -> list[CodeSet]:
    """Every version of every set with its mappings; there are few. A result always carries its set."""
    return list((await service.all_sets(session)).values())


@ROUTER.post(
    "",
    summary="发布结果代码集",
    status_code=201,
    response_model=CodeSet,
    responses=problem_responses(CodeSetExists),
)
async def publish_code_set(
    body: CodeSet,
    response: Response,
    session: Session,
    caller: Annotated[Caller, requires(Permission.RULESET_WRITE)],
) -> CodeSet:
    """Publish a set, or the next version of one, mapped to known sets, as a province or above.

    200 if this content is there already.
    """
    national.check_keeper(caller)
    response.status_code = 201 if await service.publish(session, caller, body) else 200
    response.headers["Location"] = f"/registry/v1/code-sets/{body.id}"
    return body


@ROUTER.get(
    "/{set_id}", summary="一个结果代码集", response_model=CodeSet, responses=problem_responses(NotFound)
)
async def get_code_set(
    set_id: str, session: Session, _: Annotated[Caller, requires(Permission.REGISTRY_READ)]
) -> CodeSet:
    """One version of one set."""
    return await service.find(session, set_id)


@ROUTER.get(
    "/{set_id}/mappings/{to}",
    summary="结果代码对照",
    response_model=CodeMapping,
    responses=problem_responses(NotFound, CodeUnmapped),
)
async def get_code_mapping(
    set_id: str, to: str, session: Session, _: Annotated[Caller, requires(Permission.REGISTRY_READ)]
) -> CodeMapping:
    """What each code of a set becomes in another."""
    return await service.mapping_of(session, set_id, to)


@ROUTER.post(
    "/{set_id}/mappings/{to}/figures",
    summary="按另一代码集读统计",
    response_model=TranslatedFigures,
    responses=problem_responses(NotFound, CodeUnmapped),
)
async def translate_figures(
    set_id: str,
    to: str,
    body: Figures,
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
) -> TranslatedFigures:
    """Read figures of one set in another."""
    return TranslatedFigures(code_set=to, counts=await service.read_in(session, set_id, to, body.counts))


@PUBLIC.get("", summary="公开的结果代码集", response_model=list[CodeSet])
async def list_public_code_sets(session: Session, _: Annotated[Caller, public()]) -> list[CodeSet]:
    """Every set with its mappings, for whoever reads public results."""
    return list((await service.all_sets(session)).values())
