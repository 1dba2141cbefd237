"""Starts `suicha_draw.compute` for one deed and follows it."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

Progress = Callable[[str, int, int], Awaitable[None]]

_LINE_LIMIT = 64 << 20
"""Bytes of the longest answer: the naming of a thousand objects fits many times over."""


class DeedRefusedError(Exception):
    """RID/1 refuses; `code` is rid1's, `zh` says why."""

    def __init__(self, code: str, zh: str) -> None:
        super().__init__(code, zh)
        self.code = code
        self.zh = zh


async def compute(deed: str, progress: Progress, **task: Any) -> dict[str, Any]:
    """Have a child do a deed and return its answer; `progress` is told (stage, done, total).

    Raises:
        DeedRefusedError: RID/1 forbids it.
        RuntimeError: the child died; it may be tried again.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "suicha_draw.compute",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LINE_LIMIT,
    )  # fmt: skip
    assert child.stdin is not None and child.stdout is not None
    try:
        child.stdin.write(json.dumps({"deed": deed, **task}).encode() + b"\n")
        await child.stdin.drain()
        async for line in child.stdout:
            said = json.loads(line)
            if "progress" in said:
                await progress(*said["progress"])
            elif "fault" in said:
                raise DeedRefusedError(said["fault"]["code"], said["fault"]["zh"])
            else:
                answer: dict[str, Any] = said["done"]
                return answer
        raise RuntimeError(f"the child doing {deed} ended without an answer")
    finally:
        child.stdin.close()
        if child.returncode is None:
            await child.wait()
