"""One page of a search, as it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.written import Written

from suicha_registry.subjects.conditions import SETS
from suicha_registry.subjects.schemas import Search

Found = list[Row[Any]]
"""Rows with every column of an object, in the order of every list of objects: by region and id."""
Key = tuple[str, str]
OF_ORDER = frozenset({"region", "code"})
"""What the order of the objects answers, so that other rows are not read."""


def key_of(row: Row[Any]) -> Key:
    """Return where a row stands in the order."""
    return row.region, row.id


@dataclass(frozen=True)
class Asked:
    """One page of a search: the values it names, the key it comes after, how many objects are wanted."""

    search: Search
    values: Mapping[str, Any]
    after: Key | None
    wanted: int

    @property
    def sets(self) -> frozenset[str]:
        """The fields that name sets of ids."""
        return SETS & self.values.keys()

    @property
    def leads(self) -> frozenset[str]:
        """The fields whose index leads to objects: the name, and the sets."""
        return self.sets | ({"name"} & self.values.keys())

    @property
    def of_rows(self) -> bool:
        """Something is asked of the row itself, which spares most of them to be asked for sets."""
        return not self.values.keys() <= SETS | OF_ORDER | {"day"}

    @property
    def fields(self) -> frozenset[str]:
        """What is asked for, as the selects are told."""
        return frozenset(self.values) | (frozenset() if self.after is None else {"after"})

    def behind(self, key: Key | None, found: Found) -> "Asked":
        """Ask for the rest of the page, behind a key: nothing else fits up to there."""
        return replace(self, after=key or self.after, wanted=self.wanted - len(found))

    def before(self, place: str) -> bool:
        """Tell whether a place is still ahead."""
        return self.after is None or self.after[0] < place

    async def read(self, session: AsyncSession, select: Written, **more: object) -> Found:
        """Run a select with what is asked for."""
        region, one = self.after or (None, None)
        key = {"after_region": region, "after_id": one, "wanted": self.wanted}
        return list(await select.rows(session, {**self.values, **key, **more}))
