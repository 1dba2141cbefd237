"""The child that waits in a worker: loaded once, used for deed after deed, replaced when it is gone."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from suicha_chassis import testing
from suicha_chassis.app import Runtime
from suicha_draw.rounds import child
from suicha_draw.rounds.child import DeedRefusedError, compute, keep_one_ready


async def unheard(step: str, done: int, total: int) -> None:
    """Nobody listens."""


async def free() -> int:
    """The process id of the child that waits for a deed, once there is one."""

    async def waiting() -> int:
        kept = child._standby
        return kept.child.pid if kept and kept.child and kept.free else 0

    return int(await testing.eventually(waiting, 60, "a child that waits"))


@pytest.fixture
async def keeper() -> AsyncIterator[asyncio.Task[None]]:
    """The loop of a worker that keeps a child ready; it needs nothing of the worker."""
    task = asyncio.create_task(keep_one_ready(cast(Runtime, None)))
    yield task
    task.cancel()
    await asyncio.wait([task])


@pytest.fixture
def deed(tmp_path: Path) -> dict[str, Any]:
    """Something small to do: the index of a pool."""
    (tmp_path / "pool.tsv").write_text("".join(f"HR\t{n:09}\tA\tU\n" for n in range(5000)))
    return {"deed": "index", "folder": str(tmp_path), "suite": "S256"}


async def test_the_child_that_waits_does_one_deed_after_the_other(
    keeper: asyncio.Task[None], deed: dict[str, Any]
) -> None:
    first = await free()
    for _ in range(2):
        assert await compute(progress=unheard, **deed) == {"blocks": 2}
        assert await free() == first
    with pytest.raises(DeedRefusedError, match="suite_unknown"):
        await compute(progress=unheard, **deed | {"suite": "MD5"})
    assert await free() == first


async def test_two_deeds_at_once_are_done_by_two_children(
    keeper: asyncio.Task[None], deed: dict[str, Any]
) -> None:
    first = await free()
    answers = await asyncio.gather(*(compute(progress=unheard, **deed) for _ in range(2)))
    assert answers == [{"blocks": 2}] * 2
    assert await free() == first


async def test_a_child_that_died_while_it_waited_or_worked_is_replaced(
    keeper: asyncio.Task[None], deed: dict[str, Any]
) -> None:
    first = await free()
    os.kill(first, signal.SIGKILL)
    await asyncio.sleep(0)
    with_or_without = await asyncio.gather(compute(progress=unheard, **deed), return_exceptions=True)
    assert isinstance(with_or_without[0], RuntimeError) or with_or_without == [{"blocks": 2}]
    second = await free()
    assert second != first
    with pytest.raises(RuntimeError, match="without an answer"):
        await compute("no such deed", unheard)
    assert await free() not in (first, second)
    assert await compute(progress=unheard, **deed) == {"blocks": 2}


async def test_a_child_that_needed_much_memory_is_replaced(
    keeper: asyncio.Task[None], deed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await free()
    monkeypatch.setattr(child, "KEPT_BELOW", 1)
    assert await compute(progress=unheard, **deed) == {"blocks": 2}
    assert await free() != first


async def test_the_child_ends_with_the_loop_and_deeds_are_done_without_one(
    keeper: asyncio.Task[None], deed: dict[str, Any]
) -> None:
    first = await free()
    keeper.cancel()
    await asyncio.wait([keeper])
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert await compute(progress=unheard, **deed) == {"blocks": 2}
