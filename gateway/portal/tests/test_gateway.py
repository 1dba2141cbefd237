"""What the gateway lets through and what it refuses, against a real Envoy."""

import hashlib
import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.portal.tests.conftest import ORIGIN, Gateway, gateway, wait_until


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    """The answer is an RFC 9457 problem in Chinese with the request id."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, object] = answer.json()
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"] == f"urn:suicha:problem:{code}"
    assert re.search("[\u4e00-\u9fff]", str(document["detail"]))
    assert document.get("instance") == answer.headers.get("x-request-id")
    return document


PROTECTED = ["/registry/v1/items", "/draw/v1/rounds", "/inspection/v1/visits", "/disclosure/v1/disclosures"]


@pytest.mark.parametrize("path", PROTECTED)
def test_a_request_without_token_is_refused(door: Gateway, path: str) -> None:
    problem(door.http.get(path), 401, "unauthenticated")


@pytest.mark.parametrize("path", PROTECTED)
def test_a_request_with_a_token_reaches_its_service_with_the_token(door: Gateway, path: str) -> None:
    headers = door.bearer()
    answer = door.http.get(path, params={"q": "1"}, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["path"] == path
    assert answer.json()["query"] == "q=1"
    assert answer.json()["headers"]["authorization"] == headers["authorization"]


def test_forged_expired_and_misdirected_tokens_are_refused(door: Gateway) -> None:
    wrong = {
        "another key": door.forged(key=ec.generate_private_key(ec.SECP256R1())),
        "expired": door.forged(exp=1_000_000_000),
        "without end": door.forged(exp=None),
        "another audience": door.forged(aud="somebody-else"),
        "another issuer": door.forged(iss="https://elsewhere.example"),
        "no token": {"authorization": "Bearer nonsense"},
        "another scheme": {"authorization": "Basic cGxhbm5lcjo="},
    }
    assert door.http.get(PROTECTED[0], headers=door.forged()).status_code == 200
    for name, headers in wrong.items():
        answer = door.http.get(PROTECTED[0], headers=headers)
        assert answer.status_code == 401, (name, answer.text)
        problem(answer, 401, "unauthenticated")


def test_a_token_that_was_good_is_refused_once_it_has_expired(door: Gateway) -> None:
    headers = door.forged(exp=int(time.time()) - 57)  # Envoy grants clocks a minute
    assert door.http.get(PROTECTED[0], headers=headers).status_code == 200
    wait_until(lambda: door.http.get(PROTECTED[0], headers=headers).status_code == 401)


@pytest.mark.parametrize(
    "path",
    [
        "/public/draws/1",
        "/public/log",
        "/public/plans",
        "/public/items",
        "/public/rulesets",
        "/public/results",
        "/public/statistics",
    ],
)
def test_public_addresses_need_no_token(door: Gateway, path: str) -> None:
    assert door.http.get(path).json()["path"] == path


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/metrics",
        "/livez",
        "/readyz",
        "/registry/v2/items",
        "/registry/v1x",
        "/public/metrics",
        "/public/resultsx",
        "/openapi.jsonx",
        "/registry/v1/../../metrics",
        "/public/results/../../livez",
        "/stats",
        "/server_info",
    ],
)
def test_everything_else_does_not_exist(door: Gateway, path: str) -> None:
    raw = httpx.Request("GET", door.address).url.copy_with(raw_path=path.encode())
    problem(door.http.send(httpx.Request("GET", raw)), 404, "not_found")


def test_the_portal_answers_through_the_gateway(door: Gateway) -> None:
    assert door.http.get("/openapi.json").json()["openapi"] == "3.1.0"
    assert "随查 接口文档" in door.http.get("/docs").text
    assert door.http.get("/docs/static/docs.js").status_code == 200
    assert door.http.get("/.well-known/jwks.json").json()["keys"][0]["alg"] == "ES256"


def test_a_body_above_the_limit_is_refused_and_one_below_passes(door: Gateway) -> None:
    headers = door.bearer()
    limit = door.settings.max_body_bytes
    passed = door.http.post("/registry/v1/items", content=b"x" * (limit - 1), headers=headers)
    assert passed.json()["size"] == limit - 1
    problem(
        door.http.post("/registry/v1/items", content=b"x" * (limit + 1), headers=headers),
        413,
        "payload_too_large",
    )


def test_an_upload_streams_through_whatever_its_size(door: Gateway) -> None:
    headers = door.bearer()
    chunk, count = b"0123456789abcdef" * 4096, 100

    def body() -> Iterator[bytes]:
        for _ in range(count):
            yield chunk

    answer = door.http.put("/registry/v1/uploads/a.csv", content=body(), headers=headers).json()
    assert answer["size"] == len(chunk) * count
    assert answer["sha256"] == hashlib.sha256(chunk * count).hexdigest()
    problem(
        door.http.post("/registry/v1/uploads/a.csv", content=chunk * 2, headers=headers),
        413,
        "payload_too_large",
    )


def test_an_upload_needs_a_token_too(door: Gateway) -> None:
    problem(door.http.put("/registry/v1/uploads/a.csv", content=b"x"), 401, "unauthenticated")


def test_server_sent_events_are_not_cut_off(door: Gateway) -> None:
    with door.http.stream("GET", "/draw/v1/rounds/r1/events", headers=door.bearer()) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "".join(answer.iter_text()) == "data: r1 begins\n\ndata: ends\n\n"


def test_a_long_download_is_not_cut_off_once_it_has_begun(door: Gateway) -> None:
    answer = door.http.get("/draw/v1/large", headers=door.bearer())
    assert len(answer.content) == 5000


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_service_that_does_not_answer_is_given_up(door: Gateway, method: str) -> None:
    problem(door.http.request(method, "/draw/v1/slow", headers=door.bearer()), 504, "timeout")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "gauges"), ("GET", "plans/p1/simulation"), ("POST", "plans/p1/submit")]
)
def test_questions_over_the_whole_register_are_waited_for(door: Gateway, method: str, path: str) -> None:
    answer = door.http.request(method, f"/draw/v1/{path}?year=2026", headers=door.bearer())
    assert answer.json() == {"counted": True}


def test_what_counts_nothing_beside_them_is_given_up_as_anything_else(door: Gateway) -> None:
    problem(door.http.post("/draw/v1/plans/p1/return", headers=door.bearer()), 504, "timeout")


def test_problems_of_services_pass_untouched(door: Gateway) -> None:
    for status in (401, 403, 404, 409, 413, 422, 429, 500, 503, 504):
        answer = door.http.get(f"/registry/v1/own-problem/{status}", headers=door.bearer())
        assert answer.status_code == status
        assert answer.json() == {"code": "own", "status": status}


def test_a_valid_request_id_is_kept_and_an_invalid_one_replaced(door: Gateway) -> None:
    headers = door.bearer()
    for given in ("0192f0c1-0000-7000-8000-000000000001", "demo-step-12"):
        answer = door.http.get("/registry/v1/items", headers=headers | {"x-request-id": given})
        assert answer.headers["x-request-id"] == given
        assert answer.json()["headers"]["x-request-id"] == given
    for given in ("<script>", 'a"b', "a" * 65, "a b"):
        answer = door.http.get("/registry/v1/items", headers=headers | {"x-request-id": given})
        made = answer.headers["x-request-id"]
        assert re.fullmatch("[0-9a-f-]{36}", made)
        assert answer.json()["headers"]["x-request-id"] == made
    first, second = (door.http.get("/public/plans").headers["x-request-id"] for _ in range(2))
    assert first != second


def test_a_front_end_of_a_configured_origin_may_call_and_read_the_headers(door: Gateway) -> None:
    asked = {
        "origin": ORIGIN,
        "access-control-request-method": "PUT",
        "access-control-request-headers": "authorization,if-match,idempotency-key",
    }
    preflight = door.http.options("/registry/v1/items", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    allowed = preflight.headers["access-control-allow-headers"]
    assert {"authorization", "if-match", "idempotency-key", "x-request-id"} <= set(allowed.split(","))
    assert "PUT" in preflight.headers["access-control-allow-methods"].split(",")
    answer = door.http.get("/registry/v1/items", headers=door.bearer() | {"origin": ORIGIN})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    exposed = set(answer.headers["access-control-expose-headers"].split(","))
    assert {"etag", "if-match", "idempotency-key", "x-request-id", "location"} <= exposed
    refused = door.http.get("/registry/v1/items", headers={"origin": ORIGIN})
    assert refused.headers["access-control-allow-origin"] == ORIGIN


def test_other_origins_are_not_let_in(door: Gateway) -> None:
    asked = {"origin": "https://evil.example", "access-control-request-method": "PUT"}
    assert "access-control-allow-origin" not in door.http.options("/registry/v1/items", headers=asked).headers
    answer = door.http.get("/public/plans", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_answers_do_not_tell_what_made_them(door: Gateway) -> None:
    for path in ("/public/plans", "/nowhere", "/docs", "/registry/v1/items"):
        names = {name for name in door.http.get(path).headers if name.startswith(("server", "x-"))}
        assert names <= {"x-request-id", "x-content-type-options"}, path


@pytest.mark.parametrize("path", ["/public/plans%2F1", "/public/plans%5c1", "/public%2fplans"])
def test_escaped_slashes_are_refused(door: Gateway, path: str) -> None:
    url = httpx.URL(door.address).copy_with(raw_path=path.encode())
    problem(door.http.send(httpx.Request("GET", url)), 400, "bad_request")


def test_double_slashes_and_dots_are_resolved_before_routing(door: Gateway) -> None:
    for raw in (b"//public///plans/1", b"/public/./plans/1", b"/x/../public/plans/1"):
        url = httpx.URL(door.address).copy_with(raw_path=raw)
        assert door.http.send(httpx.Request("GET", url)).json()["path"] == "/public/plans/1"
    sneaky = httpx.URL(door.address).copy_with(raw_path=b"/public/plans/../../registry/v1/items")
    problem(door.http.send(httpx.Request("GET", sneaky)), 401, "unauthenticated")


def test_the_gateway_says_that_it_is_well(door: Gateway) -> None:
    assert door.http.get("/healthz").status_code == 200


def test_the_access_log_has_no_query_token_or_address(door: Gateway) -> None:
    mark = "demo-log-check"
    headers = door.bearer() | {"x-request-id": mark}
    door.http.get("/registry/v1/items", params={"name": "SECRETNAME"}, headers=headers)
    httpx.post(f"{door.admin}/reopen_logs")
    wait_until(lambda: mark in door.access_log.read_text())
    text = door.access_log.read_text()
    (entry,) = [json.loads(line) for line in text.splitlines() if mark in line]
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", "/registry/v1/items", 200)
    assert "SECRETNAME" not in text
    assert "Bearer" not in text
    assert "127.0.0.1" not in json.dumps(entry)


def test_a_service_that_is_down_is_a_problem_and_the_others_go_on(tmp_path: Path) -> None:
    with gateway(tmp_path, disclosure_address="127.0.0.1:1") as running:
        headers = running.bearer()
        for method in ("GET", "POST"):
            answer = running.http.request(method, "/disclosure/v1/disclosures", headers=headers)
            problem(answer, 503, "upstream_unavailable")
        assert running.http.get("/registry/v1/items", headers=headers).status_code == 200


def test_one_client_that_calls_too_often_is_slowed_down_alone(tmp_path: Path) -> None:
    with gateway(tmp_path, client_rate=5, burst_factor=2) as running:
        busy, calm = running.bearer("planner"), running.bearer("approver")
        answers = [running.http.get("/registry/v1/items", headers=busy) for _ in range(60)]
        refused = [answer for answer in answers if answer.status_code != 200]
        assert answers[0].status_code == 200
        assert refused
        problem(refused[0], 429, "rate_limited")
        assert refused[0].headers["retry-after"] == "1"
        assert running.http.get("/registry/v1/items", headers=calm).status_code == 200


def test_an_address_that_calls_too_often_is_slowed_down_even_without_a_token(tmp_path: Path) -> None:
    with gateway(tmp_path, address_rate=5, burst_factor=2, trusted_proxies=1) as running:

        def ask(address: str) -> httpx.Response:
            return running.http.get("/public/plans", headers={"x-forwarded-for": address})

        answers = [ask("198.51.100.7") for _ in range(60)]
        assert answers[0].status_code == 200
        problem(next(answer for answer in answers if answer.status_code != 200), 429, "rate_limited")
        assert ask("198.51.100.8").status_code == 200


def test_a_service_that_has_too_much_to_do_is_spared_while_streams_do_not_starve_requests(
    tmp_path: Path,
) -> None:
    with gateway(tmp_path, upstream_requests=1, concurrency=1) as running, ThreadPoolExecutor(8) as pool:
        headers = running.bearer()
        with running.http.stream("GET", "/draw/v1/rounds/r1/events", headers=headers):
            assert running.http.get("/draw/v1/rounds", headers=headers).status_code == 200
            asked = [pool.submit(running.http.get, "/draw/v1/large", headers=headers) for _ in range(8)]
            answers = [one.result() for one in asked]
        refused = [answer for answer in answers if answer.status_code != 200]
        assert len(refused) < len(answers)
        problem(refused[0], 503, "upstream_unavailable")


def test_without_keys_the_caller_is_not_blamed_and_keys_that_come_later_are_found(tmp_path: Path) -> None:
    with gateway(tmp_path, jwks_url="http://127.0.0.1:1/keys") as running:
        problem(running.http.get("/registry/v1/items", headers=running.bearer()), 503, "upstream_unavailable")
        problem(running.http.get("/registry/v1/items"), 401, "unauthenticated")


def test_open_requests_end_well_while_the_gateway_drains(tmp_path: Path) -> None:
    with gateway(tmp_path) as running, ThreadPoolExecutor(1) as pool:
        headers = running.bearer()
        with running.http.stream("GET", "/draw/v1/rounds/r1/events", headers=headers) as events:
            begun = next(lines := events.iter_lines())
            pool.submit(httpx.post, f"{running.admin}/healthcheck/fail").result()
            assert httpx.get(f"{running.address}/healthz").status_code == 503
            httpx.post(f"{running.admin}/drain_listeners?graceful&skip_exit")
            assert begun == "data: r1 begins"
            assert "data: ends" in list(lines)
