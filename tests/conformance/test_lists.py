"""清单、人员、规则: rows R4–R7, R14–R20, P8, P17 as the bureau keeps them all year, each through the gateway alone."""

from datetime import timedelta

import httpx
import pytest
from suicha_local.demo import inspecting
from suicha_local.demo.client import Gateway, china_today, wait_for
from suicha_local.demo.registries import paper
from suicha_local.home import project_root

pytestmark = pytest.mark.slow

LAW = {"law": "人力资源市场暂行条例", "articles": "第三十四条"}
PROVINCE = "410000-rst"


@pytest.fixture(scope="module")
def province(running, season):
    """The keeper of the registers of the province, whose list 汝州 claims from."""
    gateway = Gateway(running.home.gateway)
    keeper = gateway.sign_in("he-reg-admin")
    question = {"key": "q", "text": "证照齐全", "type": "yes_no"}
    form = keeper.post("/registry/v1/forms", {"code": "HE-F", "name": "表", "questions": [question]})
    keeper.post(f"/registry/v1/forms/{form['id']}/publish")
    yield keeper
    gateway.close()


def publish(keeper, code, **fields):
    """Register an item and publish it; return it."""
    body = {
        "code": code,
        "name": f"事项{code}",
        "content": "一",
        "basis": [LAW],
        "form_code": "CA-F",
    } | fields
    made = keeper.post("/registry/v1/items", body)
    return keeper.post(f"/registry/v1/items/{made['id']}/publish", paper(keeper))


def change(keeper, item, **fields):
    """Change an item under its version."""
    path = f"/registry/v1/items/{item['id']}"
    tag = {"If-Match": f'"{keeper.get(path)["version"]}"'}
    return keeper.send("PATCH", path, json=fields, headers=tag).json()


def test_r4_the_coverage_of_the_list_grows_with_each_draw_that_stands(bureau, make_task):
    publish(bureau.admin, "CA-R4A", department="LDJC")
    publish(bureau.admin, "CA-R4B")
    bureau.inspectors(341, 3, "LDJC", ["CA-R4A"])
    bureau.firms("覆盖", 2)

    def draws():
        shown = bureau.anyone().get("/public/items/coverage", org="410482-rsj")
        return shown, {one["code"]: one["draws"] for one in shown["items"]}

    before, counted = draws()
    assert (counted["CA-R4A"], counted["CA-R4B"]) == (0, 0)
    criteria = {"names_contain": "覆盖"}
    row = bureau.drawn(bureau.published(make_task(items=["CA-R4A"], list_code="CAR4", criteria=criteria)))
    after = wait_for("抽取计入覆盖率", lambda: draws()[0] if draws()[1]["CA-R4A"] else None)
    assert after["drawn"] == before["drawn"] + 1 and draws()[1]["CA-R4B"] == 0
    assert after["coverage_bp"] == after["drawn"] * 10_000 // after["published"]
    item = next(one for one in after["items"] if one["code"] == "CA-R4A")
    assert item["last_draw_id"] == row["draw_id"] and "分子" in after["definition"]
    own = bureau.sign_in("planner").get("/registry/v1/items/coverage")
    assert (own["published"], own["year"]) == (after["published"], china_today().year)


def test_r5_an_item_is_approved_in_the_platform_by_the_legal_department_and_never_by_its_author(bureau):
    admin, legal = bureau.admin, bureau.sign_in("legal")
    item = bureau.item("CA-R5L", publish=False)
    path = f"/registry/v1/items/{item['id']}"
    assert admin.refused("POST", f"{path}/publish", None)["code"] == "not_reviewed"
    assert admin.refused("POST", f"{path}/review", {})["code"] == "forbidden"
    approved = legal.post(f"{path}/review", {"opinion": "依据充分"})
    assert (approved["state"], approved["review_method"]) == ("reviewed", "platform")
    changed = change(admin, item, content="改过")
    assert changed["state"] == "draft", "a change undoes the approval"
    legal.post(f"{path}/review", {"opinion": "同意"})
    public = admin.send("POST", f"{path}/publish").json()
    assert (public["state"], public["reviewed_on"]) == ("published", china_today().isoformat())
    retired = admin.post(f"{path}/retire", {"reason": "依据已修改"})
    assert retired["state"] == "retired"
    newest = bureau.anyone().get("/public/items/versions", org="410482-rsj")["items"][0]
    assert "CA-R5L" not in newest["items"]


def test_r6_a_body_claims_items_of_the_list_above_and_follows_what_changes_there(bureau, province):
    admin = bureau.admin
    above = publish(province, "HE-R6", form_code="HE-F")
    publish(province, "HE-R6X", form_code="HE-F")

    def standing(code):
        return next(
            one for one in admin.pages("/registry/v1/claims", limit=100) if one["superior_code"] == code
        )

    assert standing("HE-R6")["state"] == "open"
    named = {"superior_org": PROVINCE, "superior_code": "HE-R6", "code": "CA-R6", "department": "LDJC"}
    claimed = admin.post("/registry/v1/claims", named)
    assert (claimed["state"], claimed["pending"]) == ("claimed", None)
    assert admin.refused("POST", "/registry/v1/claims", named)["code"] == "wrong_state"
    own = f"/registry/v1/items/{claimed['item_id']}"
    assert (admin.get(own)["code"], admin.get(own)["state"]) == ("CA-R6", "draft")
    change(admin, admin.get(own), form_code="CA-F")
    admin.post(f"{own}/publish", paper(admin))
    declined = {"superior_org": PROVINCE, "superior_code": "HE-R6X", "reason": "不涉及本级监管事权"}
    assert admin.post("/registry/v1/claims/decline", declined)["state"] == "declined"

    change(province, above, content="二")
    province.post(f"/registry/v1/items/{above['id']}/publish", paper(province))
    waiting = standing("HE-R6")
    assert (waiting["pending"], waiting["changes"]) == ("changed", ["content"])
    assert admin.get(own)["content"] == "一", "nothing changes here by itself"
    admin.post(f"/registry/v1/claims/{waiting['claim_id']}/follow")
    followed = admin.get(own)
    assert (followed["content"], followed["state"]) == ("二", "draft") and standing("HE-R6")[
        "pending"
    ] is None
    admin.post(f"/registry/v1/claims/{waiting['claim_id']}/withdraw", {"reason": "职权调整"})
    assert standing("HE-R6")["state"] == "withdrawn"
    listed = [one["superior_code"] for one in province.pages("/registry/v1/claims", limit=100)]
    assert "HE-R6" not in listed, "nobody claims from his own list"


def test_r7_triggered_matters_stand_on_a_list_of_their_own_with_versions_of_its_own(bureau, province):
    publish(province, "HE-R7", form_code="HE-F", lists=["triggered"])
    publish(province, "HE-R7B", form_code="HE-F", lists=["regular", "triggered"])
    anyone = bureau.anyone()

    def codes(kind):
        return {one["code"] for one in anyone.pages("/public/items", org=PROVINCE, kind=kind, limit=100)}

    assert {"HE-R7", "HE-R7B"} <= codes("triggered")
    assert "HE-R7B" in codes("regular") and "HE-R7" not in codes("regular")
    triggered = anyone.get("/public/items/versions", org=PROVINCE, kind="triggered")["items"]
    assert [one["version"] for one in triggered] == [2, 1]
    assert [one["items"] for one in triggered] == [["HE-R7", "HE-R7B"], ["HE-R7"]]
    refused = province.refused("POST", "/registry/v1/items", {"code": "HE-R7C", "name": "x", "lists": []})
    assert refused["status"] == 422


def test_r14_where_the_ruleset_matches_by_expertise_only_fitting_officers_can_be_drawn(bureau, make_task):
    publish(bureau.admin, "CA-R14E", department="LDJC", expertise=["劳务派遣"])
    fitting = bureau.inspectors(346, 3, "LDJC", ["CA-R14E"], expertise=["劳务派遣", "社会保险"])
    bureau.inspectors(349, 1, "LDJC", ["CA-R14E"], expertise=["职业培训"])
    matching = {"value": True, "clause": "二（一）", "quote": "执法人员专长", "level": "local"}
    bureau.ruleset("410482-rsj@2022.1.yaml", "410482-r14", team__expertise_matching=matching)
    bureau.firms("专长匹配", 2)
    wanted = make_task(items=["CA-R14E"], list_code="CAR14E", criteria={"names_contain": "专长匹配"})
    row = bureau.drawn(bureau.published(wanted, ruleset_id="410482-r14"))
    assert [fields[0] for fields in bureau.table(row, "inspectors.tsv")] == fitting


def test_r15_training_is_recorded_and_a_ruleset_makes_it_a_condition_or_a_warning(bureau, make_task):
    publish(bureau.admin, "CA-R15", department="LDJC")
    people = bureau.inspectors(351, 4, "LDJC", ["CA-R15"])
    rule = {"value": {"mode": "gate", "months": 12}, "clause": "三（三）", "quote": "抽查前要组织培训"}
    bureau.ruleset("410482-rsj@2022.1.yaml", "410482-r15", team__training=rule)
    sheet = bureau.admin.upload("/registry/v1/uploads", "签到表".encode())
    body = {
        "topic": "监管工作规范", "kind": "pre_task", "held_on": str(china_today()), "minutes": 120,
        "evidence_sha256": sheet, "inspectors": people[:3],
    }  # fmt: skip
    held = bureau.admin.post("/registry/v1/trainings", body)
    assert (held["inspectors"], held["minutes"], held["evidence"]["sha256"]) == (people[:3], 120, sheet)
    days = {"inspect_from": str(china_today()), "inspect_to": str(china_today() + timedelta(days=30))}

    def obstacles(ruleset):
        found = bureau.sign_in("planner").get("/registry/v1/trainings/readiness", ruleset_id=ruleset, **days)
        return {one["inspector"]: (one["drawable"], one["obstacles"]) for one in found}

    assert obstacles("410482-r15")[people[0]] == (True, [])
    drawable, (obstacle,) = obstacles("410482-r15")[people[3]]
    assert (drawable, obstacle["code"], obstacle["clause"]) == (False, "untrained", "三（三）")
    drawable, (obstacle,) = obstacles("410482-rsj")[people[3]]
    assert (drawable, obstacle["gate"], obstacle["clause"]) == (True, False, "六（三）")
    bureau.firms("培训", 2)
    wanted = make_task(items=["CA-R15"], list_code="CAR15", criteria={"names_contain": "培训"}, alternates=0)
    row = bureau.drawn(bureau.published(wanted, ruleset_id="410482-r15"))
    assert [fields[0] for fields in bureau.table(row, "inspectors.tsv")] == people[:3]


def test_r18_a_unit_adds_its_own_questions_to_the_base_form(bureau):
    admin, base = bureau.admin, bureau.form("CA-BASE")
    own = {
        "code": "CA-OWN", "name": "个性化检查表", "extends": "CA-BASE",
        "questions": [{
            "key": "wage", "text": "工资支付", "type": "choice", "options": ["是", "否"], "section": "工资",
            "guidance": "查台账", "legal_article": "第五十条", "evidence_required_if": ["否"],
        }],
    }  # fmt: skip
    made = admin.post("/registry/v1/forms", own)
    shown = admin.post(f"/registry/v1/forms/{made['id']}/publish")
    assert [one["key"] for one in shown["questions"]] == ["licence", "wage"]
    assert shown["base_version"] == base["version"]
    schema = shown["json_schema"]["properties"]["wage"]
    assert (schema["enum"], schema["x-section"], schema["x-legal-article"]) == (
        ["是", "否"],
        "工资",
        "第五十条",
    )


def test_r19_due_dates_show_what_is_due_by_which_clause_and_what_is_done(bureau):
    planner, year = bureau.sign_in("planner"), china_today().year
    listed = planner.get("/registry/v1/due-dates", year=year + 3)
    done = next(one for one in listed["items"] if one["what"] == "inspections_done")
    assert (done["due_on"], done["state"], done["clause"]) == (f"{year + 3}-12-10", "upcoming", "五")
    assert done["days_left"] > 365
    path = f"/registry/v1/due-dates/{year - 1}/inspections_done"
    planner.put(path, {"done_on": f"{year - 1}-12-01", "note": "全部办结"})
    (past,) = (
        one
        for one in planner.get("/registry/v1/due-dates", year=year - 1)["items"]
        if one["what"] == "inspections_done"
    )
    assert (past["state"], past["done_on"]) == ("done", f"{year - 1}-12-01") and past["done_by"]
    assert (
        bureau.sign_in("operator").refused("PUT", path, {"done_on": f"{year}-01-01"})["code"] == "forbidden"
    )
    feed = bureau.anyone().send("GET", "/public/due-dates/410482-rsj.ics")
    assert feed.headers["content-type"].startswith("text/calendar")
    assert f"DTSTART;VALUE=DATE:{year}1210" in feed.text and "BEGIN:VEVENT" in feed.text


def test_r19_s1_s_registries_are_due_on_the_twentieth_of_april(running, season):
    gateway = Gateway(running.home.gateway)
    keeper, year = gateway.sign_in("ca-reg-admin"), china_today().year
    text = (project_root() / "rulesets" / "130102-rsj@2024.1.yaml").read_text(encoding="utf-8")
    keeper.post("/registry/v1/rulesets", {"yaml": text})
    keeper.post(
        "/registry/v1/organisations",
        {
            "code": "130102-rsj", "name": "石家庄市长安区人社局", "region": "130102",
            "departments": [{"code": "BGS", "name": "办公室", "crew": "BGS"}],
            "responsibilities": [
                {"matter": "registries_complete", "lead": "BGS", "responsible": [], "clause": "二（一）"}
            ],
        },
    )  # fmt: skip

    def due(of):
        items = keeper.get("/registry/v1/due-dates", year=of)["items"]
        return next(one for one in items if one["what"] == "registries_complete")

    ahead = due(year + 1)
    assert (ahead["due_on"], ahead["state"]) == (f"{year + 1}-04-20", "upcoming")
    assert (ahead["clause"], ahead["lead"]) == ("二（一）", "办公室") and "4月20日前" in ahead["quote"]
    assert due(year - 1)["state"] == "overdue"
    keeper.put(f"/registry/v1/due-dates/{year - 1}/registries_complete", {"done_on": f"{year - 1}-04-21"})
    assert due(year - 1)["state"] == "done_late"
    keeper.put(f"/registry/v1/due-dates/{year - 1}/registries_complete", {"done_on": f"{year - 1}-04-20"})
    assert due(year - 1)["state"] == "done"
    feed = gateway.anyone().send("GET", "/public/due-dates/130102-rsj.ics").text
    assert f"DTSTART;VALUE=DATE:{year}0420" in feed
    gateway.close()


def test_r20_a_body_names_its_leading_group_and_who_leads_and_answers_for_what(bureau):
    admin, path = bureau.admin, "/registry/v1/organisations/410482-rsj"
    duty = {"matter": "inspections_done", "lead": "LDJC", "responsible": ["RLZY"], "clause": "五"}
    group = [
        {"role": "head", "name": "示例", "post": "副局长"},
        {"role": "office", "name": "监察大队", "post": ""},
    ]

    def edit(**body):
        tag = {"If-Match": f'"{admin.get(path)["version"]}"'}
        return admin._request("PATCH", path, json=body, headers=tag)

    assert edit(responsibilities=[duty | {"lead": "NONE"}]).json()["code"] == "department_unknown"
    shown = edit(leading_group=group, responsibilities=[duty]).json()
    assert (shown["leading_group"], shown["responsibilities"]) == (group, [duty])
    due = {one["what"]: one for one in admin.get("/registry/v1/due-dates")["items"]}["inspections_done"]
    assert (due["lead"], due["responsible"]) == ("劳动保障监察支队", ["人力资源市场科"])


def test_p17_two_percent_in_law_beats_the_five_of_the_ruleset_and_twenty_bind(bureau, make_task):
    for code, bp in (("CA-P17LOW", 200), ("CA-P17HIGH", 2000)):
        publish(bureau.admin, code, department="LDJC", legal_ratio={"bp": bp, "law": LAW})
    planner = bureau.sign_in("planner")
    path = f"/draw/v1/plans/{bureau.draft()['id']}/tasks"

    def answer(code, bp):
        return planner._request("POST", path, json=make_task(items=[code], ratio_bp=bp)).json()

    wait_for("法定比例到达抽取服务", lambda: answer("CA-P17HIGH", 1999).get("code") == "ratio_below_floor")
    assert "规定的下限 20%" in answer("CA-P17HIGH", 1999)["detail"], "5 % of the ruleset would be enough"
    assert answer("CA-P17HIGH", 2000)["number"]
    assert answer("CA-P17LOW", 200)["number"], "the law's 2 % is enough where the ruleset says 5 %"
    refused = answer("CA-P17LOW", 199)
    assert refused["code"] == "ratio_below_floor" and "规定的下限 2%" in refused["detail"]
    assert answer("CA-HR", 499)["code"] == "ratio_below_floor", "without a law the ruleset's 5 % holds"


def test_p17_who_was_inspected_as_often_as_a_law_allows_is_left_out_of_the_next_draw(bureau, make_task):
    publish(bureau.admin, "CA-P17F", department="LDJC", legal_frequency={"maximum": 1, "law": LAW})
    bureau.inspectors(391, 3, "LDJC", ["CA-P17F", "CA-HR"])
    ids = bureau.firms("法定频次", 1)
    criteria = {"names_contain": "法定频次"}
    body = make_task(items=["CA-P17F"], list_code="CAP17", criteria=criteria, ratio_bp=10_000)
    first = bureau.drawn(bureau.published(body), exempt=False)
    operator = bureau.sign_in("operator")
    visits = wait_for(
        "检查任务", lambda: operator.get("/inspection/v1/visits", round_id=first["id"])["items"]
    )
    for visit in visits:
        inspecting.inspect(bureau, visit["id"], "normal")
    bureau.firms("法定频次新", 1)
    plan = bureau.published(body)

    def left_out():
        row = bureau.open(plan, exempt=False)
        found = {one["object_id"]: one["reason"] for one in bureau.rows(row, "exclusions")}
        return row if found == dict.fromkeys(ids, "frequency_max") else None

    row = wait_for("达到法定频次的对象被排除", left_out, 20)
    why = operator.get(f"/draw/v1/rounds/{row['id']}/objects/{ids[0]}/why")["lists"][0]
    assert why["clause"] == "《人力资源市场暂行条例》第三十四条", "S0 itself would allow two a year"
    plan = bureau.published(body | {"items": ["CA-HR"]})
    assert bureau.rows(bureau.open(plan, exempt=False), "exclusions") == [], "the law is that item's alone"
    found = bureau.sign_in("planner").get("/draw/v1/gauges", year=china_today().year)["gauges"]
    frequency = next(one for one in found if one["code"] == "frequency")
    assert "1 至 2 次" in frequency["numerator_means"], "nor does it bind the year of all items"
    (own,) = [one for one in frequency["by_law"] if one["item"] == "CA-P17F"]
    assert (own["objects"], own["maximum"], own["holds"]) == (1, 1, True)
    assert (
        "CA-P17F（0 至 1 次，《人力资源市场暂行条例》第三十四条）已抽 1 家，都在规定之内" in frequency["note"]
    )


def test_p8_a_ratio_in_law_wins_over_the_ruleset_and_the_task_says_which_law(bureau, make_task):
    publish(bureau.admin, "CA-P17", department="LDJC", legal_ratio={"bp": 6000, "law": LAW})
    planner = bureau.sign_in("planner")
    path = f"/draw/v1/plans/{bureau.draft()['id']}/tasks"

    def refused():
        answer = planner._request("POST", path, json=make_task(items=["CA-P17"], ratio_bp=5999)).json()
        return answer if answer.get("code") else None

    problem = wait_for("法定比例到达抽取服务", refused)
    assert problem["code"] == "ratio_below_floor"
    assert "“《人力资源市场暂行条例》第三十四条”规定的下限 60%" in problem["detail"]
    assert planner.post(path, make_task(items=["CA-P17"], ratio_bp=6000))["number"]
    both = make_task(items=["CA-P17", "CA-HR"], ratio_bp=5999)
    assert planner.refused("POST", path, both)["code"] == "ratio_below_floor"
    assert planner.refused("POST", path, make_task(ratio_bp=499))["code"] == "ratio_below_floor"


def test_rules_that_hold_name_their_level_clause_and_what_they_beat_and_the_page_shows_each_value(
    bureau, running
):
    rules = bureau.anyone().get("/public/rulesets/effective", region="410482", org="410482-rsj")
    values = {one["path"]: one for one in rules["values"]}
    least = values["team.minimum"]
    assert (least["value"], least["level"], least["clause"], least["ruleset"]) == (
        3,
        "local",
        "四",
        "410482-rsj",
    )
    assert values["selection.floor_bp"]["text"] == "5%" and values["team.show_licence"]["level"] == "law"
    page = httpx.get(f"{running.home.gateway}/public/rulesets/410482-rsj/explain")
    assert page.headers["content-type"].startswith("text/html")
    for one in (least, values["disclosure.deadline"]):
        assert one["title"] in page.text and one["quote"] in page.text
    legal = bureau.sign_in("legal").send("GET", "/registry/v1/rulesets/410482-rsj/explain")
    assert legal.text == page.text


def test_results_carry_a_code_set_that_can_be_read_in_others(bureau):
    sets = {one["id"]: one for one in bureau.anyone().get("/public/code-sets")}
    assert {len(one["codes"]) for one in sets.values()} >= {7, 9, 10, 12}
    path = "/registry/v1/code-sets/rz-2022/mappings/gs-2015/figures"
    read = bureau.sign_in("planner").post(path, {"counts": {"5": 2, "8": 1, "1": 7}})
    assert read == {"code_set": "gs-2015", "counts": {"7": 3, "1": 7}}


THIRD_PARTIES = ("accounting_firm", "tax_firm", "law_firm", "appraisal_firm", "trade_association")
"""会计师·税务师·律师事务所、资产评估机构、行业协会 (S3 Art. 9)."""


def _visited(bureau, make_task, word, list_code):
    """Draw the one firm with a word in its name; return the path of its visit, who goes, and that officer."""
    bureau.firms(word, 1)
    row = bureau.drawn(bureau.published(make_task(list_code=list_code, criteria={"names_contain": word})))
    operator = bureau.sign_in("operator")
    (visit,) = wait_for(
        "检查任务", lambda: operator.get("/inspection/v1/visits", round_id=row["id"])["items"]
    )
    path = f"/inspection/v1/visits/{visit['id']}"
    (member, *_) = (one["id"] for one in operator.get(path)["team"] if one["kind"] == "team")
    return path, member, bureau.sign_in(f"inspector:{member}")


def test_r17_every_kind_of_third_party_may_assist_and_none_may_inspect(bureau, make_task):
    today = china_today()
    for number, kind in enumerate(THIRD_PARTIES, 1):
        made = bureau.admin.post(
            "/registry/v1/experts",
            {
                "code": f"CA-DSF{number}", "name": f"汝州示范{kind}", "kind": kind, "tags": ["第三方"],
                "valid_from": str(today), "valid_until": str(today + timedelta(days=365)),
                "confidential_since": str(today),
            },
        )  # fmt: skip
        assert made["kind"] == kind
    listed = bureau.admin.get("/registry/v1/experts", tag="第三方", usable_on=str(today))["items"]
    assert {one["kind"] for one in listed} == set(THIRD_PARTIES)
    path, _, officer = _visited(bureau, make_task, "第三方协助", "CAR17")

    def asked(code, part):
        body = {"expert": code, "part": part, "task": "核对台账"}
        return officer._request("POST", f"{path}/assistants", json=body)

    codes = sorted(one["code"] for one in listed)
    wait_for("专家库到达检查服务", lambda: asked(codes[-1], "conduct").status_code != 404)
    for code in codes:
        refused = asked(code, "conduct").json()
        assert refused["code"] == "third_party_inspects" and "国办发〔2024〕54号" in refused["detail"]
        assert asked(code, "assist").status_code == 201
    shown = bureau.sign_in("operator").get(path)
    assert sorted(one["code"] for one in shown["assistants"]) == codes
    assert not {one["id"] for one in shown["team"]} & set(codes), "who assists replaces no officer"


def test_r16_experts_of_the_pool_assist_at_a_visit_and_never_inspect(bureau, make_task):
    admin, today = bureau.admin, china_today()
    body = {
        "name": "汝州示范会计师事务所", "kind": "accounting_firm", "tags": ["审计"],
        "valid_from": str(today), "valid_until": str(today + timedelta(days=365)),
    }  # fmt: skip
    for number, kind in enumerate(("expert", *THIRD_PARTIES), 1):
        promised = {"confidential_since": str(today)} if kind == "accounting_firm" else {}
        admin.post("/registry/v1/experts", body | promised | {"code": f"CA-ZJ{number}", "kind": kind})
    usable = admin.get("/registry/v1/experts", tag="审计", usable_on=str(today))["items"]
    assert [one["code"] for one in usable] == ["CA-ZJ2"]
    assert (
        admin.refused("POST", "/registry/v1/experts", body | {"code": "CA-ZJ9", "kind": "x"})["status"] == 422
    )

    path, member, officer = _visited(bureau, make_task, "专家协助", "CAR16")

    def asked(**changes):
        wanted = {"expert": "CA-ZJ2", "part": "assist", "task": "审计工资台账"} | changes
        return officer._request("POST", f"{path}/assistants", json=wanted)

    def known():
        answer = asked(part="conduct")
        return answer if answer.status_code != 404 else None

    refused = wait_for("专家库到达检查服务", known).json()
    assert refused["code"] == "third_party_inspects" and "国办发〔2024〕54号" in refused["detail"]
    assert asked(expert="CA-ZJ3").json()["faults"][0]["code"] == "not_confidential"
    assert asked().status_code == 201
    shown = bureau.sign_in("operator").get(path)
    assert [one["code"] for one in shown["assistants"]] == ["CA-ZJ2"]
    assert "CA-ZJ2" not in {one["id"] for one in shown["team"]}
    start = {
        "mode": "onsite", "present": [member, "CA-ZJ2"], "licences_shown": True,
        "at": f"{today}T00:00:00+08:00",
    }  # fmt: skip
    assert officer.refused("POST", f"{path}/start", start)["code"] == "not_on_team"
