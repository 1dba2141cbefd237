"""The public beacon (RID/1 §5): checked twice over, typed in or fetched, decided upon before it exists."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from holding import DICE, HR_TASK, SECRETS, Draws
from rid1 import beacon
from rid1.verify import verify_bundle
from simulated_drand import PUBLISHED, SimulatedDrand
from suicha_chassis.bus import TransientError
from suicha_draw.beacon.fetching import DrandClient
from suicha_draw.beacon.verifying import by_py_ecc, by_rid1, check
from suicha_draw.problems import BeaconInvalid, BeaconVerifiersDisagree

SIGNATURE = bytes.fromhex(PUBLISHED["signature"])
CHANGED = SIGNATURE[:-1] + bytes([SIGNATURE[-1] ^ 1])
INFINITY = bytes([0xC0]) + bytes(47)


@pytest.mark.parametrize(
    ("drand_round", "signature", "valid"),
    [
        (PUBLISHED["round"], SIGNATURE, True),
        (PUBLISHED["round"] + 1, SIGNATURE, False),
        (PUBLISHED["round"], CHANGED, False),
        (PUBLISHED["round"], INFINITY, False),
        (PUBLISHED["round"], SIGNATURE[:47], False),
    ],
)
def test_both_verifiers_say_the_same_of_the_published_round(
    drand_round: int, signature: bytes, valid: bool
) -> None:
    assert by_rid1(beacon.QUICKNET, drand_round, signature) is valid
    assert by_py_ecc(beacon.QUICKNET, drand_round, signature) is valid


async def test_verifiers_that_disagree_raise_an_alarm_and_nothing_goes_on() -> None:
    def credulous(chain: beacon.Chain, drand_round: int, signature: bytes) -> bool:
        return True

    with pytest.raises(BeaconVerifiersDisagree):
        await check(beacon.QUICKNET, PUBLISHED["round"], CHANGED, (by_rid1, credulous))
    with pytest.raises(BeaconInvalid):
        await check(beacon.QUICKNET, PUBLISHED["round"], CHANGED)
    await check(beacon.QUICKNET, PUBLISHED["round"], SIGNATURE)


@pytest.fixture(params=["simulated", "real"])
def node(request: pytest.FixtureRequest) -> Iterator[str]:
    """A node to fetch from: the simulated one, and a real one where DRAND_NODE names it."""
    if request.param == "simulated":
        yield request.getfixturevalue("rehearsal").url
    elif address := os.environ.get("DRAND_NODE"):
        yield address
    else:
        pytest.skip("DRAND_NODE names no drand node: no network here")


async def test_a_node_gives_the_signature_of_a_published_round_and_none_of_one_to_come(node: str) -> None:
    drand = DrandClient([node], attempts=1)
    assert await drand.signature(beacon.QUICKNET, PUBLISHED["round"]) == SIGNATURE
    with pytest.raises(TransientError):
        await drand.signature(beacon.QUICKNET, 2**40)


async def test_the_next_node_is_asked_when_one_is_silent(rehearsal: SimulatedDrand) -> None:
    nodes = ["http://127.0.0.1:1", rehearsal.url]
    assert await DrandClient(nodes, attempts=1).signature(beacon.QUICKNET, PUBLISHED["round"]) == SIGNATURE
    rehearsal.silent = True
    with pytest.raises(TransientError):
        await DrandClient(nodes, attempts=1).signature(beacon.QUICKNET, PUBLISHED["round"])


async def refused(draws: Draws, round_id: str, body: Any) -> str:
    answer = await draws.person("operator").post(f"/draw/v1/rounds/{round_id}/beacon", body)
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["code"])


async def bundle_of(draws: Draws, done: dict[str, Any], folder: Path) -> Path:
    bundle = folder / "bundle.zip"
    bundle.write_bytes((await draws.anyone.get(f"/public/draws/{done['draw_id']}/bundle")).content)
    return bundle


async def test_a_secret_held_back_counts_as_missing_before_the_beacon_typed_in_by_hand_decides(
    rehearsals: Draws, rehearsal: SimulatedDrand, tmp_path: Path
) -> None:
    rehearsal.silent = True
    await rehearsals.know("410300-rsj@2022.1")
    later = beacon.round_after(rehearsal.genesis + 60 + 25, rehearsal.chain)
    round_id = await rehearsals.open(await rehearsals.plan(HR_TASK), seconds=12, beacon=later)
    committed = await rehearsals.commit(round_id)
    sandbox = committed["manifest"]["seed"]["beacon"]
    assert (sandbox["chain"], sandbox["round"]) == (rehearsal.chain.hash, later) and "sandbox" in sandbox
    await rehearsals.deed("operator", round_id, "dice", {"value": DICE})
    await rehearsals.deed("legal", round_id, "dice/confirm", {"value": DICE})
    await rehearsals.deed(
        "operator", round_id, "reveals", {"name": "operator", "secret": SECRETS["operator"]}
    )
    decided = await rehearsals.until(round_id, "revealed")
    said = {
        line["body"]["name"]: line["body"]["value"] for line in decided["log"] if line["event"] == "reveal"
    }
    assert said == {"operator": SECRETS["operator"], "legal": "-"} and decided["seed"] is None
    right = {"round": later, "signature": rehearsal.sign(later)}
    assert await refused(rehearsals, round_id, right | {"round": later + 1}) == "beacon_round"
    assert await refused(rehearsals, round_id, right) == "beacon_too_early"
    await rehearsals.beacon_time(rehearsal.chain, later)
    wrong = right | {"signature": rehearsal.sign(later + 1)}
    assert await refused(rehearsals, round_id, wrong) == "beacon_invalid"
    await rehearsals.deed("operator", round_id, "beacon", right)
    assert await refused(rehearsals, round_id, right) in {"already_done", "wrong_state"}
    done = await rehearsals.finish(round_id)
    assert done["beacon"].startswith(f"drand:{later}:")
    (told,) = await rehearsals.emitted("draw_completed")
    assert told["beacon"] == f"演练信标，不是真正的抽取：{done['beacon']}"
    bundle = await bundle_of(rehearsals, done, tmp_path)
    fault = verify_bundle(bundle).fault
    assert fault is not None and fault.code == "beacon_sandbox", "a rehearsal is no real draw"
    report = verify_bundle(bundle, sandbox=True)
    assert report.fault is None and "beacon_sandbox" in [note[0] for note in report.notes]


async def test_a_worker_fetches_the_beacon_when_its_time_has_come_and_believes_no_lie(
    rehearsals: Draws, rehearsal: SimulatedDrand
) -> None:
    rehearsal.lies = True
    await rehearsals.know("410300-rsj@2022.1")
    round_id = await rehearsals.open(await rehearsals.plan(HR_TASK), seconds=10, beacon="next", dice=False)
    await rehearsals.commit(round_id)
    for name, secret in SECRETS.items():
        await rehearsals.deed(name, round_id, "reveals", {"name": name, "secret": secret})
    waiting = await rehearsals.until(round_id, "revealed")
    assert waiting["beacon"] is None
    await rehearsals.beacon_time(rehearsal.chain, waiting["beacon_round"] + 2)
    assert (await rehearsals.read(round_id))["beacon"] is None, "the node lies"
    rehearsal.lies = False
    drawn = await rehearsals.until(round_id, "drawn")
    assert drawn["beacon_signature"] == rehearsal.sign(drawn["beacon_round"])


async def test_a_beacon_before_the_secrets_are_decided_or_a_single_source_is_refused(
    rehearsals: Draws, rehearsal: SimulatedDrand
) -> None:
    await rehearsals.know("410300-rsj@2022.1")
    tasks = await rehearsals.plan(HR_TASK)
    body = {"task_ids": tasks, "reveal_by": "2099-01-01T00:00:00Z", "inspect_from": "2026-11-23",
            "inspect_to": "2026-12-10"}  # fmt: skip
    operator = rehearsals.person("operator")
    early = await operator.post("/draw/v1/rounds", body | {"beacon": 1})
    assert early.status_code == 422 and "晚于揭示截止时间" in early.json()["detail"]
    alone = body | {"beacon": "next", "dice": False, "contributors": ["operator"]}
    assert (await operator.post("/draw/v1/rounds", alone)).json()["code"] == "seed_sources"
    opened = await operator.post("/draw/v1/rounds", alone | {"dice": True, "contributors": []})
    assert opened.status_code == 202, "dice and beacon are two sources"


async def test_dice_that_were_never_thrown_void_the_attempt_although_a_beacon_is_planned(
    rehearsals: Draws,
) -> None:
    await rehearsals.know("410300-rsj@2022.1")
    round_id = await rehearsals.open(await rehearsals.plan(HR_TASK), seconds=8, beacon="next")
    await rehearsals.commit(round_id)
    void = await rehearsals.until(round_id, "void")
    assert "骰子" in void["void_reason"]
