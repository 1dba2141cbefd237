"""Substitutes by a fresh beacon (RID/1 §8): the drop-out names a beacon that does not exist yet, which then decides."""

import asyncio
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from holding import HR_TASK, LD_TASK, SECRETS, Draws, object_id
from rid1 import beacon
from rid1.verify import verify_bundle
from simulated_drand import SimulatedDrand
from suicha_chassis import testing
from suicha_chassis.files import FileStore
from suicha_chassis.ids import uuid7
from suicha_draw.beacon.fetching import DrandClient
from suicha_draw.beacon.patience import Patience
from suicha_draw.rounds import substituting


async def ask(draws: Draws, round_id: str, out: str, list_code: str, stratum: str) -> str:
    """What the approver posts to."""
    who = {"kind": "object", "list_code": list_code, "stratum": stratum, "out": out}
    body = {"who": who, "reason_code": "cancelled", "reason": "注销", "evidence": "e" * 64}
    asked = await draws.deed("operator", round_id, "substitutions", body, 201)
    return f"substitutions/{asked['id']}/approve"


async def ask_and_approve(
    draws: Draws, round_id: str, out: str, list_code: str = "HR", stratum: str = "B"
) -> dict[str, Any]:
    return await draws.deed("legal", round_id, await ask(draws, round_id, out, list_code, stratum))


async def completed(draws: Draws, *tasks: dict[str, Any]) -> dict[str, Any]:
    """A completed round whose substitutes come by a fresh beacon."""
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(
        await draws.plan(*tasks), seconds=12, beacon="next", dice=False, substitutes="fresh_beacon"
    )
    await draws.commit(round_id)
    for name, secret in SECRETS.items():
        await draws.deed(name, round_id, "reveals", {"name": name, "secret": secret})
    return await draws.finish(round_id)


async def drawn_of(draws: Draws, round_id: str, list_code: str, stratum: str) -> list[str]:
    """The selected objects of a stratum by rank."""
    path = f"/draw/v1/rounds/{round_id}/results"
    rows = (await draws.person("auditor").get(path, params={"limit": 500})).json()["items"]
    at = [row for row in rows if (row["list_code"], row["stratum"], row["kind"]) == (list_code, stratum, "S")]
    return [row["object_id"] for row in at]


async def give(
    draws: Draws, rehearsal: SimulatedDrand, round_id: str, one: dict[str, Any], signed_round: int
) -> tuple[int, str]:
    """Type in a signature for a drop-out; status and code of the answer."""
    body = {"round": one["beacon_round"], "signature": rehearsal.sign(signed_round)}
    path = f"/draw/v1/rounds/{round_id}/substitutions/{one['id']}/beacon"
    answer = await draws.person("operator").post(path, body)
    return answer.status_code, answer.json().get("code", "")


async def expect_verified(draws: Draws, draw_id: str, substitutions: int, folder: Path) -> None:
    """The bundle comes to hold all substitutions and is proven."""

    async def verified() -> bool:
        bundle = folder / "bundle.zip"
        bundle.write_bytes((await draws.anyone.get(f"/public/draws/{draw_id}/bundle")).content)
        report = verify_bundle(bundle, sandbox=True)
        assert report.fault is None, report.fault
        return report.facts.get("substitutions") == substitutions

    await testing.eventually(verified, 30, f"a bundle with {substitutions} substitutions")


async def test_a_drop_out_names_its_beacon_beforehand_and_the_beacon_decides_who_steps_in(
    rehearsals: Draws, rehearsal: SimulatedDrand, tmp_path: Path
) -> None:
    draws = rehearsals
    done = await completed(draws, HR_TASK)
    round_id = done["id"]
    auditor, path = draws.person("auditor"), f"/draw/v1/rounds/{round_id}"
    drawn = await drawn_of(draws, round_id, "HR", "B")

    rehearsal.silent = True
    first = await ask_and_approve(draws, round_id, drawn[0])
    second = await ask_and_approve(draws, round_id, drawn[1])
    assert first["outcome"] is None and first["beacon_round"] is not None
    log = (await draws.read(round_id))["log"]
    named = [line["body"]["round"] for line in log if line["event"] == "dropout"]
    assert named == [first["beacon_round"], second["beacon_round"]]
    public = f"/public/draws/{(await draws.read(round_id))['draw_id']}/changes"
    waiting = [one for one in (await draws.anyone.get(public)).json() if one["kind"] == "dropout"]
    assert [one["by"] for one in waiting] == [["operator", "legal"]] * 2, "in sight before the beacon"
    assert drawn[0] in waiting[0]["text"] and str(first["beacon_round"]) in waiting[0]["text"]
    (why,) = (await draws.person("auditor").get(f"{path}/objects/{drawn[0]}/why")).json()["lists"]
    assert why["standing"] == "dropped_out" and str(first["beacon_round"]) in why["explanation"]
    who = {"kind": "object", "list_code": "HR", "stratum": "B", "out": drawn[0]}
    body = {"who": who, "reason_code": "cancelled", "reason": "再次", "evidence": "e" * 64}
    again = await draws.deed("operator", round_id, "substitutions", body, 201)
    refused = await draws.person("legal").post(f"{path}/substitutions/{again['id']}/approve")
    assert (refused.status_code, refused.json()["code"]) == (422, "substitution_refused")

    async def typed(one: dict[str, Any], signed_round: int) -> tuple[int, str]:
        return await give(draws, rehearsal, round_id, one, signed_round)

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

    await expect_verified(draws, done["draw_id"], 2, tmp_path)


async def test_an_object_that_leaves_two_lists_is_answered_in_the_order_of_the_log(
    rehearsals: Draws, rehearsal: SimulatedDrand, tmp_path: Path
) -> None:
    draws = rehearsals
    draws.registry.objects = {
        code: [(object_id(number), "ALL", "410300-RSJ") for number in range(60)] for code in ("HR", "LD")
    }
    half = {"by_grade": False, "ratios": {}, "ratio_bp": 5000}
    done = await completed(draws, HR_TASK | half, LD_TASK | half)
    round_id = done["id"]
    both = set(await drawn_of(draws, round_id, "HR", "ALL")) & set(
        await drawn_of(draws, round_id, "LD", "ALL")
    )
    out = min(both)
    rehearsal.silent = True
    first = await ask_and_approve(draws, round_id, out, "HR", "ALL")
    second = await ask_and_approve(draws, round_id, out, "LD", "ALL")
    await draws.beacon_time(rehearsal.chain, second["beacon_round"])
    early = await give(draws, rehearsal, round_id, second, second["beacon_round"])
    assert early == (409, "wrong_state")
    for one in (first, second):
        answer = await give(draws, rehearsal, round_id, one, one["beacon_round"])
        assert answer[0] == 200, answer
    await expect_verified(draws, done["draw_id"], 2, tmp_path)


async def test_a_drop_out_that_waits_for_the_log_names_a_beacon_of_after_the_wait(
    rehearsals: Draws, rehearsal: SimulatedDrand
) -> None:
    draws = rehearsals
    done = await completed(draws, HR_TASK)
    (out, *_) = await drawn_of(draws, done["id"], "HR", "B")
    path = await ask(draws, done["id"], out, "HR", "B")
    async with await psycopg.AsyncConnection.connect(draws.database.url) as other:
        await other.execute("SELECT pg_advisory_xact_lock(hashtext('suicha-draw-log'))")
        approving = asyncio.create_task(draws.deed("legal", done["id"], path))

        async def waits() -> bool:
            held = await other.execute(
                "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
                "AND objid = (hashtext('suicha-draw-log')::bigint & 4294967295)::oid"
            )
            return await held.fetchone() is not None

        await testing.eventually(waits, what="the approval to wait for the log")
        long_past = beacon.round_after(int(time.time()) + 7, rehearsal.chain)
        await draws.beacon_time(rehearsal.chain, long_past)
    named = (await approving)["beacon_round"]
    (entry,) = [line for line in (await draws.read(done["id"]))["log"] if line["event"] == "dropout"]
    assert entry["body"]["round"] == named
    assert datetime.fromisoformat(entry["time"]).timestamp() < beacon.time_of(named, rehearsal.chain)


async def test_a_drop_out_is_not_logged_after_the_beacon_that_it_names(
    rehearsals: Draws, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = await completed(rehearsals, HR_TASK)
    (out, *_) = await drawn_of(rehearsals, done["id"], "HR", "B")
    path = await ask(rehearsals, done["id"], out, "HR", "B")
    monkeypatch.setattr(substituting, "_LEAD_SECONDS", -5)
    answer = await rehearsals.person("legal").post(f"/draw/v1/rounds/{done['id']}/{path}")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert (await rehearsals.read(done["id"]))["log"] == done["log"]


async def test_nobody_asks_for_the_beacons_of_a_voided_round(
    rehearsals: Draws, rehearsal: SimulatedDrand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(substituting, "_LEAD_SECONDS", 15)
    draws = rehearsals
    done = await completed(draws, HR_TASK)
    (out, *_) = await drawn_of(draws, done["id"], "HR", "B")
    named = (await ask_and_approve(draws, done["id"], out))["beacon_round"]
    await draws.void(done["id"], "procedure_breach", "程序有误")
    await draws.beacon_time(rehearsal.chain, named)
    files = FileStore(draws.settings.files_url)
    drand = DrandClient([rehearsal.url], attempts=1)
    assert await substituting.answer_due(draws.db, files, drand, Patience()) == 0
    assert named not in rehearsal.asked


def test_what_fails_again_and_again_is_tried_ever_more_rarely() -> None:
    now, thing, other = [0.0], uuid7(), uuid7()
    patience = Patience(lambda: now[0])
    assert patience.may_try(thing)
    for pause in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600):
        patience.failed(thing)
        now[0] += pause - 0.5
        assert not patience.may_try(thing) and patience.may_try(other)
        now[0] += 0.5
        assert patience.may_try(thing)
    patience.failed(thing)
    patience.forget_all_but({other})
    assert patience.may_try(thing)
