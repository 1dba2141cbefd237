"""When to try again what a loop cannot do now: after 1 s, then twice as long each time, up to ten minutes."""

import time
from collections.abc import Callable, Collection
from uuid import UUID

_FIRST, _LONGEST = 1.0, 600.0


class Patience:
    """Keeps, for each thing that failed, the pause before it is tried again. It lasts as long as the process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waits: dict[UUID, tuple[float, float]] = {}

    def may_try(self, thing: UUID) -> bool:
        """Tell whether the pause of a thing is over; what never failed has none."""
        until, _ = self._waits.get(thing, (0.0, 0.0))
        return self._clock() >= until

    def failed(self, thing: UUID) -> None:
        """Make the pause of a thing twice as long."""
        _, last = self._waits.get(thing, (0.0, _FIRST / 2))
        pause = min(2 * last, _LONGEST)
        self._waits[thing] = (self._clock() + pause, pause)

    def forget_all_but(self, things: Collection[UUID]) -> None:
        """Forget whatever is done or given up."""
        self._waits = {thing: wait for thing, wait in self._waits.items() if thing in things}
