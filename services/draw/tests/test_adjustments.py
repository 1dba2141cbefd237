"""Adjusting a published plan: reason, second person, a new public version; drawn tasks stay (P5)."""

import asyncio
from typing import Any

from holding import HR_TASK, LD_TASK, Draws


async def published(draws: Draws) -> tuple[str, list[str]]:
    """A published plan of two tasks: its path and the ids of its tasks."""
    await draws.know("410300-rsj@2022.1")
    ids = await draws.plan(HR_TASK, LD_TASK)
    plans = (await draws.person("planner").get("/draw/v1/plans")).json()["items"]
    return f"/draw/v1/plans/{plans[-1]['id']}", ids


def change(task_id: str, **patch: Any) -> dict[str, Any]:
    return {"action": "change", "task_id": task_id, "patch": patch}


async def test_an_approved_adjustment_is_a_new_public_version_and_the_earlier_one_stays(
    draw_api: Draws,
) -> None:
    path, (hr, ld) = await published(draw_api)
    planner, approver = draw_api.person("planner"), draw_api.person("approver")
    body = {
        "reason": "机构改革，职责划转",
        "changes": [
            change(hr, month=12),
            {"action": "withdraw", "task_id": ld},
            {"action": "add", "task": LD_TASK | {"name": "新增任务", "list_code": "NEW"}},
        ],
    }
    asked = await planner.post(f"{path}/adjustments", body)
    assert (asked.status_code, asked.json()["state"]) == (201, "submitted"), asked.text
    public = path.replace("/draw/v1", "/public")
    before = (await draw_api.anyone.get(public)).json()
    assert before["public_version"] == 1, "nothing is public before another person approved"
    at = f"{path}/adjustments/{asked.json()['id']}"
    both = draw_api.person("approver", "planner")
    assert (await both.post(f"{at}/approve")).json()["code"] == "same_person"
    done = await approver.post(f"{at}/approve")
    assert (done.status_code, done.json()["public_version"]) == (200, 2), done.text
    after = (await draw_api.anyone.get(public)).json()
    assert (after["public_version"], after["reason"]) == (2, "机构改革，职责划转")
    shown = [(task["number"], task["name"], task["month"]) for task in after["tasks"]]
    assert shown == [("001号", HR_TASK["name"], 12), ("003号", "新增任务", 11)]
    assert (await draw_api.anyone.get(f"{public}/versions/1")).json() == before
    versions = (await draw_api.anyone.get(f"{public}/versions")).json()["items"]
    assert [(one["number"], one["reason"]) for one in versions] == [(1, ""), (2, "机构改革，职责划转")]
    first, second = await draw_api.emitted("plan_published")
    assert (first["version"], first["reason"]) == (1, "")
    assert (second["version"], second["reason"], len(second["tasks"])) == (2, "机构改革，职责划转", 2)
    assert (await approver.post(f"{at}/approve")).status_code == 409
    whole = (await planner.get(path)).json()
    assert {task["number"]: task["state"] for task in whole["tasks"]} == {
        "001号": "planned", "002号": "withdrawn", "003号": "planned",
    }  # fmt: skip
    answer = await draw_api.person("operator").post(
        "/draw/v1/rounds",
        {"task_ids": [ld], "reveal_by": "2099-01-01T00:00:00Z", "inspect_from": "2099-01-02",
         "inspect_to": "2099-01-03"},
    )  # fmt: skip
    assert (answer.json()["code"], "撤销" in answer.json()["detail"]) == ("tasks_do_not_fit", True)


async def test_a_task_that_a_draw_uses_is_not_adjusted_even_when_both_come_at_once(draw_api: Draws) -> None:
    path, (hr, ld) = await published(draw_api)
    planner, approver = draw_api.person("planner"), draw_api.person("approver")
    asked = await planner.post(f"{path}/adjustments", {"reason": "推迟", "changes": [change(ld, month=12)]})
    await draw_api.open([ld])
    refused = await approver.post(f"{path}/adjustments/{asked.json()['id']}/approve")
    assert (refused.status_code, refused.json()["code"]) == (409, "task_already_drawn")
    assert "002号" in refused.json()["detail"]
    returned = await approver.post(f"{path}/adjustments/{asked.json()['id']}/return", {"reason": "已经抽取"})
    assert (returned.json()["state"], returned.json()["remark"]) == ("returned", "已经抽取")
    body = {"reason": "推迟", "changes": [change(hr, month=12)]}
    asked = await planner.post(f"{path}/adjustments", body)
    at = f"{path}/adjustments/{asked.json()['id']}"
    _, round_id = await asyncio.gather(approver.post(f"{at}/approve"), draw_api.open([hr]))
    month = (await draw_api.anyone.get(path.replace("/draw/v1", "/public"))).json()["tasks"][0]["month"]
    held = {(await planner.get(path)).json()["tasks"][0]["month"]}
    assert held == {month}, "what is drawn and what is public never differ"
    assert (await draw_api.read(round_id))["lists"][0]["task_id"] == hr


async def test_what_the_ruleset_forbids_is_refused_before_anybody_approves(draw_api: Draws) -> None:
    path, (hr, ld) = await published(draw_api)
    planner = draw_api.person("planner")
    at = f"{path}/adjustments"
    cases = [
        ([change(hr, team=1)], "team_too_small"),
        ([change(hr, month=12), change(hr, month=11)], "invalid"),
        ([{"action": "withdraw", "task_id": one} for one in (hr, ld)], "invalid"),
        ([{"action": "add", "task": HR_TASK | {"kind": "complaint_case"}}], "trigger_unfit"),
    ]
    for changes, code in cases:
        answer = await planner.post(at, {"reason": "试", "changes": changes})
        assert (answer.status_code in (409, 422), answer.json()["code"]) == (True, code), answer.text
    one = {"reason": "推迟", "changes": [change(hr, month=12)]}
    assert (await planner.post(at, one)).status_code == 201
    assert (await planner.post(at, one)).json()["code"] == "wrong_state", "one adjustment at a time"
    assert len((await planner.get(at)).json()["items"]) == 1


async def test_a_plan_shows_what_is_due_and_what_came_late(draw_api: Draws) -> None:
    await draw_api.know("441624-rsj@2019.1")
    planner, approver = draw_api.person("planner"), draw_api.person("approver")
    made = (
        await planner.post(
            "/draw/v1/plans", {"year": 2024, "ruleset_id": "441624-rsj", "org_name": "某县人社局"}
        )
    ).json()
    path = f"/draw/v1/plans/{made['id']}"
    (due,) = (await planner.get(path)).json()["warnings"]
    assert (due["code"], due["due_on"], due["clause"]) == ("plan_fixed_due", "2023-12-31", "第十四条")
    assert due["days_left"] < 0 and "已过" in due["message"]
    await planner.post(f"{path}/tasks", HR_TASK)
    await planner.post(f"{path}/submit")
    late = (await approver.post(f"{path}/approve")).json()
    codes = [one["code"] for one in late["warnings"] if not one["code"].startswith("target_")]
    assert codes == ["plan_fixed_late"], "late is recorded, not forbidden"
    assert late["submitted_at"] and late["approved_at"]


async def test_an_adjustment_says_which_targets_the_plan_no_longer_reaches(draw_api: Draws) -> None:
    target = {"coverage_bp": {"value": 200, "clause": "一"}}
    await draw_api.know("410300-rsj@2022.1", targets=target)
    _, ld = await draw_api.plan(HR_TASK, LD_TASK)
    planner, approver = draw_api.person("planner"), draw_api.person("approver")
    plans = (await planner.get("/draw/v1/plans")).json()["items"]
    path = f"/draw/v1/plans/{plans[-1]['id']}"
    reached = (await planner.get(f"{path}/check")).json()["warnings"]
    assert [one["code"] for one in reached] == []
    hr = (await planner.get(path)).json()["tasks"][0]["id"]
    lower = {"by_grade": False, "ratios": {}, "count": 1, "criteria": {"labels": ["hr-agency"]}}
    body = {"reason": "缩小范围", "changes": [{"action": "withdraw", "task_id": ld}, change(hr, **lower)]}
    asked = await planner.post(f"{path}/adjustments", body)
    assert asked.status_code == 201, asked.text
    (warning,) = asked.json()["warnings"]
    assert (warning["code"], warning["clause"]) == ("target_coverage", "一")
    assert "/300），目标 2%" in warning["message"]
    approved = await approver.post(f"{path}/adjustments/{asked.json()['id']}/approve")
    assert [one["code"] for one in approved.json()["warnings"]] == ["target_coverage"]
