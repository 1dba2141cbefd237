"""One enterprise's receipt, checked alone."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from rid1.checkpoint import read_key
from rid1.errors import RidError
from rid1.receipt import check_receipt, make_receipt
from rid1_support import VKEY, World

KEY = read_key(VKEY)


def test_every_enterprise_gets_a_receipt_that_agrees_with_the_result(played: World) -> None:
    bundle = played.bundle()
    rows = [line.split("\t") for line in (played.out / "result.tsv").read_text().splitlines()]
    drawn = {(row[0], row[4]): (int(row[2]), row[3]) for row in rows}
    pooled = [line.split("\t") for line in played.lines("pool")]
    chosen = sorted({row[1] for row in pooled})
    for object_id in [*chosen[::9], *sorted({row[4] for row in rows})[::4]]:
        places = check_receipt(make_receipt(bundle, object_id), KEY)
        assert [(p["list"], p["stratum"]) for p in places] == [
            (row[0], row[2]) for row in pooled if row[1] == object_id
        ]
        for place in places:
            assert (place["rank"], place["mark"]) == drawn.get((place["list"], object_id), (None, "-"))


def test_an_enterprise_that_is_in_no_list_gets_no_receipt(played: World) -> None:
    for unknown in ("NOBODY", "not an id", "Z" * 18, "0"):
        with pytest.raises(RidError, match="object_unknown"):
            make_receipt(played.bundle(), unknown)


def changed(receipt: dict[str, Any], how: str) -> dict[str, Any]:
    made = copy.deepcopy(receipt)
    place = made["places"][0]
    match how:
        case "receipt_path":
            place["line"] = place["line"].replace("\tA\t", "\tB\t")
        case "receipt_ticket":
            place["ticket"] = "0" * 64
        case "receipt_rank":
            place["rank"] = None
        case "receipt_key":
            made["key_target"] = "0" * 64
        case "receipt_log":
            made["log"]["entry"] = made["log"]["entry"].replace("T01:", "T00:")
        case "reveal_wrong":
            made["reveals"]["reveals"]["legal"] = "1" * 64
        case "checkpoint_signature":
            made["log"]["checkpoint"] = made["log"]["checkpoint"].replace("— draw", "— drew")
        case "receipt_field":
            del place["index"]
    return made


@pytest.mark.parametrize(
    "code",
    [
        "receipt_path",
        "receipt_ticket",
        "receipt_rank",
        "receipt_key",
        "receipt_log",
        "reveal_wrong",
        "checkpoint_signature",
        "receipt_field",
    ],
)
def test_a_changed_receipt_is_refused(played: World, code: str) -> None:
    drawn = (played.out / "result.tsv").read_text().splitlines()[0].split("\t")[4]
    receipt = make_receipt(played.bundle(), drawn)
    with pytest.raises(RidError, match=code):
        check_receipt(changed(receipt, code), KEY)
