"""Pages by opaque keyset cursors: stable while rows come and go, equally fast on every page."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from suicha_chassis.problems import BadRequest

T = TypeVar("T")
R = TypeVar("R")

_READERS: dict[type, Callable[[str], Any]] = {date: date.fromisoformat, datetime: datetime.fromisoformat}
"""How a key comes back from the text of a cursor, where its type does not read text itself."""

Limit = Annotated[int, Query(ge=1, le=500, description="rows on a page")]
Cursor = Annotated[
    str, Query(description="`next_cursor` of the page before; empty for the first", max_length=500)
]


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None = Field(default=None, description="give it as `cursor` for the next page")


def encode_cursor(values: Sequence[Any]) -> str:
    """Return an opaque cursor for the key of a row."""
    return base64.urlsafe_b64encode(json.dumps([str(value) for value in values]).encode()).decode()


def decode_cursor(cursor: str, columns: int) -> list[str]:
    """Return the key inside a cursor.

    Raises:
        BadRequest: the cursor was not made here or belongs to another list.
    """
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError as error:
        raise BadRequest("分页游标无效") from error
    if not isinstance(values, list) or len(values) != columns:
        raise BadRequest("分页游标无效")
    return [str(value) for value in values]


def _key_of(cursor: str, columns: Sequence[InstrumentedAttribute[Any]]) -> list[Any]:
    values = []
    for column, text in zip(columns, decode_cursor(cursor, len(columns)), strict=True):
        kind = column.type.python_type
        try:
            values.append(_READERS.get(kind, kind)(text))
        except ValueError as error:
            raise BadRequest("分页游标无效") from error
    return values


async def page(
    session: AsyncSession,
    statement: Select[R],
    key: Sequence[InstrumentedAttribute[Any]],
    show: Callable[[R], T],
    *,
    limit: int,
    cursor: str = "",
    descending: bool = False,
) -> Page[T]:
    """Run a select of one entity ordered by a unique key, and return one page of what `show` makes of it.

    Raises:
        BadRequest: the cursor is not one of this list.
    """
    if cursor:
        values = _key_of(cursor, key)
        bound = tuple_(*key)
        statement = statement.where(bound < values if descending else bound > values)
    statement = statement.order_by(*(column.desc() if descending else column.asc() for column in key))
    rows = (await session.scalars(statement.limit(limit + 1))).all()
    more = len(rows) > limit
    shown = rows[:limit]
    following = encode_cursor([getattr(shown[-1], column.key) for column in key]) if more else None
    return Page(items=[show(row) for row in shown], next_cursor=following)
