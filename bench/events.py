"""Latency of events: from the writing of an event to its committed effect in another service."""

import asyncio
import re
import time
from collections.abc import Callable

import httpx
from pydantic import SecretStr
from suicha_chassis.bus import Bus
from suicha_chassis.settings import ChassisSettings
from suicha_local.demo.client import Gateway, wait_for
from suicha_local.home import Home

from bench.report import Report

COUNT = 300
PAIRS, QUIET = 12, 5.5
CONSUMER = "disclosure-calendars"
_BUCKET = re.compile(r'suicha_event_latency_seconds_bucket\{consumer="([^"]+)",le="([^"]+)"\} ([0-9.e+]+)')


def measure(home: Home, gateway: Gateway, report: Report) -> None:
    """Publish calendars of past years again and again, changed each time; registry tells, disclosure hears."""
    publish = _publisher(gateway)
    found = _latencies(home, COUNT, publish, lambda _: 0.01)
    p50, p99 = (_quantile(found, share) * 1000 for share in (0.5, 0.99))
    report.add(
        "事件从写入到在另一服务生效",
        f"p50 {p50:.1f} 毫秒，p99 {p99:.1f} 毫秒（{COUNT} 个事件）",
        goal="p50 ≤ 20，p99 ≤ 60 毫秒",
        rival=asyncio.run(_publication(home)),
        met=p50 <= 20 and p99 <= 60,
    )
    # A consumer that waits asks the broker again every five seconds: what comes just then must not be left lying.
    found = _latencies(home, PAIRS * 2, publish, lambda number: QUIET if number % 2 else 0.0)
    slowest = _quantile(found, 1.0) * 1000
    report.add(
        f"事件在 {QUIET} 秒安静之后，最慢的一个",
        f"≤ {slowest:.0f} 毫秒（{PAIRS * 2} 个事件，两个一组）",
        goal="≤ 250 毫秒",
        met=slowest <= 250,
    )


def _publisher(gateway: Gateway) -> Callable[[int], object]:
    province = gateway.sign_in("he-reg-admin")

    def publish(number: int) -> object:
        days = {"holidays": [f"2010-01-{4 + number % 5:02d}"], "workdays": []}
        return province.post("/registry/v1/calendars", {"year": 2010, **days, "source": f"测量 {number}"})

    return publish


def _latencies(
    home: Home, count: int, publish: Callable[[int], object], pause: Callable[[int], float]
) -> dict[float, float]:
    """Publish so many events, each followed by a pause in seconds; return how many took effect within each time."""
    before = _buckets(home)
    for number in range(count):
        publish(number)
        time.sleep(pause(number))

    def heard() -> dict[float, float] | None:
        now = _buckets(home)
        new = {edge: seen - before.get(edge, 0) for edge, seen in now.items()}
        return new if new.get(float("inf"), 0) >= count else None

    found: dict[float, float] = wait_for("事件全部生效", heard)
    return found


async def _publication(home: Home) -> str:
    """Measure the part that no design can save: JetStream storing one message on disk and confirming it."""
    settings = ChassisSettings(
        nats_url=f"nats://127.0.0.1:{home.ports['nats']}", nats_token=SecretStr(home.secrets["nats"])
    )
    bus = Bus(settings, "bench")
    await bus.connect()
    took = []
    for number in range(COUNT):
        began = time.perf_counter()
        await bus.publish("events.bench.publication.v1", b"{}", f"bench-{time.time_ns()}-{number}")
        took.append((time.perf_counter() - began) * 1000)
    await bus.close()
    took.sort()
    return f"其中消息落盘确认 p50 {took[COUNT // 2]:.1f} 毫秒，p99 {took[int(COUNT * 0.99)]:.1f} 毫秒"


def _buckets(home: Home) -> dict[float, float]:
    text = httpx.get(f"http://127.0.0.1:{home.ports['disclosure']}/metrics").text
    return {
        float(edge.replace("+Inf", "inf")): float(count)
        for consumer, edge, count in _BUCKET.findall(text)
        if consumer == CONSUMER
    }


def _quantile(buckets: dict[float, float], share: float) -> float:
    """Interpolate a quantile from cumulative buckets, as Prometheus does."""
    wanted, lower, below = buckets[float("inf")] * share, 0.0, 0.0
    for edge in sorted(buckets):
        if buckets[edge] >= wanted:
            if edge == float("inf"):
                return lower
            inside = buckets[edge] - below
            return lower + (edge - lower) * ((wanted - below) / inside if inside else 1.0)
        lower, below = edge, buckets[edge]
    return lower
