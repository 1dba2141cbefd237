"""The audit trail as an endpoint that every service offers: who did what, when, why, before and after."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import text
from suicha_contracts.roles import Permission

from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from suicha_chassis.problems import BadRequest, problem_responses
from suicha_chassis.routes import Session, requires, router


class AuditEntryView(BaseModel):
    """One deed."""

    seq: int
    at: datetime
    actor: str
    roles: str
    org: str
    region: str
    action: str
    object_type: str
    object_id: str
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str
    seal: str | None = Field(
        description="hash over this entry and all before it; null for a moment after the deed"
    )


class AuditCheckView(BaseModel):
    """Whether the chain of seals holds."""

    intact: bool
    first_broken: int | None = Field(description="position of the first entry that does not fit")


def audit_router(service: str) -> APIRouter:
    """Return the audit endpoints of a service, at `/<service>/v1/audit`."""
    routes = router(prefix=f"/{service}/v1/audit", tags=["audit"])

    async def list_entries(
        session: Session,
        caller: Annotated[Caller, requires(Permission.AUDIT_READ)],
        object_id: str = "",
        limit: Limit = 100,
        cursor: Cursor = "",
    ) -> Page[AuditEntryView]:
        """Entries of the caller's region, oldest first, optionally of one object."""
        try:
            after = int(decode_cursor(cursor, 1)[0]) if cursor else 0
        except ValueError as error:
            raise BadRequest("分页游标无效") from error
        rows = await session.execute(
            text(
                "SELECT e.*, s.hash AS seal FROM audit_entries e LEFT JOIN audit_seals s ON s.seq = e.seq "
                "WHERE e.seq > :after AND starts_with(e.region, :prefix) "
                "AND (CAST(:object_id AS text) = '' OR e.object_id = :object_id) ORDER BY e.seq LIMIT :limit"
            ),
            {"after": after, "prefix": caller.scope.prefix, "object_id": object_id, "limit": limit + 1},
        )
        found = [AuditEntryView.model_validate(dict(row)) for row in rows.mappings()]
        more = len(found) > limit
        return Page(items=found[:limit], next_cursor=encode_cursor([found[limit - 1].seq]) if more else None)

    async def check_chain(
        request: Request, caller: Annotated[Caller, requires(Permission.AUDIT_READ)]
    ) -> AuditCheckView:
        """Recompute the hash chain over all entries."""
        broken = await audit.first_broken_seal(request.app.state.runtime.db)
        return AuditCheckView(intact=broken is None, first_broken=broken)

    routes.add_api_route(
        "",
        list_entries,
        methods=["GET"],
        name=f"list_{service}_audit",
        summary="审计记录",
        responses=problem_responses(BadRequest),
    )
    routes.add_api_route(
        "/check", check_chain, methods=["GET"], name=f"check_{service}_audit", summary="校验审计链"
    )
    return routes
