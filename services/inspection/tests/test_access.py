"""Nobody sees or touches a visit that is not his: every endpoint, every kind of stranger."""

from typing import Any

import pytest
from drawn_rounds import DrawnRound, object_id
from inspecting import BASE, Service, Visit, ok, refused
from suicha_chassis.ids import uuid7
from suicha_chassis.testing import Client
from suicha_inspection.clock import now, today
from suicha_inspection.main import PROCESS

SOME_ID = str(uuid7())
BODIES: dict[tuple[str, str], Any] = {
    ("GET", "/visits/{visit_id}"): None,
    ("PUT", "/visits/{visit_id}/schedule"): {"planned_on": str(today())},
    ("POST", "/visits/{visit_id}/start"): {
        "mode": "onsite",
        "present": ["LYJC001", "LYJC002"],
        "licences_shown": True,
        "at": now().isoformat(),
    },
    ("POST", "/visits/{visit_id}/assistants"): {"expert": "LYZJ-001", "task": "审计工资台账"},
    ("DELETE", "/visits/{visit_id}/assistants/{code}"): None,
    ("GET", "/visits/{visit_id}/checks/{check_id}"): None,
    ("PUT", "/visits/{visit_id}/checks/{check_id}"): {"items": []},
    ("POST", "/visits/{visit_id}/evidence"): {
        "upload_sha256": "0" * 64,
        "name": "x",
        "media_type": "image/png",
        "taken_at": now().isoformat(),
    },
    ("GET", "/visits/{visit_id}/evidence/{evidence_id}"): None,
    ("POST", "/visits/{visit_id}/untraceable"): {"reason": "无人应答", "evidence": [SOME_ID]},
    ("DELETE", "/visits/{visit_id}/untraceable"): None,
    ("POST", "/visits/{visit_id}/non-cooperation"): {
        "kind": 1,
        "description": "拒绝进入",
        "evidence": [SOME_ID],
    },
    ("POST", "/visits/{visit_id}/signatures"): {"role": "officer", "state": "signed"},
    ("POST", "/visits/{visit_id}/submit"): {},
    ("POST", "/visits/{visit_id}/review"): {"decision": "approve"},
    ("POST", "/visits/{visit_id}/correct"): {"reason": "记录有误", "checks": [{"check_id": SOME_ID}]},
    ("GET", "/visits/{visit_id}/record"): None,
    ("GET", "/visits/{visit_id}/records/{version}"): None,
    ("GET", "/visits/{visit_id}/history"): None,
    ("POST", "/visits/{visit_id}/follow-ups"): {"kind": "other", "description": "后续处理"},
    ("POST", "/follow-ups/{follow_up_id}/close"): {"outcome": "已经办结"},
}
LISTS = ("/visits", "/follow-ups?open=false", "/statistics")


def test_every_endpoint_that_names_a_visit_or_follow_up_is_tried_here() -> None:
    named = {
        (method, route.path.removeprefix(BASE))
        for router in PROCESS.routers
        for route in router.routes
        for method in route.methods  # type: ignore[attr-defined]
        if "visit_id" in route.path or "follow_up_id" in route.path  # type: ignore[attr-defined]
    }
    assert named == set(BODIES)


@pytest.fixture(scope="module")
async def closed(service: Service) -> dict[str, str]:
    """Path parameters of a closed visit with evidence, record and follow-up."""
    visit: Visit = (await service.drawn(DrawnRound({"HR": [object_id(41)]})))[object_id(41)]
    await visit.start()
    await visit.record_all("5")
    own = service.inspector("LYJC001")
    photo = await visit.evidence(own)
    follow_up = ok(await visit.post(own, "follow-ups", {"kind": "other", "description": "督促整改"}), 201)
    await visit.sign("LYJC001", "LYJC002")
    ok(await visit.post(own, "submit"))
    ok(await visit.post(service.reviewer, "review", {"decision": "approve"}))
    detail = await visit.detail()
    return {
        "visit_id": str(visit.id),
        "check_id": detail["checks"][0]["id"],
        "round_id": detail["round_id"],
        "evidence_id": photo["id"],
        "follow_up_id": follow_up["id"],
        "version": "1",
        "code": "LYZJ-001",
    }


async def _call(caller: Client, method: str, path: str, body: Any, ids: dict[str, str]) -> Any:
    url = BASE + path.format(**ids)
    if method == "GET":
        return await caller.get(url)
    options = {"headers": {"If-Match": "*"}} if method == "PUT" else {}
    if method == "DELETE":
        return await caller.delete(url)
    return await (caller.put if method == "PUT" else caller.post)(url, body, **options)


def _with_the_role(service: Service, method: str, path: str, claims: dict[str, str]) -> Client:
    """Somebody elsewhere who may do such a thing, under the id of an inspector on the team where that helps."""
    if method == "GET" or path.endswith(("/review", "/correct", "/close")):
        return service.caller("reviewer", subject="stranger", **claims)
    return service.caller("inspector", inspector="LYJC001", subject="stranger", **claims)


STRANGERS: dict[str, dict[str, Any]] = {
    "another body of the same region": {"org": "410300-scjg"},
    "the same kind of body of another region": {"org": "410400-rsj", "region": "410400"},
    "a body of a county inside the region": {"org": "410302-rsj", "region": "410302"},
}


@pytest.mark.parametrize("claims", STRANGERS.values(), ids=STRANGERS.keys())
async def test_no_endpoint_shows_or_changes_a_visit_of_another_body(
    service: Service, closed: dict[str, str], claims: dict[str, str]
) -> None:
    for (method, path), body in BODIES.items():
        stranger = _with_the_role(service, method, path, claims)
        refused(await _call(stranger, method, path, body, closed), 404, "not_found")
    for role in ("inspector", "reviewer"):
        stranger = service.caller(role, inspector="LYJC001", subject="stranger", **claims)
        for path in LISTS:
            found = ok(await stranger.get(BASE + path))
            assert not any(found.get(name) for name in ("items", "to_inspect", "follow_ups")), path


async def test_an_inspector_sees_and_touches_only_visits_of_teams_that_he_is_on(
    service: Service, closed: dict[str, str]
) -> None:
    for code in ("LYJC004", "LYSB001", ""):  # an alternate, another crew, a token without an inspector
        colleague = service.inspector(code, subject=f"colleague-{code}")
        for (method, path), body in BODIES.items():
            answer = await _call(colleague, method, path, body, closed)
            reviewing = path.endswith(("/review", "/correct"))
            refused(answer, 403 if reviewing else 404, "forbidden" if reviewing else "not_found")
        seen = ok(await colleague.get(f"{BASE}/visits?limit=500"))["items"]
        assert closed["visit_id"] not in {one["id"] for one in seen}
        follow_ups = ok(await colleague.get(f"{BASE}/follow-ups?open=false&limit=500"))["items"]
        assert closed["follow_up_id"] not in {one["id"] for one in follow_ups}
        figures = ok(await colleague.get(f"{BASE}/statistics?round_id={closed['round_id']}"))
        assert figures.pop("code_set") == "rz-2022"
        assert not any(figures.values())
    member = service.inspector("LYJC002")
    seen = ok(await member.get(f"{BASE}/visits?object_id={object_id(41)}"))["items"]
    assert [one["id"] for one in seen] == [closed["visit_id"]]


async def test_a_superior_body_reads_and_changes_nothing(service: Service, closed: dict[str, str]) -> None:
    for (method, path), body in BODIES.items():
        province = _with_the_role(service, method, path, {"org": "410000-rst", "region": "410000"})
        answer = await _call(province, method, path, body, closed)
        if method == "GET":
            assert answer.status_code == 200, (path, answer.text)
        else:
            refused(answer, 403, "forbidden")


async def test_roles_without_the_permission_get_nothing(service: Service, closed: dict[str, str]) -> None:
    planner = service.caller("planner")
    for (method, path), body in BODIES.items():
        refused(await _call(planner, method, path, body, closed), 403, "forbidden")
    nobody = Client(service.http)
    for (method, path), body in BODIES.items():
        refused(await _call(nobody, method, path, body, closed), 401, "unauthenticated")


async def test_lists_filter_and_page_without_gaps(service: Service) -> None:
    ids = [object_id(n) for n in range(51, 58)]
    round_ = DrawnRound({"HR": ids})
    visits = await service.drawn(round_)
    await visits[ids[0]].start()
    base = f"{BASE}/visits?round_id={round_.round_id}"
    own = service.inspector("LYJC001")

    async def found(query: str, caller: Client = own) -> set[str]:
        return {one["object_id"] for one in ok(await caller.get(f"{base}&{query}"))["items"]}

    assert await found("state=started") == {ids[0]}
    assert await found("state=assigned&state=started") == set(ids)
    assert await found("mine=true") == set(ids)
    assert await found("mine=true", service.reviewer) == set()
    assert await found(f"object_id={ids[3]}") == {ids[3]}
    assert await found(f"due={today()}") == set()
    assert await found("due=2099-01-01") == set(ids)
    seen, cursor = [], ""
    while cursor is not None:
        page = ok(await own.get(f"{base}&limit=3&cursor={cursor}"))
        seen += [one["object_id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ids
