"""`make bench`: every figure of the goals, each beside its rival, in one run on this machine.

Everything takes long (the last line says how long); `make bench PARTS="draws rid1"` measures only the named parts. Ends
with 1 when a figure misses its goal. Nothing else may run meanwhile: most goals are times.
"""

import argparse
import os
import platform as machine
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from suicha_local.demo import registries
from suicha_local.demo.client import Gateway
from suicha_local.demo.console import Console
from suicha_local.home import Home
from suicha_local.platform import Platform

from bench import (
    browser,
    draw_step,
    draws,
    events,
    gateway,
    imports,
    large_rounds,
    rid1,
    search,
    simulation,
    workers,
)
from bench.report import Report

ALONE: dict[str, Callable[[Report], None]] = {"rid1": rid1.measure}
"""Parts that need no platform."""

PARTS: dict[str, Callable[[Home, Gateway, Report], None]] = {
    "browser": browser.measure,
    "gateway": gateway.measure,
    "events": events.measure,
    "imports": imports.measure,
    "draws": draws.measure,
    "draw_step": draw_step.measure,
    "search": search.measure,
    "simulation": simulation.measure,
    "workers": workers.measure,
    "large_rounds": large_rounds.measure,
}
"""Each has a platform of its own, so that none measures what another left behind."""


def main() -> int:
    """Start a platform of its own, measure, print a table."""
    parser = argparse.ArgumentParser(prog="bench", description="性能测量")
    parser.add_argument("parts", nargs="*", choices=[*ALONE, *PARTS, []], help="只测量这些部分")
    chosen = parser.parse_args().parts or [*ALONE, *PARTS]
    # The limit per client protects a platform; here it would only measure itself.
    os.environ |= {
        "GATEWAY_CLIENT_RATE": "1000000",
        "GATEWAY_ADDRESS_RATE": "1000000",
        "LOG_LEVEL": "WARNING",
    }
    console = Console()
    print(f"{machine.machine()}，{os.cpu_count()} 核，Python {machine.python_version()}")
    report, began = Report(), time.perf_counter()
    for name in chosen:
        with console.step(name):
            if name in ALONE:
                ALONE[name](report)
            else:
                _with_platform(PARTS[name], console, report)
    report.print()
    print(f"\n用时 {(time.perf_counter() - began) / 60:.0f} 分钟")
    for one in report.missed():
        print(f"未达标：{one.what}：{one.value}，目标 {one.goal}")
    return 1 if report.missed() else 0


def _with_platform(
    measure: Callable[[Home, Gateway, Report], None], console: Console, report: Report
) -> None:
    with tempfile.TemporaryDirectory(prefix="suicha-bench-") as folder:
        home = Home(Path(folder))
        Path(folder).chmod(0o755)
        platform = Platform(home, console.say)
        try:
            platform.up(bound=True)
            client = Gateway(home.gateway)
            registries.prepare(client)
            measure(home, client, report)
            client.close()
        finally:
            platform.remove()


if __name__ == "__main__":
    sys.exit(main())
