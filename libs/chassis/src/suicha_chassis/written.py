"""Selects that run often: put together and written out once, then run with values for their parameters.

To put a select together and to find it among those compiled takes SQLAlchemy several milliseconds for a large one,
more than the database needs for the page of a list.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, Row, Select
from sqlalchemy.ext.asyncio import AsyncSession

from suicha_chassis.db import DIALECT
from suicha_chassis.scope import Scope, scope_of, within

Day = date | BindParameter[date]
"""A day, or a parameter for one."""

_SCOPES = 256
"""So many scopes, regions with their organisations, have their own text of a select."""


class Written:
    """A select with parameters (`bindparam`), which sees what the scope of the session sees."""

    def __init__(self, select: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]) -> None:
        self._select = select
        self._for = lru_cache(_SCOPES)(self._write)

    async def rows(self, session: AsyncSession, values: Mapping[str, Any]) -> Sequence[Row[*tuple[Any, ...]]]:
        """Run it; `values` may name more than its parameters.

        Raises:
            sqlalchemy.exc.ProgrammingError: a parameter has no value.
        """
        if session.new or session.dirty or session.deleted:
            await session.flush()
        text, own = self._for(scope_of(session.sync_session))
        connection = await session.connection()
        return (await connection.exec_driver_sql(text, {**own, **values})).all()

    def _write(self, scope: Scope) -> tuple[str, dict[str, Any]]:
        compiled = within(self._select, scope).compile(dialect=DIALECT)
        own = {name: one.value for one, name in compiled.bind_names.items() if not one.required}
        return str(compiled), own
