"""Progress of what tells nothing of itself: looked at from outside while it runs."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from suicha_draw.rounds.child import Progress

_PAUSE_SECONDS = 0.5


@asynccontextmanager
async def watched(
    progress: Progress, step: str, done: Callable[[], int], total: int = 0
) -> AsyncIterator[None]:
    """Show `done()` of `total` at once and again and again while the block runs."""

    over = asyncio.Event()

    async def look() -> None:
        while not over.is_set():
            await progress(step, done(), total)
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), _PAUSE_SECONDS)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        over.set()
        await looking


def seconds() -> Callable[[], int]:
    """Return how long ago this was called, in seconds: all there is to show of a call to another service."""
    began = time.monotonic()
    return lambda: int(time.monotonic() - began)


def written(paths: Sequence[Path]) -> Callable[[], int]:
    """Return how many bytes the files have by now."""
    return lambda: sum(path.stat().st_size for path in paths if path.exists())
