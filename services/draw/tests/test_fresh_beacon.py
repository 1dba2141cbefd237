"""Substitutes by a fresh beacon (RID/1 §8): the drop-out names a beacon that does not exist yet, which then decides."""

from pathlib import Path
from typing import Any

from holding import HR_TASK, SECRETS, Draws
from rid1.verify import verify_bundle
from simulated_drand import SimulatedDrand
from suicha_chassis import testing


async def ask_and_approve(draws: Draws, round_id: str, out: str) -> dict[str, Any]:
    who = {"kind": "object", "list_code": "HR", "stratum": "B", "out": out}
    body = {"who": who, "reason_code": "cancelled", "reason": "注销", "evidence": "e" * 64}
    asked = await draws.deed("operator", round_id, "substitutions", body, 201)
    return await draws.deed("legal", round_id, f"substitutions/{asked['id']}/approve")


async def test_a_drop_out_names_its_beacon_beforehand_and_the_beacon_decides_who_steps_in(
    rehearsals: Draws, rehearsal: SimulatedDrand, tmp_path: Path
) -> None:
    draws = rehearsals
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(
        await draws.plan(HR_TASK), seconds=12, beacon="next", dice=False, substitutes="fresh_beacon"
    )
    await draws.commit(round_id)
    for name, secret in SECRETS.items():
        await draws.deed(name, round_id, "reveals", {"name": name, "secret": secret})
    done = await draws.finish(round_id)
    auditor, path = draws.person("auditor"), f"/draw/v1/rounds/{round_id}"
    rows = (await auditor.get(f"{path}/results?limit=500")).json()["items"]
    drawn = [row["object_id"] for row in rows if row["stratum"] == "B" and row["kind"] == "S"]

    rehearsal.silent = True
    first = await ask_and_approve(draws, round_id, drawn[0])
    second = await ask_and_approve(draws, round_id, drawn[1])
    assert first["outcome"] is None and first["beacon_round"] is not None
    log = (await draws.read(round_id))["log"]
    named = [line["body"]["round"] for line in log if line["event"] == "dropout"]
    assert named == [first["beacon_round"], second["beacon_round"]]
    who = {"kind": "object", "list_code": "HR", "stratum": "B", "out": drawn[0]}
    body = {"who": who, "reason_code": "cancelled", "reason": "再次", "evidence": "e" * 64}
    again = await draws.deed("operator", round_id, "substitutions", body, 201)
    refused = await draws.person("legal").post(f"{path}/substitutions/{again['id']}/approve")
    assert (refused.status_code, refused.json()["code"]) == (422, "substitution_refused")

    async def typed(one: dict[str, Any], signed_round: int) -> tuple[int, str]:
        body = {"round": one["beacon_round"], "signature": rehearsal.sign(signed_round)}
        answer = await draws.person("operator").post(f"{path}/substitutions/{one['id']}/beacon", body)
        return answer.status_code, answer.json().get("code", "")

    assert await typed(second, second["beacon_round"]) == (409, "beacon_too_early")
    await draws.beacon_time(rehearsal.chain, second["beacon_round"])
    assert await typed(second, second["beacon_round"] + 1) == (422, "beacon_invalid")
    assert await typed(second, second["beacon_round"]) == (409, "wrong_state"), (
        "the first drop-out comes first"
    )
    assert (await typed(first, first["beacon_round"]))[0] == 200
    rehearsal.silent = False

    async def decided() -> list[dict[str, Any]] | None:
        found = (await auditor.get(f"{path}/substitutions")).json()["items"]
        answered = [one for one in found if one["outcome"]]
        return answered if len(answered) == 2 else None

    answered = await testing.eventually(decided, 30, "the worker takes the beacon of the second drop-out")
    came = {one["outcome"]["in"] for one in answered}
    assert len(came) == 2 and not came & set(drawn)

    async def verified() -> bool:
        bundle = tmp_path / "bundle.zip"
        bundle.write_bytes((await draws.anyone.get(f"/public/draws/{done['draw_id']}/bundle")).content)
        report = verify_bundle(bundle, sandbox=True)
        assert report.fault is None, report.fault
        return report.facts.get("substitutions") == 2

    await testing.eventually(verified, 30, "a bundle with both substitutions")
