"""Once a round is completed: receipts for everybody, what sharing saved, and bundles that keep up with the log."""

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from holding import HR_TASK, LD_TASK, Draws, object_id, stock
from hypothesis import given
from hypothesis import strategies as st
from rid1 import receipt as rid1_receipt
from rid1.checkpoint import read_key
from rid1.receipt import check_receipt, make_receipt
from rid1.verify import verify_bundle
from suicha_chassis import testing
from suicha_draw.rounds.statistics import hundredths, savings


async def prepared(draws: Draws, path: str) -> dict[str, Any]:
    """What a public path answers once it is prepared."""

    async def ready() -> dict[str, Any] | None:
        answer = await draws.anyone.get(path)
        assert answer.status_code in (200, 409), answer.text
        return dict(answer.json()) if answer.status_code == 200 else None

    return dict(await testing.eventually(ready, 40, path))


@pytest.mark.parametrize("size", [200, 6000])
async def test_every_object_can_have_its_receipt_and_check_it_alone(
    draws: Draws, tmp_path: Path, size: int
) -> None:
    stock(draws.registry, size)
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK, LD_TASK))
    await draws.hold(round_id)
    done = await draws.finish(round_id)
    path = f"/public/draws/{done['draw_id']}/attempts/1/receipts"
    key = read_key((await draws.anyone.get("/public/log/key")).json()["vkey"])
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes((await draws.anyone.get(f"/public/draws/{done['draw_id']}/bundle")).content)
    await prepared(draws, f"{path}/{object_id(1)}")
    drawn = (await draws.person("auditor").get(f"/draw/v1/rounds/{round_id}/results")).json()["items"]
    last = size + size // 2 - 1
    for one in (
        object_id(0),
        object_id(size // 2),
        object_id(size - 1),
        object_id(last),
        drawn[0]["object_id"],
    ):
        receipt = (await draws.anyone.get(f"{path}/{one}")).json()
        places = check_receipt(receipt, key)
        own = make_receipt(bundle, one)
        assert {name: receipt[name] for name in own if name != "log"} == {
            name: own[name] for name in own if name != "log"
        }
        assert places
    assert check_receipt(receipt, key)[0]["mark"] == "S"
    changed = receipt | {"places": [receipt["places"][0] | {"rank": None}]}
    with pytest.raises(rid1_receipt.RidError, match="receipt_rank"):
        check_receipt(changed, key)
    absent = await draws.anyone.get(f"{path}/{object_id(last + 1)}")
    assert absent.status_code == 404
    assert (await draws.anyone.get(f"{path.replace('/1/', '/2/')}/{object_id(0)}")).status_code == 404


async def test_a_joint_round_shows_what_sharing_tickets_saves(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK, LD_TASK))
    drawn = await draws.hold(round_id)
    done = await draws.finish(round_id)
    shown = await prepared(draws, f"/public/draws/{done['draw_id']}/statistics")
    assert shown == (await draws.person("auditor").get(f"/draw/v1/rounds/{round_id}/statistics")).json()
    # Lists of 200 objects each, 100 of them in both: strata of 101, 66, 33 and one of 200.
    grades = ("A", "A", "A", "B", "B", "C")
    chance = {"A": Fraction(6, 101), "B": Fraction(7, 66), "C": Fraction(10, 33)}
    expected = sum(chance[grades[n % 6]] for n in range(100)) + 100 * Fraction(16, 200)
    expected += sum(1 - (1 - chance[grades[n % 6]]) * (1 - Fraction(16, 200)) for n in range(100, 200))
    assert (shown["selected"], shown["visits"], shown["lists"]) == (39, drawn["visits"], 2)
    assert shown["saved"] == 39 - drawn["visits"]
    assert shown["expected_visits_apart"] == hundredths(expected)
    assert shown["saved_by_sharing"] == hundredths(expected - drawn["visits"])
    rows = (await draws.person("auditor").get(f"/draw/v1/rounds/{round_id}/results?limit=200")).json()[
        "items"
    ]
    assert shown["visits"] == len({row["object_id"] for row in rows if row["kind"] == "S"})
    [told] = await draws.emitted("savings_counted")
    assert told["draw_id"] == done["draw_id"]
    shared = ("attempt", "selected", "visits", "expected_visits_apart", "saved_by_sharing")
    assert {name: told[name] for name in shared} == {name: shown[name] for name in shared}


async def test_a_draw_of_one_list_shares_nothing_and_tells_no_savings(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK))
    await draws.hold(round_id)
    done = await draws.finish(round_id)
    shown = await prepared(draws, f"/public/draws/{done['draw_id']}/statistics")
    assert (shown["lists"], shown["saved_by_sharing"]) == (1, "0.00")
    assert await draws.emitted("savings_counted") == []


async def test_a_round_of_one_list_saves_nothing_and_its_strata_are_those_of_the_manifest(
    draws: Draws,
) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK))
    drawn = await draws.hold(round_id)
    done = await draws.finish(round_id)
    shown = await prepared(draws, f"/public/draws/{done['draw_id']}/statistics")
    assert (shown["selected"], shown["visits"], shown["saved"]) == (23, drawn["visits"], 0)
    assert (shown["expected_visits_apart"], shown["saved_by_sharing"]) == ("23.00", "0.00")


async def test_after_substitutions_the_bundle_holds_them_and_verifies(draws: Draws, tmp_path: Path) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK))
    await draws.hold(round_id)
    done = await draws.finish(round_id)
    path = f"/draw/v1/rounds/{round_id}"
    rows = (await draws.person("auditor").get(f"{path}/results")).json()["items"]
    for number, row in enumerate([one for one in rows if (one["stratum"], one["kind"]) == ("C", "S")][:2], 2):
        who = {"kind": "object", "list_code": "HR", "stratum": "C", "out": row["object_id"]}
        body = {"who": who, "reason_code": "cancelled", "reason": "注销", "evidence": "e" * 64}
        asked = await draws.deed("operator", round_id, "substitutions", body, 201)
        await draws.deed("legal", round_id, f"substitutions/{asked['id']}/approve")

        async def at_version(due: int = number) -> list[dict[str, Any]] | None:
            found = (await draws.anyone.get(f"/public/draws/{done['draw_id']}/bundles")).json()
            return found if len(found) == due else None

        versions = await testing.eventually(at_version, 40, "a new bundle")
        assert [one["version"] for one in versions] == list(range(1, number + 1))
    key = read_key((await draws.anyone.get("/public/log/key")).json()["vkey"])
    held = []
    for one in versions:
        answer = await draws.anyone.get(f"/public/draws/{done['draw_id']}/bundles/{one['version']}")
        bundle = tmp_path / f"{one['version']}.zip"
        bundle.write_bytes(answer.content)
        report = verify_bundle(bundle, log_key=key)
        assert report.ok, report.fault
        held.append(report.facts.get("substitutions"))
    assert held == [None, 1, 2]
    newest = await draws.anyone.get(f"/public/draws/{done['draw_id']}/bundle")
    assert newest.headers["etag"] == f'"{versions[-1]["sha256"]}"'
    assert (await draws.anyone.get(f"/public/draws/{done['draw_id']}/bundles/4")).status_code == 404


strata = st.sampled_from(["A/x", "A/y", "B/x", "C/x"])


@given(st.dictionaries(st.frozensets(strata, min_size=1), st.integers(1, 50), max_size=6))
def test_the_expectation_lies_between_the_largest_list_and_all_of_them(
    groups: dict[frozenset[str], int],
) -> None:
    sizes = {
        one: sum(n for members, n in groups.items() if one in members) for one in ("A/x", "A/y", "B/x", "C/x")
    }
    quotas = {one: (max(1, n // 3), n) for one, n in sizes.items() if n}
    found = savings(quotas, [(sorted(members), n) for members, n in groups.items()], 0)
    assert found.expected_apart <= found.selected
    assert found.expected_apart >= max((k for k, _ in quotas.values()), default=0)
    if all(len(members) == 1 for members in groups):
        assert found.expected_apart == found.selected


def test_the_expectation_is_what_many_draws_held_apart_come_to() -> None:
    lots = random.Random(20261120)
    lists = {"A/x": range(60), "B/x": range(30, 90), "C/x": range(50, 70)}
    quotas = {"A/x": (12, 60), "B/x": (6, 60), "C/x": (10, 20)}
    overlaps: dict[tuple[str, ...], int] = {}
    for one in range(90):
        members = tuple(name for name, held in lists.items() if one in held)
        overlaps[members] = overlaps.get(members, 0) + 1
    expected = savings(quotas, overlaps.items(), 0).expected_apart
    draws = 4000
    total = sum(
        len({one for name, (k, _) in quotas.items() for one in lots.sample(list(lists[name]), k)})
        for _ in range(draws)
    )
    # The number of visits of one draw differs from its mean by less than two on average.
    assert abs(Fraction(total, draws) - expected) < Fraction(2 * 5, int(draws**0.5))


def test_expectations_are_written_with_two_decimals_rounded_half_up() -> None:
    assert [hundredths(Fraction(*one)) for one in ((1, 3), (2, 3), (-1, 200), (5, 1), (199, 200))] == [
        "0.33", "0.67", "-0.01", "5.00", "1.00",
    ]  # fmt: skip
