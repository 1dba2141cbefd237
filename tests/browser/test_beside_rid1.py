"""Every test of the library's verifier once more, with the browser beside it: both must say the same.

The tests are the library's own: attacks of SPEC §10, beacons and embargoes, sealed rounds, substitutes by order and by
fresh beacons, earlier checkpoints, witnesses, timestamps, receipts. Here each call of the library's verifier also goes
through the page, so a new attack there is a new attack here.
"""

import copy
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import test_beacon_and_embargo
import test_cosignature
import test_fresh_beacon
import test_growth
import test_receipt
import test_sealed
import test_substitution
import test_tamper
import test_tamper_insider
import test_timestamp
import test_witnessed
from browser.verifier import Verifier
from rid1 import jcs, receipt, verify
from rid1.checkpoint import LogKey
from rid1.consistency import Earlier
from rid1.cosignature import WitnessKey, witness_key
from rid1.errors import RidError
from rid1.states import Event
from rid1.tsv import SALTED
from rid1_support import VKEY, World
from test_beacon_and_embargo import *  # noqa: F403
from test_cosignature import *  # noqa: F403
from test_fresh_beacon import *  # noqa: F403
from test_growth import *  # noqa: F403
from test_receipt import *  # noqa: F403
from test_sealed import *  # noqa: F403
from test_substitution import *  # noqa: F403
from test_tamper import *  # noqa: F403
from test_tamper_insider import *  # noqa: F403
from test_timestamp import *  # noqa: F403
from test_witnessed import *  # noqa: F403

BUNDLES = (
    test_tamper, test_beacon_and_embargo, test_substitution, test_fresh_beacon, test_sealed, test_growth,
    test_cosignature, test_timestamp, test_witnessed,
)  # fmt: skip


def text_of(key: LogKey | None) -> str:
    if key is None:
        return ""
    return VKEY if key.name else key.public.hex()


def kept_of(earlier: Earlier | None) -> dict[str, str]:
    """The earlier checkpoint and its proof as a visitor has them."""
    if earlier is None:
        return {}
    lines = [
        f"— {one.name} {b64encode(one.key_hash + one.signature).decode()}\n"
        for one in earlier.checkpoint.signatures
    ]
    kept = {"since": f"{earlier.checkpoint.text}\n{''.join(lines)}"}
    if earlier.proof:
        path = [node.hex() for node in earlier.proof.path]
        kept["consistency"] = json.dumps({"old": earlier.proof.old, "size": earlier.proof.size, "path": path})
    return kept


def bundle_verifier(verifier: Verifier) -> Callable[..., verify.Report]:
    def verify_in_both(
        path: Path,
        *,
        log_key: LogKey | None = None,
        log: Path | None = None,
        witnesses: Sequence[WitnessKey] = (),
        earlier: Earlier | None = None,
        inputs: Path | None = None,
        sandbox: bool = False,
    ) -> verify.Report:
        report = verify.verify_bundle(
            path,
            log_key=log_key,
            log=log,
            witnesses=witnesses,
            earlier=earlier,
            inputs=inputs,
            sandbox=sandbox,
        )
        seen = verifier.bundle(
            path,
            log=log,
            inputs=[inputs / f"{name}.tsv" for name in SALTED] if inputs else [],
            sandbox=sandbox,
            key=text_of(log_key),
            witnesses="\n".join(map(witness_key, witnesses)),
            **kept_of(earlier),
        )
        fault = report.fault
        found = seen["fault"] and (seen["fault"]["code"], seen["fault"]["where"])
        assert found == (fault and (fault.code, fault.where))
        assert (seen["ok"], seen["passed"], seen["facts"]) == (report.ok, report.passed, report.facts)
        assert [note["code"] for note in seen["notes"]] == [note[0] for note in report.notes]
        assert ("✓ 核验通过" in verifier.shown()) == seen["ok"]
        assert seen["ok"] or "这意味着" in verifier.shown()
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
    for module in BUNDLES:
        monkeypatch.setattr(module, "verify_bundle", bundle_verifier(verifier))
    for module in (test_receipt, test_sealed):
        monkeypatch.setattr(module, "check_receipt", receipt_verifier(verifier))
    yield


def test_every_file_of_the_library_that_verifies_bundles_is_repeated_here() -> None:
    files = Path(test_tamper.__file__).parent.glob("test_*.py")
    verifying = {path.stem for path in files if re.search(r"\bfault\(|verify_bundle\(", path.read_text())}
    assert verifying == {module.__name__ for module in (*BUNDLES, test_tamper_insider)}


def test_a_log_whose_time_runs_backwards_is_named_by_both(played: World) -> None:
    played.entries.pop()
    played.log(Event.COMPLETED, {}, time="2026-11-20T01:00:00Z")
    assert test_tamper.fault(played.bundle()) == "log_time"
