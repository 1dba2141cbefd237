"""A plan's year over HTTP: who may ask, what a registry that does not answer means, whose unit an object is."""

import pytest
from holding import HR_TASK, LD_TASK, Draws
from suicha_contracts.freeze import Survey
from suicha_draw.plans.simulating.child import computed
from suicha_draw.plans.simulating.schemas import Question
from suicha_draw.problems import CountingTooLong


async def draft(draws: Draws, *tasks: dict[str, object]) -> str:
    planner = draws.person("planner")
    made = await planner.post("/draw/v1/plans", {"year": 2026, "ruleset_id": "410300-rsj"})
    path = f"/draw/v1/plans/{made.json()['id']}"
    for task in tasks:
        assert (await planner.post(f"{path}/tasks", task)).status_code == 201
    return f"{path}/simulation"


async def test_only_who_reads_plans_of_the_body_simulates_them(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    path = await draft(draw_api, HR_TASK)
    assert (await draw_api.anyone.get(path)).status_code == 401
    assert (await draw_api.person("monitor").get(path)).status_code == 403
    assert (await draw_api.person("planner", org="410300-jtj").get(path)).status_code == 404
    assert (await draw_api.person("approver").get(path)).status_code == 200


async def test_a_registry_that_is_away_or_cannot_read_a_list_is_said(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    path = await draft(draw_api, HR_TASK)
    planner = draw_api.person("planner")
    draw_api.registry.answers = 503
    away = await planner.get(path)
    assert (away.status_code, away.json()["code"]) == (503, "unavailable")
    draw_api.registry.answers = 422
    unreadable = await planner.get(path)
    assert (unreadable.status_code, unreadable.json()["code"]) == (422, "list_unreadable")


async def test_a_register_too_large_to_be_counted_in_time_is_said_and_a_submission_only_warned(
    draw_api: Draws,
) -> None:
    await draw_api.know("410300-rsj@2022.1")
    path = await draft(draw_api, HR_TASK)
    planner = draw_api.person("planner")
    draw_api.registry.answers = 503
    draw_api.registry.problem = {"code": "survey_too_long", "detail": "45 秒内没有统计完 1 份名单"}
    for asked in (path, f"{path}/page", path.replace("simulation", "check")):
        slow = await planner.get(asked)
        assert (slow.status_code, slow.json()["code"]) == (503, "counting_too_long")
        assert "没有统计完" in slow.json()["detail"]
    submitted = (await planner.post(path.replace("simulation", "submit"))).json()
    (warning,) = [one for one in submitted["warnings"] if one["code"] == "targets_unchecked"]
    assert "没有统计完" in warning["message"]


async def test_a_year_that_is_played_for_too_long_is_given_up() -> None:
    survey = Survey(counted_at="2026-11-20T01:00:00Z", register_size=0, groups=[])
    question = Question(
        plan_id="p", number="2026001", lists=[], contents=[], survey=survey, rules={}, exemption="", seed=1,
        object_id=None,
    )  # fmt: skip
    with pytest.raises(CountingTooLong, match="推演已停止"):
        await computed(question, 0)
    assert (await computed(question, 60)).tasks == []


async def test_units_split_the_work_of_a_crew_and_nothing_else(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    rows = draw_api.registry.objects["HR"]
    draw_api.registry.objects["HR"] = [
        (who, grade, "410302" if place % 2 else "410303") for place, (who, grade, _) in enumerate(rows)
    ]
    path = await draft(draw_api, HR_TASK, LD_TASK | {"month": 3})
    planner = draw_api.person("planner")
    whole = (await planner.get(path)).json()
    for units_by in ("region", "unit"):
        split = (await planner.get(path, params={"units_by": units_by})).json()
        assert split["tasks"] == whole["tasks"] and split["schemes"] == whole["schemes"]
        of_crew = [load for load in split["loads"] if load["crew"] == "LDJC"]
        assert {load["unit"] for load in of_crew} == {"410302", "410303"}
        (alone,) = [load for load in whole["loads"] if load["crew"] == "LDJC"]
        assert abs(sum(load["visits"] for load in of_crew) - alone["visits"]) < 0.3
    assert (await planner.get(path, params={"units_by": "moon"})).status_code == 422
