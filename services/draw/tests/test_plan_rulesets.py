"""Which version of a ruleset a plan stands under: effective dates, the day in China, a plan of the coming year."""

from datetime import UTC, date, datetime, timedelta

import pytest
from holding import LD_TASK, Draws
from suicha_contracts.ruleset import Ruleset
from suicha_draw.plans.rulesets import china_day, china_today

NEXT = china_today().year + 1


def dated(of: Ruleset, version: str, first: date, last: date | None = None) -> Ruleset:
    return of.model_copy(update={"version": version, "effective_from": first, "effective_to": last})


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 12, 31, 15, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_the_day_begins_in_china_eight_hours_before_greenwich(moment: datetime, day: date) -> None:
    assert china_day(moment) == day


async def test_a_version_that_has_ended_or_not_begun_is_not_taken_by_itself(draw_api: Draws) -> None:
    today = china_today()
    first = await draw_api.know("410300-rsj@2022.1")
    await draw_api.publish(
        dated(first, "2025.1", date(2025, 1, 1), today - timedelta(days=1)),
        dated(first, "2026.1", date(2025, 6, 1), today),
        dated(first, "2026.9", today + timedelta(days=1)),
    )
    planner = draw_api.person("planner")
    body = {"year": today.year, "ruleset_id": "410300-rsj"}
    made = (await planner.post("/draw/v1/plans", body)).json()
    assert made["ruleset_version"] == "2026.1"
    named = (await planner.post("/draw/v1/plans", body | {"ruleset_version": "2025.1"})).json()
    (warning,) = (await planner.get(f"/draw/v1/plans/{named['id']}")).json()["warnings"]
    assert warning["code"] == "ruleset_not_in_force" and "有效的版本是 2026.1" in warning["message"]
    assert (await planner.get(f"/draw/v1/plans/{made['id']}")).json()["warnings"] == []


async def test_where_every_version_has_ended_a_plan_names_one_and_is_warned(draw_api: Draws) -> None:
    shipped = await draw_api.know("410300-rsj@2022.1")
    ended = dated(shipped, "2022.1", date(2022, 1, 1), date(2023, 12, 31))
    await draw_api.publish(ended.model_copy(update={"id": "410300-old"}))
    planner = draw_api.person("planner")
    body = {"year": china_today().year, "ruleset_id": "410300-old"}
    refused = await planner.post("/draw/v1/plans", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "ruleset_unknown")
    assert str(china_today()) in refused.json()["detail"]
    made = (await planner.post("/draw/v1/plans", body | {"ruleset_version": "2022.1"})).json()
    (warning,) = (await planner.get(f"/draw/v1/plans/{made['id']}")).json()["warnings"]
    assert warning["code"] == "ruleset_not_in_force" and "已失效" in warning["message"]


async def test_a_plan_of_the_coming_year_stands_under_the_rules_of_that_year(draw_api: Draws) -> None:
    first = await draw_api.know("410300-rsj@2022.1")
    await draw_api.publish(dated(first, f"{NEXT}.1", date(NEXT, 1, 1)))
    planner = draw_api.person("planner")
    body = {"year": NEXT, "ruleset_id": "410300-rsj"}
    assert (await planner.post("/draw/v1/plans", body)).json()["ruleset_version"] == f"{NEXT}.1"
    this_year = await planner.post("/draw/v1/plans", body | {"year": NEXT - 1})
    assert this_year.json()["ruleset_version"] == "2022.1"


async def test_a_draft_takes_up_a_version_that_came_later_and_its_tasks_are_held_against_it(
    draw_api: Draws,
) -> None:
    first = await draw_api.know("410300-rsj@2022.1")
    planner, approver = draw_api.person("planner"), draw_api.person("approver")
    created = await planner.post("/draw/v1/plans", {"year": NEXT, "ruleset_id": "410300-rsj"})
    path = f"/draw/v1/plans/{created.json()['id']}"
    task = await planner.post(f"{path}/tasks", LD_TASK)
    three = first.team.minimum.model_copy(update={"value": 3, "clause": "新版第十条"})
    newer = dated(first, f"{NEXT}.1", date(NEXT, 1, 1)).model_copy(
        update={"team": first.team.model_copy(update={"minimum": three})}
    )
    await draw_api.publish(newer)
    read = await planner.get(path)
    (warning,) = read.json()["warnings"]
    assert warning["code"] == "ruleset_not_in_force" and f"{NEXT}.1" in warning["message"]
    tag = {"If-Match": read.headers["etag"]}
    unknown = await planner.patch(path, {"ruleset_version": "1999.1"}, headers=tag)
    assert (unknown.status_code, unknown.json()["code"]) == (422, "ruleset_unknown")
    changed = await planner.patch(path, {"ruleset_version": ""}, headers=tag)
    assert (changed.json()["ruleset_version"], changed.json()["warnings"]) == (f"{NEXT}.1", [])
    refused = await planner.post(f"{path}/submit")
    assert (refused.status_code, refused.json()["code"]) == (422, "team_too_small")
    assert "新版第十条" in refused.json()["detail"]
    at = f"{path}/tasks/{task.json()['id']}"
    await planner.patch(at, {"team": 3}, headers={"If-Match": task.headers["etag"]})
    assert (await planner.post(f"{path}/submit")).status_code == 200
    assert (await approver.post(f"{path}/approve")).status_code == 200
    await planner.post(f"{path}/publish")
    await draw_api.publish(dated(newer, f"{NEXT}.2", date(NEXT, 1, 1)))
    kept = (await planner.get(path)).json()
    assert (kept["ruleset_version"], kept["warnings"]) == (f"{NEXT}.1", []), (
        "a published plan keeps its version"
    )
