"""A task is in one draw at a time; a void draw is repeated under its own number; completed ones stay in sight (D4)."""

import asyncio
from typing import Any

import httpx
from holding import HR_TASK, LD_TASK, Draws


async def completed(draws: Draws, round_id: str) -> dict[str, Any]:
    await draws.hold(round_id)
    return await draws.finish(round_id)


def refusal(answer: httpx.Response, *words: str) -> None:
    said = answer.json()
    assert (answer.status_code, said["code"]) == (409, "task_in_draw"), answer.text
    assert all(word in said["detail"] for word in words), said["detail"]


async def test_a_result_that_does_not_please_is_not_drawn_again_beside_itself(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    hr, ld = await draws.plan(HR_TASK, LD_TASK)
    round_id = await draws.open([hr, ld])
    draw_id = (await draws.read(round_id))["draw_id"]
    refusal(await draws.ask([hr]), draw_id, "001号")
    await draws.hold(round_id)
    refusal(await draws.ask([ld], exempt=False), draw_id, "002号", "当前为“已抽取”")
    assert (await draws.ask([ld])).json()["draw_id"] == draw_id
    await draws.void(round_id)
    refusal(await draws.ask([hr]), draw_id, "已作废", "原编号")
    reveal_by = (await draws.read(round_id))["reveal_by"]
    again = await draws.deed("operator", round_id, "repeat", {"reveal_by": reveal_by}, 202)
    assert (again["draw_id"], again["attempt"]) == (draw_id, 2)
    refusal(await draws.ask([hr]), draw_id, "第 2 次")


async def test_of_many_who_open_the_same_task_at_once_one_does(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    hr, ld = await draw_api.plan(HR_TASK, LD_TASK)
    wanted = [[hr], [ld, hr], [hr, ld]] * 4
    answers = await asyncio.gather(*(draw_api.ask(one) for one in wanted))
    held = [
        task for one, answer in zip(wanted, answers, strict=True) if answer.status_code == 202 for task in one
    ]
    assert held.count(hr) == 1, "one draw holds the task"
    assert {answer.status_code for answer in answers} == {202, 409}


async def test_of_a_repeat_and_a_fresh_draw_at_once_neither_passes_the_other(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    tasks = await draws.plan(HR_TASK)
    first = await draws.open(tasks)
    done = await completed(draws, first)
    await draws.void(first)
    operator, body = draws.person("operator"), {"reveal_by": done["reveal_by"]}
    path = f"/draw/v1/rounds/{first}/repeat"
    answers = await asyncio.gather(
        *(operator.post(path, body) for _ in range(3)), *(draws.ask(tasks) for _ in range(3))
    )
    assert sorted(one.status_code for one in answers) == [202, 409, 409, 409, 409, 409]


async def test_a_task_that_was_drawn_may_be_drawn_again_and_everybody_sees_it(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    hr, ld = await draws.plan(HR_TASK, LD_TASK)
    voided = await draws.open([hr])
    await draws.until(voided, "frozen")
    reveal_by = (await draws.void(voided))["reveal_by"]
    again = await draws.deed("operator", voided, "repeat", {"reveal_by": reveal_by}, 202)
    before = await completed(draws, again["id"])
    second = await completed(draws, await draws.open([hr, ld]))
    assert (second["attempt"], second["draw_id"]) != (before["attempt"], before["draw_id"])
    (shown,) = (await draws.anyone.get(f"/public/draws/{second['draw_id']}")).json()
    expected = {
        "draw_id": before["draw_id"], "attempts": 2, "completed_at": before["completed_at"], "tasks": ["001号"],
    }  # fmt: skip
    assert shown["earlier"] == [expected]
    told = {one["draw_id"]: one["earlier"] for one in await draws.emitted("draw_completed")}
    assert told[before["draw_id"]] == [] and told[second["draw_id"]] == [expected]
    (_, shown) = (await draws.anyone.get(f"/public/draws/{before['draw_id']}")).json()
    assert shown["earlier"] == [], "what came later is not earlier"


async def test_a_void_draw_is_not_repeated_while_another_draw_of_its_task_is_under_way(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    tasks = await draws.plan(HR_TASK)
    first = await draws.open(tasks)
    done = await completed(draws, first)
    second = await draws.open(tasks)
    await draws.void(first)
    repeat = await draws.person("operator").post(
        f"/draw/v1/rounds/{first}/repeat", {"reveal_by": done["reveal_by"]}
    )
    refusal(repeat, (await draws.read(second))["draw_id"])


async def test_a_draft_that_two_people_withdraw_gives_its_task_back_but_no_repeat_is_withdrawn(
    draws: Draws,
) -> None:
    await draws.know("410300-rsj@2022.1")
    tasks = await draws.plan(HR_TASK)
    draws.registry.answers = 503
    draft = await draws.open(tasks)
    assert (await draws.void(draft))["state"] == "withdrawn"
    second = await draws.open(tasks)
    draws.registry.answers = None
    await draws.until(second, "frozen")
    reveal_by = (await draws.void(second))["reveal_by"]
    draws.registry.answers = 503
    again = await draws.deed("operator", second, "repeat", {"reveal_by": reveal_by}, 202)
    why = {"code": "procedure_breach", "reason": "不抽了", "evidence": "e" * 64}
    refused = await draws.deed("operator", again["id"], "void", why, 409)
    assert "不能撤回" in refused["detail"]


async def test_what_an_adjustment_left_of_a_void_draw_is_repeated(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    hr, ld = await draws.plan(HR_TASK, LD_TASK)
    round_id = await draws.open([hr, ld])
    row = await draws.until(round_id, "frozen")
    await draws.void(round_id)
    path = f"/draw/v1/plans/{row['lists'][0]['plan_id']}/adjustments"
    body = {"reason": "职责划转", "changes": [{"action": "withdraw", "task_id": ld}]}
    asked = (await draws.person("planner").post(path, body)).json()
    answer = await draws.person("approver").post(f"{path}/{asked['id']}/approve")
    assert answer.status_code == 200, answer.text
    again = await draws.deed("operator", round_id, "repeat", {"reveal_by": row["reveal_by"]}, 202)
    assert [one["task_id"] for one in (await draws.read(again["id"]))["lists"]] == [hr]
