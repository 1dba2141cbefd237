"""监督、档案、报告: rows O1–O14 of the features that the platform carries out, each through the gateway alone."""

from collections import Counter

import pytest
from conformance.fieldwork import drawn_fieldwork, ok, problem

pytestmark = pytest.mark.slow

BASE = "/inspection/v1"


@pytest.fixture(scope="module")
def work(running, season):
    """Drawn visits that no other test touches."""
    return drawn_fieldwork(running.home, running.gateway)


def test_o7_the_problem_finding_rate_is_counted_for_every_risk_grade(work, season):
    people = work.people
    reviewer, publisher = people.gateway.sign_in("reviewer"), people.gateway.sign_in("publisher")
    round_id = season.drawn.round["id"]
    closed, problems = Counter(), Counter()
    for row in reviewer.pages(f"{BASE}/visits", round_id=round_id, limit=200):
        visit = reviewer.get(f"{BASE}/visits/{row['id']}")
        grade = visit["object"]["credit_grade"]
        results = {item["result"] for check in visit["checks"] for item in check["items"]}
        closed[grade] += 1
        problems[grade] += not results <= {"1", "7", "9"}
    figures = publisher.get("/disclosure/v1/statistics", round_id=round_id)
    shown = {one["grade"]: one for one in figures["by_grade"]}
    assert set(shown) == set(closed) and len(set(closed) & set("ABCD")) >= 3
    for grade, one in shown.items():
        assert (one["closed"], one["problems"]) == (closed[grade], problems[grade])
        rate = one["problem_rate"]
        assert (rate["num"], rate["den"]) == (problems[grade], closed[grade])
        assert rate["bp"] == problems[grade] * 10_000 // closed[grade]
    whole = figures["problem_rate"]
    assert (whole["num"], whole["den"]) == (problems.total(), closed.total()) and problems.total() > 0

    own = {"round_id": work.rounds["plain"]["id"]}
    before = publisher.get("/disclosure/v1/statistics", **own)
    visit = work.take().closed("8")
    visit.disclosure()
    after = publisher.get("/disclosure/v1/statistics", **own)
    assert after["problems"] == before["problems"] + 1 and after["closed"] == before["closed"] + 1
    counted = {one["code"]: one["count"] for one in after["by_result"]}
    known = {one["code"]: one["count"] for one in before["by_result"]}
    assert counted["8"] == known.get("8", 0) + 1


def test_o7b_how_many_follow_ups_are_done_is_counted_and_the_open_ones_are_named(work):
    people = work.people
    round_id = work.rounds["plain"]["id"]

    def counted():
        figures = people.get("reviewer", f"{BASE}/statistics?round_id={round_id}")
        return figures["follow_ups"], figures["follow_ups_closed"]

    visit = work.take("joint")
    ok(visit.start())
    everything, done = counted()
    first = visit.follow_up()
    second = visit.follow_up("case_clue", receiving_body="案件审理科")
    assert counted() == (everything + 2, done)
    visit.finish_follow_up(first)
    assert counted() == (everything + 2, done + 1)
    waiting = people.gateway.sign_in("reviewer").pages(f"{BASE}/follow-ups", limit=200)
    named = {one["id"] for one in waiting}
    assert second["id"] in named and first["id"] not in named
    visit.finish_follow_up(second, "洛人社案收〔2026〕9号")
    assert counted() == (everything + 2, done + 2)
    assert people.get("rz-reviewer", f"{BASE}/statistics?round_id={round_id}")["follow_ups"] == 0


def test_o13_nobody_who_plans_or_draws_approves_witnesses_reviews_or_publishes(work, season):
    ask = work.people.ask
    plan, row = season.plan.plan["id"], season.drawn.round["id"]
    visit = work.take("joint")
    disclosure = next(
        iter(work.people.gateway.sign_in("publisher").pages("/disclosure/v1/disclosures", round_id=row))
    )["id"]
    deeds = {
        ("POST", "/draw/v1/plans"): {"planner"},
        ("POST", f"/draw/v1/plans/{plan}/approve"): {"approver"},
        ("POST", "/draw/v1/rounds"): {"operator"},
        ("POST", f"/draw/v1/rounds/{row}/sign"): {"legal"},
        ("POST", f"{BASE}/visits/{visit.id}/start"): {visit.leader},
        ("POST", f"{BASE}/visits/{visit.id}/review"): {"reviewer"},
        ("POST", f"/disclosure/v1/disclosures/{disclosure}/release"): {"publisher"},
        ("POST", "/registry/v1/rulesets"): {"reg-admin"},
        ("GET", "/draw/v1/audit"): {"auditor"},
    }
    everyone = {one for allowed in deeds.values() for one in allowed} | {"platform"}
    for (method, path), allowed in deeds.items():
        for user in everyone - allowed:
            problem(ask(user, method, path, None if method == "GET" else {}), 403, "forbidden")
        for user in allowed:
            assert ask(user, method, path, None if method == "GET" else {}).status_code != 403, (user, path)
        problem(ask("", method, path, None if method == "GET" else {}), 401, "unauthenticated")
    assert visit.detail()["state"] == "assigned"


def test_o13_an_inspector_sees_own_visits_a_bureau_its_own_rows_and_a_citizen_what_is_public(work, season):
    people = work.people
    visit = work.take("joint")
    mine = list(people.gateway.sign_in(visit.leader).pages(f"{BASE}/visits", limit=200))
    assert visit.id in {one["id"] for one in mine}
    for one in mine:
        team = people.get(visit.leader, f"{BASE}/visits/{one['id']}")["team"]
        assert visit.team[0] in {member["id"] for member in team if member["kind"] == "team"}
    strangers = {f"LYJC{number:03d}" for number in range(1, 61)} - {
        one["id"] for one in visit.detail()["team"]
    }
    problem(people.ask(f"inspector:{min(strangers)}", "GET", visit.path), 404, "not_found")
    problem(people.ask("rz-reviewer", "GET", visit.path), 404, "not_found")
    assert people.get("rz-reviewer", f"{BASE}/visits?round_id={season.drawn.round['id']}")["items"] == []
    problem(people.ask("", "GET", visit.path), 401, "unauthenticated")
    problem(
        people.ask("", "GET", visit.path, Authorization="Bearer forged.token.here"), 401, "unauthenticated"
    )
    for path in ("/public/plans", "/public/draws", "/public/results", "/public/statistics"):
        assert people.ask("", "GET", path).status_code == 200
