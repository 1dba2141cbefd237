"""一单两库: rows R1–R20 of the features that the platform carries out, each through the gateway alone."""

import csv
import io
from datetime import timedelta

import pytest
from suicha_local.demo.client import china_today, wait_for
from suicha_local.demo.registries import paper

pytestmark = pytest.mark.slow

ITEM = {
    "name": "对人力资源服务机构的检查", "content": "是否未经许可经营", "category": "market",
    "enforcement": "supervision", "department": "LDJC", "ratio_bp": 500, "frequency": "1-2 次",
    "method": "实地检查", "staff": 3, "staff_requirement": "持有执法证件", "form_code": "CA-F",
    "basis": [{"law": "人力资源市场暂行条例", "articles": "第十八条、第三十四条"}],
    "object_kinds": ["enterprise", "unlicensed"], "object_range": "汝州市人力资源服务机构",
}  # fmt: skip


@pytest.fixture
def public_items(bureau):
    """Read the published list of 汝州 as a citizen, by code."""
    return lambda: {
        one["code"]: one for one in bureau.anyone().pages("/public/items", org="410482-rsj", limit=100)
    }


def test_r1_the_list_names_matter_content_body_kind_and_basis_with_ratio_frequency_method_and_staff(
    bureau, public_items
):
    bureau.item("CA-R1", **ITEM, body="汝州市劳动保障监察大队")
    shown = public_items()["CA-R1"]
    assert {name: shown[name] for name in ITEM} == ITEM
    assert shown["body"] == "汝州市劳动保障监察大队" and shown["published_at"]
    for wrong in ({"enforcement": "penalty"}, {"ratio_bp": 10_001}, {"staff": 1}, {"department": "NONE"}):
        problem = bureau.admin.refused("POST", "/registry/v1/items", ITEM | {"code": "CA-R1X"} | wrong)
        assert problem["code"] in {"invalid", "department_unknown"} and problem["status"] == 422
    assert "CA-R1X" not in public_items()


def test_r2_an_item_is_market_supervision_or_other_enforcement_and_nothing_else(bureau, public_items):
    rows = [
        ("事项编码", "抽查事项", "事项类别", "抽查依据", "检查表单"),
        ("CA-R2M", "市场类", "市场监管执法事项", "《劳动保障监察条例》第十一条", "CA-F"),
        ("CA-R2O", "其他类", "其他行政执法事项", "《社会保险法》第七十七条", "CA-F"),
        ("CA-R2X", "第三类", "行政许可事项", "《行政许可法》第六十一条", "CA-F"),
    ]
    done = bureau.import_file("items", rows)
    assert (done["accepted"], done["refused"]) == (2, 1)
    found = {one["code"]: one for one in bureau.admin.pages("/registry/v1/items", limit=100)}
    assert found["CA-R2M"]["category"] == "market" and found["CA-R2O"]["category"] == "other"
    assert "CA-R2X" not in found
    refused = bureau.admin.refused("POST", "/registry/v1/items", ITEM | {"code": "CA-R2Y", "category": "x"})
    assert refused["status"] == 422


def test_r3_a_matter_without_legal_basis_cannot_be_published_or_drawn(bureau, make_task, public_items):
    item = bureau.item("CA-R3", publish=False, basis=[])
    path = f"/registry/v1/items/{item['id']}"
    review = paper(bureau.admin)
    assert bureau.admin.refused("POST", f"{path}/publish", review)["code"] == "no_legal_basis"
    assert "CA-R3" not in public_items()

    bureau.firms("依据甲", 2)
    bureau.inspectors(301, 3, "LDJC", ["CA-R3"])
    criteria = {"names_contain": "依据甲"}
    plan = bureau.published(make_task(items=["CA-R3"], list_code="CAR3", criteria=criteria))
    row = bureau.unfrozen(plan)
    assert [one["code"] for one in row["problems"]] == ["no_legal_basis"] and row["manifest_hash"] is None

    basis = [{"law": "劳动保障监察条例", "articles": "第十一条"}]
    bureau.admin.send("PATCH", path, json={"basis": basis}, headers={"If-Match": f'"{item["version"]}"'})
    operator = bureau.sign_in("operator")

    def frozen_again(expected):
        operator.post(f"/draw/v1/rounds/{row['id']}/freeze")

        def settled():
            now = operator.get(f"/draw/v1/rounds/{row['id']}")
            return now if now["problems"] or now["state"] != "draft" else None

        now = wait_for("再次冻结", settled)
        assert ([one["code"] for one in now["problems"]], now["state"]) == expected

    frozen_again((["item_not_published"], "draft"))
    bureau.admin.post(f"{path}/publish", review)
    frozen_again(([], "frozen"))


def test_r5_a_changed_item_leaves_the_public_list_until_the_legal_department_approves_it_anew(
    bureau, public_items
):
    admin, item = bureau.admin, bureau.item("CA-R5")
    path = f"/registry/v1/items/{item['id']}"
    first = admin.get(path)
    assert (first["state"], first["reviewed_by"]) == ("published", "政策法规科")
    assert public_items()["CA-R5"]["name"] == "事项CA-R5"
    stale = {"If-Match": f'"{first["version"]}"'}
    assert admin.refused("PATCH", path, {"name": "无版本"})["code"] == "if_match_required"

    changed = admin.send("PATCH", path, json={"content": "新增检查内容"}, headers=stale).json()
    assert (changed["state"], changed["reviewed_by"], changed["reviewed_on"]) == ("draft", "", None)
    assert "CA-R5" not in public_items()
    tomorrow = paper(admin, reviewed_on=str(china_today() + timedelta(days=1)))
    assert admin.refused("POST", f"{path}/publish", tomorrow)["status"] == 422
    assert admin.refused("POST", f"{path}/publish", {})["status"] == 422
    assert "CA-R5" not in public_items()

    approved = paper(admin, reviewed_by="法制机构 李四")
    again = admin.post(f"{path}/publish", approved)
    assert (again["state"], again["reviewed_by"]) == ("published", "法制机构 李四")
    assert public_items()["CA-R5"]["content"] == "新增检查内容"
    versions = list(bureau.anyone().pages("/public/items/versions", org="410482-rsj", limit=100))
    numbers = [one["version"] for one in versions]
    assert numbers == list(range(len(versions), 0, -1)) and "CA-R5" in versions[0]["items"]
    trail = list(bureau.sign_in("auditor").pages("/registry/v1/audit", object_id=item["id"], limit=100))
    deeds = sorted((one["at"], one["action"]) for one in trail)
    assert [action for _, action in deeds] == ["create", "publish", "edit", "publish"]


def test_r9_every_change_of_an_object_is_kept_with_who_when_and_what_it_was_before(bureau):
    admin = bureau.admin
    (firm,) = bureau.firms("变更", 1, unit="CA-UNIT1")
    path = f"/registry/v1/subjects/{firm}"
    version = admin.get(path)["version"]
    assert admin.refused("PATCH", path, {"unit": "CA-UNIT2"})["code"] == "if_match_required"
    admin.send("PATCH", path, json={"unit": "CA-UNIT2"}, headers={"If-Match": f'"{version}"'})
    stale = admin._request("PATCH", path, json={"status": "cancelled"}, headers={"If-Match": f'"{version}"'})
    assert stale.status_code == 412 and admin.get(path)["status"] == "active"
    now = admin.get(path)["version"]
    admin.send("PATCH", path, json={"status": "cancelled"}, headers={"If-Match": f'"{now}"'})

    changes = admin.get(f"{path}/changes")["items"]
    assert [(one["before"], one["after"]) for one in changes] == [
        ({"status": "active"}, {"status": "cancelled"}),
        ({"unit": "CA-UNIT1"}, {"unit": "CA-UNIT2"}),
    ]
    assert {one["actor"] for one in changes} == {"rz-reg-admin"} and all(one["at"] for one in changes)
    assert bureau.sign_in("planner").refused("PATCH", path, {"name": "x"})["code"] == "forbidden"


def test_r10_only_objects_whose_label_fits_the_matter_are_drawn(bureau, make_task):
    tagged, others = bureau.firms("标签甲", 3), bureau.firms("标签乙", 3)
    label = bureau.label("CA-R10", "标签甲")
    assert label["subjects"] == 3
    labels = {one: bureau.admin.get(f"/registry/v1/subjects/{one}")["labels"] for one in tagged + others}
    assert labels == {one: ["CA-R10"] for one in tagged} | {one: [] for one in others}

    criteria = {"labels": ["CA-R10"], "names_contain": "标签"}
    row = bureau.drawn(bureau.published(make_task(list_code="CAR10", criteria=criteria, ratio_bp=10_000)))
    assert sorted(one["object_id"] for one in bureau.rows(row, "results")) == tagged
    why = bureau.sign_in("operator").get(f"/draw/v1/rounds/{row['id']}/objects/{others[0]}/why")
    assert why["lists"][0]["standing"] == "absent"
    unknown = bureau.published(make_task(list_code="CAR10", criteria={"labels": ["CA-NONE"]}))
    assert [one["code"] for one in bureau.unfrozen(unknown)["problems"]] == ["label_unknown"]


def test_r11_agencies_without_licence_and_public_bodies_need_no_credit_code_and_firms_do(bureau, make_task):
    admin = bureau.admin
    made = [("CA-UNLICENSED-1", "unlicensed"), ("CA-SBJB-1", "institution")]
    for code, kind in made:
        body = {"id": code, "kind": kind, "region": "410482", "name": f"汝州市类型{kind}"}
        assert admin.post("/registry/v1/subjects", body)["kind"] == kind
    for kind in ("enterprise", "individual"):
        body = {"id": "CA-NO-CODE", "kind": kind, "region": "410482", "name": "汝州市类型无代码"}
        assert admin.refused("POST", "/registry/v1/subjects", body)["status"] == 422
    bureau.firms("类型", 2)
    criteria = {"names_contain": "汝州市类型", "kinds": ["institution", "unlicensed"]}
    row = bureau.drawn(bureau.published(make_task(list_code="CAR11", criteria=criteria, ratio_bp=10_000)))
    assert sorted(one["object_id"] for one in bureau.rows(row, "results")) == sorted(code for code, _ in made)
    done = bureau.import_file(
        "subjects",
        [("名称", "统一社会信用代码", "对象类型", "行政区划代码"),
         ("汝州市某社保中心", "CA-SBJB-2", "社保经办机构", "410482"),
         ("汝州市某企业", "CA-SBJB-3", "企业", "410482")],
    )  # fmt: skip
    assert (done["accepted"], done["refused"]) == (1, 1)


def test_r13_only_inspectors_whose_licence_holds_on_the_last_inspection_day_can_be_drawn(bureau, make_task):
    admin, today = bureau.admin, china_today()
    bureau.item("CA-R13", department="LDJC")
    expired = {
        "code": "RZCA399", "name": "过期", "department": "LDJC", "licence_no": "豫D399",
        "licence_until": str(today - timedelta(days=1)), "scopes": ["CA-R13"],
    }  # fmt: skip
    assert admin.refused("POST", "/registry/v1/inspectors", expired)["code"] == "licence_expired"
    valid = bureau.inspectors(311, 3, "LDJC", ["CA-R13"])
    bureau.inspectors(314, 1, "LDJC", ["CA-R13"], licence_until=str(today + timedelta(days=29)))
    (left,) = bureau.inspectors(315, 1, "LDJC", ["CA-R13"])
    version = admin.get(f"/registry/v1/inspectors/{left}")["version"]
    path, match = f"/registry/v1/inspectors/{left}", {"If-Match": f'"{version}"'}
    admin.send("PATCH", path, json={"state": "left"}, headers=match)

    bureau.firms("执法证", 2)
    criteria = {"names_contain": "执法证"}
    plan = bureau.published(make_task(items=["CA-R13"], list_code="CAR13", criteria=criteria))
    row = bureau.drawn(plan)
    assert [fields[0] for fields in bureau.table(row, "inspectors.tsv")] == valid

    version = admin.get(f"/registry/v1/inspectors/{valid[0]}")["version"]
    late = {"licence_until": str(today + timedelta(days=10))}
    path, match = f"/registry/v1/inspectors/{valid[0]}", {"If-Match": f'"{version}"'}
    admin.send("PATCH", path, json=late, headers=match)
    problems = bureau.unfrozen(plan)["problems"]
    assert {one["code"] for one in problems} == {"unstaffable"} and "可派 2 人" in problems[0]["message"]


def test_r14_people_are_drawn_by_team_and_by_what_they_are_qualified_for(bureau, make_task):
    bureau.item("CA-R14", department="LDJC")
    qualified = bureau.inspectors(321, 3, "LDJC", ["CA-R14", "CA-HR"])
    bureau.inspectors(324, 2, "LDJC", ["CA-OTHER"])
    bureau.inspectors(326, 2, "RLZY", ["CA-R14"])
    bureau.firms("专长", 2)
    criteria = {"names_contain": "专长"}
    row = bureau.drawn(bureau.published(make_task(items=["CA-R14"], list_code="CAR14", criteria=criteria)))
    assert [fields[0] for fields in bureau.table(row, "inspectors.tsv")] == qualified
    assert all(set(one["team"]) == set(qualified) for one in bureau.rows(row, "matches"))
    both = make_task(items=["CA-R14", "CA-HR"], list_code="CAR14", criteria=criteria)
    row = bureau.drawn(bureau.published(both))
    assert [fields[0] for fields in bureau.table(row, "inspectors.tsv")] == qualified
    neither = make_task(items=["CA-R14", "CA-LD"], list_code="CAR14", criteria=criteria)
    assert {one["code"] for one in bureau.unfrozen(bureau.published(neither))["problems"]} == {"unstaffable"}


def test_r18_a_matter_has_a_form_of_its_own_and_a_task_keeps_the_version_it_was_drawn_with(bureau, make_task):
    admin = bureau.admin
    first = bureau.form("CA-R18", text="第一版的问题")
    assert first["version"] == 1 and first["json_schema"]["required"] == ["licence"]
    contradicting = {"key": "a", "text": "问", "type": "choice", "options": ["只有一项"]}
    refused = {"code": "CA-R18", "name": "检查表", "questions": [contradicting]}
    assert admin.refused("POST", "/registry/v1/forms", refused)["code"] == "form_invalid"
    formless = bureau.item("CA-R18X", publish=False, form_code="CA-NO-FORM")
    review = paper(bureau.admin)
    refused = admin.refused("POST", f"/registry/v1/items/{formless['id']}/publish", review)
    assert refused["code"] == "no_form"

    bureau.item("CA-R18", department="LDJC", form_code="CA-R18")
    bureau.inspectors(331, 3, "LDJC", ["CA-R18", "CA-HR"])
    bureau.firms("表单", 1)
    items, criteria = ["CA-R18", "CA-HR"], {"names_contain": "表单"}
    plan = bureau.published(make_task(items=items, list_code="CAR18", criteria=criteria))

    def forms_of(row):
        operator = bureau.sign_in("operator")
        visits = wait_for(
            "检查任务", lambda: operator.get("/inspection/v1/visits", round_id=row["id"])["items"]
        )
        (check,) = operator.get(f"/inspection/v1/visits/{visits[0]['id']}")["checks"]
        return {one["code"]: one["form"] for one in check["items"]}

    before = bureau.drawn(plan, exempt=False)
    assert bureau.form("CA-R18", text="第二版的问题")["version"] == 2
    after = bureau.drawn(plan, exempt=False)
    old, new = forms_of(before), forms_of(after)
    assert (old["CA-R18"]["version"], old["CA-R18"]["questions"][0]["text"]) == (1, "第一版的问题")
    assert (new["CA-R18"]["version"], new["CA-R18"]["questions"][0]["text"]) == (2, "第二版的问题")
    assert old["CA-HR"]["code"] == new["CA-HR"]["code"] == "CA-F"


def test_r8_every_firm_is_in_the_register_once_and_each_that_was_left_out_is_reported(bureau):
    admin, code = bureau.admin, bureau.code()
    header = ("企业名称", "统一社会信用代码", "行政区划代码")
    rows = [
        header,
        ("汝州市应入甲有限公司", code, "410482"),
        ("汝州市应入甲有限公司（重复）", code, "410482"),
        ("汝州市应入乙有限公司", code[:-1] + ("0" if code[-1] != "0" else "1"), "410482"),
        ("汝州市应入丙有限公司", bureau.code(), "410302"),
        ("汝州市未标丁有限公司", bureau.code(), "410482"),
    ]
    done = bureau.import_file("subjects", rows)
    assert (done["read"], done["accepted"], done["refused"]) == (5, 2, 3)
    report = admin.send("GET", f"/registry/v1/imports/{done['id']}/refusals.csv").content.decode("utf-8-sig")
    refused = [(row[0], row[1]) for row in csv.reader(io.StringIO(report))][1:]
    assert [reason for _, reason in sorted(refused)] == ["duplicate", "credit_code_invalid", "outside_scope"]
    again = bureau.import_file("subjects", rows)
    assert (again["accepted"], again["changed"]) == (0, 0)
    assert len(list(admin.pages("/registry/v1/subjects", code=code))) == 1

    assert bureau.label("CA-R8", "应入")["subjects"] == 1
    bureau.firms("应入", 1)
    assert admin.post("/registry/v1/labels/CA-R8/apply")["subjects"] == 2
    unlabelled = {one["name"] for one in admin.pages("/registry/v1/subjects", unlabelled="true", limit=500)}
    assert "汝州市未标丁有限公司" in unlabelled
    assert not any("应入" in name for name in unlabelled)


def test_r20_each_task_names_the_department_that_leads_and_those_that_join(bureau, make_task):
    joint = ["人力资源市场科", "法规科"]
    plan = bureau.published(make_task(list_code="CAR20", joint_departments=joint))
    (shown,) = bureau.anyone().get(f"/public/plans/{plan['id']}")["tasks"]
    assert (shown["department"], shown["joint_departments"]) == ("劳动保障监察支队", joint)
    draft = bureau.draft()
    path = f"/draw/v1/plans/{draft['id']}/tasks"
    leaderless = make_task()
    del leaderless["department"]
    assert bureau.sign_in("planner").refused("POST", path, leaderless)["status"] == 422
    for stranger in ("operator", "legal", "approver", "reviewer", "publisher"):
        assert bureau.sign_in(stranger).refused("POST", path, make_task())["code"] == "forbidden"
