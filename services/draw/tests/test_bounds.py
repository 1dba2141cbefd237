"""Bounds of documents above: a task under its own ruleset undercuts none of them (docs/decisions/0019)."""

from datetime import timedelta
from typing import Any

import pytest
from holding import HR_TASK, LD_TASK, Draws
from suicha_chassis import testing
from suicha_contracts.ruleset import Ruleset
from suicha_draw.plans.rulesets import china_today

BODY = {"year": china_today().year, "ruleset_id": "410300-rsj"}


def stated(value: int, **more: str) -> dict[str, Any]:
    return {"value": value, "clause": "第九条", "quote": "不少于", "level": "province"} | more


async def province(draws: Draws, **more: Any) -> Ruleset:
    """A document of the province: teams of three, 20 %, at most twice the need."""
    return await draws.know(
        "130102-rsj@2024.1", region="410000",
        team={"minimum": stated(3), "candidates_max_multiple": stated(2)},
        selection={"floor_bp": stated(2000)}, **more,
    )  # fmt: skip


async def draft(draws: Draws, **more: Any) -> str:
    answer = await draws.person("planner").post("/draw/v1/plans", BODY | more)
    assert answer.status_code == 201, answer.text
    return f"/draw/v1/plans/{answer.json()['id']}"


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        ({"team": 2}, "team_too_small", "body.team"),
        ({"ratio_bp": 1999}, "ratio_below_floor", "整份名单"),
        ({"alternates": 4}, "too_many_candidates", "body.alternates"),
    ],
)
async def test_a_task_undercuts_no_document_above_its_own(
    draw_api: Draws, change: dict[str, Any], code: str, where: str
) -> None:
    await draw_api.know("410300-rsj@2022.1")
    above = await province(draw_api)
    path = await draft(draw_api)
    planner = draw_api.person("planner")
    good = LD_TASK | {"team": 3, "alternates": 3, "ratio_bp": 2000}
    answer = await planner.post(f"{path}/tasks", good | change)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["faults"][0]["where"]) == (422, code, where)
    assert above.document.title in problem["detail"] and "“第九条”" in problem["detail"]
    assert (await planner.post(f"{path}/tasks", good)).status_code == 201


async def test_a_document_that_came_after_the_draft_binds_when_it_is_submitted(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    path = await draft(draw_api)
    planner = draw_api.person("planner")
    assert (await planner.post(f"{path}/tasks", LD_TASK)).status_code == 201
    await province(draw_api)
    refused = await planner.post(f"{path}/submit")
    assert (refused.status_code, refused.json()["code"]) == (422, "ratio_below_floor")


async def test_neither_an_ended_document_nor_one_of_elsewhere_nor_another_body_binds(draw_api: Draws) -> None:
    own = await draw_api.know("410300-rsj@2022.1")
    strict = own.team.minimum.model_copy(update={"value": 5})
    team = own.team.model_copy(update={"minimum": strict})
    yesterday = china_today() - timedelta(days=1)
    await draw_api.publish(
        own.model_copy(update={"id": "410000-old", "region": "410000", "team": team, "effective_to": yesterday}),
        own.model_copy(update={"id": "130000-rst", "region": "130000", "team": team}),
        own.model_copy(update={"id": "410300-jtj", "region": "410300", "team": team}),
    )  # fmt: skip
    path = await draft(draw_api)
    answer = await draw_api.person("planner").post(f"{path}/tasks", LD_TASK)
    assert answer.status_code == 201, answer.text


async def test_the_own_document_of_a_body_binds_its_plan_under_one_from_above(draw_api: Draws) -> None:
    own = await draw_api.know("410482-rsj@2022.1", region="410300")
    await draw_api.publish(own.model_copy(update={"id": "410300-rsj"}))
    await draw_api.know("130102-rsj@2024.1", region="410000")
    path = await draft(draw_api, ruleset_id="130102-rsj")
    refused = await draw_api.person("planner").post(f"{path}/tasks", LD_TASK | {"team": 2})
    assert (refused.json()["code"], own.name in refused.json()["detail"]) == ("team_too_small", True)


async def test_mixed_ratios_are_held_against_the_strictest_floor_when_objects_are_counted(
    draws: Draws,
) -> None:
    await draws.know("410300-rsj@2022.1")
    above = await province(draws)
    low = HR_TASK | {"team": 3, "ratios": {"A": 100, "B": 100, "C": 2000}}
    round_id = await draws.open(await draws.plan(low))

    async def refused() -> list[dict[str, str]]:
        return list((await draws.read(round_id))["problems"])

    (problem,) = await testing.eventually(refused)
    assert problem["code"] == "ratio_below_floor" and "下限 20%" in problem["message"]
    assert above.document.title in problem["message"]
