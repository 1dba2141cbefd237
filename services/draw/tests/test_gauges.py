"""Gauges of a body, the check of its plan, proposals to merge: over a real draw (P7-P11, R4)."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from holding import HR_TASK, LD_TASK, Draws, object_id
from suicha_chassis.scope import SYSTEM
from suicha_contracts.events import InspectionClosed, ItemLaw, ItemListPublished, RulesetRef
from suicha_contracts.values import FileRef
from suicha_draw.events import keep_history, keep_item_list

YEAR = datetime.now(UTC).year


async def test_a_plan_says_before_approval_which_targets_it_cannot_reach_and_what_would(
    draw_api: Draws,
) -> None:
    await draw_api.know("130102-rsj@2024.1", targets={"coverage_bp": {"value": 2000, "clause": "一"}})
    planner, approver = draw_api.person("planner"), draw_api.person("approver")
    made = (
        await planner.post(
            "/draw/v1/plans", {"year": YEAR, "ruleset_id": "130102-rsj", "org_name": "某区人社局"}
        )
    ).json()
    path = f"/draw/v1/plans/{made['id']}"
    await planner.post(f"{path}/tasks", LD_TASK)
    found = (await planner.get(f"{path}/check")).json()
    gauges = {one["code"]: one for one in found["gauges"]}
    coverage = gauges["coverage"]
    assert (coverage["denominator"], coverage["forecast"]["numerator"], coverage["reachable"]) == (
        300,
        16,
        False,
    )
    assert coverage["advice"] == "还需至少抽取 44 家不同的检查对象"
    assert (gauges["risk_graded"]["forecast"]["numerator"], gauges["risk_graded"]["reachable"]) == (0, False)
    assert found["tasks"][0]["strata"] == {"ALL": {"n": 200, "k": 16}}
    submitted = (await planner.post(f"{path}/submit")).json()["warnings"]
    assert {"target_coverage", "target_risk_graded"} <= {one["code"] for one in submitted}
    assert any("还需至少抽取 44 家" in one["message"] and one["clause"] == "一" for one in submitted)
    approved = (await approver.post(f"{path}/approve")).json()
    assert "target_coverage" in {one["code"] for one in approved["warnings"]}
    draw_api.registry.answers = 503
    assert (await planner.get(f"{path}/check")).json()["code"] == "unavailable"
    again = await planner.post(
        "/draw/v1/plans", {"year": YEAR, "ruleset_id": "130102-rsj", "org_name": "某区人社局"}
    )
    other = f"/draw/v1/plans/{again.json()['id']}"
    await planner.post(f"{other}/tasks", LD_TASK)
    answer = await planner.post(f"{other}/submit")
    assert (answer.status_code, answer.json()["warnings"][-1]["code"]) == (200, "targets_unchecked")
    draw_api.registry.answers = None


async def test_gauges_count_what_was_drawn_and_inspected_and_forecast_the_rest(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1", selection={
        "frequency": {"value": {"minimum": 1, "maximum": 2}, "clause": "三（二）"}
    })  # fmt: skip
    async with draws.db.transaction(SYSTEM) as session:
        await keep_item_list(session, ItemListPublished(
            org="410300-rsj", region="410300", version=1, items=["RSJ-01", "RSJ-02", "RSJ-09"],
            published_at=datetime.now(UTC),
        ))  # fmt: skip
    joint = LD_TASK | {"joint_authorities": ["市场监督管理局"]}
    later = HR_TASK | {"name": "下半年", "month": 12}
    ids = await draws.plan(HR_TASK, joint, later)
    round_id = await draws.open(ids[:2])
    await draws.hold(round_id)
    await draws.finish(round_id)
    rows = []
    for kind in ("HR", "LD"):
        found = await draws.person("auditor").get(
            f"/draw/v1/rounds/{round_id}/results", params={"limit": 500}
        )
        rows += [row for row in found.json()["items"] if row["kind"] == "S" and row["list_code"] == kind]
    different = {row["object_id"] for row in rows}
    graded = sum(row["list_code"] == "HR" for row in rows)
    one, two = sorted(different)[:2]
    async with draws.db.transaction(SYSTEM) as session:
        for inspected in (one, two, two, two):
            await keep_history(session, _closed(inspected))
    planner = draws.person("planner")
    answer = (await planner.get("/draw/v1/gauges", params={"year": 2026})).json()
    gauges = {gauge["code"]: gauge for gauge in answer["gauges"]}
    shown = {code: (gauge["numerator"], gauge["denominator"]) for code, gauge in gauges.items()}
    assert shown == {
        "coverage": (len(different), 300), "joint": (1, 1), "risk_graded": (graded, len(rows)),
        "frequency": (1, len(different)), "item_coverage": (2, 3),
    }  # fmt: skip
    assert all(gauge["numerator_means"] and gauge["denominator_means"] for gauge in gauges.values())
    assert gauges["coverage"]["forecast"]["numerator"] > len(different)
    assert gauges["joint"]["forecast"] | {"assumption": ""} == {
        "numerator": 1, "denominator": 2, "value_bp": 5000, "assumption": "",
    }  # fmt: skip
    assert f"1 家已超过最多次数，不得再查；{len(different) - 2} 家" in gauges["frequency"]["advice"]
    drawing = await planner.get("/draw/v1/gauges.svg", params={"year": 2026})
    assert drawing.headers["content-type"].startswith("image/svg+xml") and "年末预计" in drawing.text
    stranger = draws.person("planner", org="440000-rst", region="440000")
    assert (
        await stranger.get("/draw/v1/gauges", params={"year": 2026, "org": "410300-rsj"})
    ).status_code == 404


async def test_a_condition_on_grades_counts_as_graded_and_a_substitute_for_whom_it_replaces(
    draws: Draws,
) -> None:
    draws.registry.objects = {
        code: [(object_id(number), "ALL", "410300-RSJ") for number in range(first, first + 200)]
        for code, first in (("HR", 0), ("LD", 200))
    }
    await draws.know("410300-rsj@2022.1", selection={
        "frequency": {"value": {"minimum": 1, "maximum": 2}, "clause": "三（二）"}
    })  # fmt: skip
    everybody = HR_TASK | {
        "criteria": {},
        "by_grade": False,
        "ratios": {},
        "ratio_bp": 1000,
        "mode": "undirected",
    }
    risky = LD_TASK | {"criteria": {"grades": ["C", "D"]}, "mode": "directed"}
    ids = await draws.plan(everybody, risky)
    planner = draws.person("planner")

    async def shown() -> dict[str, tuple[int, int]]:
        found = (await planner.get("/draw/v1/gauges", params={"year": 2026})).json()["gauges"]
        forecast = next(one["forecast"] for one in found if one["code"] == "risk_graded")
        assert (forecast["numerator"], forecast["denominator"]) == (16, 36)
        return {one["code"]: (one["numerator"], one["denominator"]) for one in found}

    assert (await shown())["risk_graded"] == (0, 0)
    round_id = await draws.open(ids)
    await draws.hold(round_id)
    await draws.finish(round_id)
    path = f"/draw/v1/rounds/{round_id}"
    results = (await draws.person("auditor").get(f"{path}/results", params={"limit": 500})).json()["items"]
    out = next(one["object_id"] for one in results if (one["list_code"], one["kind"]) == ("LD", "S"))
    async with draws.db.transaction(SYSTEM) as session:
        await keep_history(session, _closed(out))
    before = await shown()
    assert (before["risk_graded"], before["coverage"]) == ((16, 36), (36, 400))
    assert before["frequency"] == (1, 36)

    who = {"kind": "object", "list_code": "LD", "stratum": "ALL", "out": out}
    body = {"who": who, "reason_code": "cancelled", "reason": "注销", "evidence": "e" * 64}
    asked = await draws.deed("operator", round_id, "substitutions", body, 201)
    assert await shown() == before, "nobody has stepped in yet"
    done = await draws.deed("legal", round_id, f"substitutions/{asked['id']}/approve")
    after = await shown()
    assert (after["risk_graded"], after["coverage"]) == ((16, 36), (36, 400))
    assert after["frequency"] == (0, 36), "whoever dropped out no longer counts as drawn"
    async with draws.db.transaction(SYSTEM) as session:
        await keep_history(session, _closed(done["outcome"]["in"]))
    assert (await shown())["frequency"] == (1, 36), "whoever stepped in does"


async def test_an_item_with_a_frequency_by_law_is_judged_for_its_own_objects_and_the_year_by_the_ruleset(
    draws: Draws,
) -> None:
    await draws.know("410300-rsj@2022.1", selection={
        "frequency": {"value": {"minimum": 1, "maximum": 2}, "clause": "三（二）"}
    })  # fmt: skip

    async def law(version: int, *items: str) -> None:
        laws = [ItemLaw(code=one, frequency_maximum=1, frequency_clause="《甲法》第二条") for one in items]
        published = ItemListPublished(
            org="410300-rsj", region="410300", version=version, items=[*items], laws=laws,
            published_at=datetime.now(UTC),
        )  # fmt: skip
        async with draws.db.transaction(SYSTEM) as session:
            await keep_item_list(session, published)

    async def frequency() -> dict[str, Any]:
        found = (await draws.person("planner").get("/draw/v1/gauges", params={"year": YEAR})).json()
        return next(one for one in found["gauges"] if one["code"] == "frequency")

    (fixed,), free = HR_TASK["items"], LD_TASK["items"]
    await law(1, fixed)
    ids = await draws.plan(HR_TASK, LD_TASK)
    planned = await frequency()
    assert "1 至 2 次" in planned["numerator_means"] and planned["by_law"][0]["holds"] is None
    assert f"{fixed}（0 至 1 次，《甲法》第二条）尚未抽取" in planned["note"]
    first = await draws.open(ids)
    await draws.hold(first)
    done = await draws.finish(first)
    path = f"/draw/v1/rounds/{first}"
    rows = (await draws.person("auditor").get(f"{path}/results", params={"limit": 500})).json()["items"]
    drawn = {
        code: {one["object_id"] for one in rows if (one["list_code"], one["kind"]) == (code, "S")}
        for code in ("HR", "LD")
    }
    of_law, other = min(drawn["HR"]), min(drawn["LD"] - drawn["HR"])
    draw_id = done["draw_id"]
    async with draws.db.transaction(SYSTEM) as session:
        for inspected in (of_law, other, other):
            await keep_history(session, _closed(inspected, draw_id))
    within = await frequency()
    (row,) = within["by_law"]
    assert "1 至 2 次" in within["numerator_means"] and within["clause"] == "三（二）"
    assert within["numerator"] == 2, "once and twice are both within the ruleset's bounds"
    assert (row["item"], row["minimum"], row["maximum"], row["clause"]) == (fixed, None, 1, "《甲法》第二条")
    assert (row["objects"], row["above_maximum"], row["holds"]) == (len(drawn["HR"]), 0, True)
    async with draws.db.transaction(SYSTEM) as session:
        await keep_history(session, _closed(of_law, "an import"))
    broken = await frequency()
    assert (broken["by_law"][0]["above_maximum"], broken["by_law"][0]["holds"]) == (1, False)
    assert broken["numerator"] == 2 and "1 家超过最多次数" in broken["note"]
    drawing = await draws.person("planner").get("/draw/v1/gauges.svg", params={"year": YEAR})
    assert broken["note"] in drawing.text
    await law(2, fixed, *free)
    everywhere = await frequency()
    assert "0 至 1 次" in everywhere["numerator_means"] and everywhere["clause"] == "《甲法》第二条"
    assert {one["item"] for one in everywhere["by_law"]} == {fixed, *free}


def _closed(inspected: str, draw_id: str = "x") -> InspectionClosed:
    """An inspection of the year that found nothing."""
    return InspectionClosed(
        visit_id=uuid4(), round_id=uuid4(), draw_id=draw_id, org="410300-rsj", org_name="局",
        region="410300", object_id=inspected, object_name="某", object_kind="enterprise",
        object_region="410300", finished_on=date(YEAR, 6, 1), closed_at=datetime.now(UTC), normal=True,
        violation=False, refused_signature=False, checks=[], follow_ups=[],
        ruleset=RulesetRef(id="r", version="1", sha256="a" * 64), record=FileRef(sha256="b" * 64, size=1),
    )  # fmt: skip


async def test_tasks_that_share_objects_in_a_month_are_proposed_as_one_round(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    await draw_api.plan(HR_TASK, LD_TASK, LD_TASK | {"name": "十二月", "month": 12})
    planner = draw_api.person("planner")
    plan_id = (await planner.get("/draw/v1/plans")).json()["items"][-1]["id"]
    (one,) = (await planner.get(f"/draw/v1/plans/{plan_id}/merges")).json()
    assert [task["name"] for task in one["tasks"]] == [HR_TASK["name"], LD_TASK["name"]]
    assert (one["shared_objects"], one["share_bp"], one["month"]) == (100, 5000, 11)
    assert one["visits_saved"] == one["visits_apart"] - one["visits_together"] > 0
    none = await planner.get(f"/draw/v1/plans/{plan_id}/merges", params={"share_bp": 5001})
    assert none.json() == []
