"""Whatever is sent to the registers and the plans within or beside their OpenAPI document, no service fails.

A bureau of its own (长安) is filled first: half of the requests name things that there are, and say `If-Match: *`, so
that they reach the rules behind the doors. Whoever is not allowed to is followed by the next officer.
"""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from suicha_local.demo.client import Gateway, china_today
from suicha_local.demo.registries import paper
from suicha_local.home import project_root

pytestmark = pytest.mark.slow

DOCUMENT = json.loads((project_root() / "gateway" / "openapi.json").read_text(encoding="utf-8"))
OFFICERS = {
    "/registry/v1": ("ca-reg-admin", "ca-legal"),
    "/draw/v1": ("ca-planner", "ca-approver", "ca-reg-admin"),
    "/public": ("",),
}
"""Who calls what, one after the other until somebody is allowed to; the empty name is anybody."""

SCHEMA = schemathesis.openapi.from_dict(DOCUMENT).include(
    path_regex=r"^/registry/v1/|^/draw/v1/(plans|gauges|signals|triggers|trigger-proposals|direct-cases)"
    r"|^/public/(items|rulesets|code-sets|due-dates|plans)"
)
ORG = "130102-rsj"
BASIS = [{"law": "人力资源市场暂行条例", "articles": "第三十四条"}]


def fill(gateway):
    """Give the bureau one thing of each kind; what an earlier run left is there already."""
    keeper, planner, today = gateway.sign_in("ca-reg-admin"), gateway.sign_in("ca-planner"), china_today()
    text = (project_root() / "rulesets" / f"{ORG}@2024.1.yaml").read_text(encoding="utf-8")
    firm = {"kind": "unlicensed", "name": "长安无证中介", "address": "示范路1号", "region": "130102"}
    expert = {"code": "CAZJ1", "name": "示范会计师事务所", "kind": "accounting_firm", "tags": ["审计"]}
    expert |= {"valid_from": str(today), "valid_until": str(today + timedelta(days=365))}
    inspector = {"code": "CAJC001", "name": "检查员", "department": "BGS", "licence_no": "冀A1"}
    inspector |= {"licence_until": str(today + timedelta(days=400)), "scopes": ["CA-FUZZ"]}
    department = {"code": "BGS", "name": "办公室", "crew": "BGS"}
    question = {"key": "q", "text": "证照齐全", "type": "yes_no"}
    item = {"code": "CA-FUZZ", "name": "事项", "basis": BASIS, "form_code": "CAF"}
    for path, body in (
        ("rulesets", {"yaml": text}),
        (
            "organisations",
            {"code": ORG, "name": "长安区人社局", "region": "130102", "departments": [department]},
        ),
        ("forms", {"code": "CAF", "name": "表", "questions": [question]}),
        ("items", item),
        ("items", item | {"code": "CA-FUZZ-2"}),
        ("inspectors", inspector),
        ("experts", expert),
        ("trainings", {"topic": "规范", "held_on": str(today), "minutes": 60, "inspectors": ["CAJC001"]}),
        ("subjects", firm),
        ("labels", {"code": "CA-TAG", "name": "无证", "rule": {"name_contains": ["无证"]}}),
    ):
        answer = keeper._request("POST", f"/registry/v1/{path}", json=body)
        assert answer.status_code in (200, 201, 409), (path, answer.text)
    for form in keeper.get("/registry/v1/forms")["items"]:
        keeper._request("POST", f"/registry/v1/forms/{form['id']}/publish", json=None)
    first = keeper.get("/registry/v1/items", code="CA-FUZZ")["items"][0]
    keeper._request("POST", f"/registry/v1/items/{first['id']}/publish", json=paper(keeper))
    plan = planner.post("/draw/v1/plans", {"year": today.year, "ruleset_id": ORG})
    task = {
        "name": "机构抽查", "department": "办公室", "crew": "BGS", "list_code": "CAFUZZ", "items": ["CA-FUZZ"],
        "mode": "directed", "criteria": {}, "ratio_bp": 5000, "month": today.month, "team": 2, "alternates": 1,
        "basis": ["《人力资源市场暂行条例》第三十四条"],
    }  # fmt: skip
    planner.post(f"/draw/v1/plans/{plan['id']}/tasks", task)


class Known:
    """Ids that there are, read from the list that each path begins with."""

    def __init__(self, gateway):
        self._gateway = gateway
        self._found = {}

    def fill_in(self, template, sent):
        """Return the path parameters of a template with ids that there are; what is not listed stays as sent."""
        chosen, at = dict(sent), ""
        for part in re.split(r"(\{[^}]+\})", template):
            if part.startswith("{"):
                ids = self._listed(at.rstrip("/"))
                chosen[part[1:-1]] = ids[len(chosen) % len(ids)] if ids else chosen[part[1:-1]]
                at += str(chosen[part[1:-1]])
            else:
                at += part
        return chosen

    def _listed(self, path):
        if path not in self._found:
            user = next(users[0] for prefix, users in OFFICERS.items() if path.startswith(prefix))
            caller = self._gateway.sign_in(user) if user else self._gateway.anyone()
            answer = caller._request("GET", path)
            found = answer.json() if answer.status_code == 200 else []
            rows = found.get("items", []) if isinstance(found, dict) else found
            self._found[path] = [
                one["id"] if "id" in one else one["code"] for one in rows if "id" in one or "code" in one
            ]
        return self._found[path]


@pytest.fixture(scope="module")
def bureau(running, season):
    """长安, with something of everything, beside a season's data."""
    gateway = Gateway(running.home.gateway)
    fill(gateway)
    yield gateway
    gateway.close()


@pytest.fixture(scope="module")
def known(bureau):
    """The ids of what the bureau has."""
    return Known(bureau)


def test_the_ids_of_what_there_is_are_found(known):
    for path in ("items/{item_id}", "inspectors/{code}", "experts/{code}", "organisations/{code}"):
        assert known.fill_in(f"/registry/v1/{path}", dict.fromkeys(("item_id", "code"), "x")) != {
            "item_id": "x",
            "code": "x",
        }, path
    assert known.fill_in("/draw/v1/plans/{plan_id}", {"plan_id": "x"}) != {"plan_id": "x"}


@SCHEMA.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_input_makes_a_service_fail(case, bureau, known):
    users = next(users for prefix, users in OFFICERS.items() if case.path.startswith(prefix))
    for real in (False, True):
        if real:
            case.path_parameters = known.fill_in(case.path, case.path_parameters or {})
        for user in users:
            sent = {"Idempotency-Key": uuid4().hex, "If-Match": "*"}
            sent |= {"Authorization": f"Bearer {bureau.token(user)}"} if user else {}
            answer = case.call(base_url=bureau.address, headers=sent)
            if answer.status_code != 403:
                break
        assert answer.status_code < 500, (
            f"{case.method} {case.formatted_path} {case.query!r} {case.body!r} → {answer.text[:500]}"
        )
        if answer.status_code >= 400:
            problem = answer.json()
            assert problem["code"] and problem["title"], problem
