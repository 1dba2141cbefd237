"""A plain HTTP/1.1 load generator: N connections, each asks again as soon as it is answered.

It is small because a slow generator would hide the difference between what it measures.
"""

import asyncio
import statistics
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What came of a run."""

    requests: int
    seconds: float
    failures: int
    median_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.requests / self.seconds


async def run_load(port: int, path: str, token: str, *, seconds: float, connections: int = 16) -> Load:
    """Ask a loopback server for a path until the time is over."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()
    ends = time.perf_counter() + seconds
    took: list[float] = []
    failures = 0

    async def one() -> None:
        nonlocal failures
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < ends:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                failures += 1
            length = head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
            await reader.readexactly(int(length))
            took.append(time.perf_counter() - began)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    took.sort()
    return Load(
        requests=len(took),
        seconds=time.perf_counter() - began,
        failures=failures,
        median_ms=statistics.median(took) * 1000,
        p99_ms=took[int(len(took) * 0.99)] * 1000,
    )
