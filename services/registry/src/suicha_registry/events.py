"""What the registry does upon events of others."""

from sqlalchemy import func, or_, update
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.consumers import on
from suicha_contracts.events import DrawCompleted, DrawVoided, InspectionClosed, PlanPublished

from suicha_registry.coverage.service import note_draw, note_voiding
from suicha_registry.due_dates.service import note_plan
from suicha_registry.subjects.models import Subject


async def note_inspection(session: AsyncSession, event: InspectionClosed) -> None:
    """Keep the day on which an object was last inspected; an older report never takes it back."""
    await session.execute(
        update(Subject)
        .where(
            Subject.id == event.object_id,
            or_(Subject.last_inspected_on.is_(None), Subject.last_inspected_on < event.finished_on),
        )
        .values(last_inspected_on=event.finished_on, updated_at=func.now())
        .execution_options(synchronize_session=False)
    )


HANDLERS = (
    on(InspectionClosed, "last-inspected", note_inspection),
    on(DrawCompleted, "item-coverage", note_draw),
    on(DrawVoided, "item-coverage-voids", note_voiding),
    on(PlanPublished, "due-dates", note_plan),
)
"""Every event that has an effect here."""
