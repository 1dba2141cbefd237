"""Every test of the library's verifier once more, with the browser beside it: both must say the same.

The tests are the library's own: attacks of SPEC §10, beacons and embargoes, substitutions, receipts. Here each call of
the library's verifier also goes through the page, so a new attack there is a new attack here.
"""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import test_beacon_and_embargo
import test_receipt
import test_substitution
import test_tamper
from browser.verifier import Verifier
from rid1 import jcs, receipt, verify
from rid1.checkpoint import LogKey
from rid1.errors import RidError
from rid1.states import Event
from rid1_support import VKEY, World
from test_beacon_and_embargo import *  # noqa: F403
from test_receipt import *  # noqa: F403
from test_substitution import *  # noqa: F403
from test_tamper import *  # noqa: F403

ONLY_ON_THE_COMMAND_LINE = "beacon_invalid"
"""The BLS signature of a beacon is checked by the command line only; the page says that it was not."""


def text_of(key: LogKey | None) -> str:
    if key is None:
        return ""
    return VKEY if key.name else key.public.hex()


def bundle_verifier(verifier: Verifier) -> Callable[..., verify.Report]:
    def verify_in_both(
        path: Path, *, log_key: LogKey | None = None, log: Path | None = None, **others: Any
    ) -> verify.Report:
        report = verify.verify_bundle(path, log_key=log_key, log=log, **others)
        seen = verifier.bundle(path, log=log, key=text_of(log_key))
        fault = report.fault
        if fault is None or fault.code != ONLY_ON_THE_COMMAND_LINE:
            assert seen["fault"] == (
                fault
                and {"code": fault.code, "zh": seen["fault"] and seen["fault"]["zh"], "where": fault.where}
            )
            assert (seen["ok"], seen["passed"], seen["facts"]) == (report.ok, report.passed, report.facts)
        if not others:
            assert [note["code"] for note in seen["notes"]] == [note[0] for note in report.notes]
        assert ("✓ 核验通过" in verifier.shown()) == seen["ok"]
        return report

    return verify_in_both


def receipt_verifier(verifier: Verifier) -> Callable[..., list[dict[str, Any]]]:
    def check_in_both(value: dict[str, Any], log_key: LogKey | None = None) -> list[dict[str, Any]]:
        seen = verifier.receipt(jcs.encode(value).decode(), key=text_of(log_key))
        try:
            places = receipt.check_receipt(copy.deepcopy(value), log_key)
        except RidError as fault:
            assert (seen["fault"]["code"], seen["fault"]["where"]) == (fault.code, fault.where)
            raise
        shown = [
            {name: place[name] for name in ("list", "stratum", "rank", "mark")} for place in seen["places"]
        ]
        assert (seen["fault"], shown) == (None, places)
        return places

    return check_in_both


@pytest.fixture(autouse=True)
def in_both(verifier: Verifier, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (test_tamper, test_beacon_and_embargo, test_substitution):
        monkeypatch.setattr(module, "verify_bundle", bundle_verifier(verifier))
    monkeypatch.setattr(test_receipt, "check_receipt", receipt_verifier(verifier))
    yield


def test_a_log_whose_time_runs_backwards_is_named_by_both(played: World) -> None:
    played.entries.pop()
    played.log(Event.COMPLETED, {}, time="2026-11-20T01:00:00Z")
    assert test_tamper.fault(played.bundle()) == "log_time"
