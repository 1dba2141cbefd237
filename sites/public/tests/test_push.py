"""The push interface: signatures, versions, receipts, reconciliation."""

import hashlib
import json
import time

import httpx
import pytest
from fastapi.testclient import TestClient
from suicha_contracts.publication import HeldBody, HeldPage, PushReceipt
from suicha_contracts.signing import sign
from suicha_site.push import LARGEST_BODY

from sites.public.tests.conftest import PLAN_ID, RECORD_ID, SECRET, Adapter, line, plan, result


def problem(response: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, object] = response.json()
    assert document["code"] == code
    return document


def test_a_signed_push_is_answered_with_a_receipt_and_stands_on_its_page(
    site: TestClient, adapter: Adapter
) -> None:
    answer = adapter.result()
    receipt = PushReceipt.model_validate_json(answer.content)
    assert answer.status_code == 201
    assert (receipt.kind, receipt.id, receipt.version, receipt.duplicate) == ("result", RECORD_ID, 1, False)
    assert "洛阳牡丹人力资源有限公司" in site.get(f"/results/{RECORD_ID}").text


def test_a_push_without_signature_is_refused_and_changes_nothing(site: TestClient) -> None:
    answer = site.put(f"/push/v1/plans/{PLAN_ID}", json=plan())
    problem(answer, 401, "bad_signature")
    assert site.get(f"/plans/{PLAN_ID}").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        sign(b"another secret of enough bytes !", "m", int(time.time()), json.dumps(plan()).encode()),
        sign(SECRET, "m", int(time.time()) - 3600, json.dumps(plan()).encode()),
        sign(SECRET, "m", int(time.time()) + 3600, json.dumps(plan()).encode()),
        sign(SECRET, "m", int(time.time()), b"another body"),
        {"webhook-id": "m", "webhook-timestamp": "²", "webhook-signature": "v1,ÿ"},
    ],
    ids=["another secret", "an hour old", "an hour ahead", "another body", "not ASCII"],
)
def test_a_push_with_a_wrong_or_old_signature_is_refused(site: TestClient, headers: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = site.put(f"/push/v1/plans/{PLAN_ID}", content=json.dumps(plan()).encode(), headers=raw)
    problem(answer, 401, "bad_signature")


def test_a_replayed_push_gets_the_same_receipt_and_changes_nothing(
    site: TestClient, adapter: Adapter
) -> None:
    first, again = adapter.result(), adapter.result()
    assert again.status_code == 200
    assert again.json() == first.json() | {"duplicate": True}
    assert site.get("/results").text.count(RECORD_ID) == 1


def test_another_body_under_the_same_version_is_a_conflict(site: TestClient, adapter: Adapter) -> None:
    adapter.result()
    problem(adapter.result(object_region="410482"), 409, "version_conflict")
    assert "410482" not in site.get(f"/results/{RECORD_ID}").text


def test_an_older_version_arriving_late_is_answered_and_changes_nothing(
    site: TestClient, adapter: Adapter
) -> None:
    newer = adapter.result(
        version=2, reason="更正检查结果", lines=[line(result="发现问题已责令整改", result_codes=["5"])]
    )
    late = adapter.result()
    assert late.status_code == 200
    assert late.json() == newer.json() | {"duplicate": True}
    assert "未发现问题" not in site.get(f"/results/{RECORD_ID}").text


def test_an_older_version_pushed_again_gets_its_own_receipt(adapter: Adapter) -> None:
    first = adapter.result()
    adapter.result(version=2, reason="更正")
    assert adapter.result().json() == first.json() | {"duplicate": True}


def test_a_bad_body_is_refused_with_every_wrong_field_named_in_chinese(adapter: Adapter) -> None:
    body = result(object_region="x", id_number="410303199001010000")
    del body["lines"][0]["authority"]
    document = problem(adapter.push(f"/results/{RECORD_ID}", body), 422, "invalid_body")
    faults = document["faults"]
    assert isinstance(faults, list)
    assert {(one["where"], one["message"]) for one in faults} == {
        ("object_region", "格式不正确"),
        ("id_number", "不允许出现此字段"),
        ("lines.0.authority", "缺少此字段"),
    }
    assert "410303199001010000" not in json.dumps(document)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"version": NaN}'])
def test_what_is_not_json_of_the_right_form_is_refused(adapter: Adapter, body: bytes) -> None:
    problem(adapter.push(f"/results/{RECORD_ID}", body), 422, "invalid_body")


def test_the_id_in_the_path_is_the_id_of_the_body(adapter: Adapter) -> None:
    problem(adapter.push("/results/0192f0c1-0000-7000-8000-0000000000ff", result()), 422, "invalid_body")


def test_a_correction_must_say_why(adapter: Adapter) -> None:
    adapter.result()
    document = problem(adapter.result(version=2), 422, "invalid_body")
    assert "更正或撤回须说明理由" in json.dumps(document, ensure_ascii=False)


def test_a_push_larger_than_a_mebibyte_is_refused(adapter: Adapter) -> None:
    problem(adapter.push(f"/results/{RECORD_ID}", b" " * (LARGEST_BODY + 1)), 413, "payload_too_large")


def test_a_draw_whose_numbers_do_not_add_up_is_refused(adapter: Adapter) -> None:
    from sites.public.tests.conftest import draw

    lists = draw()["lists"]
    lists[0]["excluded"] = 9
    problem(adapter.draw(lists=lists), 422, "invalid_body")


def test_reconciliation_returns_what_is_held_with_the_hash_of_the_bytes_sent(adapter: Adapter) -> None:
    adapter.result()
    newest = json.dumps(result(version=2, reason="更正"), ensure_ascii=False).encode()
    adapter.push(f"/results/{RECORD_ID}", newest)
    held = HeldBody.model_validate_json(adapter.get(f"/results/{RECORD_ID}").content)
    assert (held.version, held.sha256) == (2, hashlib.sha256(newest).hexdigest())
    assert held.body == json.loads(newest)
    problem(adapter.get("/results/0192f0c1-0000-7000-8000-0000000000ff"), 404, "not_found")


def test_reconciliation_lists_every_record_once_page_by_page(adapter: Adapter) -> None:
    ids = [f"0192f0c1-0000-7000-8000-{n:012x}" for n in range(7)]
    for record_id in reversed(ids):
        adapter.result(record_id=record_id)
    adapter.result(record_id=ids[3], version=2, reason="更正")
    seen: list[tuple[str, int]] = []
    after: str | None = ""
    while after is not None:
        page = HeldPage.model_validate_json(adapter.get(f"/results?after={after}&limit=3").content)
        seen += [(item.id, item.version) for item in page.items]
        after = page.next
    assert seen == [(record_id, 2 if record_id == ids[3] else 1) for record_id in ids]


def test_reconciliation_needs_a_signature_too(site: TestClient) -> None:
    problem(site.get("/push/v1/results"), 401, "bad_signature")
    problem(site.get(f"/push/v1/results/{RECORD_ID}"), 401, "bad_signature")


def test_unknown_push_addresses_answer_with_problems(site: TestClient, adapter: Adapter) -> None:
    problem(adapter.push("/secrets/1", {}), 404, "not_found")
    problem(site.delete(f"/push/v1/plans/{PLAN_ID}"), 405, "method_not_allowed")
