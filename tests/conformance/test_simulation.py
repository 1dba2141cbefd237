"""推演: what a plan would do, told before anybody approves it (P7, P8, P11), through the gateway alone."""

from fractions import Fraction

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def year(bureau, make_task):
    """A draft with two tasks of one month over the same twenty firms, one in another month over ten of them."""
    firms = bureau.firms("推演", 20)
    bureau.label("CA-SIM", "推演")
    plan = bureau.draft()
    path = f"/draw/v1/plans/{plan['id']}/tasks"
    wanted = {"labels": ["CA-SIM"]}
    for change in (
        {"criteria": wanted, "ratio_bp": 5000, "month": 5},
        {
            "criteria": wanted,
            "ratio_bp": 2000,
            "month": 5,
            "list_code": "CALD",
            "crew": "RLZY",
            "items": ["CA-LD"],
        },
        {"criteria": wanted | {"names_contain": "推演1"}, "ratio_bp": 1000, "month": 9},
    ):
        bureau.sign_in("planner").post(path, make_task(**change))
    return plan, firms


def test_p7_a_plan_is_played_before_it_is_approved_and_says_what_each_task_takes(bureau, year):
    plan, _ = year
    before = bureau.sign_in("planner").get(f"/draw/v1/plans/{plan['id']}")
    found = bureau.sign_in("approver").get(f"/draw/v1/plans/{plan['id']}/simulation")
    # 推演1 and 推演10 to 推演19: eleven firms, a tenth of them rounded up.
    assert [(one["objects"], one["drawn"]) for one in found["tasks"]] == [(20, 10), (20, 4), (11, 2)]
    assert found["tasks"][2]["strata"] == {"ALL": "2/11"}
    apart, planned = found["schemes"]["apart"], found["schemes"]["planned"]
    assert apart["visits"] == 16 and planned["visits"] == 12 and found["saved_visits"] == 4
    assert sum(planned["by_visits"].values()) == pytest.approx(20, abs=0.3)
    assert bureau.sign_in("planner").get(f"/draw/v1/plans/{plan['id']}") == before
    loads = {load["crew"]: load for load in found["loads"]}
    assert set(loads) == {"LDJC", "RLZY"}
    for load in loads.values():  # six inspectors of each crew, and those of other tests
        assert load["inspectors"] >= 6
        each = load["visits"] * load["team"] / load["inspectors"]
        assert load["visits_each"] == pytest.approx(each, abs=0.2)
    assert all(svg.startswith("<svg") and "<script" not in svg for svg in found["charts"].values())
    again = bureau.sign_in("approver").get(f"/draw/v1/plans/{plan['id']}/simulation")
    assert again["trial"] == found["trial"]


def test_p8_the_probability_that_an_enterprise_is_drawn_in_the_year_is_told_as_a_fraction(bureau, year):
    plan, firms = year
    shares = set()
    for firm in firms:
        path = f"/draw/v1/plans/{plan['id']}/simulation"
        shares.add(bureau.sign_in("planner").get(path, object=firm)["object"]["drawn_in_year"])
    assert {Fraction(share) for share in shares} == {Fraction(1, 2), 1 - Fraction(1, 2) * Fraction(9, 11)}


def test_p11_the_page_shows_what_joining_the_tasks_of_a_month_saves(bureau, year):
    plan, _ = year
    page = bureau.sign_in("planner").send("GET", f"/draw/v1/plans/{plan['id']}/simulation/page").text
    assert "合并抽取少跑次数" in page and "<b>4</b>" in page and page.count("<svg") == 4
    empty = bureau.draft()
    refused = bureau.sign_in("planner").refused("GET", f"/draw/v1/plans/{empty['id']}/simulation", None)
    assert refused["status"] == 422 and "没有随机抽查任务" in refused["detail"]
