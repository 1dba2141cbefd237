"""Requests per second through the gateway against the service directly, in alternating slices."""

import asyncio
import statistics

from suicha_local.demo.client import Gateway
from suicha_local.home import Home

from bench.load import Load, run_load
from bench.report import Report

SLICES = 5
SECONDS = 4.0


def measure(home: Home, gateway: Gateway, report: Report) -> None:
    """Ask for the list of rulesets through both doors in turn, so that drift of the machine hits both."""
    token = gateway.token("reg-admin")
    path = "/registry/v1/rulesets"
    doors = {"direct": home.ports["registry"], "gateway": home.ports["gateway"]}

    async def once(port: int, seconds: float) -> Load:
        return await run_load(port, path, token, seconds=seconds)

    for port in doors.values():
        asyncio.run(once(port, 1.0))
    runs: dict[str, list[Load]] = {name: [] for name in doors}
    for _ in range(SLICES):
        for name, port in doors.items():
            runs[name].append(asyncio.run(once(port, SECONDS)))
    rates = {name: statistics.median(load.rate for load in loads) for name, loads in runs.items()}
    failures = sum(load.failures for loads in runs.values() for load in loads)
    ratio = statistics.median(
        through.rate / direct.rate for through, direct in zip(runs["gateway"], runs["direct"], strict=True)
    )
    p99 = statistics.median(load.p99_ms for load in runs["gateway"])
    report.add(
        "经网关的请求数与直连之比",
        f"{ratio:.2f}（{rates['gateway']:.0f} 次/秒，p99 {p99:.0f} 毫秒，失败 {failures}）",
        goal="≥ 0.9",
        rival=f"直连服务 {rates['direct']:.0f} 次/秒",
        met=ratio >= 0.9 and failures == 0,
    )
