"""The inbox: an event takes effect once, however often the broker delivers it.

The row is written in the transaction of the effect. That is the guarantee; the broker's de-duplication
window only thins the stream.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def first_time(session: AsyncSession, consumer: str, event_id: UUID) -> bool:
    """Tell whether this consumer has not handled the event yet, and note that it does so now."""
    row = await session.scalar(
        text(
            "INSERT INTO inbox (consumer, event_id) VALUES (:consumer, :event_id) "
            "ON CONFLICT DO NOTHING RETURNING event_id"
        ),
        {"consumer": consumer, "event_id": event_id},
    )
    return row is not None
