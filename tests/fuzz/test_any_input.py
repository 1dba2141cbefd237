"""Whatever is sent to the registers and the plans within or beside their OpenAPI document, no service fails."""

import json
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from suicha_local.home import project_root

pytestmark = pytest.mark.slow

DOCUMENT = json.loads((project_root() / "gateway" / "openapi.json").read_text(encoding="utf-8"))
KEEPERS = {"/registry/v1": "reg-admin", "/draw/v1": "planner", "/public": ""}
"""Who calls what: the keeper of the registers, the planner, anybody."""

SCHEMA = schemathesis.openapi.from_dict(DOCUMENT).include(
    path_regex=r"^/registry/v1/|^/draw/v1/(plans|gauges|signals|triggers|trigger-proposals|direct-cases)"
    r"|^/public/(items|rulesets|code-sets|due-dates|plans)"
)


@pytest.fixture(scope="module")
def headers(running, season):
    """The headers of each keeper, on a platform with a season's data in it."""
    return {
        prefix: {"Authorization": f"Bearer {running.gateway.token(user)}"} if user else {}
        for prefix, user in KEEPERS.items()
    }


@SCHEMA.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_input_makes_a_service_fail(case, running, headers):
    prefix = next(one for one in headers if case.path.startswith(one))
    sent = headers[prefix] | {"Idempotency-Key": uuid4().hex}
    answer = case.call(base_url=running.gateway.address, headers=sent)
    assert answer.status_code < 500, (
        f"{case.method} {case.formatted_path} {case.query!r} {case.body!r} → {answer.text[:500]}"
    )
    if answer.status_code >= 400:
        problem = answer.json()
        assert problem["code"] and problem["title"], problem
