"""`make bench`: every figure of the goals, each beside its rival, in one run on this machine.

`make bench PARTS="draws rid1"` measures only the named parts; the long ones are measured only when they are named.
"""

import argparse
import os
import platform as machine
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from suicha_local.demo import registries
from suicha_local.demo.client import Gateway
from suicha_local.demo.console import Console
from suicha_local.home import Home
from suicha_local.platform import Platform

from bench import browser, draws, events, gateway, imports, large_rounds, rid1, search, simulation, workers
from bench.report import Report

PARTS: dict[str, Callable[[Home, Gateway, Report], None]] = {
    "imports": imports.measure,
    "gateway": gateway.measure,
    "events": events.measure,
    "draws": draws.measure,
    "simulation": simulation.measure,
    "workers": workers.measure,
    "search": search.measure,
    "large_rounds": large_rounds.measure,
    "rid1": rid1.measure,
    "browser": browser.measure,
}
LONG = frozenset({"simulation", "workers", "large_rounds", "rid1"})
"""Parts that take many minutes; measured only when they are named."""


def main() -> int:
    """Start a platform of its own, measure, print a table."""
    parser = argparse.ArgumentParser(prog="bench", description="性能测量")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="只测量这些部分")
    chosen = parser.parse_args().parts or [name for name in PARTS if name not in LONG]
    # The limit per client protects a platform; here it would only measure itself.
    os.environ |= {
        "GATEWAY_CLIENT_RATE": "1000000",
        "GATEWAY_ADDRESS_RATE": "1000000",
        "LOG_LEVEL": "WARNING",
    }
    console = Console()
    print(f"{machine.machine()}，{os.cpu_count()} 核，Python {machine.python_version()}")
    with tempfile.TemporaryDirectory(prefix="suicha-bench-") as folder:
        home = Home(Path(folder))
        Path(folder).chmod(0o755)
        platform = Platform(home, console.say)
        try:
            with console.step("启动平台"):
                platform.up(bound=True)
            client = Gateway(home.gateway)
            registries.prepare(client)
            report = Report()
            for name in chosen:
                with console.step(name):
                    PARTS[name](home, client, report)
            client.close()
        finally:
            platform.remove()
    report.print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
