"""A visit from its day to its closing."""

import asyncio
import hashlib
from datetime import date, timedelta

import rfc8785
from drawn_rounds import GOOD, DrawnRound, object_id
from inspecting import Service, Visit, ok, refused
from suicha_chassis.testing import Client
from suicha_contracts.events import InspectionClosed
from suicha_inspection.clock import now, today


def _start(present: list[str], **changes: object) -> dict[str, object]:
    body = {
        "mode": "onsite",
        "present": present,
        "licences_shown": True,
        "at": (now() - timedelta(minutes=1)).isoformat(),
    }
    return body | changes


async def test_a_whole_visit_ends_closed_and_is_told_to_everyone(service: Service, visit: Visit) -> None:
    closed = await visit.closed()
    assert closed["state"] == "closed"
    [event] = await service.emitted(InspectionClosed, visit.id)
    told = InspectionClosed.model_validate(event)
    assert told.normal and not told.violation and not told.refused_signature
    assert told.object_id == object_id(1) and told.finished_on == today()
    [check] = told.checks
    assert (check.list_code, check.results, check.items) == ("HR", ["1"], ["LY-HR-01检查", "LY-HR-02检查"])
    assert told.record.sha256 == closed["record"]["sha256"]
    assert "张三" not in str(event) and "检查员" not in str(event)


async def test_a_sealed_record_is_canonical_json_and_has_the_hash_that_was_told(
    service: Service, visit: Visit
) -> None:
    submitted = await visit.submitted()
    sealed = await service.runtime.files.read(submitted["record"]["sha256"])
    shown = ok(await service.reviewer.get(f"{visit.url}/records/1"))
    assert rfc8785.dumps(shown) == sealed
    assert hashlib.sha256(sealed).hexdigest() == submitted["record"]["sha256"]
    again = ok(await service.reviewer.get(f"{visit.url}/records/1"))
    assert again == shown
    assert [one["answers"][0] for one in shown["checks"][0]["items"]] == [
        {"key": "licence", "text": "是否公示许可证", "answer": "是"}
    ] * 2
    refused(await service.reviewer.get(f"{visit.url}/records/2"), 404, "not_found")


async def test_a_submitted_record_cannot_be_edited_by_any_deed(service: Service, visit: Visit) -> None:
    await visit.submitted()
    check = (await visit.detail())["checks"][0]
    own = service.inspector("LYJC001")
    evidence = "00000000-0000-7000-8000-000000000000"
    writes = [
        await visit.record(own, check),
        await visit.post(own, "start", _start(["LYJC001", "LYJC002"])),
        await visit.post(own, "signatures", {"role": "officer", "state": "signed"}),
        await visit.post(own, "untraceable", {"reason": "无人应答", "evidence": [evidence]}),
        await own.delete(f"{visit.url}/untraceable"),
        await visit.post(own, "submit"),
        await own.put(f"{visit.url}/schedule", {"planned_on": str(today())}, headers={"If-Match": "*"}),
    ]
    for response in writes:
        assert refused(response, 409, "wrong_state")["state"] == "submitted"


async def test_frozen_tables_refuse_change_even_to_the_service_itself(service: Service, visit: Visit) -> None:
    await visit.submitted()
    for statement in (
        "UPDATE record_versions SET sha256 = repeat('0', 64)",
        "DELETE FROM signatures",
        "UPDATE frozen_items SET name = ''",
        "UPDATE rounds SET team_minimum = 1",
        "DELETE FROM roster",
    ):
        try:
            await service.rows(statement)
        except Exception as error:
            assert "permission denied" in str(error), error
        else:
            raise AssertionError(f"{statement} was let through")


async def test_the_day_lies_in_the_time_set_or_says_why(service: Service, visit: Visit) -> None:
    own = service.inspector("LYJC002")
    late = str(today() + timedelta(days=30))
    url, tag = f"{visit.url}/schedule", {"If-Match": '"1"'}
    refused(await own.put(url, {"planned_on": late}), 428, "if_match_required")
    refused(await own.put(url, {"planned_on": late}, headers=tag), 422, "outside_window")
    body = {"planned_on": late, "deviation_reason": "企业停业整顿，约定复业后检查"}
    response = await own.put(url, body, headers=tag)
    assert ok(response)["planned_on"] == late and response.headers["etag"] == '"2"'
    refused(await own.put(url, {"planned_on": str(today())}, headers=tag), 412, "stale_version")


async def test_a_visit_starts_only_with_enough_of_the_team_that_was_drawn(
    service: Service, joint: Visit
) -> None:
    own = service.inspector("LYJC001")
    small = refused(await joint.post(own, "start", _start(["LYJC001", "LYJC002"])), 422, "too_few_present")
    assert [fault["message"] for fault in small["faults"]] == ["社保中心检查组到场 0 人，至少 2 人"]
    everyone = ["LYJC001", "LYJC002", "LYSB001", "LYSB002"]
    alternate = await joint.post(own, "start", _start([*everyone, "LYJC003"]))
    assert "LYJC003" in refused(alternate, 403, "not_on_team")["faults"][0]["message"]
    hidden = await joint.post(own, "start", _start(everyone, licences_shown=False))
    refused(hidden, 422, "licence_not_shown")
    ahead = await joint.post(own, "start", _start(everyone, at=(now() + timedelta(hours=1)).isoformat()))
    refused(ahead, 422, "invalid")
    early = await joint.post(own, "start", _start(everyone, at=(now() - timedelta(days=20)).isoformat()))
    refused(early, 422, "outside_window")
    absent = await joint.post(own, "start", _start(everyone[1:]))
    refused(absent, 403, "not_on_team")
    started = ok(await joint.post(own, "start", _start(everyone)))
    assert started["state"] == "started"
    present = {one["id"] for one in (await joint.detail())["team"] if one["present"]}
    assert present == set(everyone)


async def test_a_ruleset_that_asks_for_three_gets_three(service: Service) -> None:
    round_ = DrawnRound({"HR": [object_id(21)]}, ruleset_id="410482-rsj@2022.1")
    round_.teams["LDJC"], round_.alternates["LDJC"] = ["LYJC001", "LYJC002", "LYJC003"], ["LYJC004"]
    visit = (await service.drawn(round_))[object_id(21)]
    own = service.inspector("LYJC001")
    refused(await visit.post(own, "start", _start(["LYJC001", "LYJC002"])), 422, "too_few_present")
    ok(await visit.post(own, "start", _start(["LYJC001", "LYJC002", "LYJC003"])))


async def test_a_licence_that_ran_out_keeps_its_holder_from_inspecting(service: Service) -> None:
    round_ = DrawnRound({"HR": [object_id(22)]}, licence_until_in=-1)
    visit = (await service.drawn(round_))[object_id(22)]
    body = refused(
        await visit.post(service.inspector("LYJC001"), "start", _start(["LYJC001", "LYJC002"])),
        422,
        "invalid",
    )
    assert [fault["code"] for fault in body["faults"]] == ["licence_expired"] * 2


async def test_crews_edit_their_own_checks_at_once_and_never_each_others(
    service: Service, joint: Visit
) -> None:
    await joint.start(("LYJC001", "LYJC002", "LYSB001", "LYSB002"))
    hr, si = (await joint.detail())["checks"]
    labour, social = service.inspector("LYJC001"), service.inspector("LYSB002")
    together = await asyncio.gather(
        joint.record(labour, hr), joint.record(social, si, "7", opinion="无此业务")
    )
    assert [response.status_code for response in together] == [200, 200]
    refused(await joint.record(labour, si | {"version": 2}), 403, "not_on_team")
    mine = {check["list_code"]: check["mine"] for check in (await joint.detail(social))["checks"]}
    assert mine == {"HR": False, "SI": True}


async def test_of_two_who_edit_the_same_check_the_second_is_told(service: Service, visit: Visit) -> None:
    await visit.start()
    check = (await visit.detail())["checks"][0]
    first, second = service.inspector("LYJC001"), service.inspector("LYJC002")
    answers = await asyncio.gather(visit.record(first, check), visit.record(second, check))
    assert sorted(response.status_code for response in answers) == [200, 412]
    refused(await visit.record(second, check), 412, "stale_version")
    response = await second.get(f"{visit.url}/checks/{check['id']}")
    assert ok(response)["version"] == 2 and response.headers["etag"] == '"2"'


async def test_answers_that_do_not_fit_the_frozen_form_are_each_named(service: Service, visit: Visit) -> None:
    await visit.start()
    check = (await visit.detail())["checks"][0]
    items = [
        {"item_code": "LY-HR-01", "answers": {"licence": "也许", "kind": "其他", "colour": "红"}},
        {"item_code": "LY-HR-02", "answers": {"workers": "多", "since": "2026-02-30"}},
        {"item_code": "LY-SI-01", "answers": {}},
    ]
    body = refused(
        await visit.record(service.inspector("LYJC001"), check, items=items), 422, "invalid_answers"
    )
    assert {(fault["where"], fault["code"]) for fault in body["faults"]} == {
        ("body.items.0.answers.colour", "unknown_question"),
        ("body.items.0.answers.licence", "wrong_answer"),
        ("body.items.0.answers.kind", "wrong_answer"),
        ("body.items.1.answers.workers", "wrong_answer"),
        ("body.items.1.answers.since", "wrong_answer"),
        ("body.items.2", "unknown_item"),
    }
    assert (await visit.detail())["checks"][0]["version"] == 1
    draft = [{"item_code": "LY-HR-01", "answers": {"workers": 12}}]
    ok(await visit.record(service.inspector("LYJC001"), check, items=draft))


async def test_everything_that_is_missing_is_named_and_nothing_changes(
    service: Service, joint: Visit
) -> None:
    await joint.start(("LYJC001", "LYJC002", "LYSB001", "LYSB002"))
    hr, si = (await joint.detail())["checks"]
    labour = service.inspector("LYJC001")
    items = [
        {"item_code": "LY-HR-01", "answers": {"licence": "否", "kind": "职业中介"}, "result": "5"},
        {"item_code": "LY-HR-02", "answers": {"licence": "是"}, "result": None},
    ]
    ok(await joint.record(labour, hr, items=items))
    body = refused(await joint.post(labour, "submit"), 422, "incomplete")
    found = {(fault["where"].split(".", 2)[-1], fault["code"]) for fault in body["faults"]}
    assert found == {
        ("items.LY-HR-01.evidence.licence", "evidence_missing"),
        ("items.LY-HR-02.answers.kind", "answer_missing"),
        ("items.LY-HR-02.result", "result_missing"),
        ("items.LY-SI-01.answers.licence", "answer_missing"),
        ("items.LY-SI-01.answers.kind", "answer_missing"),
        ("items.LY-SI-01.result", "result_missing"),
        ("follow_ups", "follow_up_missing"),
        ("LDJC", "officer_signature_missing"),
        ("SBZX", "officer_signature_missing"),
        ("representative", "representative_signature_missing"),
    }
    assert all(any("\u4e00" <= char <= "\u9fff" for char in fault["message"]) for fault in body["faults"])
    detail = await joint.detail(labour)
    assert detail["state"] == "started" and detail["record_version"] == 0
    assert [fault["code"] for fault in detail["missing"]] == [fault["code"] for fault in body["faults"]]

    evidence = {"check_id": hr["id"], "item_code": "LY-HR-01", "question_key": "licence"}
    await joint.evidence(labour, check_id=hr["id"])
    await joint.evidence(labour, **(evidence | {"item_code": "LY-HR-02"}))
    assert "evidence_missing" in {fault["code"] for fault in (await joint.detail())["missing"]}
    await joint.evidence(labour, **evidence)
    items[1] = {"item_code": "LY-HR-02", "answers": GOOD, "result": "1"}
    ok(await joint.record(labour, hr | {"version": 2}, items=items))
    ok(await joint.record(service.inspector("LYSB001"), si))
    ok(await joint.post(labour, "follow-ups", {"kind": "none", "description": "当场改正完毕"}), 201)
    await joint.sign("LYJC001", "LYJC002", "LYSB001", "LYSB002")
    ok(await joint.post(labour, "submit"))


async def test_who_refuses_to_sign_gets_a_witness_or_a_reason_why_there_is_none(
    service: Service, visit: Visit
) -> None:
    await visit.start()
    await visit.record_all()
    await visit.sign("LYJC001", "LYJC002", representative=False)
    own = service.inspector("LYJC001")
    silent = await visit.post(own, "signatures", {"role": "representative", "state": "refused"})
    refused(silent, 422, "invalid")
    body = {"role": "representative", "state": "refused", "reason": "阅看后拒绝签字"}
    ok(await visit.post(own, "signatures", body), 201)
    missing = refused(await visit.post(own, "submit"), 422, "incomplete")
    assert [fault["code"] for fault in missing["faults"]] == ["witness_missing"]
    witness = {"role": "witness", "state": "absent", "reason": "现场没有其他人员"}
    ok(await visit.post(own, "signatures", witness), 201)
    ok(await visit.post(own, "submit"))
    ok(await visit.post(service.reviewer, "review", {"decision": "approve"}))
    [event] = await service.emitted(InspectionClosed, visit.id)
    assert event["refused_signature"] is True


async def test_officers_sign_as_themselves_and_only_who_was_there(service: Service) -> None:
    round_ = DrawnRound({"HR": [object_id(23)]})
    round_.teams["LDJC"], round_.alternates["LDJC"] = ["LYJC001", "LYJC002", "LYJC003"], []
    visit = (await service.drawn(round_))[object_id(23)]
    await visit.start()
    signed = await visit.post(
        service.inspector("LYJC001"), "signatures", {"role": "officer", "state": "signed", "name": "别人"}
    )
    assert ok(signed, 201)["name"] == "检查员001"
    body = {"role": "officer", "state": "signed"}
    refused(await visit.post(service.inspector("LYJC003"), "signatures", body), 403, "not_on_team")
    body = {"role": "officer", "state": "refused", "reason": "不同意"}
    refused(await visit.post(service.inspector("LYJC002"), "signatures", body), 422, "invalid")


async def test_a_signature_does_not_survive_a_change_of_the_findings(service: Service, visit: Visit) -> None:
    await visit.start()
    await visit.record_all()
    await visit.sign("LYJC001", "LYJC002")
    check = (await visit.detail())["checks"][0]
    own = service.inspector("LYJC001")
    ok(await visit.record(own, check, "1", remark="补充说明"))
    body = refused(await visit.post(own, "submit"), 422, "incomplete")
    assert [fault["code"] for fault in body["faults"]] == ["signature_outdated"] * 3
    assert body["faults"][0]["message"] == "检查员001签名之后内容已修改，须重新签名"
    await visit.sign("LYJC001", "LYJC002")
    ok(await visit.post(own, "submit"))


async def test_an_object_that_cannot_be_found_needs_evidence_and_no_signature_of_its_own(
    service: Service, visit: Visit
) -> None:
    await visit.start()
    own = service.inspector("LYJC001")
    stranger = "00000000-0000-7000-8000-000000000000"
    body = {"reason": "登记住所已搬空，电话停机", "evidence": [stranger]}
    refused(await visit.post(own, "untraceable", body), 422, "evidence_required")
    photo = await visit.evidence(own)
    ok(await visit.post(own, "untraceable", body | {"evidence": [photo["id"]]}))
    check = (await visit.detail())["checks"][0]
    assert {item["result"] for item in check["items"]} == {"4"} and check["version"] == 2
    ok(await visit.post(own, "follow-ups", {"kind": "notify_other_body", "description": "提请列入经营异常名录",
                                            "receiving_body": "市场监督管理局"}), 201)  # fmt: skip
    await visit.sign("LYJC001", "LYJC002", representative=False)
    ok(await visit.post(own, "submit"))
    ok(await visit.post(service.reviewer, "review", {"decision": "approve"}))
    [event] = await service.emitted(InspectionClosed, visit.id)
    assert (event["normal"], event["violation"]) == (False, False)
    assert event["checks"][0]["results"] == ["4"]


async def test_result_four_without_the_declaration_is_incomplete_and_the_declaration_can_be_withdrawn(
    service: Service, visit: Visit
) -> None:
    await visit.start()
    own = service.inspector("LYJC001")
    photo = await visit.evidence(own)
    ok(await visit.post(own, "untraceable", {"reason": "无人应答", "evidence": [photo["id"]]}))
    assert (await own.delete(f"{visit.url}/untraceable")).status_code == 204
    detail = await visit.detail()
    assert detail["untraceable"] is None
    assert {item["result"] for item in detail["checks"][0]["items"]} == {None}
    ok(await visit.record(own, detail["checks"][0], "4"))
    codes = {fault["code"] for fault in (await visit.detail())["missing"]}
    assert "untraceable_not_declared" in codes and "answer_missing" not in codes


async def test_non_cooperation_is_one_of_four_kinds_with_evidence(service: Service, visit: Visit) -> None:
    await visit.start()
    own = service.inspector("LYJC001")
    await visit.record_all("6")
    assert "non_cooperation_missing" in {fault["code"] for fault in (await visit.detail())["missing"]}
    body = {"kind": 1, "description": "保安拒绝检查人员入内", "evidence": []}
    refused(await visit.post(own, "non-cooperation", body), 422, "invalid")
    video = await visit.evidence(own, b"video")
    body["evidence"] = [video["id"]]
    refused(await visit.post(own, "non-cooperation", body | {"kind": 5}), 422, "invalid")
    assert ok(await visit.post(own, "non-cooperation", body), 201)["kind"] == 1
    assert "non_cooperation_missing" not in {fault["code"] for fault in (await visit.detail())["missing"]}


async def test_evidence_is_what_was_uploaded_by_the_own_body_and_comes_back_byte_for_byte(
    service: Service, visit: Visit
) -> None:
    await visit.start()
    own = service.inspector("LYJC001")
    photo = await visit.evidence(
        own, b"<script>alert(1)</script>", name="现场 1.html", media_type="text/html"
    )
    response = await own.get(f"{visit.url}/evidence/{photo['id']}")
    assert response.content == b"<script>alert(1)</script>"
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E7%8E%B0")
    body = {"upload_sha256": "0" * 64, "name": "x", "media_type": "image/png", "taken_at": now().isoformat()}
    refused(await visit.post(own, "evidence", body), 422, "invalid")
    theirs = hashlib.sha256(b"theirs").hexdigest()
    elsewhere = service.inspector("LYJC001", subject="elsewhere", org="410400-rsj", region="410400")
    ok(await elsewhere.put(f"/inspection/v1/uploads/{theirs}", content=b"theirs"), 201)
    refused(await visit.post(own, "evidence", body | {"upload_sha256": theirs}), 422, "invalid")
    check = (await visit.detail())["checks"][0]
    same = {"upload_sha256": photo["sha256"], "name": "x", "media_type": "image/png"}
    same |= {"taken_at": now().isoformat(), "check_id": check["id"], "question_key": "licence"}
    ambiguous = refused(await visit.post(own, "evidence", same), 422, "invalid")
    assert "LY-HR-01、LY-HR-02" in ambiguous["detail"]
    shown = ok(await visit.post(own, "evidence", same | {"item_code": "LY-HR-02"}), 201)
    assert shown["item_code"] == "LY-HR-02"


async def test_evidence_of_one_visit_is_not_reached_through_another(
    service: Service, visit: Visit, joint: Visit
) -> None:
    await visit.start()
    own = service.inspector("LYJC001")
    photo = await visit.evidence(own)
    refused(await own.get(f"{joint.url}/evidence/{photo['id']}"), 404, "not_found")
    await joint.start(("LYJC001", "LYJC002", "LYSB001", "LYSB002"))
    body = {"reason": "无人应答", "evidence": [photo["id"]]}
    refused(await joint.post(own, "untraceable", body), 422, "evidence_required")


async def test_uploads_are_bounded_and_must_have_the_hash_they_name(service: Service) -> None:
    own: Client = service.inspector("LYJC001")
    digest = hashlib.sha256(b"right").hexdigest()
    refused(await own.put(f"/inspection/v1/uploads/{digest}", content=b"wrong"), 422, "invalid")
    large = b"x" * ((1 << 20) + 1)
    url = f"/inspection/v1/uploads/{hashlib.sha256(large).hexdigest()}"
    refused(await own.put(url, content=large), 413, "payload_too_large")
    for _ in range(2):
        ok(await own.put(f"/inspection/v1/uploads/{digest}", content=b"right"), 201)


async def test_the_day_of_completion_lies_between_start_and_today(service: Service, visit: Visit) -> None:
    await visit.start()
    await visit.record_all()
    await visit.sign("LYJC001", "LYJC002")
    own = service.inspector("LYJC001")
    for wrong in (today() + timedelta(days=1), date(2020, 1, 1)):
        refused(await visit.post(own, "submit", {"finished_on": str(wrong)}), 422, "invalid")
    ok(await visit.post(own, "submit", {"finished_on": str(today())}))
