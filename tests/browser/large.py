"""A round of 100,000 objects, and how long the browser takes for it:

PYTHONPATH=tests:libs/rid1/tests python -m browser.large
"""

import random
import tempfile
from pathlib import Path

from browser.devtools import NAMES, Browser, find_chromium
from browser.verifier import Verifier
from browser.website import served_website
from rid1 import jcs
from rid1.receipt import make_receipt
from rid1_support import World
from test_beacon_and_embargo import play_with_beacon

COUNT = 100_000
RUNS = 3


def enlarge(world: World) -> World:
    """The world's round with 100,000 objects, 800 inspectors and 100 recusals, not yet played."""
    units, rng = [f"U{unit:02}" for unit in range(40)], random.Random(1)
    pool = [f"HR\t{at:018}\t{rng.choice('AAABBCD')}\t{rng.choice(units)}" for at in range(COUNT)]
    world.write_lines("pool", pool)
    world.write_lines("excluded", [])
    world.write_lines("inspectors", [f"JC{at:04}\tLDJC\t{units[at % 40]}\t*" for at in range(800)])
    world.write_lines("recusals", [f"JC{at:04}\t{at * 7:018}\tkinship" for at in range(100)])
    manifest = world.manifest
    lists = [{**manifest["lists"][0], "registry_count": COUNT}]
    world.change(lists=lists, crews=manifest["crews"][:1])
    world.refreeze()
    return world


def main() -> None:
    """Measures a bundle with a beacon, and a receipt of it, a few times each."""
    program = find_chromium()
    if program is None:
        raise SystemExit(f"no Chromium here ({', '.join(NAMES)})")
    with tempfile.TemporaryDirectory() as name, served_website(Path(name)) as website:
        address = f"{website}/verify"
        world = play_with_beacon(enlarge(World(Path(name) / "world")))
        bundle = world.bundle()
        drawn = (world.out / "result.tsv").read_text().split("\t")[4]
        receipt = jcs.encode(make_receipt(bundle, drawn)).decode()
        browser = Browser(program, Path(name) / "profile")
        try:
            with browser.open(address) as page:
                verifier = Verifier(page, address)
                for _ in range(RUNS):
                    whole, one = verifier.bundle(bundle), verifier.receipt(receipt)
                    if not (whole["ok"] and one["ok"]):
                        raise SystemExit(f"refused: {whole['fault'] or one['fault']}")
                    print(
                        f"{COUNT:,} objects {whole['milliseconds']:,} ms, receipt {one['milliseconds']:,} ms"
                    )
        finally:
            browser.close()


if __name__ == "__main__":
    main()
