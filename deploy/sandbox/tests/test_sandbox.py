"""The sandbox as a real process, in each of its modes, and killed."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from suicha_contracts.publication import CreditReceipt, HeldBody, HeldPage
from suicha_sandbox import PLATFORM

TOKEN, CONTROL = "sender-token", "control-token"
RECORD_ID = "0192f0c1-0000-7000-8000-0000000000a1"


def record(**changes: Any) -> dict[str, Any]:
    return {
        "record_id": RECORD_ID,
        "version": 1,
        "authority": "洛阳市人力资源和社会保障局",
        "inspection_type": "双随机定向抽查",
        "inspected_on": "2026-11-10",
        "result": "未发现问题",
        "object_name": "洛阳牡丹人力资源有限公司",
        "object_code": "91410300MA3X93BJ5X",
    } | changes


class Sandbox:
    """A running sandbox, seen by a sender and by whoever sets its behaviour."""

    def __init__(self, process: subprocess.Popen[bytes], address: str) -> None:
        self.process = process
        self.sender = httpx.Client(
            base_url=f"{address}/credit/v1", headers={"authorization": f"Bearer {TOKEN}"}, timeout=30
        )
        self.control = httpx.Client(
            base_url=f"{address}/sandbox", headers={"authorization": f"Bearer {CONTROL}"}
        )
        self.anyone = httpx.Client(base_url=address)

    def push(self, **changes: Any) -> httpx.Response:
        return self.sender.post("/records", json=record(**changes))

    def behave(self, **told: Any) -> None:
        assert self.control.put("/behaviour", json=told).status_code == 200

    def counters(self) -> dict[str, int]:
        counted: dict[str, int] = self.control.get("/counters").json()
        return counted

    def held(self) -> list[tuple[str, int]]:
        page = HeldPage.model_validate_json(self.sender.get("/records").content)
        return [(item.id, item.version) for item in page.items]


@contextmanager
def running(database: Path) -> Iterator[Sandbox]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "SANDBOX_DATABASE": str(database),
        "SANDBOX_TOKEN": TOKEN,
        "SANDBOX_CONTROL_TOKEN": CONTROL,
        "SANDBOX_PORT": str(port),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "suicha_sandbox"], env=environment, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if b"Uvicorn running" in line:
                break
        yield Sandbox(process, f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite3") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Iterator[Sandbox]:
    """The shared process, well-behaved again after each test."""
    yield shared
    shared.behave(mode="ok")


@pytest.fixture
def fresh(request: pytest.FixtureRequest) -> str:
    """A record id of the test's own."""
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-7{digest[12:15]}-8{digest[15:18]}-{digest[18:30]}"


def test_a_record_is_stored_once_however_often_it_is_pushed(sandbox: Sandbox, fresh: str) -> None:
    before = sandbox.counters()
    first, again = sandbox.push(record_id=fresh), sandbox.push(record_id=fresh)
    assert (first.status_code, again.status_code) == (201, 200)
    receipt = CreditReceipt.model_validate_json(first.content)
    assert again.json() == first.json() | {"duplicate": True}
    assert (str(receipt.record_id), receipt.version, receipt.duplicate) == (fresh, 1, False)
    after = sandbox.counters()
    assert (after["stored"] - before["stored"], after["duplicates"] - before["duplicates"]) == (1, 1)


def test_a_correction_is_a_version_of_its_own(sandbox: Sandbox, fresh: str) -> None:
    sandbox.push(record_id=fresh)
    assert sandbox.push(record_id=fresh, version=2, reason="更正").status_code == 201
    held = HeldBody.model_validate_json(sandbox.sender.get(f"/records/{fresh}").content)
    assert (held.version, held.body["reason"]) == (2, "更正")


def test_another_body_under_the_same_version_is_a_conflict(sandbox: Sandbox, fresh: str) -> None:
    sandbox.push(record_id=fresh)
    answer = sandbox.push(record_id=fresh, result="不合格")
    assert (answer.status_code, answer.json()["code"]) == (409, "version_conflict")


def test_a_wrong_record_is_refused_naming_its_fields(sandbox: Sandbox) -> None:
    answer = sandbox.push(object_code="", phone="13800000000")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
    assert {fault["where"] for fault in answer.json()["faults"]} == {"object_code", "phone"}


def test_the_two_tokens_open_different_doors(sandbox: Sandbox) -> None:
    for token in (CONTROL, "none", "ÿ", TOKEN.upper()):
        headers = {b"authorization": f"Bearer {token}".encode("latin-1")}
        assert sandbox.anyone.post("/credit/v1/records", json=record(), headers=headers).status_code == 401
        assert sandbox.anyone.get("/credit/v1/records", headers=headers).status_code == 401
    headers = {b"authorization": f"Bearer {TOKEN}".encode()}
    assert sandbox.anyone.put("/sandbox/behaviour", json={"mode": "fail"}, headers=headers).status_code == 401
    assert sandbox.anyone.get("/sandbox/counters").status_code == 401


def test_told_to_fail_it_fails_that_often_and_stores_nothing(sandbox: Sandbox, fresh: str) -> None:
    sandbox.behave(mode="fail", calls=2)
    statuses = [sandbox.push(record_id=fresh).status_code for _ in range(3)]
    assert statuses == [503, 503, 201]


def test_told_to_fail_without_a_number_it_fails_until_told_otherwise(sandbox: Sandbox, fresh: str) -> None:
    sandbox.behave(mode="fail")
    assert {sandbox.push(record_id=fresh).status_code for _ in range(5)} == {503}
    assert (fresh, 1) not in sandbox.held()
    sandbox.behave(mode="ok")
    assert sandbox.push(record_id=fresh).status_code == 201


def test_told_to_hang_it_does_not_answer_and_stores_nothing(sandbox: Sandbox, fresh: str) -> None:
    sandbox.behave(mode="hang", calls=1, seconds=600)
    with pytest.raises(httpx.ReadTimeout):
        sandbox.sender.post("/records", json=record(record_id=fresh), timeout=0.5)
    assert (fresh, 1) not in sandbox.held()
    sandbox.behave(mode="hang", calls=1, seconds=0.2)
    assert sandbox.push(record_id=fresh).status_code == 503
    assert sandbox.push(record_id=fresh).status_code == 201


def test_told_to_make_senders_repeat_it_drops_the_answer_and_does_not_double(
    sandbox: Sandbox, fresh: str
) -> None:
    sandbox.behave(mode="twice", calls=1)
    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.push(record_id=fresh)
    assert sandbox.held().count((fresh, 1)) == 1
    again = sandbox.push(record_id=fresh)
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert sandbox.held().count((fresh, 1)) == 1


def test_told_to_lie_only_reconciliation_finds_out(sandbox: Sandbox, fresh: str) -> None:
    sandbox.behave(mode="lie", calls=1)
    answer = sandbox.push(record_id=fresh)
    assert answer.status_code == 201
    assert str(CreditReceipt.model_validate_json(answer.content).record_id) == fresh
    assert (fresh, 1) not in sandbox.held()
    assert sandbox.sender.get(f"/records/{fresh}").status_code == 404


def test_told_to_answer_garbage_it_says_200_without_json(sandbox: Sandbox, fresh: str) -> None:
    sandbox.behave(mode="garbage", calls=1)
    answer = sandbox.push(record_id=fresh)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert (fresh, 1) not in sandbox.held()


def test_a_behaviour_that_does_not_exist_is_refused(sandbox: Sandbox) -> None:
    assert sandbox.control.put("/behaviour", json={"mode": "explode"}).status_code == 422


def test_counters_say_how_pushes_were_met(sandbox: Sandbox, fresh: str) -> None:
    before = sandbox.counters()
    for mode in ("fail", "lie", "garbage"):
        sandbox.behave(mode=mode, calls=1)
        sandbox.push(record_id=fresh)
    after = sandbox.counters()
    changed = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert changed == {"pushes": 3, "fail": 1, "lie": 1, "garbage": 1}


def test_reconciliation_lists_page_by_page_with_the_hash_of_the_bytes_sent(tmp_path: Path) -> None:
    with running(tmp_path / "sandbox.sqlite3") as sandbox:
        bodies = {
            f"0192f0c1-0000-7000-8000-{n:012x}": json.dumps(
                record(record_id=f"0192f0c1-0000-7000-8000-{n:012x}")
            )
            for n in range(5)
        }
        for body in reversed(bodies.values()):
            assert sandbox.sender.post("/records", content=body).status_code == 201
        seen: dict[str, str] = {}
        after: str | None = ""
        while after is not None:
            answer = sandbox.sender.get("/records", params={"after": after, "limit": 2})
            page = HeldPage.model_validate_json(answer.content)
            seen |= {item.id: item.sha256 for item in page.items}
            after = page.next
        assert seen == {name: hashlib.sha256(body.encode()).hexdigest() for name, body in bodies.items()}


def test_the_same_record_pushed_at_once_by_many_is_stored_once(sandbox: Sandbox, fresh: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sandbox.push(record_id=fresh), range(24)))
    assert sorted(answer.status_code for answer in answers) == [200] * 23 + [201]
    assert len({answer.json()["receipt_no"] for answer in answers}) == 1


def test_nothing_accepted_is_lost_when_it_is_killed_and_it_still_misbehaves(tmp_path: Path) -> None:
    with running(tmp_path / "sandbox.sqlite3") as sandbox:
        first = sandbox.push().json()
        sandbox.behave(mode="fail", calls=1)
        sandbox.process.send_signal(signal.SIGKILL)
        sandbox.process.wait()
    with running(tmp_path / "sandbox.sqlite3") as sandbox:
        assert sandbox.push().status_code == 503
        assert sandbox.push().json() == first | {"duplicate": True}
        assert sandbox.held() == [(RECORD_ID, 1)]


def test_it_says_everywhere_that_it_is_simulated(sandbox: Sandbox, fresh: str) -> None:
    assert PLATFORM in sandbox.anyone.get("/").text
    assert sandbox.anyone.get("/openapi.json").json()["info"]["title"] == PLATFORM
    assert sandbox.push(record_id=fresh).json()["platform"] == PLATFORM
    assert sandbox.push(record_id="x").json()["title"] == PLATFORM
    assert sandbox.anyone.get("/healthz").json()["platform"] == PLATFORM


def test_it_does_not_start_without_two_different_tokens(tmp_path: Path) -> None:
    for tokens in ({}, {"SANDBOX_TOKEN": "same-token", "SANDBOX_CONTROL_TOKEN": "same-token"}):
        environment = {name: value for name, value in os.environ.items() if "SANDBOX" not in name}
        environment |= {"SANDBOX_DATABASE": str(tmp_path / "sandbox.sqlite3")} | tokens
        done = subprocess.run(
            [sys.executable, "-m", "suicha_sandbox"], env=environment, capture_output=True, check=False
        )
        assert done.returncode != 0
