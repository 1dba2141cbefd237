"""结果、公示、后续处理: rows X1–X21 of the features that the platform carries out, each through the gateway alone."""

import json
import re
from datetime import date, timedelta

import httpx
import pytest
from conformance.fieldwork import (
    THIRTY_DAYS,
    drawn_fieldwork,
    finished,
    frozen_round,
    ok,
    problem,
    publish_rules,
)
from suicha_local.demo.client import china_today, wait_for
from suicha_local.demo.disclosing import Outside

pytestmark = pytest.mark.slow

COLUMNS = {
    "plan_number", "plan_name", "task_number", "task_name", "draw_type", "authority", "object_name",
    "object_code", "finished_on", "result", "remark",
}  # fmt: skip
FOR_PROGRAMS = {"code_set", "result_codes", "withheld"}


@pytest.fixture(scope="module")
def work(running, season):
    """Drawn visits that no other test touches."""
    return drawn_fieldwork(running.home, running.gateway)


@pytest.fixture(scope="module")
def outside(running):
    """The two receivers, which are not ours."""
    return Outside(running.home)


@pytest.fixture(scope="module")
def site(running):
    """The public website as a visitor sees it."""
    with httpx.Client(base_url=running.home.site) as visitor:
        yield visitor


def _published(visit):
    """Release the result of a closed visit; return its disclosure and what everyone can read."""
    found = visit.disclosure()
    ok(visit.release(found["id"]))
    return found, visit.public(found["id"])


def _credit(work, record_id):
    """Return what the simulated credit platform holds of a record."""
    answer = httpx.get(
        f"{work.home.sandbox}/credit/v1/records/{record_id}",
        headers={"Authorization": f"Bearer {work.home.secrets['credit']}"},
    )
    answer.raise_for_status()
    return answer.json()


def _correct(visit, result, reason="复核发现结果编号填写有误"):
    [check] = visit.detail()["checks"]
    items = [{"item_code": check["items"][0]["code"], "result": result}]
    return visit.do(
        "correct", {"reason": reason, "checks": [{"check_id": check["id"], "items": items}]}, "reviewer"
    )


def test_x1_who_inspects_enters_and_the_bureau_that_inspected_publishes(work):
    visit = work.take("joint")
    ok(visit.start())
    checks = {one["crew"]: one for one in visit.detail()["checks"]}
    (own, mine), (other, theirs) = visit.crews.items()
    stranger = next(one["id"] for one in visit.detail()["team"] if one["kind"] == "alternate")
    entry = visit.entry(checks[own])
    problem(visit.record(checks[own], entry, f"inspector:{theirs[0]}"), 403, "not_on_team")
    problem(visit.record(checks[own], entry, f"inspector:{stranger}"), 404, "not_found")
    for user in ("reviewer", "operator", "publisher", "planner", "legal"):
        problem(visit.record(checks[own], entry, user), 403, "forbidden")
    assert {one["edited_by"] for one in visit.detail()["checks"]} == {""}
    for crew, officers in visit.crews.items():
        check = checks[crew]
        ok(visit.record(check, visit.entry(check), f"inspector:{officers[1]}"))
    edited = {one["crew"]: one["edited_by"] for one in visit.detail()["checks"]}
    assert edited == {own: f"inspector:{mine[1]}", other: f"inspector:{theirs[1]}"}
    visit.sign()
    ok(visit.submit())
    visit.approve()
    found = visit.disclosure()
    path = f"/disclosure/v1/disclosures/{found['id']}"
    problem(work.people.ask("rz-publisher", "POST", f"{path}/release", {}), 404, "not_found")
    for user in ("reviewer", visit.leader, "operator"):
        problem(work.people.ask(user, "POST", f"{path}/release", {}), 403, "forbidden")
    assert visit.look(found["id"])["state"] == "pending"
    ok(visit.release(found["id"]))
    assert visit.look(found["id"])["released_by"] == "publisher"


def test_x2_a_second_person_audits_the_record_before_a_third_publishes_it(work):
    visit = work.take()
    ok(visit.start())
    visit.record_all()
    visit.sign()
    problem(visit.do("review", {"decision": "approve"}, "reviewer"), 409, "wrong_state")
    ok(visit.submit())
    for user in (visit.leader, "publisher", "operator"):
        problem(visit.do("review", {"decision": "approve"}, user), 403, "forbidden")
    problem(visit.do("review", {"decision": "return"}, "reviewer"), 422, "invalid")
    assert (
        ok(visit.do("review", {"decision": "return", "comment": "请补充备注"}, "reviewer"))["state"]
        == "started"
    )
    assert visit.detail()["review_comment"] == "请补充备注"
    visit.record_all(remark="已补充")
    visit.sign()
    assert ok(visit.submit())["record"]["version"] == 2
    round_id = visit.detail()["round_id"]
    known = work.people.gateway.sign_in("publisher").pages(
        "/disclosure/v1/disclosures", round_id=round_id, limit=200
    )
    assert visit.id not in {one["visit_id"] for one in known}
    visit.approve()
    found, public = _published(visit)
    assert public["current"]["lines"][0]["remark"] == "已补充"
    history = work.people.get("reviewer", f"{visit.path}/history")
    actors = {one["action"]: one["actor"] for one in history["deeds"]}
    assert {actors["visit.submit"], actors["visit.approve"], visit.look(found["id"])["released_by"]} == {
        visit.leader, "reviewer", "publisher",
    }  # fmt: skip


def _after_working_days(people, day: date, count: int) -> tuple[date, bool]:
    """Count working days by the published calendars; say whether a year had none and weekdays stood in."""
    years = {one["year"]: one for one in people.get("reg-admin", "/registry/v1/calendars")}
    guessed = False
    while count:
        day += timedelta(days=1)
        official = years.get(day.year)
        guessed = guessed or official is None
        works = day.weekday() < 5
        if official is not None:
            works = day.isoformat() in official["workdays"] or (
                works and day.isoformat() not in official["holidays"]
            )
        count -= works
    return day, guessed


def test_x3_the_deadline_counts_twenty_working_days_of_the_official_calendar(work):
    for days_ago in (0, 60, 290):  # today, and days before 国庆 and 春节 when the season ends the year
        day = china_today() - timedelta(days=days_ago)
        visit = work.take().closed(on=day)
        found = visit.disclosure()
        due, guessed = _after_working_days(work.people, day, 20)
        shown = found["deadline"]
        assert (shown["due_on"], shown["provisional"]) == (due.isoformat(), guessed)
        assert (shown["kind"], shown["days"], shown["clause"]) == ("working_days", 20, "第十四条")
        assert "20 个工作日" in shown["quote"] and "第十四条" in shown["explanation"]


def test_x3_thirty_days_are_calendar_days_where_the_ruleset_says_so(work):
    visit = work.take("shop").closed()
    found = visit.disclosure()
    assert found["ruleset_id"] == THIRTY_DAYS
    assert found["deadline"]["kind"] == "calendar_days"
    assert found["due_on"] == (china_today() + timedelta(days=30)).isoformat()
    assert found["provisional"] is False and "自然日" in found["deadline"]["explanation"]


def test_x3_a_deadline_in_a_year_without_calendar_is_provisional_and_says_so(work):
    today = china_today()
    published = {one["year"] for one in work.people.get("reg-admin", "/registry/v1/calendars")}
    assert {today.year - 1, today.year} <= published and today.year + 1 not in published
    due, guessed = _after_working_days(work.people, today, 270)
    assert due.year > today.year and guessed
    found = work.take("long").closed().disclosure()
    assert (found["due_on"], found["provisional"]) == (due.isoformat(), True)
    assert "暂按星期推算" in found["deadline"]["explanation"]

    past = today - timedelta(days=60)  # its twenty working days end before today, in years with a calendar
    sure = work.take().closed(on=past).disclosure()
    due, _ = _after_working_days(work.people, past, 20)
    assert (sure["due_on"], sure["provisional"]) == (due.isoformat(), False)
    assert "暂按星期推算" not in sure["deadline"]["explanation"]


def test_a_draw_and_an_inspection_keep_the_version_of_the_ruleset_that_they_began_under(work):
    people, rules = work.people, "410300-conf-kept"
    old = publish_rules(people.gateway, rules, ("working_days", 20))
    frozen = frozen_round(people, rules)
    new = publish_rules(people.gateway, rules, ("calendar_days", 7), version="2022.2", least_team=3)
    content = {"year": china_today().year, "ruleset_id": rules}

    def known():
        plan = people.post("planner", "/draw/v1/plans", content)
        return plan if plan["ruleset_version"] == "2022.2" else None

    wait_for("新版本到达抽取服务", known)

    # The new version first, up to its disclosure: every service knows it before the earlier draw goes on.
    due = china_today() + timedelta(days=7)
    _governed(*finished(people, frozen_round(people, rules, team=3)), new, team=3, due=due)
    due, _ = _after_working_days(people, china_today(), 20)
    _governed(*finished(people, frozen), old, team=2, due=due)


def _governed(row, visit, published, *, team, due):
    """Make sure that draw, inspection, record and disclosure all go by one published version."""
    ruleset = {name: published[name] for name in ("id", "version", "sha256")}
    manifest = visit.people.get("", f"/public/draws/{row['draw_id']}")[-1]["manifest"]
    assert manifest["ruleset"] == {
        "id": ruleset["id"],
        "version": ruleset["version"],
        "sha": ruleset["sha256"],
    }
    assert (row["ruleset_version"], row["ruleset_sha"]) == (ruleset["version"], ruleset["sha256"])
    assert len(visit.team) == team
    visit.closed()
    assert visit.people.get("reviewer", f"{visit.path}/records/1")["ruleset"] == ruleset
    found = visit.disclosure()
    assert (found["ruleset_id"], found["ruleset_version"]) == (ruleset["id"], ruleset["version"])
    assert found["due_on"] == due.isoformat()


def test_x4_whatever_is_not_public_after_its_deadline_is_on_the_overdue_list_until_it_is(work):
    long_ago = china_today() - timedelta(days=75)
    visit = work.take().closed(on=long_ago)
    found = visit.disclosure()
    publisher = work.people.gateway.sign_in("publisher")

    def overdue():
        return {one["id"] for one in publisher.pages("/disclosure/v1/overdue", limit=200)}

    assert found["overdue"] is True and found["id"] in overdue()
    round_id = found["round_id"]
    before = publisher.get("/disclosure/v1/statistics", round_id=round_id)
    assert before["overdue"] >= 1 and before["disclosed"] < before["due"]
    ok(visit.release(found["id"]))
    visit.public(found["id"])
    wait_for("全部渠道送达", lambda: visit.look(found["id"])["state"] == "disclosed")
    assert found["id"] not in overdue()
    after = publisher.get("/disclosure/v1/statistics", round_id=round_id)
    assert (after["late"], after["disclosed"]) == (before["late"] + 1, before["disclosed"] + 1)
    rate = after["disclosure_rate"]
    assert (rate["num"], rate["den"]) == (after["disclosed"], after["closed"])
    assert rate["bp"] == rate["num"] * 10_000 // rate["den"]


def test_x4_the_season_reaches_a_disclosure_rate_of_one_hundred_percent(season, running):
    figures = running.gateway.sign_in("publisher").get(
        "/disclosure/v1/statistics", round_id=season.drawn.round["id"]
    )
    assert figures["disclosure_rate"]["bp"] == 10_000 and figures["overdue"] == 0
    assert figures["disclosed"] == figures["closed"] == figures["due"] == season.drawn.objects


def test_x5_every_channel_gives_a_receipt_failures_are_tried_again_and_what_is_lost_is_found(work, outside):
    people = work.people
    waiting = "/disclosure/v1/deliveries?channel=credit-platform&state=waiting"
    wait_for("此前的推送送达", lambda: not people.get("publisher", waiting)["items"])
    outside.credit_behaves("fail", calls=2)
    visit = work.take().closed()
    found, _ = _published(visit)
    listed = people.get("publisher", f"/disclosure/v1/deliveries?disclosure_id={found['id']}")["items"]
    assert {one["channel"] for one in listed} == {"public-site", "credit-platform"}
    log = {}
    for one in listed:
        shown = people.get("publisher", f"/disclosure/v1/deliveries/{one['id']}")
        assert shown["state"] == "accepted" and shown["receipt"]
        log[one["channel"]] = [(push["number"], push["status"], push["verdict"]) for push in shown["log"]]
    assert len(log["public-site"]) == 1
    assert [status for _, status, _ in log["credit-platform"]] == [503, 503, 201]
    assert [number for number, _, _ in log["credit-platform"]] == [1, 2, 3]

    outside.credit_behaves("lie", calls=1)
    lost = work.take().closed()
    lied, _ = _published(lost)
    assert lied["id"] not in outside.credit_records() and found["id"] in outside.credit_records()
    asked = people.post("publisher", "/disclosure/v1/deliveries/reconcile", {"channels": ["credit-platform"]})
    [comparison] = asked["items"]

    def compared():
        rows = people.get("publisher", "/disclosure/v1/deliveries/reconciliations?channel=credit-platform")[
            "items"
        ]
        return next((one for one in rows if one["id"] == comparison["id"] and one["finished_at"]), None)

    result = wait_for("核对完成", compared)
    assert (result["missing"], result["unknown"], result["error"]) == (1, 0, "")
    wait_for("补推送达", lambda: lied["id"] in outside.credit_records())
    problem(
        people.ask("publisher", "POST", "/disclosure/v1/deliveries/reconcile", {"channels": ["fax"]}),
        422,
        "invalid",
    )


def test_x6_a_public_result_is_exactly_the_eleven_columns_everywhere(work, site):
    visit = work.take("joint").closed("9", remark="资料齐全")
    detail = visit.detail()
    found, public = _published(visit)
    current = public["current"]
    assert len(current["lines"]) == 2
    checks = {one["task_number"]: one for one in detail["checks"]}
    for line in current["lines"]:
        assert set(line) == COLUMNS | FOR_PROGRAMS
        check = checks[line["task_number"]]
        assert (line["plan_number"], line["plan_name"], line["task_name"]) == (
            check["plan_number"], check["plan_name"], check["task_name"],
        )  # fmt: skip
        assert (line["draw_type"], line["authority"]) == ("directed", detail["org_name"])
        assert (line["object_name"], line["object_code"]) == (
            detail["object"]["name"],
            detail["object"]["credit_code"],
        )
        assert (line["finished_on"], line["result"], line["remark"]) == (
            china_today().isoformat(),
            "合格",
            "资料齐全",
        )
        assert (line["code_set"], line["result_codes"]) == ("rz-2022", ["9"])
    page = site.get(f"/results/{found['id']}").text
    for words in (current["object_name"], current["object_code"], "合格", "资料齐全", detail["org_name"]):
        assert words in page
    public_text = json.dumps(public, ensure_ascii=False) + page
    for member in detail["team"]:
        assert member["name"] not in public_text and member["licence_no"] not in public_text
    problem(work.people.ask("", "GET", f"{visit.path}"), 401, "unauthenticated")


def test_x7_identity_numbers_telephones_names_of_individuals_and_secrets_do_not_become_public(work, site):
    remark = "负责人身份证 410302199001011234，电话 13800138000"
    visit = work.take().closed(remark=remark)
    found, public = _published(visit)
    shown = json.dumps(public, ensure_ascii=False) + site.get(f"/results/{found['id']}").text
    assert "410302199001011234" not in shown and "13800138000" not in shown
    assert found["lines"][0]["remark"] == remark
    [line] = found["lines"]
    secret = {"lines": [line["check_id"]], "reason": "涉及商业秘密"}
    path = f"/disclosure/v1/disclosures/{found['id']}/withhold"
    problem(work.people.ask("publisher", "POST", path, secret), 428, "if_match_required")
    tag = work.people.ask("publisher", "GET", f"/disclosure/v1/disclosures/{found['id']}").headers["etag"]
    unknown = secret | {"lines": [visit.id]}
    problem(work.people.ask("publisher", "POST", path, unknown, **{"If-Match": tag}), 422, "unknown_line")
    ok(work.people.ask("publisher", "POST", path, secret, **{"If-Match": tag}))
    [hidden] = visit.public(found["id"], 2)["current"]["lines"]
    assert hidden["withheld"] is True and hidden["result_codes"] == []
    assert hidden["result"] == "依法不予公开" and "涉及商业秘密" in hidden["remark"]

    shop = work.take("shop").closed(remark="店名与登记一致")
    name = shop.detail()["object"]["name"]
    found, public = _published(shop)
    masked = public["current"]["object_name"]
    assert masked != name and "*" in masked and masked[0] == name[0] and len(masked) == len(name)
    assert name not in json.dumps(public, ensure_ascii=False)
    assert name not in site.get(f"/results/{found['id']}").text
    assert name not in json.dumps(_credit(work, found["id"]), ensure_ascii=False)


def test_x8_a_wrong_result_is_corrected_in_public_at_once_and_both_versions_stay(work, site):
    visit = work.take().closed("7", remark="未开展业务")
    found, before = _published(visit)
    assert (
        before["current"]["lines"][0]["result"] == "未发现本次抽查涉及的经营活动" and before["earlier"] == []
    )
    problem(_correct(visit, "7"), 422, "nothing_corrected")
    problem(_correct(visit, "1", reason=""), 422, "invalid")
    ok(_correct(visit, "1"))
    after = visit.public(found["id"], 2)
    assert (after["current"]["version"], after["current"]["reason"]) == (2, "复核发现结果编号填写有误")
    assert after["current"]["lines"][0]["result"] == "未发现问题"
    assert after["earlier"] == [before["current"]]
    page = site.get(f"/results/{found['id']}").text
    assert "未发现本次抽查涉及的经营活动" in page and "复核发现结果编号填写有误" in page
    wait_for("信用平台收到更正", lambda: _credit(work, found["id"])["version"] == 2)
    withdraw = f"/disclosure/v1/disclosures/{found['id']}/withdraw"
    problem(work.people.ask("publisher", "POST", withdraw, {"reason": ""}), 422, "invalid")
    ok(work.people.ask("publisher", "POST", withdraw, {"reason": "检查对象登记错误"}))
    gone = visit.public(found["id"], 3)
    assert (gone["current"]["status"], gone["current"]["lines"]) == ("withdrawn", [])
    assert gone["current"]["reason"] == "检查对象登记错误" and len(gone["earlier"]) == 2
    problem(work.people.ask("publisher", "POST", withdraw, {"reason": "再次撤回"}), 409, "wrong_state")


def test_x9_where_the_ruleset_says_so_a_problem_is_handled_first_and_published_then(work):
    visit = work.take("shop").closed("5")
    found = visit.disclosure()
    assert (found["normal"], found["waits_for_handling"], found["due_on"]) == (False, True, None)
    problem(visit.release(found["id"]), 409, "handling_first")
    many = work.people.ask("publisher", "POST", "/disclosure/v1/disclosures/release", {"ids": [found["id"]]})
    assert [one["code"] for one in problem(many, 409, "not_releasable")["faults"]] == ["handling_first"]
    [open_one] = visit.detail()["follow_ups"]
    visit.finish_follow_up(open_one)
    wait_for("后续处理办结的消息", lambda: not visit.look(found["id"])["waits_for_handling"])
    ok(visit.release(found["id"]))
    line = visit.public(found["id"])["current"]["lines"][0]
    assert line["result"] == "发现问题已责令整改"

    plain = work.take().closed("5")
    other = plain.disclosure()
    assert other["waits_for_handling"] is False and other["due_on"]
    ok(plain.release(other["id"]))


def test_x10_a_disposal_is_recorded_closed_once_and_its_end_is_public(work, site):
    visit = work.take()
    ok(visit.start())
    visit.record_all("5")
    visit.sign()
    refused = problem(visit.submit(), 422, "incomplete")
    assert [one["code"] for one in refused["faults"]] == ["follow_up_missing"]
    disposal = visit.follow_up()
    ok(visit.submit())
    visit.approve()
    found, public = _published(visit)
    [shown] = public["current"]["follow_ups"]
    assert (shown["kind"], shown["text"], shown["closed"]) == ("order_correction", "责令改正", False)
    visit.finish_follow_up(disposal)
    close = f"/inspection/v1/follow-ups/{disposal['id']}/close"
    problem(work.people.ask("reviewer", "POST", close, {"outcome": "再办一次"}), 409, "wrong_state")
    [shown] = visit.public(found["id"], 2)["current"]["follow_ups"]
    assert (shown["closed"], shown["closed_on"]) == (True, china_today().isoformat())
    assert "责令改正" in site.get(f"/results/{found['id']}").text
    none = work.take()
    ok(none.start())
    closed = none.follow_up("none", description="当场改正，无需后续处置", due_on=None)
    assert closed["closed_on"] == china_today().isoformat() and closed["outcome"] == "当场改正，无需后续处置"


def test_x11_what_another_body_governs_is_notified_to_it_and_ends_with_its_receipt(work):
    visit = work.take()
    ok(visit.start())
    body = {"kind": "notify_other_body", "description": "涉嫌无照经营，抄告市场监管部门"}
    problem(visit.do("follow-ups", body), 422, "invalid")
    sent = visit.follow_up(**body, receiving_body="洛阳市市场监督管理局")
    listed = work.people.get("reviewer", f"/inspection/v1/follow-ups?visit_id={visit.id}")["items"]
    assert [(one["id"], one["receiving_body"]) for one in listed] == [(sent["id"], "洛阳市市场监督管理局")]
    close = f"/inspection/v1/follow-ups/{sent['id']}/close"
    problem(work.people.ask("reviewer", "POST", close, {"outcome": "对方已受理"}), 422, "invalid")
    answered = {"outcome": "对方已受理", "receipt_no": "洛市监收〔2026〕8号"}
    assert ok(work.people.ask("reviewer", "POST", close, answered))["receipt_no"] == "洛市监收〔2026〕8号"
    problem(work.people.ask("reviewer", "POST", close, answered), 409, "wrong_state")
    assert work.people.get("reviewer", f"/inspection/v1/follow-ups?visit_id={visit.id}")["items"] == []
    everything = work.people.get("reviewer", f"/inspection/v1/follow-ups?visit_id={visit.id}&open=false")[
        "items"
    ]
    assert [one["receipt_no"] for one in everything] == ["洛市监收〔2026〕8号"]


def test_x13_a_case_clue_is_handed_to_the_case_unit_and_stays_open_until_it_has_received_it(work):
    visit = work.take()
    ok(visit.start())
    visit.record_all("8")
    body = {"kind": "case_clue", "description": "涉嫌扣押证件，移交办案机构", "receiving_body": "案件审理科"}
    problem(visit.do("follow-ups", body | {"receiving_body": ""}), 422, "invalid")
    clue = visit.follow_up(**body)
    visit.sign()
    ok(visit.submit())
    visit.approve()
    found, public = _published(visit)
    assert public["current"]["follow_ups"] == []
    still = work.people.get("reviewer", f"/inspection/v1/follow-ups?visit_id={visit.id}")["items"]
    assert [(one["id"], one["receiving_body"], one["closed_on"]) for one in still] == [
        (clue["id"], "案件审理科", None)
    ]
    close = f"/inspection/v1/follow-ups/{clue['id']}/close"
    problem(work.people.ask("reviewer", "POST", close, {"outcome": "已接收"}), 422, "invalid")
    problem(
        work.people.ask("publisher", "POST", close, {"outcome": "已接收", "receipt_no": "1"}),
        403,
        "forbidden",
    )
    visit.finish_follow_up(clue, "洛人社案收〔2026〕3号")
    [shown] = visit.public(found["id"], 2)["current"]["follow_ups"]
    assert (shown["kind"], shown["closed"]) == ("case_clue", True)


def test_x16_the_credit_platform_holds_body_kind_day_and_result_with_name_and_code(work):
    visit = work.take().closed("2")
    found, _ = _published(visit)
    held = wait_for(
        "信用平台收到", lambda: visit.look(found["id"])["state"] == "disclosed" and _credit(work, found["id"])
    )
    firm = visit.detail()["object"]
    assert held["version"] == 1 and held["body"] == {
        "record_id": found["id"], "version": 1, "status": "published", "authority": visit.detail()["org_name"],
        "inspection_type": "双随机定向抽查", "inspected_on": china_today().isoformat(),
        "result": "未按规定公示应当公示的信息", "object_name": firm["name"], "object_code": firm["credit_code"],
        "reason": "",
    }  # fmt: skip
    ok(work.people.ask("publisher", "POST", f"/disclosure/v1/disclosures/{found['id']}/withdraw",
                       {"reason": "行政复议撤销"}))  # fmt: skip
    held = wait_for("信用平台收到撤回", lambda: (one := _credit(work, found["id"]))["version"] == 2 and one)
    assert (held["body"]["status"], held["body"]["result"], held["body"]["reason"]) == (
        "withdrawn", "已撤回", "行政复议撤销",
    )  # fmt: skip


def test_x18_refusal_and_lying_are_recorded_and_published(work, site):
    for code, words in (("6", "不配合检查情节严重"), ("3", "公示信息隐瞒真实情况、弄虚作假")):
        visit = work.take().closed(code)
        found, public = _published(visit)
        [line] = public["current"]["lines"]
        assert (line["result"], line["result_codes"]) == (words, [code])
        assert words in site.get(f"/results/{found['id']}").text
        held = wait_for(
            "信用平台收到",
            lambda v=visit, f=found: v.look(f["id"])["state"] == "disclosed" and _credit(work, f["id"]),
        )
        assert held["body"]["result"] == words
        assert found["normal"] is False


def test_x19_what_the_firm_reported_and_corrected_by_itself_is_on_the_record_in_its_favour(work):
    visit = work.take()
    ok(visit.start())
    words = "自查如实报告未备案，检查前已主动补办"
    visit.record_all("5", mitigation=words)
    order = visit.follow_up()
    visit.sign()
    [check] = visit.detail()["checks"]
    assert check["mitigation"] == words
    ok(visit.record(check, visit.entry(check, "5")))
    assert {one["code"] for one in visit.detail()["missing"]} == {"signature_outdated"}
    visit.record_all("5", mitigation=words)
    visit.sign()
    ok(visit.submit())
    record = work.people.get("reviewer", f"{visit.path}/records/1")
    assert [one["mitigation"] for one in record["checks"]] == [words]
    assert [one["id"] for one in record["follow_ups"]] == [order["id"]]
    page = work.people.ask("reviewer", "GET", f"{visit.path}/record").text
    assert f"从轻、减轻或者不予处罚情节：{words}" in page
    visit.approve()
    _, public = _published(visit)
    assert words not in json.dumps(public, ensure_ascii=False)
    plain = work.take().closed("5")
    page = work.people.ask("reviewer", "GET", f"{plain.path}/record").text
    assert "从轻、减轻或者不予处罚情节" not in page


def test_x21_a_rectification_has_a_day_and_stays_listed_until_it_was_looked_at_again(work):
    visit = work.take()
    ok(visit.start())
    visit.record_all("5")
    due = china_today() + timedelta(days=7)
    order = visit.follow_up(due_on=due.isoformat())
    visit.sign()
    ok(visit.submit())
    visit.approve()

    def listed(day):
        rows = work.people.gateway.sign_in("reviewer").pages(
            "/inspection/v1/follow-ups", due=day.isoformat(), limit=200
        )
        return {one["id"]: one["due_on"] for one in rows}

    assert listed(due)[order["id"]] == due.isoformat()
    assert order["id"] not in listed(due - timedelta(days=1))
    close = f"/inspection/v1/follow-ups/{order['id']}/close"
    problem(work.people.ask("reviewer", "POST", close, {"outcome": ""}), 422, "invalid")
    visit.finish_follow_up(order)
    assert order["id"] not in listed(due)
    history = work.people.get("reviewer", f"{visit.path}/history")["deeds"]
    assert [one["action"] for one in history if one["action"].startswith("follow_up")] == [
        "follow_up.open", "follow_up.close",
    ]  # fmt: skip
    page = work.people.ask("reviewer", "GET", f"{visit.path}/record").text
    assert re.search(r"后续处理：责令改正\s+责令十日内改正", page)
