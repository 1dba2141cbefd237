"""What came or changed since a cursor, without gaps, for the provincial platform (R9, O14).

Sequence numbers alone are no cursor: a number that was drawn earlier may be committed later. Each row
therefore carries its transaction, the feed is ordered by transaction first, and only transactions older than
every one that still runs are told (`pg_snapshot_xmin`): nothing can come before the cursor any more.

Transactions are counted by a cluster of the database. Restored into another one, the rows that are there keep
their numbers and new ones go on beyond them; cursors say in which epoch they were given (decision 0038).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Text, any_, bindparam, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.app import Runtime
from suicha_chassis.paging import decode_cursor, encode_cursor
from suicha_chassis.problems import BadRequest, Unavailable
from suicha_chassis.written import Written

from suicha_registry.problems import FeedRestarted
from suicha_registry.subjects.models import SUBJECT_COLUMNS, Subject, SubjectChange

LOOK_AGAIN_SECONDS = 30.0
"""A restored database is noticed at most this much later."""
_LAST = (1 << 63) - 1
_NOW = (
    "SELECT epoch, cluster = (SELECT system_identifier FROM pg_control_system()), "
    "pg_snapshot_xmin(pg_current_snapshot())::text::bigint + beyond FROM feed_epochs ORDER BY epoch DESC LIMIT 1"
)
"""The epoch, whether it is that of this cluster, and the first transaction that may still write."""
_OBJECTS = Written(select(*SUBJECT_COLUMNS).where(Subject.id == any_(bindparam("ids", type_=ARRAY(Text)))))


class Deed(StrEnum):
    """What happened to an object."""

    CREATED = "created"
    CHANGED = "changed"
    MERGED = "merged"
    """It turned out to be another object: see `merged_into`."""


@dataclass(frozen=True, order=True)
class Place:
    """Where a row stands in the feed: its epoch, transaction, new objects before changes, its number."""

    epoch: int = 0
    xid: int = 0
    stream: int = 0
    number: int = 0

    def cursor(self) -> str:
        """Return the opaque cursor after this row."""
        return encode_cursor((self.epoch, self.xid, self.stream, self.number))

    @staticmethod
    def of(cursor: str) -> "Place":
        """Read a cursor; the empty one stands before everything.

        Raises:
            BadRequest: the cursor was not made here.
        """
        if not cursor:
            return Place()
        try:
            return Place(*(int(part) for part in decode_cursor(cursor, 4)))
        except ValueError as error:
            raise BadRequest("分页游标无效") from error


@dataclass(frozen=True)
class Told:
    """One row of the feed, about the object `id`; of a change what it was."""

    place: Place
    id: str
    change: SubjectChange | None = None

    @property
    def deed(self) -> Deed:
        """What happened."""
        if self.change is None:
            return Deed.CREATED
        return Deed.MERGED if "merged_into" in self.change.after else Deed.CHANGED


async def keep_going(runtime: Runtime) -> None:
    """See, for ever, whether the database was restored into another cluster, and let the feed go on there."""
    async with await runtime.db.raw() as connection:
        while True:
            await connection.execute("SELECT continue_feed()")
            await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def since(session: AsyncSession, after: Place, limit: int) -> tuple[list[Told], Place]:
    """Return the next rows after a place, oldest first, and the place itself in the present epoch.

    They are fewer than `limit` when there are no more for now.

    Raises:
        FeedRestarted: the place is of an earlier epoch, or of a time that the database was set back behind.
        Unavailable: the database was just restored, and the feed is about to go on.
    """
    # A statement of its own: whatever it saw as ended, the following statements see the work of.
    epoch, here, horizon = (await session.execute(text(_NOW))).one()
    if not here:
        raise Unavailable("数据库刚刚恢复，增量正在接续，请稍后重试")
    if after == Place():
        after = Place(epoch)
    if after.epoch != epoch or after.xid >= horizon:
        raise FeedRestarted()
    entered = (after.xid, after.number if after.stream == 0 else _LAST)
    new = (
        select(Subject.entered_xid, Subject.entry, Subject.id)
        .where(
            tuple_(Subject.entered_xid, Subject.entry) > entered,
            Subject.entered_xid < horizon,
        )
        .order_by(Subject.entered_xid, Subject.entry)
        .limit(limit)
    )
    told = [Told(Place(epoch, xid, 0, entry), one) for xid, entry, one in await session.execute(new)]
    # What stands behind as many new objects as are wanted is not wanted.
    end = told[-1].place.xid if len(told) == limit else horizon
    number = after.number if after.stream == 1 else 0
    changed = (
        select(SubjectChange)
        .join(Subject, Subject.id == SubjectChange.subject_id)
        .where(tuple_(SubjectChange.xid, SubjectChange.seq) > (after.xid, number), SubjectChange.xid < end)
        .order_by(SubjectChange.xid, SubjectChange.seq)
        .limit(limit)
    )
    told += [
        Told(Place(epoch, change.xid, 1, change.seq), change.subject_id, change)
        for change in await session.scalars(changed)
    ]
    return sorted(told, key=lambda one: one.place)[:limit], after


async def objects(session: AsyncSession, told: Sequence[Told]) -> dict[str, Row[*tuple[Any, ...]]]:
    """Return the objects that rows of the feed are about, by id. One that just moved out of sight is not among them."""
    rows = await _OBJECTS.rows(session, {"ids": list({one.id for one in told})})
    return {row.id: row for row in rows}
