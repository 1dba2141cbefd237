"""Whom a trigger names is told to nobody outside: a visit upon a complaint would be announced (P13, D23)."""

from typing import Any

import pytest
from holding import Draws, object_id
from test_dispatch import triggered

NAMED = [object_id(3), object_id(4)]


@pytest.mark.parametrize("settings", [{"embargo": "legal"}, {"disclosure": "sealed"}, {}])
async def test_plan_and_round_of_a_complaint_tell_the_public_how_many_are_named_and_not_whom(
    draws: Draws, settings: dict[str, Any]
) -> None:
    await draws.know("410300-rsj@2022.1")
    draws.registry.objects["HR"] = [(one, "ALL", "410300-RSJ") for one in NAMED]
    draws.registry.recusals = []
    tasks = await draws.plan(await triggered(draws))
    round_id = await draws.open(tasks, **settings)
    await draws.hold(round_id)
    row = await draws.read(round_id)
    assert row["lists"][0]["criteria"]["ids"] == NAMED and row["lists"][0]["named"] == 2, "officers know"
    plan_id = row["lists"][0]["plan_id"]
    plan = f"/public/plans/{plan_id}"
    public = [
        "/public/draws", f"/public/draws/{row['draw_id']}", f"/public/draws/{row['draw_id']}/changes",
        f"/public/draws/{row['draw_id']}/probabilities", f"/public/draws/{row['draw_id']}/scheme",
        "/public/log/entries", "/public/plans", plan, f"{plan}/versions", f"{plan}/versions/1",
        f"{plan}/export?format=html",
    ]  # fmt: skip
    for path in public:
        answer = await draws.anyone.get(path)
        assert answer.status_code == 200, path
        assert not any(one in answer.text for one in NAMED), path
    (shown,) = (await draws.anyone.get(f"/public/draws/{row['draw_id']}")).json()
    assert (shown["lists"][0]["named"], shown["lists"][0]["criteria"]["ids"]) == (2, [])
    assert shown["lists"][0]["conditions"] == "点名的对象：2 家"
    (task,) = (await draws.anyone.get(plan)).json()["tasks"]
    assert (task["named"], task["criteria"]["ids"]) == (2, [])
    (inside,) = (await draws.person("planner").get(f"/draw/v1/plans/{plan_id}")).json()["tasks"]
    assert (inside["named"], inside["criteria"]["ids"]) == (2, NAMED)
    (told,) = await draws.emitted("plan_published")
    assert not any(one in str(told) for one in NAMED)
