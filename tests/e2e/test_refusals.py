"""Bad input and wrong moments, through the gateway: each thing named in Chinese with a code, nothing changed."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from suicha_local.demo import drawing, planning
from suicha_local.demo.client import china_today, wait_for

pytestmark = pytest.mark.slow
_CHINESE = re.compile("[\u4e00-\u9fff]")


def refusal(session: Any, method: str, path: str, body: Any, code: str) -> dict[str, Any]:
    """Send what must be refused with a code; check that it is a whole problem document; return it."""
    problem = session.refused(method, path, body)
    assert problem["code"] == code, problem
    assert problem["type"] == f"urn:suicha:problem:{code}" and problem["instance"]
    assert _CHINESE.search(problem["detail"]) and _CHINESE.search(problem["title"])
    return problem


def test_a_wrong_credit_code_and_an_unknown_region_are_named_and_nothing_is_kept(season, running):
    admin = running.gateway.sign_in("reg-admin")
    body = {"id": "91410300YY0000000X", "kind": "enterprise", "region": "410399", "name": "错码有限公司"}
    problem = refusal(admin, "POST", "/registry/v1/subjects", body, "invalid")
    assert any("行政区划" in fault["message"] for fault in problem["faults"])
    problem = refusal(admin, "POST", "/registry/v1/subjects", body | {"region": "410300"}, "invalid")
    assert any("统一社会信用代码" in fault["message"] for fault in problem["faults"])
    refusal(admin, "GET", f"/registry/v1/subjects/{body['id']}", None, "not_found")


def test_an_inspector_with_an_expired_licence_is_refused(season, running):
    admin = running.gateway.sign_in("reg-admin")
    body = {
        "code": "LYJC900",
        "name": "示过期",
        "department": "LDJC",
        "licence_no": "豫C00900",
        "licence_until": (china_today() - timedelta(days=1)).isoformat(),
    }
    refusal(admin, "POST", "/registry/v1/inspectors", body, "licence_expired")
    refusal(admin, "GET", "/registry/v1/inspectors/LYJC900", None, "not_found")


def test_a_draw_whose_objects_cannot_be_staffed_names_them_and_stays_where_it_was(season, running):
    gateway, today = running.gateway, china_today()
    planner, approver = gateway.sign_in("planner"), gateway.sign_in("approver")
    plan = planner.post("/draw/v1/plans", {"year": today.year, "ruleset_id": "410300-rsj"})
    path = f"/draw/v1/plans/{plan['id']}"
    task = planner.post(
        f"{path}/tasks",
        {
            "name": "人手不足的任务",
            "department": "劳动保障监察支队",
            "crew": "LDJC",
            "list_code": "HR",
            "items": ["RZ-HR-01", "RZ-HR-02"],
            "mode": "directed",
            "criteria": {"labels": ["HR-AGENCY"]},
            "ratio_bp": 2000,
            "month": today.month,
            "team": 20,
        },
    )
    planner.post(f"{path}/submit")
    approver.post(f"{path}/approve")
    planner.post(f"{path}/publish")
    operator = gateway.sign_in("operator")
    accepted = operator.post("/draw/v1/rounds", drawing.round_request([task["id"]], today))

    def named() -> dict[str, Any] | None:
        row = operator.get(f"/draw/v1/rounds/{accepted['id']}")
        return row if row["problems"] else None

    row = wait_for("冻结被拒绝", named)
    assert row["state"] == "draft" and row["manifest_hash"] is None
    assert {problem["code"] for problem in row["problems"]} == {"unstaffable"}
    assert all(_CHINESE.search(problem["message"]) for problem in row["problems"])
    named_objects = {problem["object_id"] for problem in row["problems"] if problem["object_id"]}
    labelled = {one["id"] for one in operator.pages("/registry/v1/subjects", label="HR-AGENCY", limit=500)}
    assert named_objects and named_objects <= labelled


def test_deeds_at_the_wrong_moment_are_refused_with_the_state(season, running):
    gateway = running.gateway
    round_id = season.drawn.round["id"]
    problem = refusal(
        gateway.sign_in("legal"),
        "POST",
        f"/draw/v1/rounds/{round_id}/sign",
        {"result_hash": season.drawn.round["result_hash"]},
        "wrong_state",
    )
    assert problem["state"] == "completed" and problem["status"] == 409
    plan = f"/draw/v1/plans/{season.plan.plan['id']}"
    assert (
        refusal(gateway.sign_in("planner"), "POST", f"{plan}/submit", {}, "wrong_state")["state"]
        == "published"
    )


def test_the_same_key_answers_the_same_and_another_body_is_refused_through_the_gateway(season, running):
    token = running.gateway.token("planner")
    with httpx.Client(base_url=running.home.gateway) as http:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "e2e-same-key"}
        body = {"year": china_today().year, "ruleset_id": "410300-rsj"}
        first = http.post("/draw/v1/plans", json=body, headers=headers)
        again = http.post("/draw/v1/plans", json=body, headers=headers)
        other = http.post("/draw/v1/plans", json=body | {"year": 2027}, headers=headers)
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_one_of_two_edits_of_the_same_version_is_refused(season, running):
    gateway = running.gateway
    planner = gateway.sign_in("planner")
    plan = planner.post("/draw/v1/plans", {"year": china_today().year, "ruleset_id": "410300-rsj"})
    path = f"/draw/v1/plans/{plan['id']}"
    tag = {"If-Match": f'"{plan["version"]}"'}
    planner.send("PATCH", path, json={"name": "第一次修改"}, headers=tag)
    token = gateway.token("planner")
    with httpx.Client(base_url=running.home.gateway) as http:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "e2e-stale"}
        stale = http.patch(path, json={"name": "第二次修改"}, headers=headers | tag)
        blind = http.patch(path, json={"name": "x"}, headers=headers | {"Idempotency-Key": "e2e-blind"})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert (blind.status_code, blind.json()["code"]) == (428, "if_match_required")
    assert planner.get(path)["name"] == "第一次修改"


def test_another_body_neither_sees_nor_changes_what_is_not_its_own(season, running):
    gateway = running.gateway
    round_id, plan_id = season.drawn.round["id"], season.plan.plan["id"]
    refusal(gateway.sign_in("rz-operator"), "GET", f"/draw/v1/rounds/{round_id}", None, "not_found")
    refusal(gateway.sign_in("rz-planner"), "GET", f"/draw/v1/plans/{plan_id}", None, "not_found")
    theirs = {
        "rz-reviewer": "/inspection/v1/visits",
        "rz-publisher": "/disclosure/v1/disclosures",
        "rz-reg-admin": "/registry/v1/inspectors",
    }
    ours = {
        *(
            visit["object_id"]
            for visit in gateway.sign_in("operator").pages("/inspection/v1/visits", limit=200)
        ),
        *(
            person["code"]
            for person in gateway.sign_in("reg-admin").pages("/registry/v1/inspectors", limit=200)
        ),
    }
    for user, path in theirs.items():
        seen = {row.get("object_id") or row["code"] for row in gateway.sign_in(user).pages(path, limit=200)}
        assert not seen & ours


def test_a_task_below_the_floor_leaves_its_plan_as_it_was(season, running):
    refused, plan_id = planning.try_low_ratio(running.gateway, china_today())
    assert refused["code"] == "ratio_below_floor"
    assert not running.gateway.sign_in("rz-planner").get(f"/draw/v1/plans/{plan_id}")["tasks"]
