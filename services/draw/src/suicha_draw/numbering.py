"""Numbers without gaps or doubles, however many people create at once (P3)."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def next_number(session: AsyncSession, name: str) -> int:
    """Return the next number under a name, from 1; the counter's row stays locked until the commit."""
    value = await session.scalar(
        text(
            "INSERT INTO counters (name, value) VALUES (:name, 1) "
            "ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value"
        ),
        {"name": name},
    )
    assert isinstance(value, int)
    return value
