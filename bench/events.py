"""Latency of events: from the writing of an event to its committed effect in another service."""

import asyncio
import re
import time

import httpx
from pydantic import SecretStr
from suicha_chassis.bus import Bus
from suicha_chassis.settings import ChassisSettings
from suicha_local.demo.client import Gateway, wait_for
from suicha_local.home import Home

from bench.report import Report

COUNT = 300
CONSUMER = "disclosure-calendars"
_BUCKET = re.compile(r'suicha_event_latency_seconds_bucket\{consumer="([^"]+)",le="([^"]+)"\} ([0-9.e+]+)')


def measure(home: Home, gateway: Gateway, report: Report) -> None:
    """Publish calendars of past years again and again, changed each time; registry tells, disclosure hears."""
    province = gateway.sign_in("he-reg-admin")
    before = _buckets(home)
    for number in range(COUNT):
        holiday = f"2010-01-{4 + number % 5:02d}"
        province.post(
            "/registry/v1/calendars",
            {"year": 2010, "holidays": [holiday], "workdays": [], "source": f"测量 {number}"},
        )
        time.sleep(0.01)

    def heard() -> dict[float, float] | None:
        now = _buckets(home)
        new = {edge: count - before.get(edge, 0) for edge, count in now.items()}
        return new if new.get(float("inf"), 0) >= COUNT else None

    found: dict[float, float] = wait_for("事件全部生效", heard)
    p50, p99 = (_quantile(found, share) * 1000 for share in (0.5, 0.99))
    report.add(
        "事件从写入到在另一服务生效",
        f"p50 {p50:.1f} 毫秒，p99 {p99:.1f} 毫秒（{COUNT} 个事件）",
        goal="p50 ≤ 20，p99 ≤ 60 毫秒",
        rival=asyncio.run(_publication(home)),
        met=p50 <= 20 and p99 <= 60,
    )


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
