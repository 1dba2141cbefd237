"""What the ways to a page of a search cost, told by how many rows of the order could be read in that time."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod, sqrt
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from suicha_registry.subjects import search_selects as selects
from suicha_registry.subjects.search_asked import Asked

GATHERED = 12
"""To gather one object through an index."""
PROBED = 12
"""To ask whether a row is in a set."""
KNOWN = 60_000
"""A set of at most so many can be read as a whole, a row each, so that no row is asked for it."""
TO_THE_END = 2**31 - 1
_SAMPLED = 1_000
"""Objects of the sample. Of characters that often stand together (科, 技), and of what is asked of a row at once, the
planner knows only how frequent each is."""
_EXPECTED = 3
"""What is expected counts as if so many had been seen."""
_LEAST = 1e-9
"""A share that is nothing, to divide by."""
_PLAIN = str.maketrans({sign: f"\\{sign}" for sign in "%_\\"})


def share_seen(fit: int, looked: int) -> float:
    """Return how many fit where so many of some rows did: half an object more, for where none was there may be some."""
    return (fit + 0.5) / (looked + 0.5)


def _at_least(fit: int, seen: int) -> float:
    """Return how many fit at the least where so many of a sample did, by one standard deviation."""
    return (fit - sqrt(fit)) / seen if fit else 0


@dataclass(frozen=True)
class Costs:
    """What is known of a search before its objects are read, and what the ways to read them cost."""

    asked: Asked
    whole: int
    """How many objects can be read in order, at the most."""
    sizes: Mapping[str, int]
    """To how many objects the index of each field leads."""
    share: float
    """How many of all objects fit, if what is asked for has nothing to do with each other; 0 if a sample had none."""

    @property
    def lead(self) -> str:
        """The field whose index leads to the fewest; empty if there is none."""
        return min(sorted(self.sizes), key=self.sizes.__getitem__, default="")

    @property
    def gathering(self) -> int:
        """What it costs to gather all that fits."""
        return GATHERED * self.sizes[self.lead] if self.lead else TO_THE_END

    def known(self, rows: int) -> str:
        """Return the set that should be read as a whole before so many rows are looked at; empty if none should."""
        smallest = min(sorted(self.asked.sets), key=self.sizes.__getitem__, default="")
        probed = rows if self.asked.of_rows else rows * PROBED
        return smallest if smallest and self.sizes[smallest] <= min(KNOWN, probed) else ""

    def share_after(self, fit: int, looked: int) -> float:
        """Return how many seem to fit when so many of the first rows did.

        These may be of another kind: a province's own bodies come first. What was expected counts like some rows.
        """
        if not self.share:
            return share_seen(fit, looked)
        return (fit + _EXPECTED) / (looked + _EXPECTED / self.share)

    def looking(self, rows: int) -> int:
        """Return what it costs to look at so many rows."""
        if known := self.known(rows):
            return self.sizes[known] + rows
        return rows if self.asked.of_rows or not self.asked.sets else rows * (1 + PROBED)

    def rows_for(self, wanted: int, share: float, spent: int = 0) -> int:
        """Return how many rows to look at for so many objects, if such a share fits; 0 if gathering all is cheaper.

        Whatever was `spent` on looking before counts, so that no page takes twice as long as gathering it at once.
        """
        if not self.lead:
            return TO_THE_END
        needed = int(wanted / max(share, _LEAST)) + 1
        left = self.gathering - spent
        if self.looking(min(needed, self.whole)) > left:
            return 0
        if needed > self.whole:
            return TO_THE_END
        # Twice what is needed, since it ends when the page is full.
        return 2 * needed if self.looking(2 * needed) <= left else needed


async def costs_of(session: AsyncSession, asked: Asked) -> Costs:
    """Estimate what a search costs: by what the planner knows of sets, and by a sample of the objects."""
    if not asked.leads:
        return Costs(asked, TO_THE_END, {}, 1)
    whole, sizes = await _expected(session, asked)
    share = prod(size / max(whole, size, 1) for size in sizes.values())
    if asked.of_rows:
        # Of few that were seen the least is believed: what turns out to be more frequent is found sooner than thought.
        patterns = [f"%{one.translate(_PLAIN)}%" for one in asked.values.get("characters", ())]
        (told,) = await asked.read(session, selects.sample(asked.fields), sampled=_SAMPLED, patterns=patterns)
        each = max(told.whole / _SAMPLED, 1)
        whole = int((told.seen + 1) * each)
        share *= _at_least(told.named, told.seen) * _at_least(told.fitting, told.seen)
        if patterns:
            sizes["name"] = int((told.having + 1) * each)
    return Costs(asked, whole, sizes, share)


async def _expected(session: AsyncSession, asked: Asked) -> tuple[int, dict[str, int]]:
    """Return how many objects there are, and how many are in each set, as the planner expects it."""
    names = tuple(sorted(asked.sets))
    if not names:
        return 0, {}
    connection = await session.connection()
    planned = await connection.exec_driver_sql(selects.expected(names), dict(asked.values))
    explained: Any = planned.scalar_one()
    whole, *sizes = (branch["Plan Rows"] for branch in explained[0]["Plan"]["Plans"])
    return whole, dict(zip(names, sizes, strict=True))
