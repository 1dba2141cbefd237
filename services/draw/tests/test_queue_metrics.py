"""What waits for a worker is told by the API, whether workers run or not."""

import re

from holding import HR_TASK, Draws
from suicha_chassis import testing
from suicha_draw import worker


async def gauge(draws: Draws, name: str) -> float:
    """A figure of the API's /metrics; -1 while it is not told."""
    found = re.search(
        rf"^{re.escape(name)} ([0-9.e+]+)$", (await draws.anyone.get("/metrics")).text, re.MULTILINE
    )
    return float(found[1]) if found else -1.0


async def test_rounds_that_wait_are_counted_and_grow_old_without_any_worker(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    waiting = await draw_api.open(await draw_api.plan(HR_TASK))

    async def told() -> bool:
        return await gauge(draw_api, "suicha_draw_queue_depth") == 1

    await testing.eventually(told, 30, "the round that waits")
    first = await gauge(draw_api, "suicha_draw_queue_age_seconds")

    async def older() -> bool:
        return await gauge(draw_api, "suicha_draw_queue_age_seconds") > first

    await testing.eventually(older, 30, "a greater age")
    assert await gauge(draw_api, 'suicha_draw_rounds{state="draft"}') == 1

    async with testing.served(worker.create_app(draw_api.settings)):
        await draw_api.until(waiting, "frozen")

        async def drained() -> bool:
            return await gauge(draw_api, "suicha_draw_queue_depth") == 0

        await testing.eventually(drained, 30, "an empty queue")

    # The consumer is there once a worker was: from now on the broker's own figure is told without one, too.
    await draw_api.open(await draw_api.plan(HR_TASK))

    async def lagging() -> bool:
        return await gauge(draw_api, 'suicha_consumer_lag{consumer="draw-draw-round"}') == 1

    await testing.eventually(lagging, 30, "a job that waits")


def test_a_worker_does_not_tell_what_the_api_tells() -> None:
    assert not worker.PROCESS.watch
    assert "measure" not in dict(worker.PROCESS.loops)
