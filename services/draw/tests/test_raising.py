"""Raising by reasons: own strata with own ratios, whose chances are numbers that everybody can read."""

from typing import Any

import pytest
from holding import HR_TASK, LD_TASK, Draws, object_id
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import text
from suicha_chassis.scope import SYSTEM
from suicha_chassis.testing import eventually
from suicha_contracts.freeze import Criteria
from suicha_draw.conditions import conditions_text, percent_text
from suicha_draw.plans.schemas import TaskContent
from suicha_draw.raising import TaskRaise

COMPLAINTS: dict[str, Any] = {"reason": "complaints", "ratio_bp": 6000}


def test_conditions_are_written_as_people_read_them() -> None:
    criteria = Criteria.model_validate(
        {"kinds": ["enterprise"], "natures": ["国有", "民营"], "market_share_from_bp": 550,
         "market_share_to_bp": 10_000, "lists": ["abnormal_list"], "licences": ["expired"],
         "licence_kinds": ["劳务派遣许可证"], "regions": ["410303", "410482"]}
    )  # fmt: skip
    assert conditions_text(criteria) == (
        "对象类型：企业；性质：国有、民营；地理区域：洛阳市西工区、汝州市；市场占有率：5.5% 至 100%；"
        "列入名单：列入经营异常名录；许可证状态：许可证过期；许可证种类：劳务派遣许可证"
    )
    assert conditions_text(Criteria()) == "不设条件"
    assert conditions_text(Criteria(market_share_to_bp=0)) == "市场占有率：不高于 0%"
    with pytest.raises(ValidationError):
        Criteria(market_share_from_bp=2, market_share_to_bp=1)


@given(k=st.integers(0, 10_000_000), more=st.integers(0, 10_000_000))
def test_percent_is_the_chance_rounded_to_two_decimals(k: int, more: int) -> None:
    n = k + more
    shown = percent_text(k, n)
    if n:
        whole, _, rest = shown.removesuffix("%").partition(".")
        bp = int(whole) * 100 + int(rest.ljust(2, "0") or "0")
        assert abs(2 * (bp * n - 10_000 * k)) <= n
    else:
        assert shown == "0%"


@pytest.mark.parametrize(
    "raises",
    [
        [{"reason": "complaints"}],
        [{"reason": "complaints", "ratio_bp": 100, "count": 1}],
        [{"reason": "mood", "ratio_bp": 6000}],
        [{"reason": "safety", "ratio_bp": 6000}],
        [{"reason": "problem_found", "ratio_bp": 6000, "criteria": {"grades": ["D"]}}],
        [{"reason": "complaints", "ratio_bp": 6000, "criteria": {"ids": [object_id(1)]}}],
        [COMPLAINTS, {"reason": "key_watch", "ratio_bp": 7000}],
        [COMPLAINTS, COMPLAINTS],
        [{"reason": "complaints", "ratio_bp": 2999}],
    ],
    ids=["no_ratio", "both", "unknown", "whom", "own_rule", "named", "rising", "twice", "below_the_grades"],
)
def test_a_raise_that_is_none_or_leaves_open_whom_it_means_is_refused(raises: list[dict[str, Any]]) -> None:
    TaskContent.model_validate(HR_TASK | {"raises": [COMPLAINTS]})
    with pytest.raises(ValidationError):
        TaskContent.model_validate(HR_TASK | {"raises": raises})


def test_a_reason_that_is_a_list_of_the_registry_means_whoever_is_on_it() -> None:
    assert TaskRaise.model_validate(COMPLAINTS).effective == Criteria.model_validate(
        {"lists": ["complaints"]}
    )
    narrowed = TaskRaise.model_validate(COMPLAINTS | {"criteria": {"regions": ["410305"]}}).effective
    assert (narrowed.regions, narrowed.lists) == (["410305"], ["complaints"])
    safety = TaskRaise.model_validate({"reason": "safety", "count": 2, "criteria": {"industries": ["B"]}})
    assert safety.effective == Criteria(industries=["B"])


async def test_each_reason_is_drawn_in_a_stratum_of_its_own_and_its_chance_is_public(draws: Draws) -> None:
    allowed = {
        "value": ["complaints", "problem_found"],
        "clause": "第十四条",
        "level": "local",
        "quote": "应加大",
    }
    await draws.know("410300-rsj@2022.1", selection={"raise_reasons": allowed})
    complained, found = [object_id(n) for n in range(0, 10)], [object_id(n) for n in range(5, 12)]
    draws.registry.objects["HR"] = [
        (one, "R2-COMPLAINTS" if one in complained else stratum, unit)
        for one, stratum, unit in draws.registry.objects["HR"]
    ]
    async with draws.db.transaction(SYSTEM) as session:
        for number, one in enumerate(found):
            values = {"id": f"00000000-0000-0000-0000-{number:012d}", "object": one}
            await session.execute(
                text(
                    "INSERT INTO history (id, object_id, finished_on, violation, normal, document, evidence) "
                    "VALUES (:id, :object, current_date - 40, true, false, '{}', '')"
                ), values,
            )  # fmt: skip
    raises = [{"reason": "problem_found", "ratio_bp": 8000}, {"reason": "complaints", "count": 3}]
    task = HR_TASK | {"raises": raises, "criteria": {"natures": ["民营"]}}
    round_id = await draws.open(await draws.plan(task, LD_TASK), sub_bp=0)
    await draws.hold(round_id)
    sent = draws.registry.requests[-1].lists[0]
    assert [(one.stratum, [str(code) for code in one.criteria.lists]) for one in sent.raises] == [
        ("R2-COMPLAINTS", ["complaints"])
    ]
    done = await draws.finish(round_id)
    public = (await draws.anyone.get(f"/public/draws/{done['draw_id']}/probabilities")).json()
    hr, ld = public
    assert hr["conditions"] == "性质：民营" and ld["conditions"] == "不设条件"
    shown = {one["code"]: (one["name"], one["probability"], one["percent"]) for one in hr["strata"]}
    assert shown["R1-PROBLEM_FOUND"] == ("加大力度：检查中发现过问题", "6/7", "85.71%")
    assert shown["R2-COMPLAINTS"] == ("加大力度：投诉举报多", "3/5", "60%")
    assert shown["C"][0] == "信用风险等级 C"
    assert sum(one["n"] for one in hr["strata"]) == hr["registry_count"] == 200
    assert [one["code"] for one in ld["strata"]] == ["ALL"], "the other list knows no reason"
    why = (await draws.person("auditor").get(f"/draw/v1/rounds/{round_id}/objects/{found[0]}/why")).json()
    first = why["lists"][0]
    assert (first["raised_by"], first["probability"]) == ("problem_found", "6/7")
    assert "第十四条" in first["explanation"] and "应加大" in first["explanation"]
    (event,) = await draws.emitted("draw_completed")
    names = {one["code"]: one["name"] for one in event["lists"][0]["strata"]}
    assert (
        names["R2-COMPLAINTS"] == "加大力度：投诉举报多" and event["lists"][0]["conditions"] == "性质：民营"
    )


async def test_a_reason_that_the_ruleset_does_not_know_is_refused_with_its_clause(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    planner = draws.person("planner")
    made = (await planner.post("/draw/v1/plans", {"year": 2026, "ruleset_id": "410300-rsj"})).json()
    path = f"/draw/v1/plans/{made['id']}/tasks"
    refused = await planner.post(path, HR_TASK | {"raises": [COMPLAINTS]})
    assert (refused.status_code, refused.json()["code"]) == (422, "raise_not_allowed")
    assert "第六条" in refused.json()["detail"] and "投诉举报多" in refused.json()["detail"]
    named = await planner.post(path, HR_TASK | {"criteria": {"ids": [object_id(1)]}})
    assert (named.status_code, named.json()["code"]) == (422, "named_objects")


async def test_a_number_below_the_ratio_of_the_grades_raises_nobody_and_is_refused_at_the_freeze(
    draws: Draws,
) -> None:
    allowed = {"value": ["complaints"], "clause": "第十四条", "level": "local"}
    await draws.know("410300-rsj@2022.1", selection={"raise_reasons": allowed})
    draws.registry.objects["HR"] = [
        (one, "R1-COMPLAINTS" if number < 10 else stratum, unit)
        for number, (one, stratum, unit) in enumerate(draws.registry.objects["HR"])
    ]
    round_id = await draws.open(
        await draws.plan(HR_TASK | {"raises": [{"reason": "complaints", "count": 2}]})
    )

    async def refused() -> Any:
        return (await draws.read(round_id))["problems"]

    (problem,) = await eventually(refused, 30, "problems")
    assert problem["code"] == "raise_too_low" and "10 家只抽 2 家" in problem["message"]


async def test_a_stratum_has_a_ratio_or_a_number_and_a_raise_is_measured_against_either(draws: Draws) -> None:
    allowed = {"value": ["complaints"], "clause": "第十四条", "level": "local"}
    await draws.know("410300-rsj@2022.1", selection={"raise_reasons": allowed})
    mixed = HR_TASK | {"ratios": {"A": 500, "B": 1000}, "counts": {"C": 20}}
    for wrong in (
        mixed | {"counts": {"A": 2, "C": 20}}, HR_TASK | {"ratios": {}}, LD_TASK | {"count": 3},
        mixed | {"count": 3},
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            TaskContent.model_validate(wrong)
    draws.registry.objects["HR"] = [
        (one, "R1-COMPLAINTS" if number < 10 else stratum, unit)
        for number, (one, stratum, unit) in enumerate(draws.registry.objects["HR"])
    ]

    async def planned(ratio_bp: int) -> list[str]:
        return await draws.plan(mixed | {"raises": [{"reason": "complaints", "ratio_bp": ratio_bp}]})

    round_id = await draws.open(await planned(5000))

    async def refused() -> Any:
        return (await draws.read(round_id))["problems"]

    (problem,) = await eventually(refused, 30, "problems")
    assert problem["code"] == "raise_too_low" and "10 家只抽 5 家" in problem["message"]
    row = await draws.commit(await draws.open(await planned(7000)))
    drawn = {
        st["code"]: (st.get("bp"), st.get("count"), st["k"]) for st in row["manifest"]["lists"][0]["strata"]
    }
    assert drawn["C"] == (None, 20, 20) and drawn["B"][:2] == (1000, None) and drawn["R1-COMPLAINTS"][2] == 7
