"""实施检查: rows E1–E18 of the features that the platform carries out, each through the gateway alone."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
import rfc8785
from conformance.fieldwork import drawn_fieldwork, ok, one_more_round, problem
from suicha_local.demo.client import china_today, wait_for

pytestmark = pytest.mark.slow

RESULT_LEGEND = (
    "1. 未发现问题", "2. 未按规定公示应当公示的信息", "3. 公示信息隐瞒真实情况", "4. 通过登记的住所",
    "5. 发现问题已责令整改", "6. 不配合检查情节严重", "7. 未发现本次抽查涉及的经营活动",
    "8. 发现问题待后续处理", "9. 合格", "10. 不合格",
)  # fmt: skip


@pytest.fixture(scope="module")
def work(running, season):
    """Drawn visits that no other test touches."""
    return drawn_fieldwork(running.home, running.gateway)


def _missing(visit):
    return {(one["code"], one["where"]) for one in visit.detail()["missing"]}


def _codes(visit):
    return {code for code, _ in _missing(visit)}


def test_e1_a_visit_is_made_on_site_in_writing_or_by_network_and_only_the_first_needs_the_firms_signature(
    work,
):
    printed = {"onsite": "实地核查", "written": "书面检查", "network": "网络监测"}
    for mode, words in printed.items():
        visit = work.take("joint")
        problem(visit.start(mode="telepathy"), 422, "invalid")
        assert ok(visit.start(mode=mode))["state"] == "started"
        visit.record_all()
        visit.sign(representative=False)
        assert visit.detail()["mode"] == mode
        if mode == "onsite":
            assert _codes(visit) == {"representative_signature_missing"}
        else:
            assert ok(visit.submit())["state"] == "submitted"
        assert words in work.people.ask("reviewer", "GET", f"{visit.path}/record").text


def test_e2_the_finding_of_another_authority_or_an_expert_body_is_used_with_its_source_and_document(work):
    visit = work.take()
    ok(visit.start())
    [check] = visit.detail()["checks"]
    item = check["items"][0]
    where = {"check_id": check["id"], "item_code": item["code"]}
    tax = visit.evidence(b"tax finding", name="税务检查结论.pdf", source="洛阳市税务局", **where)
    audit = visit.evidence(b"audit report", name="审计报告.pdf", source="洛阳示范会计师事务所")
    own = visit.evidence()
    problem(visit.do("evidence", {"upload_sha256": "e" * 64, "name": "空口无凭.pdf", "source": "洛阳市税务局",
                                  "media_type": "application/pdf", "taken_at": datetime.now(UTC).isoformat()}),
            422, "invalid")  # fmt: skip
    visit.record_all()
    visit.sign()
    ok(visit.submit())
    record = work.people.get("reviewer", f"{visit.path}/records/1")
    kept = {one["id"]: (one["source"], one["name"], one["item_code"]) for one in record["evidence"]}
    assert kept == {
        tax["id"]: ("洛阳市税务局", "税务检查结论.pdf", item["code"]),
        audit["id"]: ("洛阳示范会计师事务所", "审计报告.pdf", None),
        own["id"]: ("", own["name"], None),
    }
    document = work.people.ask("reviewer", "GET", f"{visit.path}/evidence/{audit['id']}")
    assert document.content == b"audit report"
    page = work.people.ask("reviewer", "GET", f"{visit.path}/record").text
    assert "采用洛阳市税务局的结论：税务检查结论.pdf" in page
    assert "采用洛阳示范会计师事务所的结论：审计报告.pdf" in page


def test_e3_at_least_two_drawn_inspectors_are_present_and_show_their_licences(work):
    visit = work.take()
    first, second = visit.team
    alternate = next(one["id"] for one in visit.detail()["team"] if one["kind"] == "alternate")
    small = problem(visit.start(present=[first]), 422, "too_few_present")
    assert "到场 1 人，至少 2 人" in small["detail"]
    problem(visit.start(present=[first, first]), 422, "too_few_present")
    problem(visit.start(present=[first, second, alternate]), 403, "not_on_team")
    problem(visit.start(licences_shown=False), 422, "licence_not_shown")
    problem(visit.start(at=(datetime.now(UTC) + timedelta(days=1)).isoformat()), 422, "invalid")
    assert visit.detail()["state"] == "assigned"
    at = (datetime.now(UTC) - timedelta(minutes=3)).replace(microsecond=0)
    ok(visit.start(at=at.isoformat()))
    detail = visit.detail()
    assert datetime.fromisoformat(detail["started_at"]) == at
    present = [one for one in detail["team"] if one["present"]]
    assert {one["id"] for one in present} == {first, second}
    for one in present:
        assert one["name"] and one["licence_no"].startswith("豫C")
        assert one["licence_until"] > china_today().isoformat()


def test_e3_in_a_joint_visit_every_department_sends_its_full_team(work):
    visit = work.take("joint")
    own, other = visit.crews.values()
    assert len(own) == len(other) == 2
    refused = problem(visit.start(present=[own[0], *other]), 422, "too_few_present")
    assert len(refused["faults"]) == 1 and "到场 1 人，至少 2 人" in refused["detail"]
    assert ok(visit.start())["state"] == "started"


def test_e4_every_item_shows_its_content_its_basis_and_the_key_points_of_its_form(work):
    visit = work.take("joint")
    people = work.people
    items = {
        one["code"]: one for one in people.gateway.sign_in("reg-admin").pages("/registry/v1/items", limit=200)
    }
    for check in visit.detail(visit.leader)["checks"]:
        [shown] = check["items"]
        known = items[shown["code"]]
        assert (shown["name"], shown["content"]) == (known["name"], known["content"]) and shown["content"]
        assert shown["legal_basis"] and all("《" in one for one in shown["legal_basis"])
        form = shown["form"]
        assert form["code"] == known["form_code"] and form["version"] >= 1
        keys = [question["key"] for question in form["questions"]]
        assert sorted(form["json_schema"]["properties"]) == sorted(keys)
        points = [one["guidance"] or one["legal_article"] for one in form["questions"]]
        assert any(points) and all(one["text"] for one in form["questions"])


def test_e6_the_record_form_is_that_of_annex_2_with_all_ten_result_codes(work):
    visit = work.take("joint")
    ok(visit.start())
    checks = visit.detail()["checks"]
    ok(
        visit.record(
            checks[0], visit.entry(checks[0], "5", opinion="责令限期改正", remark="当场责令停止违法行为")
        )
    )
    ok(visit.record(checks[1], visit.entry(checks[1], "9")))
    ok(
        visit.record(
            checks[1], visit.entry(checks[1], "10", opinion="不合格"), version=checks[1]["version"] + 1
        )
    )
    visit.follow_up()
    visit.sign()
    ok(visit.submit())
    detail = visit.detail()
    page = work.people.ask("reviewer", "GET", f"{visit.path}/record").text
    text = re.sub(r"\s+", "", re.sub(r"<[^>]+>", " ", page))
    for label in ("执法检查人员", "姓名", "单位", "执法证号", "检查对象", "名称", "统一社会信用代码/注册号",
                  "法定代表人/负责人", "地址", "检查单位", "检查事项", "检查结果", "处理意见", "备注",
                  "检查对象（签字/盖章）", "执法检查人员（签字/盖章）"):  # fmt: skip
        assert label in text, label
    for line in RESULT_LEGEND:
        assert line.replace(" ", "") in text, line
    firm = detail["object"]
    for value in (firm["name"], firm["credit_code"], firm["address"], "责令限期改正", "当场责令停止违法行为"):
        assert value in text, value
    for one in (one for one in detail["team"] if one["present"]):
        assert one["name"] in text and one["licence_no"] in text and one["department"] in text
    results = re.findall(r'<td class="number">(\d+)</td>', page)
    assert results == ["5", "10"]
    first = detail["checks"][0]
    bad = visit.entry(first)
    bad["items"][0]["result"] = "11"
    problem(visit.record(first, bad), 422, "invalid")


def test_e7_nothing_that_was_not_answered_counts_as_compliant(work):
    visit = work.take("joint")
    ok(visit.start())
    named = _missing(visit)
    for check in visit.detail()["checks"]:
        for item in check["items"]:
            where = f"checks.{check['id']}.items.{item['code']}"
            assert item["result"] is None and item["answers"] == {}
            assert ("result_missing", f"{where}.result") in named
            for question in item["form"]["questions"]:
                expected = ("answer_missing", f"{where}.answers.{question['key']}") in named
                assert expected is question["required"], question["key"]
    refused = problem(visit.submit(), 422, "incomplete")
    assert {(one["code"], one["where"]) for one in refused["faults"]} == named
    assert all(re.search("[\u4e00-\u9fff]", one["message"]) for one in refused["faults"])
    first, second = visit.detail()["checks"]
    ok(visit.record(first, visit.entry(first)))
    assert {one for one in _missing(visit) if first["id"] in one[1]} == set()
    assert any(second["id"] in where for _, where in _missing(visit))
    gap = visit.entry(second)
    dropped = next(one["key"] for one in second["items"][0]["form"]["questions"] if one["required"])
    del gap["items"][0]["answers"][dropped]
    ok(visit.record(second, gap))
    visit.sign()
    assert _missing(visit) == {
        ("answer_missing", f"checks.{second['id']}.items.{second['items'][0]['code']}.answers.{dropped}")
    }
    problem(visit.submit(), 422, "incomplete")
    assert visit.detail()["state"] == "started"


def test_e8_a_representative_signs_seals_refuses_or_is_absent_and_without_a_signature_a_witness_is_named(
    work,
):
    representative = {"role": "representative"}
    for state in ("signed", "sealed", "refused", "absent"):
        visit = work.take()
        ok(visit.start())
        visit.record_all()
        visit.sign(representative=False)
        if state in {"signed", "sealed"}:
            problem(visit.do("signatures", representative | {"state": state}), 422, "invalid")
            ok(visit.do("signatures", representative | {"state": state, "name": "示范负责人"}))
        else:
            problem(visit.do("signatures", representative | {"state": state}), 422, "invalid")
            ok(visit.do("signatures", representative | {"state": state, "reason": "负责人未在场且无授权人"}))
            assert _codes(visit) == {"witness_missing"}
            problem(visit.submit(), 422, "incomplete")
            ok(visit.do("signatures", {"role": "witness", "state": "signed", "name": "示范社区见证人"}))
        assert ok(visit.submit())["state"] == "submitted"
        shown = {one["role"]: one for one in visit.detail()["signatures"] if one["role"] != "officer"}
        assert shown["representative"]["state"] == state
        assert (shown["representative"]["reason"] != "") is ("witness" in shown)


def test_e8_both_officers_sign_for_themselves_and_a_later_change_voids_every_signature(work):
    visit = work.take()
    ok(visit.start())
    visit.record_all()
    ok(visit.do("signatures", {"role": "officer", "state": "signed"}))
    ok(visit.do("signatures", {"role": "officer", "state": "signed", "name": "冒名"}))
    own = next(one["name"] for one in visit.detail()["team"] if one["id"] == visit.team[0])
    assert {one["name"] for one in visit.detail()["signatures"]} == {own}
    assert "officer_signature_missing" in _codes(visit)
    visit.sign()
    assert _codes(visit) == set()
    [check] = visit.detail()["checks"]
    ok(visit.record(check, visit.entry(check, remark="签字后又改")))
    assert _codes(visit) == {"signature_outdated"}
    refused = problem(visit.submit(), 422, "incomplete")
    assert len(refused["faults"]) == 3
    visit.sign()
    assert ok(visit.submit())["state"] == "submitted"


def test_e9_evidence_and_the_sealed_record_are_kept_by_hash_and_nothing_sealed_can_be_edited(work):
    visit = work.take()
    people = work.people
    ok(visit.start())
    content = b"full-process recording " + visit.id.encode()
    wrong = hashlib.sha256(b"other").hexdigest()
    problem(
        people.ask(visit.leader, "PUT", f"/inspection/v1/uploads/{wrong}", content=content), 422, "invalid"
    )
    problem(
        visit.do("evidence", {"upload_sha256": "f" * 64, "name": "无", "media_type": "video/mp4",
                              "taken_at": datetime.now(UTC).isoformat()}), 422, "invalid",
    )  # fmt: skip
    stored = visit.evidence(content)
    assert stored["sha256"] == hashlib.sha256(content).hexdigest() and stored["size"] == len(content)
    back = people.ask("reviewer", "GET", f"{visit.path}/evidence/{stored['id']}")
    assert back.content == content and back.headers["content-disposition"].startswith("attachment")
    visit.record_all()
    visit.sign()
    sealed = ok(visit.submit())["record"]
    record = people.get("reviewer", f"{visit.path}/records/1")
    assert hashlib.sha256(rfc8785.dumps(record)).hexdigest() == sealed["sha256"]
    assert [one["sha256"] for one in record["evidence"]] == [stored["sha256"]]
    [check] = visit.detail()["checks"]
    for late in (
        visit.record(check, visit.entry(check, "5")),
        visit.do("signatures", {"role": "officer", "state": "signed"}),
        visit.do("evidence", {"upload_sha256": stored["sha256"], "name": "补", "media_type": "video/mp4",
                              "taken_at": datetime.now(UTC).isoformat()}),
        visit.submit(),
    ):  # fmt: skip
        assert problem(late, 409, "wrong_state")["state"] == "submitted"
    assert people.get("reviewer", f"{visit.path}/records/1") == record


def test_e10_every_deed_names_who_when_and_what_before_and_after_in_an_unbroken_chain(work):
    visit = work.take().closed()
    people = work.people
    deeds = people.get("reviewer", f"{visit.path}/history")["deeds"]
    actions = [one["action"] for one in deeds]
    assert actions[0] == "visit.start" and actions[-2:] == ["visit.submit", "visit.approve"]
    assert actions.count("visit.sign") == 3
    written = next(one for one in deeds if one["action"] == "check.record")
    assert written["actor"] == visit.leader
    assert set(written["before"]["results"].values()) == {None}
    assert set(written["after"]["results"].values()) == {"1"}
    assert deeds[-1]["actor"] == "reviewer" and deeds[-1]["reason"] == "同意"
    times = [datetime.fromisoformat(one["at"]) for one in deeds]
    assert times == sorted(times) and times[-1] <= datetime.now(UTC)
    trail = people.get("auditor", f"/inspection/v1/audit?object_id={visit.id}")["items"]
    assert [one["action"] for one in trail] == actions
    assert people.get("auditor", "/inspection/v1/audit/check")["intact"] is True
    problem(people.ask("reviewer", "GET", "/inspection/v1/audit"), 403, "forbidden")


def test_e11_severe_non_cooperation_is_one_of_four_kinds_and_rests_on_evidence(work):
    visit = work.take()
    ok(visit.start())
    body = {"kind": 1, "description": "拒绝检查人员进入场所", "evidence": [str(uuid4())]}
    problem(visit.do("non-cooperation", body), 422, "evidence_required")
    problem(visit.do("non-cooperation", body | {"evidence": []}), 422, "invalid")
    proof = visit.evidence()["id"]
    problem(visit.do("non-cooperation", body | {"kind": 5, "evidence": [proof]}), 422, "invalid")
    visit.record_all("6")
    visit.follow_up()
    assert {"non_cooperation_missing"} <= _codes(visit)
    for kind in (1, 2, 3, 4):
        ok(visit.do("non-cooperation", body | {"kind": kind, "evidence": [proof]}))
    visit.sign()
    ok(visit.submit())
    assert [one["kind"] for one in visit.detail()["non_cooperations"]] == [1, 2, 3, 4]
    page = work.people.ask("reviewer", "GET", f"{visit.path}/record").text
    for words in ("进入被检查场所", "拒绝提供相关情况", "不如实或不按要求", "其他阻挠"):
        assert words in page


def test_e12_a_draft_kept_without_a_network_arrives_once_and_never_overwrites_a_newer_one(work):
    visit = work.take()
    people = work.people
    ok(visit.start())
    [check] = visit.detail()["checks"]
    draft = visit.entry(check, None, remark="现场草稿")
    draft["items"][0]["answers"] = {}
    headers = {"If-Match": f'"{check["version"]}"', "Idempotency-Key": uuid4().hex}
    path = f"{visit.path}/checks/{check['id']}"
    first = people.ask(visit.leader, "PUT", path, draft, **headers)
    again = people.ask(visit.leader, "PUT", path, draft, **headers)
    assert ok(first) == ok(again) and first.json()["version"] == check["version"] + 1
    written = [
        one
        for one in people.get("reviewer", f"{visit.path}/history")["deeds"]
        if one["action"] == "check.record"
    ]
    assert len(written) == 1
    colleague = f"inspector:{visit.team[1]}"
    problem(visit.record(check, visit.entry(check), colleague), 412, "stale_version")
    problem(people.ask(colleague, "PUT", path, visit.entry(check)), 428, "if_match_required")
    [kept] = visit.detail()["checks"]
    assert (kept["remark"], kept["items"][0]["result"]) == ("现场草稿", None)
    evidence = b"photo taken in a cellar"
    assert visit.evidence(evidence)["sha256"] == visit.evidence(evidence)["sha256"]


def test_e15_a_visit_keeps_to_its_time_and_items_and_every_deviation_gives_a_reason(work):
    visit = work.take()
    people = work.people
    detail = visit.detail()
    late = (china_today() + timedelta(days=45)).isoformat()
    assert detail["inspect_to"] < late

    def schedule(**body) -> httpx.Response:
        tag = f'"{visit.detail()["version"]}"'
        return people.ask(visit.leader, "PUT", f"{visit.path}/schedule", body, **{"If-Match": tag})

    refused = problem(schedule(planned_on=late), 422, "outside_window")
    assert detail["inspect_from"] in refused["detail"] and detail["inspect_to"] in refused["detail"]
    assert ok(schedule(planned_on=late, deviation_reason="企业停业装修"))["planned_on"] == late
    ok(schedule(planned_on=detail["inspect_from"]))
    early = {"at": (datetime.now(UTC) - timedelta(days=9)).isoformat()}
    problem(visit.start(**early), 422, "outside_window")
    ok(visit.start(**early, deviation_reason="应企业申请提前检查"))
    assert visit.detail()["deviation_reason"] == "应企业申请提前检查"
    [check] = visit.detail()["checks"]
    entry = visit.entry(check)
    other = entry["items"][0] | {"item_code": "RZ-JC-01"}
    refused = problem(
        visit.record(check, entry | {"items": [*entry["items"], other]}), 422, "invalid_answers"
    )
    assert [one["code"] for one in refused["faults"]] == ["unknown_item"]
    entry["items"][0]["answers"]["extra"] = "另查一项"
    refused = problem(visit.record(check, entry), 422, "invalid_answers")
    assert [one["code"] for one in refused["faults"]] == ["unknown_question"]
    assert "应企业申请提前检查" in people.ask("reviewer", "GET", f"{visit.path}/record").text


def test_e15_no_visit_of_a_draw_that_two_people_voided_is_carried_out(work):
    people = work.people
    row, visit = one_more_round(people)
    path = f"/draw/v1/rounds/{row['id']}/void"
    ok(visit.start())
    asked = people.post(
        "operator", path,
        {"code": "list_wrong", "reason": "名录遗漏检查对象", "evidence": hashlib.sha256(b"memo").hexdigest()},
    )["void_request"]  # fmt: skip
    read = {"content_hash": asked["content_hash"]}
    problem(people.ask("operator", "POST", f"{path}/confirm", read), 403, "same_person")
    assert visit.detail()["state"] == "started"
    people.post("legal", f"{path}/confirm", read)
    wait_for("作废的消息到达检查", lambda: visit.detail()["state"] == "cancelled")
    assert visit.detail()["cancel_reason"] == "名录遗漏检查对象"
    [check] = visit.detail()["checks"]
    for deed in (visit.record(check, visit.entry(check)), visit.submit(), visit.start()):
        assert problem(deed, 409, "wrong_state")["state"] == "cancelled"
    figures = people.get("reviewer", f"/inspection/v1/statistics?round_id={row['id']}")
    assert (figures["to_inspect"], figures["cancelled"]) == (0, 1)
    last = people.get("reviewer", f"{visit.path}/history")["deeds"][-1]
    assert (last["action"], last["reason"]) == ("visit.void", "名录遗漏检查对象")


def test_e17_the_form_library_holds_every_check_of_the_policies_with_its_article(work):
    people = work.people
    forms = {
        one["code"]: one for one in people.gateway.sign_in("reg-admin").pages("/registry/v1/forms", limit=200)
    }
    agency = {one["text"]: one for one in forms["S4-3"]["questions"]}

    def cited(question):
        return re.search("》第[一二三四五六七八九十百]+条", question["legal_article"])

    for words in ("未经许可或备案", "互联网招聘", "不实就业协议", "审查信息义务", "性别歧视", "哄抬或操纵",
                  "身份证和其他证件", "非法向劳动者收取财物", "不满16周岁", "人事档案", "档案管理费用", "虚假招工",
                  "传销", "强迫劳动", "乙肝五项", "以招工为名"):  # fmt: skip
        found = [one for text, one in agency.items() if words in text]
        assert found, words
        assert all(cited(one) or "条款待法制机构核对" in one["guidance"] for one in found), words
        assert all(one["evidence_required_if"] == ["是"] for one in found), words
    checks = [one for one in agency.values() if one["evidence_required_if"]]
    assert sorted(one["key"] for one in checks if not cited(one)) == ["files_fee", "files_unauthorised"]
    insurance = forms["S4-3S"]["questions"]
    assert any("骗取" in one["text"] and one["legal_article"] for one in insurance)
    visit = work.take("joint")
    asked = {
        q["text"]
        for check in visit.detail()["checks"]
        for item in check["items"]
        for q in item["form"]["questions"]
    }
    assert set(agency) <= asked
    ok(visit.start())
    check = next(one for one in visit.detail()["checks"] if one["items"][0]["form"]["code"] == "S4-3")
    entry = visit.entry(check, "8")
    entry["items"][0]["answers"]["child_labour"] = "是"
    ok(visit.record(check, entry))
    where = f"checks.{check['id']}.items.RZ-HR-01.evidence.child_labour"
    assert ("evidence_missing", where) in _missing(visit)
    visit.evidence(check_id=check["id"], question_key="child_labour")
    assert ("evidence_missing", where) not in _missing(visit)
