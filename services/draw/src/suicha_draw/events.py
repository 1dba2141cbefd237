"""What draw does when others tell: it keeps rulesets, and the history that exemptions and caps are read from."""

import hashlib
from typing import Any

import rfc8785
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.bus import TransientError
from suicha_chassis.consumers import on
from suicha_contracts.events import InspectionClosed, InspectionCorrected, ItemListPublished, RulesetPublished

from suicha_draw.models import HistoryRow, ItemListRow, Round, RulesetRow
from suicha_draw.rounds.store import lists_of
from suicha_draw.rounds.unsealing import count_visit


async def keep_ruleset(session: AsyncSession, event: RulesetPublished) -> None:
    """Keep a ruleset version; a version never changes once it is published."""
    rules = event.ruleset
    await session.execute(
        insert(RulesetRow)
        .values(
            id=rules.id, version=rules.version, sha256=event.sha256, effective_from=rules.effective_from,
            effective_to=rules.effective_to,
            document=rules.model_dump(mode="json"),
        )
        .on_conflict_do_nothing()
    )  # fmt: skip


async def keep_history(session: AsyncSession, event: InspectionClosed) -> None:
    """Keep when an object was inspected and what came of it (D10–D12)."""
    round_row = await session.get(Round, event.round_id)
    triggered = round_row is not None and any(one.kind != "random" for one in lists_of(round_row))
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
            violation=event.violation, normal=event.normal, triggered=triggered, org=event.org, document=document,
            evidence=evidence_of(document),
        )
        .on_conflict_do_nothing()
    )  # fmt: skip


async def correct_history(session: AsyncSession, event: InspectionCorrected) -> None:
    """Put right what a record says that was found wrong; draws that were held keep the evidence they had.

    Raises:
        TransientError: the record itself has not arrived yet.
    """
    row = await session.get(HistoryRow, event.visit_id, with_for_update=True)
    if row is None:
        raise TransientError(f"visit {event.visit_id} was corrected before it arrived as closed")
    if event.version <= int(row.document.get("version", 1)):
        return
    row.normal = event.normal
    row.violation = not event.normal if event.violation is None else event.violation
    row.document = row.document | {
        "normal": row.normal, "violation": row.violation, "version": event.version,
        "corrected": event.corrected_at.isoformat(), "reason": event.reason,
    }  # fmt: skip
    row.evidence = evidence_of(row.document)


def evidence_of(document: dict[str, Any]) -> str:
    """Return the evidence hash of an inspection: SHA-256 of its canonical JSON (RFC 8785)."""
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


async def keep_item_list(session: AsyncSession, event: ItemListPublished) -> None:
    """Keep a published item list: the denominator of its coverage (R4), and what laws say of its items (P17)."""
    await session.execute(
        insert(ItemListRow)
        .values(
            org=event.org, kind=event.kind, version=event.version, items=event.items,
            laws=[law.model_dump(mode="json") for law in event.laws], published_at=event.published_at,
        )
        .on_conflict_do_nothing()
    )  # fmt: skip


HANDLERS = (
    on(InspectionClosed, "embargoes", count_visit),
    on(ItemListPublished, "item-lists", keep_item_list),
    on(RulesetPublished, "rulesets", keep_ruleset),
    on(InspectionClosed, "history", keep_history, concurrency=8),
    on(InspectionCorrected, "corrections", correct_history),
)
