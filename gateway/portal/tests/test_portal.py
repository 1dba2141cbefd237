"""The portal by itself: demo sign-in, keys, documentation, and its refusal to run in production."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from suicha_contracts.roles import Role
from suicha_portal.demo_issuer import DemoIssuer
from suicha_portal.main import ProductionRefusedError, create_app
from suicha_portal.settings import PortalSettings

SECRET = "a secret for service accounts"


def settings(folder: Path, **changes: Any) -> PortalSettings:
    values: dict[str, Any] = {"key_file": folder / "key.pem", "service_secret": SecretStr(SECRET)} | changes
    return PortalSettings(**values, openapi_file=folder / "openapi.json")


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(settings(tmp_path))) as client:
        yield client


def claims(portal: TestClient, user: str, secret: str = "") -> dict[str, Any]:
    """The claims of a token, verified with the published key as a service does."""
    answer = portal.post("/auth/token", json={"user": user, "secret": secret})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()["access_token"]
    keys = jwt.PyJWKSet.from_dict(portal.get("/.well-known/jwks.json").json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    verified: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=["ES256"],
        audience="suicha",
        issuer="suicha-demo",
        options={"require": ["exp", "iat", "sub", "iss", "aud", "jti"]},
    )
    assert verified["exp"] - verified["iat"] == answer.json()["expires_in"]
    return verified


def test_a_demo_user_gets_a_token_that_services_can_verify(portal: TestClient) -> None:
    planner = claims(portal, "planner")
    assert (planner["sub"], planner["roles"]) == ("planner", ["planner"])
    assert (planner["org"], planner["region"]) == ("410300-rsj", "410300")
    assert "inspector" not in planner
    assert claims(portal, "planner")["jti"] != planner["jti"]


def test_every_role_of_a_person_has_a_demo_user_in_both_cities(portal: TestClient) -> None:
    users = portal.get("/auth/users").json()
    people = {role.value for role in Role} - {"inspector", "service"}
    for org, region in (("410300-rsj", "410300"), ("410482-rsj", "410482")):
        held = {
            role for one in users if (one["org"], one["region"]) == (org, region) for role in one["roles"]
        }
        assert held == people
    for one in users:
        assert claims(portal, one["user"], SECRET)["roles"] == one["roles"]
    assert not any({"operator", "approver"} <= set(one["roles"]) for one in users)


@pytest.mark.parametrize(
    ("inspector", "org", "region"),
    [
        ("LY001", "410300-rsj", "410300"),
        ("RZ42", "410482-rsj", "410482"),
        ("LYLDJC1234", "410300-rsj", "410300"),
    ],
)
def test_an_inspector_signs_in_by_id(portal: TestClient, inspector: str, org: str, region: str) -> None:
    signed = claims(portal, f"inspector:{inspector}")
    assert (signed["inspector"], signed["roles"]) == (inspector, ["inspector"])
    assert (signed["org"], signed["region"]) == (org, region)


@pytest.mark.parametrize(
    "user",
    [
        "nobody",
        "",
        "inspector:",
        "inspector:XX001",
        "inspector:LY1",
        "inspector:LY00001",
        "LY001",
        "inspector:ly001",
    ],
)
def test_whoever_is_not_a_demo_user_is_not_signed_in(portal: TestClient, user: str) -> None:
    answer = portal.post("/auth/token", json={"user": user})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x"])
def test_a_service_account_needs_its_secret(portal: TestClient, secret: str) -> None:
    assert portal.post("/auth/token", json={"user": "svc-draw", "secret": secret}).status_code == 401
    assert claims(portal, "svc-draw", SECRET)["region"] == ""


def test_without_a_configured_secret_no_service_account_signs_in(tmp_path: Path) -> None:
    with TestClient(create_app(settings(tmp_path, service_secret=SecretStr("")))) as portal:
        assert portal.post("/auth/token", json={"user": "svc-draw", "secret": ""}).status_code == 401


def test_a_request_of_the_wrong_form_is_a_problem(portal: TestClient) -> None:
    for body in ({}, {"user": "x" * 100}, {"user": "planner", "roles": ["auditor"]}):
        answer = portal.post("/auth/token", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert portal.get("/auth/token").json()["code"] == "method_not_allowed"
    assert portal.get("/nowhere").json()["code"] == "not_found"


def test_the_key_is_made_once_kept_and_read_by_nobody_else(tmp_path: Path) -> None:
    one = settings(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: DemoIssuer(one).jwks(), range(8)))
    assert all(key == keys[0] for key in keys)
    assert stat.S_IMODE(one.key_file.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["key.pem"]
    assert set(keys[0]["keys"][0]) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    one.key_file.chmod(0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        DemoIssuer(one)


def test_making_the_portal_writes_nothing(tmp_path: Path) -> None:
    document = create_app(settings(tmp_path)).openapi()
    assert set(document["paths"]) == {"/auth/token", "/auth/users", "/.well-known/jwks.json"}
    assert list(tmp_path.iterdir()) == []


def test_the_documentation_page_needs_nothing_from_elsewhere(portal: TestClient, tmp_path: Path) -> None:
    page = portal.get("/docs")
    assert 'lang="zh-CN"' in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    for part in page.text.split('"'):
        if part.startswith("/docs/static/"):
            assert portal.get(part).status_code == 200, part
    assert portal.get("/docs/static/swagger-ui/LICENSE").status_code == 200
    assert portal.get("/openapi.json").json()["code"] == "upstream_unavailable"
    (tmp_path / "openapi.json").write_text('{"openapi": "3.1.0"}', encoding="utf-8")
    assert portal.get("/openapi.json").json() == {"openapi": "3.1.0"}


def test_in_production_the_issuer_refuses_to_start(tmp_path: Path) -> None:
    environment = os.environ | {"ENVIRONMENT": "production", "PORTAL_KEY_FILE": str(tmp_path / "key.pem")}
    done = subprocess.run(
        [sys.executable, "-m", "suicha_portal"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "不得用于生产环境" in done.stderr
    assert not (tmp_path / "key.pem").exists()
    with pytest.raises(ProductionRefusedError):
        create_app(settings(tmp_path, environment="production"))


def test_in_production_the_documentation_is_served_without_the_issuer(tmp_path: Path) -> None:
    with TestClient(create_app(settings(tmp_path, environment="production", demo_issuer=False))) as portal:
        assert portal.get("/docs").status_code == 200
        assert portal.post("/auth/token", json={"user": "planner"}).status_code == 404
        assert portal.get("/.well-known/jwks.json").status_code == 404
    assert not (tmp_path / "key.pem").exists()
