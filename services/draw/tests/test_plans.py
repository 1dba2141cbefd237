"""Plans and tasks: numbers, rules of the ruleset, four eyes, what is public."""

import asyncio
from typing import Any

import pytest
from holding import HR_TASK, LD_TASK, Draws
from suicha_chassis import testing
from suicha_chassis.bus import Bus
from suicha_chassis.ids import uuid7
from suicha_contracts.envelope import Envelope
from suicha_contracts.events import RulesetPublished


async def new_plan(draws: Draws, ruleset: str = "410300-rsj") -> str:
    answer = await draws.person("planner").post(
        "/draw/v1/plans", {"year": 2026, "ruleset_id": ruleset, "org_name": "某市人社局"}
    )
    assert answer.status_code == 201, answer.text
    return f"/draw/v1/plans/{answer.json()['id']}"


async def test_fifty_planners_at_once_get_fifty_numbers_without_gap(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    planner = draw_api.person("planner")
    body = {"year": 2026, "ruleset_id": "410300-rsj", "org_name": "洛阳市人社局"}
    answers = await asyncio.gather(*(planner.post("/draw/v1/plans", body) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    numbers = sorted(answer.json()["number"] for answer in answers)
    assert numbers == [f"2026{serial:03d}" for serial in range(1, 51)]
    assert {answer.json()["name"] for answer in answers} >= {"2026年度洛阳市人社局随机抽查007"}


async def test_a_plan_is_made_under_the_rules_of_its_own_region_or_of_one_above(draw_api: Draws) -> None:
    body = {"year": 2026, "ruleset_id": "410482-rsj"}
    await draw_api.know("410482-rsj@2022.1", region="410482")
    answer = await draw_api.person("planner").post("/draw/v1/plans", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "ruleset_elsewhere")
    assert "410482" in answer.json()["detail"] and "410300" in answer.json()["detail"]
    county = draw_api.person("planner", org="410482-rsj", region="410482")
    assert (await county.post("/draw/v1/plans", body)).status_code == 201
    await draw_api.know("410300-rsj@2022.1", region="410000")
    assert (await county.post("/draw/v1/plans", body | {"ruleset_id": "410300-rsj"})).status_code == 201


async def test_fifty_rounds_at_once_get_fifty_draw_ids_without_gap(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    task_ids = await draw_api.plan(*(HR_TASK for _ in range(50)))
    rounds = await asyncio.gather(*(draw_api.open([one]) for one in task_ids))
    ids = sorted([(await draw_api.read(one))["draw_id"] for one in rounds])
    assert [one[-4:] for one in ids] == [f"{serial:04d}" for serial in range(1, 51)]
    assert len({line["index"] for one in rounds for line in (await draw_api.read(one))["log"]}) == 50


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (
            {"by_grade": True, "ratios": {"A": 300, "B": 400}, "ratio_bp": None},
            "ratio_below_floor",
            "层 A 3%",
        ),
        ({"ratio_bp": 499}, "ratio_below_floor", "4.99%"),
        ({"team": 2}, "team_too_small", "每组 2 人"),
        ({"team": 3, "alternates": 7}, "too_many_candidates", "共抽取 10 人"),
        ({"kind": "complaint_case"}, "outside_random_draws", "投诉举报"),
    ],
)
async def test_a_task_against_the_ruleset_is_refused_with_its_clause(
    draw_api: Draws, change: dict[str, Any], code: str, words: str
) -> None:
    ruleset = await draw_api.know("410482-rsj@2022.1")
    path = await new_plan(draw_api, "410482-rsj")
    good = LD_TASK | {"team": 3, "ratio_bp": 500}
    answer = await draw_api.person("planner").post(f"{path}/tasks", good | change)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, code)
    assert words in problem["detail"] and ruleset.name in problem["detail"]
    assert (await draw_api.person("planner").post(f"{path}/tasks", good)).json()["number"] == "001号"


async def test_a_task_below_the_floor_in_one_stratum_only_is_judged_when_objects_are_counted(
    draws: Draws,
) -> None:
    await draws.know("410482-rsj@2022.1")
    low = HR_TASK | {"team": 3, "ratios": {"A": 100, "B": 100, "C": 600}}
    round_id = await draws.open(await draws.plan(low, ruleset="410482-rsj"))

    async def refused() -> list[dict[str, str]]:
        return list((await draws.read(round_id))["problems"])

    (problem,) = await testing.eventually(refused)
    assert problem["code"] == "ratio_below_floor"
    assert "层 A 101 家" in problem["message"] and "所要求的 10 家" in problem["message"]


async def test_an_unknown_ruleset_is_named(draw_api: Draws) -> None:
    body = {"year": 2026, "ruleset_id": "999999-xxx"}
    answer = await draw_api.person("planner").post("/draw/v1/plans", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "ruleset_unknown")


async def test_rulesets_come_from_the_event(draw_api: Draws) -> None:
    ruleset = await draw_api.know("410300-rsj@2022.1")
    newer = ruleset.model_copy(update={"version": "2022.10"})
    event = RulesetPublished(ruleset=newer, sha256="b" * 64)
    bus = Bus(draw_api.settings, "test")
    await bus.connect()
    envelope = Envelope.of(event, uuid7())
    await bus.publish(event.subject(), envelope.model_dump_json().encode(), str(envelope.id))
    await bus.close()

    async def newest() -> bool:
        body = {"year": 2026, "ruleset_id": "410300-rsj"}
        made = await draw_api.person("planner").post("/draw/v1/plans", body)
        return str(made.json()["ruleset_version"]) == "2022.10"

    await testing.eventually(newest, what="the newer ruleset")


async def test_nobody_approves_the_own_plan_and_no_state_is_skipped(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    path = await new_plan(draw_api)
    both, later = draw_api.person("planner", "both"), draw_api.person("approver", "both")
    approver = draw_api.person("approver")
    assert (await both.post(f"{path}/submit")).json()["code"] == "invalid"
    assert (await both.post(f"{path}/tasks", HR_TASK)).status_code == 201
    for client, deed in ((approver, "approve"), (both, "publish"), (approver, "return")):
        answer = await client.post(f"{path}/{deed}", {"reason": "x"} if deed == "return" else None)
        assert (answer.status_code, answer.json()["state"]) == (409, "draft")
    await both.post(f"{path}/submit")
    answer = await later.post(f"{path}/approve")
    assert (answer.status_code, answer.json()["code"]) == (403, "same_person")
    returned = await approver.post(f"{path}/return", {"reason": "比例请再核对"})
    assert (returned.json()["state"], returned.json()["remark"]) == ("draft", "比例请再核对")
    await both.post(f"{path}/submit")
    assert (await approver.post(f"{path}/approve")).json()["approved_by"] == "approver"
    assert (await draw_api.anyone.get(path.replace("/draw/v1", "/public"))).status_code == 404
    await both.post(f"{path}/publish")
    public = (await draw_api.anyone.get(path.replace("/draw/v1", "/public"))).json()
    assert public["tasks"][0]["number"] == "001号" and "author" not in public
    (event,) = await draw_api.emitted("plan_published")
    assert event["tasks"][0]["ratio_text"] == "A 5%、B 10%、C 30%"
    assert event["tasks"][0]["months"] == "2026年11月"
    refused = (await both.post(f"{path}/tasks", LD_TASK)).json()
    assert refused["state"] == "published" and "“已公布”" in refused["detail"]


async def test_whoever_wrote_any_part_of_a_plan_does_not_approve_it(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    first, second, third = (draw_api.person("planner", name) for name in ("first", "second", "third"))
    made = await first.post("/draw/v1/plans", {"year": 2026, "ruleset_id": "410300-rsj"})
    path = f"/draw/v1/plans/{made.json()['id']}"
    task = await first.post(f"{path}/tasks", HR_TASK)
    changed = await second.patch(
        f"{path}/tasks/{task.json()['id']}", {"month": 10}, headers={"If-Match": task.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    await third.post(f"{path}/submit")
    for name in ("first", "second", "third"):
        answer = await draw_api.person("approver", name).post(f"{path}/approve")
        assert (answer.status_code, answer.json()["code"]) == (403, "same_person"), name
    approved = (await draw_api.person("approver").post(f"{path}/approve")).json()
    assert (approved["created_by"], approved["author"], approved["approved_by"]) == (
        "first",
        "third",
        "approver",
    )
    assert approved["editors"] == ["first", "second", "third"]


async def test_a_plan_that_would_print_a_code_or_an_empty_column_is_not_submitted(draw_api: Draws) -> None:
    await draw_api.know("410482-rsj@2022.1")
    planner = draw_api.person("planner")
    made = await planner.post("/draw/v1/plans", {"year": 2026, "ruleset_id": "410482-rsj"})
    path = f"/draw/v1/plans/{made.json()['id']}"
    bare = HR_TASK | {"team": 3, "object_range": "", "frequency": "", "basis": []}
    task = await planner.post(f"{path}/tasks", bare)
    unnamed = (await planner.post(f"{path}/submit")).json()
    assert (unnamed["code"], unnamed["faults"][0]["where"]) == ("invalid", "body.org_name")
    tag = {"If-Match": made.headers["etag"]}
    assert (await planner.patch(path, {"org_name": "某市人社局"}, headers=tag)).status_code == 200
    empty = (await planner.post(f"{path}/submit")).json()
    assert {fault["where"] for fault in empty["faults"]} == {
        "001号.object_range", "001号.frequency", "001号.basis",
    }  # fmt: skip
    assert all(words in empty["detail"] for words in ("抽查对象范围", "抽查频次", "抽查依据"))
    full = {name: HR_TASK[name] for name in ("object_range", "frequency", "basis")}
    at = f"{path}/tasks/{task.json()['id']}"
    await planner.patch(at, full, headers={"If-Match": task.headers["etag"]})
    assert (await planner.post(f"{path}/submit")).status_code == 200


async def test_a_plan_is_named_as_its_ruleset_prints_it_and_for_the_body_that_issued_it(
    draw_api: Draws,
) -> None:
    qianxi = await draw_api.know("130227-rsj@2024.1", region="130227")
    county = draw_api.person("planner", org="130227-rsj", region="130227")
    made = (await county.post("/draw/v1/plans", {"year": 2024, "ruleset_id": "130227-rsj"})).json()
    assert made["name"] == "2024年迁西县人力资源和社会保障局内部联合随机抽查001", "as S4's annex prints it"
    assert made["org_name"] == "迁西县人力资源和社会保障局"
    pattern = qianxi.planning.plan_name.model_copy(update={"value": "部门+年度+抽查计划+序号"})
    planning = qianxi.planning.model_copy(update={"plan_name": pattern, "table": None})
    await draw_api.publish(qianxi.model_copy(update={"version": "2024.2", "planning": planning}))
    other = (await county.post("/draw/v1/plans", {"year": 2024, "ruleset_id": "130227-rsj"})).json()
    assert other["name"] == "迁西县人力资源和社会保障局2024年度抽查计划002"


async def test_a_task_of_a_draft_changes_its_list_code_and_is_taken_out(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    path = await new_plan(draw_api)
    planner = draw_api.person("planner")
    first, second = [await planner.post(f"{path}/tasks", HR_TASK) for _ in range(2)]
    (merge,) = (await planner.get(f"{path}/merges")).json()
    assert "HR 重复" in merge["obstacle"]
    at = f"{path}/tasks/{second.json()['id']}"
    moved = await planner.patch(
        at, {"list_code": "LD", "crew": "JYK"}, headers={"If-Match": second.headers["etag"]}
    )
    assert (moved.status_code, moved.json()["list_code"], moved.json()["crew"]) == (200, "LD", "JYK")
    assert all(not one["obstacle"] for one in (await planner.get(f"{path}/merges")).json())
    assert (await planner.delete(at)).status_code == 428
    stale = await planner.delete(at, headers={"If-Match": second.headers["etag"]})
    assert stale.json()["code"] == "stale_version"
    gone = await planner.delete(at, headers={"If-Match": moved.headers["etag"]})
    assert gone.status_code == 204
    third = await planner.post(f"{path}/tasks", HR_TASK)
    assert third.json()["number"] == "003号", "a number is never given again"
    numbers = [one["number"] for one in (await planner.get(path)).json()["tasks"]]
    assert numbers == ["001号", "003号"]
    await planner.post(f"{path}/submit")
    kept = await planner.delete(
        f"{path}/tasks/{first.json()['id']}", headers={"If-Match": first.headers["etag"]}
    )
    assert kept.json()["code"] == "wrong_state"


async def test_two_editors_do_not_overwrite_each_other(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    path = await new_plan(draw_api)
    planner = draw_api.person("planner")
    task = await planner.post(f"{path}/tasks", HR_TASK)
    at = f"{path}/tasks/{task.json()['id']}"
    tag = {"If-Match": task.headers["etag"]}
    assert (await planner.patch(at, {"month": 10})).status_code == 428
    first = await planner.patch(at, {"month": 10}, headers=tag)
    assert (first.status_code, first.json()["month"]) == (200, 10)
    assert (await planner.patch(at, {"month": 9}, headers=tag)).json()["code"] == "stale_version"
    wrong = await planner.patch(at, {"ratios": {}}, headers={"If-Match": first.headers["etag"]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid")
    impossible = {"month": 13, "team": 0}
    wrong = await planner.patch(at, impossible, headers={"If-Match": first.headers["etag"]})
    problem = wrong.json()
    assert (wrong.status_code, problem["code"]) == (422, "invalid")
    assert {fault["where"] for fault in problem["faults"]} == {"body.month", "body.team"}
    said = problem["detail"] + "".join(fault["message"] for fault in problem["faults"])
    assert "应不大于 12" in said and "pydantic" not in said and "Input should" not in said, said


async def test_another_body_neither_sees_nor_changes_a_plan(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    path = await new_plan(draw_api)
    other = draw_api.person("planner", org="410300-jtj")
    assert (await other.get(path)).status_code == 404
    assert (await other.post(f"{path}/tasks", HR_TASK)).status_code == 404
    above = draw_api.person("planner", org="410000-rst", region="410000")
    assert (await above.get(path)).status_code == 200
    assert (await above.post(f"{path}/tasks", HR_TASK)).status_code == 403
