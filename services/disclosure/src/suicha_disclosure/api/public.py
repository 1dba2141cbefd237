"""What anyone may read without signing in: results that every channel has accepted, and their figures."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import or_, select
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import BadRequest, NotFound, problem_responses
from suicha_chassis.routes import Session, public, router
from suicha_contracts.publication import PublicResult, RecordKind

from suicha_disclosure.api.schemas import (
    PublicResultHistory,
    PublicResultSummary,
    PublicStatisticsView,
)
from suicha_disclosure.api.views import ratio, result_counts
from suicha_disclosure.models import Publication, PublicRecord
from suicha_disclosure.service.statistics import public_figures

routes = router(prefix="/public", tags=["public results"])


@routes.get("/results", summary="查询已公示的检查结果", responses=problem_responses(BadRequest))
async def list_public_results(
    session: Session,
    _: Annotated[Caller, public()],
    q: Annotated[str, Query(max_length=100, description="part of the name, or beginning of the code")] = "",
    limit: Limit = 20,
    cursor: Cursor = "",
) -> Page[PublicResultSummary]:
    """Public results, newest first."""
    statement = select(PublicRecord)
    if q.strip():
        words = q.strip()
        statement = statement.where(
            or_(
                PublicRecord.object_name.contains(words, autoescape=True),
                PublicRecord.object_code.startswith(words.upper(), autoescape=True),
            )
        )
    return await page(
        session, statement, (PublicRecord.record_id,), _summary, limit=limit, cursor=cursor, descending=True
    )


@routes.get("/results/{record_id}", summary="一条检查结果及其历次版本", responses=problem_responses(NotFound))
async def read_public_result(
    record_id: UUID, session: Session, _: Annotated[Caller, public()]
) -> PublicResultHistory:
    """One public result; versions that were corrected or withdrawn stay readable (S3 Art. 16)."""
    current = await session.get(PublicRecord, record_id)
    if current is None:
        raise NotFound("没有这条公示信息")
    earlier = await session.scalars(
        select(Publication.body)
        .where(
            Publication.kind == RecordKind.RESULT,
            Publication.record_id == str(record_id),
            Publication.version < current.version,
        )
        .order_by(Publication.version.desc())
    )
    return PublicResultHistory(
        current=PublicResult.model_validate(current.body),
        earlier=[PublicResult.model_validate_json(body) for body in earlier],
    )


@routes.get("/statistics", summary="公示情况")
async def public_statistics(session: Session, _: Annotated[Caller, public()]) -> PublicStatisticsView:
    """How much of what was drawn is public, and what was found."""
    share, counts = await public_figures(session)
    return PublicStatisticsView(
        as_of=datetime.now(UTC),
        due=share.den,
        disclosed=share.num,
        completion_rate=ratio(share),
        by_result=result_counts(counts),
    )


def _summary(row: PublicRecord) -> PublicResultSummary:
    lines = row.body["lines"]
    days = [date.fromisoformat(line["finished_on"]) for line in lines]
    return PublicResultSummary(
        record_id=row.record_id,
        version=row.version,
        status=row.status,
        object_name=row.object_name,
        object_code=row.object_code,
        results=list(dict.fromkeys(line["result"] for line in lines)),
        finished_on=max(days, default=None),
        published_at=datetime.fromisoformat(row.body["published_at"]),
        draw_id=row.body["draw_id"],
        draw_attempt=row.body.get("draw_attempt"),
    )
