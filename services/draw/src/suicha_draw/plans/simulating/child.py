"""Starts `suicha_draw.plans.simulating.computing` for one question and waits for its answer."""

import asyncio
import sys

from suicha_draw.plans.simulating.schemas import Question, Simulation
from suicha_draw.problems import CountingTooLong


async def computed(question: Question, seconds: int) -> Simulation:
    """Have a child interpreter compute a simulation; it ends with the request that asked.

    Raises:
        CountingTooLong: it took longer than so many seconds; the child is gone.
        RuntimeError: the child died.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "suicha_draw.plans.simulating.computing",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(seconds):
            answer, _ = await child.communicate(question.model_dump_json().encode())
    except TimeoutError as error:
        raise CountingTooLong(
            f"{seconds} 秒内没有推演完 {len(question.lists)} 项任务，推演已停止；请减少任务、收窄条件，或在空闲时再试"
        ) from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        raise RuntimeError(f"the child that simulates plan {question.number} ended with {child.returncode}")
    return Simulation.model_validate_json(answer)
