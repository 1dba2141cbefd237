"""Commands for operators: list dead letters (`dlq`), send them again (`replay`)."""

import argparse
import asyncio
import sys

from suicha_chassis.bus import Bus
from suicha_chassis.settings import ChassisSettings


async def _run(deed: str, sequence: int | None) -> int:
    bus = Bus(ChassisSettings(), "operators")
    await asyncio.wait_for(bus.connect(), timeout=10)
    count = 0
    try:
        async for letter in bus.dead_letters():
            if sequence is not None and letter.sequence != sequence:
                continue
            count += 1
            line = (
                f"{letter.sequence}\t{letter.consumer}\t{letter.subject}\t{letter.attempts}\t{letter.reason}"
            )
            if deed == "replay":
                await bus.replay(letter)
                line = "已重放\t" + line
            sys.stdout.write(line + "\n")
    finally:
        await bus.close()
    sys.stdout.write(f"共 {count} 条\n")
    return 0 if sequence is None or count else 1


def main(arguments: list[str] | None = None) -> int:
    """Command line: `dlq`, or `replay [--sequence N]`."""
    parser = argparse.ArgumentParser(prog="suicha-operators", description="死信队列：查看与重放")
    parser.add_argument("deed", choices=("dlq", "replay"))
    parser.add_argument("--sequence", type=int, default=None, help="只处理这一条")
    options = parser.parse_args(arguments)
    return asyncio.run(_run(options.deed, options.sequence))


if __name__ == "__main__":
    sys.exit(main())
