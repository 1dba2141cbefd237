"""A whole draw, as the people hold it, with both processes on one database and broker."""

import asyncio
import json
import subprocess
import sys
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from holding import DICE, HR_TASK, LD_TASK, SECRETS, Draws, listening, object_id
from rid1.checkpoint import check_signature, parse, read_key
from rid1.merkle import consistency_holds, inclusion_holds, leaf_hash
from rid1.seed import commitment, target_key, ticket
from rid1.suites import S256
from suicha_chassis import testing
from suicha_draw import main as api


def verify(bundle: Path, key: str) -> subprocess.CompletedProcess[str]:
    """Verify a bundle in a process that knows nothing of the platform."""
    command = [sys.executable, "-m", "rid1", "verify", str(bundle), "--log-key", key, "--json"]
    return subprocess.run(command, capture_output=True, text=True, env={}, check=False)


async def test_a_joint_round_goes_from_plan_to_a_verified_bundle(draws: Draws, tmp_path: Path) -> None:
    await draws.know("410300-rsj@2022.1")
    task_ids = await draws.plan(HR_TASK, LD_TASK)
    round_id = await draws.open(task_ids)
    committed = await draws.commit(round_id)
    assert committed["state"] == "committed"
    assert {spec["code"] for spec in committed["manifest"]["lists"]} == {"HR", "LD"}
    await draws.throw_in(round_id)
    done = await draws.finish(round_id)

    assert [line["event"] for line in done["log"]] == [
        "created", "frozen", "witnessed", "commitment", "commitment", "manifest", "dice", "reveal", "reveal",
        "seeded", "drawn", "signed", "completed",
    ]  # fmt: skip
    events = await draws.emitted("draw_completed")
    assert len(events) == 1
    event = events[0]
    assert event["result_hash"] == done["result_hash"] and event["dice"] == f"d10x20:{DICE}"
    hr = next(one for one in event["lists"] if one["code"] == "HR")
    assert hr["registry_count"] == 200 == sum(stratum["n"] for stratum in hr["strata"])
    assert [(s["code"], s["n"], s["k"]) for s in hr["strata"]] == [("A", 101, 6), ("B", 66, 7), ("C", 33, 10)]

    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes((await draws.anyone.get(f"/public/draws/{done['draw_id']}/bundle")).content)
    key = (await draws.anyone.get("/public/log/key")).json()["vkey"]
    assert verify(bundle, key).returncode == 0, verify(bundle, key).stdout

    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data.replace(b"\tA\t", b"\tB\t", 1) if name == "pool.tsv" else data)
    refused = verify(changed, key)
    assert refused.returncode == 1
    assert "input_sha" in refused.stdout + refused.stderr


async def test_result_and_match_can_be_read_page_by_page(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK, LD_TASK))
    drawn = await draws.hold(round_id)
    auditor = draws.person("auditor")
    rows, cursor = [], ""
    while cursor is not None:
        path = f"/draw/v1/rounds/{round_id}/results"
        page = (await auditor.get(path, params={"limit": 7, "cursor": cursor})).json()
        rows += page["items"]
        cursor = page["next_cursor"]
    keys = [(row["list_code"], row["stratum"], row["rank"]) for row in rows]
    assert keys == sorted(set(keys))
    assert len({row["object_id"] for row in rows if row["kind"] == "S"}) == drawn["visits"]
    matches = (await auditor.get(f"/draw/v1/rounds/{round_id}/matches", params={"limit": 500})).json()[
        "items"
    ]
    assert all(len(set(row["team"])) == 2 and len(row["alternates"]) == 1 for row in matches)
    assert not [row for row in matches if row["object_id"] == object_id(3) and "I001" in row["team"]]


async def test_every_object_can_ask_why(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK, LD_TASK))
    key = target_key(S256, (await draws.hold(round_id))["seed"])
    auditor = draws.person("auditor")
    results = (await auditor.get(f"/draw/v1/rounds/{round_id}/results", params={"limit": 500})).json()[
        "items"
    ]
    strata: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for code, rows in draws.registry.objects.items():
        for one_id, stratum, _ in rows:
            strata.setdefault((code, stratum), []).append((ticket(S256, key, one_id), one_id))
    by_object = {(row["list_code"], row["object_id"]): row for row in results}
    for number in (0, 3, 57, 100, 199, 250, 299):
        path = f"/draw/v1/rounds/{round_id}/objects/{object_id(number)}/why"
        for one in (await auditor.get(path)).json()["lists"]:
            row = by_object.get((one["list_code"], object_id(number)))
            in_list = number < 200 if one["list_code"] == "HR" else number >= 100
            if not in_list:
                assert one["standing"] == "absent" and "不在名单内" in one["explanation"]
                assert one["clause"] == "第八条" and "第八条" in one["explanation"]
            elif row is None:
                assert one["standing"] == "not_drawn" and one["probability"] in one["explanation"]
                order = sorted(strata[one["list_code"], one["stratum"]])
                drawn = int(one["probability"].split("/")[0])
                assert one["rank"] == order.index((one["ticket"], object_id(number))) + 1
                assert one["cutoff"] == order[drawn - 1][0] < one["ticket"]
                assert f"第 {one['rank']} 位" in one["explanation"] and one["cutoff"] in one["explanation"]
            else:
                assert one["rank"] == row["rank"] and one["ticket"] == row["ticket"]
                assert one["standing"] == ("selected" if row["kind"] == "S" else "substitute")
                assert one["ticket"] in one["explanation"] and f"第 {row['rank']} 位" in one["explanation"]
            assert one["clause"] and f"“{one['clause']}”" in one["explanation"]
    unknown = (await auditor.get(f"/draw/v1/rounds/{round_id}/objects/ZZZ/why")).json()["lists"]
    assert {one["standing"] for one in unknown} == {"absent"}


async def test_the_log_proves_every_entry_and_that_it_only_grew(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    first = await draws.open(await draws.plan(HR_TASK))
    await draws.until(first, "frozen")
    key = read_key((await draws.anyone.get("/public/log/key")).json()["vkey"])
    before = parse((await draws.anyone.get("/public/log/checkpoint")).text)
    await draws.hold(await draws.open(await draws.plan(HR_TASK)))
    after = parse((await draws.anyone.get("/public/log/checkpoint")).text)
    check_signature(before, key)
    check_signature(after, key)
    assert after.size > before.size
    entries = (await draws.anyone.get("/public/log/entries", params={"from": 0})).json()["entries"]
    assert len(entries) == after.size
    for index, line in enumerate(entries):
        proof = (await draws.anyone.get(f"/public/log/proof/{index}")).json()
        path = [bytes.fromhex(node) for node in proof["path"]]
        assert inclusion_holds(S256, leaf_hash(S256, line.encode()), index, after.size, path, after.root)
    grown = await draws.anyone.get("/public/log/consistency", params={"old": before.size, "size": after.size})
    path = [bytes.fromhex(node) for node in grown.json()["path"]]
    assert consistency_holds(S256, before.size, after.size, before.root, after.root, path)


async def test_two_people_void_an_attempt_and_the_next_one_names_it(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK))
    committed = await draws.commit(round_id)
    assert (await draws.void(round_id, "dice_invalid", "骰子落地"))["state"] == "void"
    assert [event["reason"] for event in await draws.emitted("draw_voided")] == ["骰子落地"]

    body = {"reveal_by": committed["reveal_by"]}
    again = await draws.deed("operator", round_id, "repeat", body, 202)
    assert (again["draw_id"], again["attempt"]) == (committed["draw_id"], 2)
    await draws.until(again["id"], "frozen")
    reused = {"name": "legal", "commitment": commitment(S256, again["draw_id"], "legal", SECRETS["legal"])}
    answer = await draws.person("legal").post(f"/draw/v1/rounds/{again['id']}/commitments", reused)
    assert answer.json()["code"] == "commitment_reused"
    fresh = {"operator": "3" * 64, "legal": "4" * 64}
    shown = await draws.commit(again["id"], fresh)
    assert shown["manifest"]["prev"] == committed["manifest_hash"]
    await draws.throw_in(again["id"], fresh)
    await draws.finish(again["id"])
    attempts = (await draws.anyone.get(f"/public/draws/{committed['draw_id']}")).json()
    assert [(one["attempt"], one["state"], one["void_reason"]) for one in attempts] == [
        (1, "void", "骰子落地"), (2, "completed", None),
    ]  # fmt: skip
    twice = await draws.person("operator").post(f"/draw/v1/rounds/{round_id}/repeat", body)
    assert twice.status_code == 409


async def test_a_missing_reveal_voids_the_attempt_in_public(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK), seconds=8)
    await draws.commit(round_id)
    await draws.deed("operator", round_id, "reveals", {"name": "operator", "secret": SECRETS["operator"]})
    asked = {"code": "list_wrong", "reason": "名单有误", "evidence": "e" * 64}
    await draws.deed("operator", round_id, "void", asked)
    void = await draws.until(round_id, "void")
    assert void["void_reason"] == "截至揭示截止时间缺少：法制机构、骰子"
    assert void["void_request"] is None
    late = await draws.person("legal").post(
        f"/draw/v1/rounds/{round_id}/reveals", {"name": "legal", "secret": SECRETS["legal"]}
    )
    assert (late.status_code, late.json()["state"]) == (409, "void")


async def test_the_course_of_a_round_is_followed_live_beyond_its_completion_until_it_is_void(
    draws: Draws,
) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK))
    logged: list[str] = []
    states: list[str] = []

    async def follow() -> None:
        headers = {"Authorization": f"Bearer {draws.issuer.token('legal')}"}
        path = f"/draw/v1/rounds/{round_id}/events"
        async with (
            httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as http,
            http.stream("GET", path, headers=headers) as answer,
        ):
            kind = ""
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                if line.startswith("data: "):
                    said = json.loads(line.removeprefix("data: "))
                    logged.extend([said["event"]] if kind == "log" else [])
                    states.extend([said["state"]] if kind == "state" else [])

    async def seen(event: str) -> None:
        async def last() -> bool:
            return logged[-1:] == [event]

        await testing.eventually(last, 20, f"{event} on the stream")

    # Over a real connection: the client of the other requests gets a stream only once it has ended.
    with listening(api.create_app(draws.settings)) as url:
        following = asyncio.create_task(follow())
        await attended(draws, round_id, seen)
        await asyncio.wait_for(following, 20)
    assert (logged[0], logged[-1], states[-1]) == ("created", "void", "void")
    assert logged == [line["event"] for line in (await draws.read(round_id))["log"]]


async def attended(draws: Draws, round_id: str, seen: Callable[[str], Awaitable[None]]) -> None:
    """A whole draw, a substitution and its void; each deed is seen before the next one."""
    await seen("frozen")
    await draws.sign_freeze(round_id)
    await seen("witnessed")
    await draws.commit_all(round_id)
    await seen("manifest")
    await draws.throw_in(round_id)
    await seen("drawn")
    await draws.finish(round_id)
    await seen("completed")
    results = (await draws.person("auditor").get(f"/draw/v1/rounds/{round_id}/results")).json()["items"]
    who = {"kind": "object", "list_code": "HR", "stratum": "A", "out": results[0]["object_id"]}
    body = {"who": who, "reason_code": "cancelled", "reason": "注销", "evidence": "e" * 64}
    asked = await draws.deed("operator", round_id, "substitutions", body, 201)
    await draws.deed("legal", round_id, f"substitutions/{asked['id']}/approve")
    await seen("substitution")
    await draws.void(round_id, "procedure_breach", "程序有误")
