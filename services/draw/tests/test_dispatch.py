"""Direct dispatch: upon a trigger, with a reason, by two people; objects and log stay as of any draw (D18)."""

from datetime import date
from typing import Any

from holding import HR_TASK, LD_TASK, Draws, object_id
from suicha_chassis.scope import SYSTEM
from suicha_chassis.testing import eventually
from suicha_draw.models import Trigger

TRIGGERED: dict[str, Any] = HR_TASK | {
    "kind": "complaint_case", "by_grade": False, "ratios": {}, "ratio_bp": 10_000,
    "criteria": {"ids": [object_id(3), object_id(4)]},
}  # fmt: skip
DISPATCH: dict[str, Any] = {
    "inspectors": ["I003", "I005"],
    "reason": "投诉举报须当日核查",
    "evidence": "e" * 64,
}


async def triggered(draws: Draws, **changes: Any) -> dict[str, Any]:
    """A triggered task upon a complaint that is on record."""
    async with draws.db.transaction(SYSTEM) as session:
        row = Trigger(
            region="410300", org="410300-rsj", number="T1", source="complaint_case", received_on=date(2026, 11, 1),
            content_sha256="c" * 64, summary="拖欠工资", objects=[object_id(3), object_id(4)], created_by="planner",
        )  # fmt: skip
        session.add(row)
        await session.flush()
        return TRIGGERED | {"trigger_ids": [str(row.id)]} | changes


def body_of(task_ids: list[str], **more: Any) -> dict[str, Any]:
    days = {"inspect_from": "2026-11-23", "inspect_to": "2026-12-10"}
    return {"task_ids": task_ids, "reveal_by": "2027-11-23T00:00:00Z", "dispatch": DISPATCH} | days | more


async def test_named_people_go_to_named_objects_once_a_second_person_agrees(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    draws.registry.objects["HR"] = [(object_id(n), "ALL", "410300-RSJ") for n in (3, 4)]
    draws.registry.inspectors = [(one, "LDJC", "410300-RSJ", "*") for one in DISPATCH["inspectors"]]
    draws.registry.recusals = []
    round_id = await draws.open(await draws.plan(await triggered(draws, alternates=0)), dispatch=DISPATCH)
    path = f"/draw/v1/rounds/{round_id}"
    assert [one["code"] for one in (await draws.read(round_id))["problems"]] == ["dispatch_unapproved"]
    early = await draws.person("operator").post(f"{path}/freeze", {})
    assert (early.status_code, early.json()["code"]) == (409, "dispatch_unapproved")
    own = await draws.person("operator").post(f"{path}/dispatch/approve")
    assert (own.status_code, own.json()["code"]) == (403, "same_person")
    assert draws.registry.requests == [], "nothing was frozen before the second person agreed"
    await draws.deed("legal", round_id, "dispatch/approve", None, 202)
    await draws.hold(round_id)
    assert draws.registry.requests[-1].inspectors == DISPATCH["inspectors"]
    assert draws.registry.requests[-1].lists[0].criteria.ids == TRIGGERED["criteria"]["ids"]
    done = await draws.finish(round_id)
    matches = (await draws.person("auditor").get(f"{path}/matches")).json()["items"]
    assert {one["object_id"]: set(one["team"]) for one in matches} == {
        object_id(n): set(DISPATCH["inspectors"]) for n in (3, 4)
    }
    (event,) = await draws.emitted("draw_completed")
    assert (event["choice"], event["choice_reason"]) == ("direct", DISPATCH["reason"])
    assert event["lists"][0]["kind"] == "complaint_case" and event["visits"] == 2
    (public,) = (await draws.anyone.get(f"/public/draws/{done['draw_id']}")).json()
    (frozen,) = [line["body"] for line in public["log"] if line["event"] == "frozen"]
    assert frozen["dispatch"] == DISPATCH | {"by": ["operator", "legal"]}
    again = await draws.person("legal").post(f"{path}/dispatch/approve")
    assert again.status_code == 409


async def test_a_planned_draw_refuses_a_direct_dispatch(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    answer = await draws.person("operator").post("/draw/v1/rounds", body_of(await draws.plan(HR_TASK)))
    assert (answer.status_code, answer.json()["code"]) == (422, "dispatch_refused")


async def test_a_ruleset_that_only_draws_refuses_a_direct_dispatch_with_its_clause(draws: Draws) -> None:
    only = {"value": "random", "clause": "第七条", "level": "local"}
    await draws.know("410300-rsj@2022.1", team={"choice": only})
    answer = await draws.person("operator").post(
        "/draw/v1/rounds", body_of(await draws.plan(await triggered(draws)))
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "dispatch_refused")
    assert "第七条" in answer.json()["detail"]


async def test_triggered_and_planned_tasks_are_not_drawn_in_one_round(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    tasks = await draws.plan(await triggered(draws), LD_TASK)
    answer = await draws.person("operator").post("/draw/v1/rounds", body_of(tasks, dispatch=None))
    assert (answer.status_code, answer.json()["code"]) == (422, "tasks_do_not_fit")


async def test_a_repeated_attempt_keeps_the_approved_dispatch(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    draws.registry.objects["HR"] = [(object_id(n), "ALL", "410300-RSJ") for n in (3, 4)]
    draws.registry.recusals = []
    round_id = await draws.open(await draws.plan(await triggered(draws, alternates=0)), dispatch=DISPATCH)
    await draws.deed("legal", round_id, "dispatch/approve", None, 202)
    await draws.until(round_id, "frozen")
    await draws.void(round_id, "list_wrong", "名单有误")
    later = {"reveal_by": "2027-11-23T00:00:00Z"}
    again = await draws.deed("operator", round_id, "repeat", later, 202)

    async def frozen() -> Any:
        shown = await draws.read(again["id"])
        return shown if shown["state"] == "frozen" else None

    shown = await eventually(frozen, 30, "frozen")
    assert shown["settings"]["dispatch"]["approved_by"] == "legal"
