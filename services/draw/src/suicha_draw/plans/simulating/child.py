"""Starts `suicha_draw.plans.simulating.computing` for one question and waits for its answer."""

import asyncio
import sys

from suicha_draw.plans.simulating.schemas import Question, Simulation


async def computed(question: Question) -> Simulation:
    """Have a child interpreter compute a simulation; it ends with the request that asked.

    Raises:
        RuntimeError: the child died.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "suicha_draw.plans.simulating.computing",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        answer, _ = await child.communicate(question.model_dump_json().encode())
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        raise RuntimeError(f"the child that simulates plan {question.number} ended with {child.returncode}")
    return Simulation.model_validate_json(answer)
