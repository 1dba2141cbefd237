"""The verifier in a headless Chromium: an enterprise's receipt and a whole open bundle, as a visitor verifies them.

The bundle is of a round that the platform draws, over the page of the platform's own website. The receipt is of the
worked round in a log of many other draws, which makes its way to the signed root as long as it gets.
"""

import tempfile
from pathlib import Path
from typing import Any

from rid1 import jcs
from rid1.log import make_entry
from rid1.receipt import make_receipt
from rid1.states import Event
from suicha_local.demo import drawing
from suicha_local.demo.client import Gateway, china_today
from suicha_local.home import Home

from bench import large_rounds
from bench.report import Report
from libs.rid1.tests.rid1_support import VKEY, World
from tests.browser.devtools import NAMES, Browser, find_chromium
from tests.browser.verifier import Verifier

REGION, OBJECTS = "410311", 100_000
LOG_ENTRIES = 100_000
RUNS = 5
BUNDLE_SECONDS, RECEIPT_SECONDS = 5.0, 1.0


def measure(home: Home, gateway: Gateway, report: Report) -> None:
    """A few times each, the page opened anew every time; the slowest counts."""
    program = find_chromium()
    if program is None:
        report.add("浏览器核验", f"未测量：没有 Chromium（{'、'.join(NAMES)}）")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle, log, key = _proof(home, gateway, folder)
        receipt = _receipt(folder)
        browser = Browser(program, folder / "profile")
        try:
            address = f"{home.site}/verify"
            with browser.open(address) as page:
                verifier = Verifier(page, address)
                _add(
                    report, f"浏览器核验一份公开的证明包，{OBJECTS:,} 户，连同日志公钥和完整日志",
                    [verifier.bundle(bundle, key=key, log=log) for _ in range(RUNS)], BUNDLE_SECONDS,
                )  # fmt: skip
                _add(
                    report, f"浏览器核验一份回执，日志 {LOG_ENTRIES:,} 条，连同日志公钥",
                    [verifier.receipt(receipt, key=VKEY) for _ in range(RUNS)], RECEIPT_SECONDS,
                )  # fmt: skip
        finally:
            browser.close()


def _proof(home: Home, gateway: Gateway, folder: Path) -> tuple[Path, Path, str]:
    """Draw a round over so many objects of four grades; return what a citizen downloads of it."""
    large_rounds.prepare(gateway)
    large_rounds.fill(home, REGION, OBJECTS)
    task = large_rounds.publish_task(gateway, {"regions": [REGION]})
    frozen = drawing.open_round(gateway, [task], china_today(), units_by="unit")
    completed = drawing.sign(gateway, drawing.throw(gateway, frozen))
    return drawing.download_proof(gateway, completed["draw_id"], folder)


def _receipt(folder: Path) -> str:
    """A drawn object's receipt of the worked round, in a log that other draws have filled."""
    world = World(folder / "world")
    world.entries = [
        make_entry(
            index=index, time="2026-11-19T01:00:00Z", draw_id=f"OTHER-{index}", attempt=1, event=Event.CREATED,
            body={}, before=None,
        )
        for index in range(LOG_ENTRIES)
    ]  # fmt: skip
    bundle = world.play().bundle()
    drawn = (world.out / "result.tsv").read_text().split("\t")[4]
    return jcs.encode(make_receipt(bundle, drawn)).decode()


def _add(report: Report, what: str, found: list[dict[str, Any]], goal: float) -> None:
    for one in found:
        if not one["ok"]:
            raise SystemExit(f"核验不通过：{one['fault']}")
    seconds = sorted(one["milliseconds"] / 1000 for one in found)
    report.add(
        what,
        f"{seconds[-1]:.2f} 秒（{RUNS} 次 {seconds[0]:.2f}–{seconds[-1]:.2f}）",
        goal=f"≤ {goal:.0f} 秒",
        met=seconds[-1] <= goal,
    )
