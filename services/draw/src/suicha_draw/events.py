"""What draw does when others tell: it keeps rulesets, and the history that exemptions and caps are read from."""

import hashlib
from typing import Any

import rfc8785
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.consumers import on
from suicha_contracts.events import InspectionClosed, RulesetPublished

from suicha_draw.models import HistoryRow, RulesetRow


async def keep_ruleset(session: AsyncSession, event: RulesetPublished) -> None:
    """Keep a ruleset version; a version never changes once it is published."""
    rules = event.ruleset
    await session.execute(
        insert(RulesetRow)
        .values(
            id=rules.id, version=rules.version, sha256=event.sha256, effective_from=rules.effective_from,
            document=rules.model_dump(mode="json"),
        )
        .on_conflict_do_nothing()
    )  # fmt: skip


async def keep_history(session: AsyncSession, event: InspectionClosed) -> None:
    """Keep when an object was inspected and what came of it (D10–D12)."""
    document: dict[str, Any] = {
        "visit_id": str(event.visit_id),
        "draw_id": event.draw_id,
        "org": event.org,
        "region": event.region,
        "object_id": event.object_id,
        "finished_on": event.finished_on.isoformat(),
        "violation": event.violation,
        "normal": event.normal,
        "source": "inspection",
    }
    await session.execute(
        insert(HistoryRow)
        .values(
            id=event.visit_id, object_id=event.object_id, finished_on=event.finished_on,
            violation=event.violation, normal=event.normal, document=document,
            evidence=hashlib.sha256(rfc8785.dumps(document)).hexdigest(),
        )
        .on_conflict_do_nothing()
    )  # fmt: skip


HANDLERS = (
    on(RulesetPublished, "rulesets", keep_ruleset),
    on(InspectionClosed, "history", keep_history, concurrency=8),
)
