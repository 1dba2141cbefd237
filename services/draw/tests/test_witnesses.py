"""Witnesses sign the freeze and the result (S2 Art. 10); a ruleset may require more of them; both hash suites."""

from pathlib import Path
from typing import Any

import pytest
from holding import DICE, HR_TASK, SECRETS, Draws
from rid1.checkpoint import LogKey, read_key
from rid1.verify import verify_bundle

STRICT = {"witnesses": {"value": {"legal": 1, "audit": 1}, "clause": "内部规定第三条"}}


async def log_key(draws: Draws) -> LogKey:
    return read_key((await draws.anyone.get("/public/log/key")).json()["vkey"])


async def refused(draws: Draws, role: str, round_id: str, path: str, body: Any) -> tuple[int, str]:
    answer = await draws.person(role).post(f"/draw/v1/rounds/{round_id}/{path}", body)
    return answer.status_code, answer.json()["code"]


async def test_no_manifest_is_logged_before_the_legal_witness_has_signed_the_frozen_lists(
    draws: Draws,
) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK))
    frozen = await draws.until(round_id, "frozen")
    right = {"inputs_hash": frozen["inputs_hash"]}
    assert await refused(draws, "operator", round_id, "sign-freeze", right) == (403, "forbidden")
    assert await refused(draws, "audit", round_id, "sign-freeze", right) == (403, "not_your_part")
    wrong = {"inputs_hash": "0" * 64}
    assert await refused(draws, "legal", round_id, "sign-freeze", wrong) == (422, "inputs_hash_mismatch")
    committed = await draws.commit(round_id)
    assert committed["state"] == "committed"
    assert await refused(draws, "legal", round_id, "sign-freeze", right) == (409, "wrong_state")
    (signature,) = committed["signatures"]
    assert (signature["deed"], signature["role"], signature["hash"]) == (
        "freeze",
        "legal",
        frozen["inputs_hash"],
    )
    events = [line["event"] for line in committed["log"]]
    assert events.index("frozen") < events.index("witnessed") < events.index("manifest")


async def test_a_ruleset_may_require_more_witnesses_and_each_signs_freeze_and_result(
    draws: Draws, tmp_path: Path
) -> None:
    await draws.know("410300-rsj@2022.1", ceremony=STRICT)
    secrets = SECRETS | {"notary": "3" * 64}
    round_id = await draws.open(await draws.plan(HR_TASK), contributors=sorted(secrets))
    await draws.commit(round_id, secrets)
    waiting = await draws.read(round_id)
    assert (waiting["state"], waiting["settings"]["witnesses"]) == ("frozen", {"legal": 1, "audit": 1})
    signed = await draws.deed("audit", round_id, "sign-freeze", {"inputs_hash": waiting["inputs_hash"]})
    assert signed["state"] == "committed"
    await draws.throw_in(round_id, secrets)
    drawn = await draws.until(round_id, "drawn")
    right = {"result_hash": drawn["result_hash"]}
    one = await draws.deed("legal", round_id, "sign", right)
    assert one["state"] == "drawn", "the second witness has not signed"
    assert await refused(draws, "legal", round_id, "sign", right) == (409, "already_done")
    await draws.deed("audit", round_id, "sign", right)
    done = await draws.until(round_id, "completed")
    assert [(one["deed"], one["role"]) for one in done["signatures"]] == [
        ("freeze", "legal"), ("freeze", "audit"), ("result", "legal"), ("result", "audit"),
    ]  # fmt: skip
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes((await draws.anyone.get(f"/public/draws/{done['draw_id']}/bundle")).content)
    assert verify_bundle(bundle, log_key=await log_key(draws)).fault is None


@pytest.mark.parametrize("suite", ["S256", "SM3"])
async def test_a_round_in_either_suite_goes_to_a_verified_bundle(
    draws: Draws, tmp_path: Path, suite: str
) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK), suite=suite)
    await draws.commit(round_id)
    await draws.throw_in(round_id)
    done = await draws.finish(round_id)
    assert done["manifest"]["suite"] == suite and done["dice"].endswith(DICE)
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes((await draws.anyone.get(f"/public/draws/{done['draw_id']}/bundle")).content)
    report = verify_bundle(bundle, log_key=await log_key(draws))
    assert report.fault is None and report.facts["suite"] == suite
