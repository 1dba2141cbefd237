"""What came or changed since a cursor, without gaps, for the provincial platform (R9, O14).

Sequence numbers alone are no cursor: a number that was drawn earlier may be committed later. Each row
therefore carries its transaction, the feed is ordered by transaction first, and only transactions older than
every one that still runs are told (`pg_snapshot_xmin`): nothing can come before the cursor any more.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.paging import decode_cursor, encode_cursor
from suicha_chassis.problems import BadRequest

from suicha_registry.subjects.models import Subject, SubjectChange

_LAST = (1 << 63) - 1


class Deed(StrEnum):
    """What happened to an object."""

    CREATED = "created"
    CHANGED = "changed"
    MERGED = "merged"
    """It turned out to be another object: see `merged_into`."""


@dataclass(frozen=True, order=True)
class Place:
    """Where a row stands in the feed: its transaction, new objects before changes, its number."""

    xid: int = 0
    stream: int = 0
    number: int = 0

    def cursor(self) -> str:
        """Return the opaque cursor after this row."""
        return encode_cursor((self.xid, self.stream, self.number))

    @staticmethod
    def of(cursor: str) -> "Place":
        """Read a cursor; the empty one stands before everything.

        Raises:
            BadRequest: the cursor was not made here.
        """
        if not cursor:
            return Place()
        try:
            return Place(*(int(part) for part in decode_cursor(cursor, 3)))
        except ValueError as error:
            raise BadRequest("分页游标无效") from error


@dataclass(frozen=True)
class Told:
    """One row of the feed."""

    place: Place
    deed: Deed
    at: datetime
    row: Subject
    change: SubjectChange | None = None


async def since(session: AsyncSession, after: Place, limit: int) -> list[Told]:
    """Return the next rows after a place, oldest first; fewer than `limit` when there are no more for now."""
    # A statement of its own: whatever it saw as ended, the following statements see the work of.
    horizon = int(await session.scalar(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")) or "0")
    entered = Place(after.xid, 0, after.number if after.stream == 0 else _LAST)
    new = (
        select(Subject)
        .where(
            tuple_(Subject.entered_xid, Subject.entry) > (entered.xid, entered.number),
            Subject.entered_xid < horizon,
        )
        .order_by(Subject.entered_xid, Subject.entry)
        .limit(limit)
    )
    told = [
        Told(Place(row.entered_xid, 0, row.entry), Deed.CREATED, row.created_at, row)
        for row in await session.scalars(new)
    ]
    number = after.number if after.stream == 1 else 0
    changed = (
        select(SubjectChange, Subject)
        .join(Subject, Subject.id == SubjectChange.subject_id)
        .where(
            tuple_(SubjectChange.xid, SubjectChange.seq) > (after.xid, number), SubjectChange.xid < horizon
        )
        .order_by(SubjectChange.xid, SubjectChange.seq)
        .limit(limit)
    )
    for change, row in await session.execute(changed):
        deed = Deed.MERGED if "merged_into" in change.after else Deed.CHANGED
        told.append(Told(Place(change.xid, 1, change.seq), deed, change.at, row, change))
    return sorted(told, key=lambda one: one.place)[:limit]
