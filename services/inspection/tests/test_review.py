"""Review, return, correction, follow-ups, what is printed and what is remembered."""

import asyncio
from datetime import timedelta
from pathlib import Path

from drawn_rounds import DrawnRound, object_id
from inspecting import BASE, Service, Visit, ok, refused
from suicha_contracts.events import FollowUpClosed, InspectionClosed, InspectionCorrected
from suicha_inspection.clock import today


async def test_who_inspected_does_not_review(service: Service, visit: Visit) -> None:
    await visit.submitted()
    both = service.caller("reviewer", inspector="LYJC002")
    refused(await visit.post(both, "review", {"decision": "approve"}), 403, "same_person")
    promoted = service.caller("reviewer", subject="LYJC001")
    refused(await visit.post(promoted, "review", {"decision": "approve"}), 403, "same_person")
    other = service.caller("reviewer", inspector="LYJC004")
    ok(await visit.post(other, "review", {"decision": "approve"}))


async def test_of_two_who_submit_or_approve_at_once_one_is_told_that_it_is_done(
    service: Service, visit: Visit
) -> None:
    await visit.start()
    await visit.record_all()
    await visit.sign("LYJC001", "LYJC002")
    team = [service.inspector(code) for code in ("LYJC001", "LYJC002")]
    answers = await asyncio.gather(*(visit.post(one, "submit") for one in team))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    reviewers = [service.caller("reviewer", subject=f"reviewer-{n}") for n in range(4)]
    answers = await asyncio.gather(*(visit.post(one, "review", {"decision": "approve"}) for one in reviewers))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert len(await service.emitted(InspectionClosed, visit.id)) == 1


async def test_only_the_owning_body_reviews(service: Service, visit: Visit) -> None:
    await visit.submitted()
    province = service.caller("reviewer", org="410000-rst", region="410000")
    refused(await visit.post(province, "review", {"decision": "approve"}), 403, "forbidden")
    assert (await visit.detail(province))["state"] == "submitted"


async def test_a_returned_record_is_recorded_again_and_sealed_as_a_new_version(
    service: Service, visit: Visit
) -> None:
    first = await visit.submitted()
    refused(await visit.post(service.reviewer, "review", {"decision": "return"}), 422, "invalid")
    body = {"decision": "return", "comment": "请补充备注"}
    assert ok(await visit.post(service.reviewer, "review", body))["state"] == "started"
    detail = await visit.detail()
    assert detail["review_comment"] == "请补充备注"
    own = service.inspector("LYJC001")
    ok(await visit.record(own, detail["checks"][0], remark="已补充"))
    await visit.sign("LYJC001", "LYJC002")
    second = ok(await visit.post(own, "submit"))
    assert second["record"]["version"] == 2
    assert second["record"]["sha256"] != first["record"]["sha256"]
    ok(await visit.post(service.reviewer, "review", {"decision": "approve"}))
    assert len(await service.emitted(InspectionClosed, visit.id)) == 1
    refused(await visit.post(service.reviewer, "review", {"decision": "approve"}), 409, "wrong_state")


async def test_a_correction_keeps_both_versions_and_is_told(service: Service, visit: Visit) -> None:
    closed = await visit.closed("5")
    check = (await visit.detail())["checks"][0]
    items = [{"item_code": item["code"], "result": "1"} for item in check["items"]]
    body = {"reason": "复核发现适用事项有误", "checks": [{"check_id": check["id"], "items": items}]}
    inspector = await visit.post(service.caller("reviewer", inspector="LYJC001"), "correct", body)
    refused(inspector, 403, "same_person")
    corrected = ok(await visit.post(service.reviewer, "correct", body))
    assert corrected["state"] == "closed" and corrected["record"]["version"] == 2
    old = ok(await service.reviewer.get(f"{visit.url}/records/1"))
    new = ok(await service.reviewer.get(f"{visit.url}/records/2"))
    assert [old["checks"][0]["items"][0]["result"], new["checks"][0]["items"][0]["result"]] == ["5", "1"]
    assert new["reason"] == "复核发现适用事项有误" and old["reason"] == ""
    assert new["checks"][0]["items"][0]["answers"] == old["checks"][0]["items"][0]["answers"]
    [event] = await service.emitted(InspectionCorrected, visit.id)
    assert (event["version"], event["normal"], event["checks"][0]["results"]) == (2, True, ["1"])
    again = await visit.post(service.reviewer, "correct", body)
    refused(again, 422, "nothing_corrected")
    history = ok(await service.reviewer.get(f"{visit.url}/history"))
    assert [one["version"] for one in history["versions"]] == [1, 2]
    assert history["versions"][0]["sha256"] == closed["record"]["sha256"]


async def test_a_correction_that_finds_a_problem_asks_for_a_follow_up(service: Service, visit: Visit) -> None:
    await visit.closed()
    check = (await visit.detail())["checks"][0]
    items = [{"item_code": "LY-HR-01", "result": "8"}]
    body = {"reason": "原记录漏登问题", "checks": [{"check_id": check["id"], "items": items}]}
    missing = refused(await visit.post(service.reviewer, "correct", body), 422, "incomplete")
    assert [fault["code"] for fault in missing["faults"]] == ["follow_up_missing"]
    assert (await visit.detail())["checks"][0]["items"][0]["result"] == "1"
    follow_up = {"kind": "order_correction", "description": "责令限期改正"}
    ok(await visit.post(service.reviewer, "follow-ups", follow_up), 201)
    ok(await visit.post(service.reviewer, "correct", body))


async def test_follow_ups_are_closed_once_with_the_receipt_of_who_received_them(
    service: Service, visit: Visit
) -> None:
    await visit.start()
    own = service.inspector("LYJC001")
    body = {"kind": "case_clue", "description": "涉嫌无证经营", "due_on": str(today() + timedelta(days=60))}
    refused(await visit.post(own, "follow-ups", body), 422, "invalid")
    opened = ok(await visit.post(own, "follow-ups", body | {"receiving_body": "劳动保障监察支队案件科"}), 201)
    listed = ok(await own.get(f"{BASE}/follow-ups?visit_id={visit.id}"))
    assert [one["id"] for one in listed["items"]] == [opened["id"]]
    close = f"{BASE}/follow-ups/{opened['id']}/close"
    refused(await own.post(close, {"outcome": "已立案"}), 422, "invalid")
    refused(await service.inspector("LYJC004").post(close, {"outcome": "已立案"}), 404, "not_found")
    closed = ok(
        await service.reviewer.post(close, {"outcome": "已立案", "receipt_no": "洛人社案〔2026〕8号"})
    )
    assert closed["closed_on"] == str(today())
    refused(await own.post(close, {"outcome": "又一次", "receipt_no": "9"}), 409, "wrong_state")
    assert ok(await own.get(f"{BASE}/follow-ups?visit_id={visit.id}"))["items"] == []
    [event] = await service.emitted(FollowUpClosed, visit.id)
    assert (event["follow_up_id"], event["kind"], event["outcome"]) == (opened["id"], "case_clue", "已立案")


async def test_a_finding_of_another_body_is_kept_with_its_source_and_printed(
    service: Service, visit: Visit
) -> None:
    await visit.start()
    own = service.inspector("LYJC001")
    mine = await visit.evidence(own)
    theirs = await visit.evidence(own, b"audit report", name="审计报告.pdf", source="洛阳示范会计师事务所")
    assert (mine["source"], theirs["source"]) == ("", "洛阳示范会计师事务所")
    page = (await service.reviewer.get(f"{visit.url}/record")).text
    assert "采用洛阳示范会计师事务所的结论：审计报告.pdf" in page and page.count("采用") == 1


async def test_what_the_object_corrected_by_itself_is_signed_sealed_and_printed(
    service: Service, visit: Visit
) -> None:
    await visit.start()
    await visit.record_all("5", mitigation="检查前自查并补办备案")
    await visit.sign("LYJC001", "LYJC002")
    body = {"kind": "order_correction", "description": "责令限期改正"}
    ok(await visit.post(service.inspector("LYJC001"), "follow-ups", body), 201)
    check = (await visit.detail())["checks"][0]
    ok(await visit.record(service.inspector("LYJC001"), check, "5", mitigation="自称已补办"))
    late = refused(await visit.post(service.inspector("LYJC001"), "submit"), 422, "incomplete")
    assert {fault["code"] for fault in late["faults"]} == {"signature_outdated"}
    await visit.sign("LYJC001", "LYJC002")
    ok(await visit.post(service.inspector("LYJC001"), "submit"))
    record = ok(await service.reviewer.get(f"{visit.url}/records/1"))
    assert [one["mitigation"] for one in record["checks"]] == ["自称已补办"]
    page = (await service.reviewer.get(f"{visit.url}/record")).text
    assert "从轻、减轻或者不予处罚情节：自称已补办" in page


async def test_follow_ups_are_listed_by_the_day_on_which_they_are_due(service: Service, visit: Visit) -> None:
    await visit.start()
    own = service.inspector("LYJC001")
    body = {"kind": "order_correction", "description": "责令七日内改正"}
    ids = {}
    for days in (7, 30, None):
        due = {"due_on": str(today() + timedelta(days=days))} if days else {}
        ids[days] = ok(await visit.post(own, "follow-ups", body | due), 201)["id"]
    for days, expected in ((6, []), (7, [ids[7]]), (30, [ids[7], ids[30]])):
        path = f"{BASE}/follow-ups?visit_id={visit.id}&due={today() + timedelta(days=days)}"
        assert [one["id"] for one in ok(await own.get(path))["items"]] == expected


async def test_no_follow_up_closes_itself_with_its_reason(service: Service, visit: Visit) -> None:
    await visit.start()
    body = {"kind": "none", "description": "轻微问题当场改正"}
    row = ok(await visit.post(service.inspector("LYJC001"), "follow-ups", body), 201)
    assert (row["closed_on"], row["outcome"]) == (str(today()), "轻微问题当场改正")
    [event] = await service.emitted(FollowUpClosed, visit.id)
    assert event["kind"] == "none"


async def test_the_printed_form_has_every_field_of_the_annex_and_escapes_what_people_wrote(
    service: Service, visit: Visit
) -> None:
    draft = (await service.reviewer.get(f"{visit.url}/record")).text
    assert "草稿，未提交" in draft
    await visit.start()
    await visit.record_all(opinion="<b>无</b>")
    await visit.sign("LYJC001", "LYJC002")
    submitted = ok(await visit.post(service.inspector("LYJC001"), "submit"))
    response = await service.reviewer.get(f"{visit.url}/record")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    page = response.text
    fields = [
        *("执法检查人员", "姓名", "单位", "执法证号", "检查对象", "名称", "统一社会信用代码/注册号"),
        *("法定代表人/负责人", "地址", "检查单位", "检查事项", "检查结果", "处理意见", "备注"),
        *("检查对象（签字/盖章）", "执法检查人员（签字/盖章）"),
    ]
    legend = ["1. 未发现问题", "7. 未发现本次抽查涉及的经营活动", "10. 不合格"]
    for words in [*fields, *legend, "豫CLYJC002", "张三", submitted["record"]["sha256"]]:
        assert words in page, words
    assert "&lt;b&gt;无&lt;/b&gt;" in page and "<b>无" not in page
    assert "草稿" not in page
    refused(await service.reviewer.get(f"{visit.url}/record?version=9"), 404, "not_found")


async def test_a_sealed_record_that_was_changed_in_the_store_is_not_shown(
    service: Service, visit: Visit
) -> None:
    sha256 = (await visit.submitted())["record"]["sha256"]
    folder = service.runtime.settings.files_url.removeprefix("file://")
    _damage(Path(f"{folder}/sha256/{sha256[:2]}/{sha256[2:4]}/{sha256}"))
    body = refused(await service.reviewer.get(f"{visit.url}/record"), 422, "invalid")
    assert "损坏" in body["detail"]


def _damage(stored: Path) -> None:
    stored.write_bytes(b"[" + stored.read_bytes()[1:])


async def test_the_history_names_every_deed_its_actor_and_its_order(service: Service, visit: Visit) -> None:
    await visit.closed()
    history = ok(await service.reviewer.get(f"{visit.url}/history"))
    deeds = [(one["action"], one["actor"]) for one in history["deeds"]]
    assert deeds == [
        ("visit.start", "LYJC001"),
        ("check.record", "LYJC001"),
        ("visit.sign", "LYJC001"),
        ("visit.sign", "LYJC002"),
        ("visit.sign", "LYJC001"),
        ("visit.submit", "LYJC001"),
        ("visit.approve", "reviewer"),
    ]
    assert history["deeds"][1]["after"]["results"] == {"LY-HR-01": "1", "LY-HR-02": "1"}


async def test_statistics_count_visits_by_state_and_results_of_what_is_closed(service: Service) -> None:
    round_ = DrawnRound({"HR": [object_id(n) for n in range(31, 36)]})
    visits = list((await service.drawn(round_)).values())
    await visits[0].closed()
    await visits[1].closed("5")
    await visits[2].submitted()
    await visits[3].start()
    found = ok(await service.reviewer.get(f"{BASE}/statistics?round_id={round_.round_id}"))
    assert found == {
        "to_inspect": 5,
        "waiting": 1,
        "recording": 1,
        "submitted": 1,
        "closed": 2,
        "cancelled": 0,
        "code_set": "rz-2022",
        "results": {"1": 2, "5": 2},
        "follow_ups": 1,
        "follow_ups_closed": 0,
    }
    path = f"{BASE}/statistics?round_id={round_.round_id}&code_set="
    older = ok(await service.reviewer.get(f"{path}gs-2015"))
    assert (older["code_set"], older["results"]) == ("gs-2015", {"1": 2, "7": 2})
    assert (await service.reviewer.get(f"{path}no-2000")).status_code == 422
