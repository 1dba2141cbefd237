"""What the registry does upon events of others."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.auth import SELF
from suicha_chassis.consumers import on
from suicha_contracts.events import DrawCompleted, DrawVoided, InspectionClosed, PlanPublished

from suicha_registry.coverage.service import note_draw, note_voiding
from suicha_registry.due_dates.service import note_plan

_INSPECTED = """
WITH put AS (
  UPDATE subjects SET last_inspected_on = :day, updated_at = now()
  WHERE id = :id AND (last_inspected_on IS NULL OR last_inspected_on < :day)
  RETURNING new.id AS id, old.last_inspected_on AS was
)
INSERT INTO subject_changes (subject_id, actor, org, source, before, after, effective_from)
SELECT id, :actor, :org, :source, jsonb_build_object('last_inspected_on', was),
  jsonb_build_object('last_inspected_on', CAST(:day AS date)), :day FROM put
"""


async def note_inspection(session: AsyncSession, event: InspectionClosed) -> None:
    """Keep the day on which an object was last inspected, and what it was before, from that day on.

    An older report never takes it back.
    """
    told = {
        "id": event.object_id,
        "day": event.finished_on,
        "actor": SELF.subject,
        "org": event.org,
        "source": f"检查完成（{event.org_name}，抽取 {event.draw_id}）",
    }
    await session.execute(text(_INSPECTED), told)


HANDLERS = (
    on(InspectionClosed, "last-inspected", note_inspection),
    on(DrawCompleted, "item-coverage", note_draw),
    on(DrawVoided, "item-coverage-voids", note_voiding),
    on(PlanPublished, "due-dates", note_plan),
)
"""Every event that has an effect here."""
