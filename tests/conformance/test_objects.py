"""The registry of objects through the year: complete, tagged, with its history, its lists and its grades."""

from datetime import timedelta

from suicha_local.demo.client import Gateway, china_today, wait_for

SUBJECTS = "/registry/v1/subjects"
DAY = timedelta(days=1)


def found(session, **query):
    return [one["id"] for one in session.pages(SUBJECTS, limit=100, **query)]


def test_r8_objects_without_item_items_without_object_and_what_is_there_twice_are_reported(bureau):
    admin = bureau.admin
    bureau.item("CA-R8A")
    covered, uncovered = bureau.firms("尽入甲", 1) + bureau.firms("尽入乙", 1)
    lacking = {one["code"]: one["lack"] for one in admin.get("/registry/v1/completeness/items")}
    assert lacking["CA-R8A"] == "no_label"
    before = admin.get("/registry/v1/completeness")
    admin.post("/registry/v1/labels", {"code": "CA-R8A", "name": "应入尽入", "items": ["CA-R8A"]})
    lacking = {one["code"]: one["lack"] for one in admin.get("/registry/v1/completeness/items")}
    assert lacking["CA-R8A"] == "no_object"
    admin.post("/registry/v1/labels/CA-R8A/subjects", {"ids": [covered]})
    after = admin.get("/registry/v1/completeness")
    assert after["objects_without_item"] == before["objects_without_item"] - 1
    assert after["items_without_object"] == before["items_without_object"] - 1
    left = {one["id"] for one in admin.pages("/registry/v1/completeness/objects", limit=500)}
    assert uncovered in left and covered not in left

    twice = {"name": "汝州市双登（ 一 ）号有限公司"}
    (first,), (second,) = (
        bureau.firms("双", 1, **twice),
        bureau.firms("双", 1, name="汝州市双登(一)号有限公司"),
    )
    assert admin.post("/registry/v1/duplicates/compare")["found"] >= 1
    pairs = list(admin.pages("/registry/v1/duplicates", limit=100))
    (pair,) = [one for one in pairs if {one["first"]["id"], one["second"]["id"]} == {first, second}]
    assert "name" in pair["grounds"]
    path, match = f"/registry/v1/duplicates/{pair['id']}", {"If-Match": "*"}
    proposal = {"kept_id": first, "reason": "同一企业两次录入"}
    admin.send("POST", f"{path}/propose", json=proposal, headers=match)
    alone = admin._request("POST", f"{path}/merge", json={}, headers=match)
    assert (alone.status_code, alone.json()["code"]) == (403, "same_person")
    assert admin.get(f"{SUBJECTS}/{second}")["status"] == "active", "one person alone merges nothing"
    admin.post(
        "/registry/v1/grades",
        {"source": "省平台", "month": "2026-10", "grades": [{"id": second, "grade": "D"}]},
    )
    gateway = Gateway(bureau.address)
    merged = gateway.sign_in("he-reg-admin").send("POST", f"{path}/merge", headers=match).json()
    gateway.close()
    assert (merged["state"], merged["decided_by"]) == ("merged", "he-reg-admin")
    gone = admin._request("GET", f"{SUBJECTS}/{second}")
    assert (gone.status_code, gone.headers["location"]) == (308, f"{SUBJECTS}/{first}")
    kept = admin.get(f"{SUBJECTS}/{first}")
    assert (kept["status"], kept["credit_grade"], kept["grade_month"]) == ("active", "D", "2026-10")
    taken_over = admin.get(f"{SUBJECTS}/{first}/changes")["items"][0]
    assert (taken_over["after"]["merged_from"], taken_over["source"]) == (second, "合并：同一企业两次录入")


def test_r8_entries_with_one_address_and_head_are_proposed(bureau):
    admin = bureau.admin
    alike = {"legal_representative": "贾同", "address": "汝州市同址路 88 号"}
    (first,), (second,) = bureau.firms("同址甲", 1, **alike), bureau.firms("同址乙", 1, **alike)
    bureau.firms("同址丙", 1, **alike | {"legal_representative": "甄异"})
    admin.post("/registry/v1/duplicates/compare")
    pairs = [
        one for one in admin.pages("/registry/v1/duplicates", limit=100) if "同址" in one["first"]["name"]
    ]
    assert [(one["first"]["id"], one["second"]["id"], one["grounds"]) for one in pairs] == [
        (first, second, ["address"])
    ]


def test_r9_the_register_of_any_day_is_read_and_changes_are_fed_to_the_platform(bureau):
    admin, now = bureau.admin, china_today()
    (firm,) = bureau.firms("历史", 1, unit="CA-A", entered_on=str(now - 100 * DAY))
    path, match = f"{SUBJECTS}/{firm}", {"If-Match": "*"}
    source, since = "汝人社函〔2026〕8号", str(now - 30 * DAY)
    query = f"effective_from={since}&source={source}"
    admin.send("PATCH", f"{path}?{query}", json={"unit": "CA-B"}, headers=match)
    (change,) = admin.get(f"{path}/changes")["items"]
    assert (change["org"], change["source"], change["effective_from"]) == ("410482-rsj", source, since)
    assert change["effective_to"] is None

    def unit_on(days):
        return admin.get(path, as_of=str(now - days * DAY))["unit"]

    assert [unit_on(days) for days in (100, 31, 30, 0)] == ["CA-A", "CA-A", "CA-B", "CA-B"]
    assert admin.refused("GET", f"{path}?as_of={now - 101 * DAY}", None)["status"] == 404
    assert found(admin, as_of=str(now - 31 * DAY), unit="CA-A") == [firm]
    assert found(admin, as_of=str(now), unit="CA-A") == []

    platform = bureau.sign_in("platform")
    cursor, told = "", []

    def caught_up():
        nonlocal cursor
        answer = platform.get(f"{SUBJECTS}/changes", since=cursor, limit=2000)
        told.extend((one["deed"], one["subject"]["id"]) for one in answer["items"])
        cursor = answer["cursor"]
        return not answer["more"] and ("changed", firm) in told

    wait_for("增量", caught_up)
    assert told.count(("created", firm)) == told.count(("changed", firm)) == 1
    assert told.index(("created", firm)) < told.index(("changed", firm))


def test_r10_tags_form_a_tree_and_only_fit_the_items_that_they_name(bureau, make_task):
    admin = bureau.admin
    chosen, others = bureau.firms("树甲", 2), bureau.firms("树乙", 2)
    top = {"code": "CA-TREE", "name": "人力资源服务业", "dimension": "industry", "items": ["CA-HR"]}
    admin.post("/registry/v1/labels", top)
    leaf = {"code": "CA-LEAF", "name": "劳务派遣", "dimension": "industry", "parent": "CA-TREE"}
    assert admin.post("/registry/v1/labels", leaf)["parent"] == "CA-TREE"
    done = admin.post("/registry/v1/labels/CA-LEAF/subjects", {"where": {"name": "树甲"}})
    assert done == {"changed": 2, "subjects": 2}
    assert found(admin, label="CA-TREE", name="树") == chosen

    criteria = {"labels": ["CA-TREE"], "names_contain": "树"}
    row = bureau.drawn(bureau.published(make_task(list_code="CATREE", criteria=criteria, ratio_bp=10_000)))
    drawn = sorted(one["object_id"] for one in bureau.rows(row, "results"))
    assert drawn == chosen and not set(drawn) & set(others)
    wrong = {"code": "CA-OTHER", "name": "其他", "items": ["CA-LD"]}
    admin.post("/registry/v1/labels", wrong)
    task = make_task(list_code="CATREE", criteria={"labels": ["CA-OTHER"]})
    assert [one["code"] for one in bureau.unfrozen(bureau.published(task))["problems"]] == [
        "label_not_for_item"
    ]


def test_r11_bodies_without_a_credit_code_get_a_number_of_their_region(bureau):
    numbers = []
    for kind in ("unlicensed", "institution", "unlicensed"):
        body = {"kind": kind, "region": "410482", "name": "汝州市编号示范"}
        numbers.append(bureau.admin.post(SUBJECTS, body)["id"])
    assert [number[:10] for number in numbers] == ["WZ-410482-", "FS-410482-", "WZ-410482-"]
    assert int(numbers[2][10:]) == int(numbers[0][10:]) + 1
    firm = {"kind": "enterprise", "region": "410482", "name": "汝州市编号示范"}
    assert bureau.admin.refused("POST", SUBJECTS, firm)["status"] == 422


def test_r12_lists_complaints_and_grades_are_kept_with_source_and_days_and_are_found(bureau):
    admin, now = bureau.admin, china_today()
    first, second, third = bureau.firms("状态", 3)
    for firm, code in ((first, "abnormal_list"), (second, "serious_violation"), (third, "key_watch")):
        body = {"list_code": code, "valid_from": str(now - 3 * DAY), "source": "国家企业信用信息公示系统"}
        entry = admin.post(f"{SUBJECTS}/{firm}/lists", body)
        assert (entry["recorded_by"], entry["valid_to"]) == ("rz-reg-admin", None)
        assert found(admin, on_list=code, name="状态") == [firm]
    entry = admin.get(f"{SUBJECTS}/{third}/lists")[0]
    admin.post(f"{SUBJECTS}/{third}/lists/{entry['id']}/end?day={now - DAY}")
    assert found(admin, on_list="key_watch", name="状态") == []
    assert admin.get(f"{SUBJECTS}/{third}/lists")[0]["valid_to"] == str(now - DAY)
    newest = admin.get(f"{SUBJECTS}/{third}/changes")["items"][0]
    assert newest["after"]["list:key_watch"]["to"] == str(now - DAY)

    told = {
        "source": "12333 热线",
        "complaints": [{"id": first, "reference": "CA-1", "received_on": str(now), "count": 3, "matter": "拖欠工资"}],
    }  # fmt: skip
    assert [admin.post("/registry/v1/complaints", told)["new"] for _ in range(2)] == [1, 0]
    assert admin.get(f"{SUBJECTS}/{first}")["complaints"] == 3

    lines = [{"id": first, "grade": "D"}, {"id": "CA-NOBODY", "grade": "A"}]
    push = {"source": "省平台", "month": f"{now:%Y-%m}", "grades": lines}
    done = admin.post("/registry/v1/grades", push)
    assert (done["changed"], [one["code"] for one in done["problems"]]) == (1, ["unknown"])
    assert admin.post("/registry/v1/grades", push)["unchanged"] == 1
    assert found(admin, grade="D", name="状态") == [first]
    newest = admin.get(f"{SUBJECTS}/{first}/changes")["items"][0]
    assert newest["after"] == {"credit_grade": "D", "grade_source": "省平台", "grade_month": f"{now:%Y-%m}"}
    shown = admin.get(f"{SUBJECTS}/{first}")
    assert (shown["credit_grade"], shown["grade_source"], shown["grade_month"]) == (
        "D",
        "省平台",
        f"{now:%Y-%m}",
    )


def test_r12_the_platform_pushes_grades_by_file_and_an_older_month_takes_nothing_back(bureau):
    platform = bureau.sign_in("platform")
    first, second = bureau.firms("推送", 2)

    def push(month, *lines):
        sheet = "\n".join(["统一社会信用代码,信用等级", *lines]).encode()
        digest = platform.upload("/registry/v1/uploads", sheet)
        return platform.post(
            "/registry/v1/grades", {"source": "省平台", "month": month, "upload_sha256": digest}
        )

    done = push("2026-10", f"{first},C", f"{second},B", "CA-NOBODY,A", f"{second},优")
    assert [done[name] for name in ("received", "changed", "unknown", "refused")] == [4, 2, 1, 1]
    done = push("2026-09", f"{first},A")
    assert (done["changed"], done["outdated"]) == (0, 1)
    assert [(one["credit_grade"], one["grade_source"], one["grade_month"]) for one in (
        platform.get(f"{SUBJECTS}/{first}"), platform.get(f"{SUBJECTS}/{second}")
    )] == [("C", "省平台", "2026-10"), ("B", "省平台", "2026-10")]  # fmt: skip


def test_r8_an_object_keeps_several_licences_each_with_its_last_day_and_any_of_them_is_a_condition(
    bureau, make_task
):
    admin, past = bureau.admin, str(china_today() - DAY)
    header = ("企业名称", "统一社会信用代码", "行政区划代码", "许可证")
    said = f"人力资源服务许可证:证一；劳务派遣许可证:证二:{past}"
    rows = [(f"汝州市多证{n}", bureau.code(), "410482", cell) for n, cell in enumerate((said, "证三", ""))]
    assert bureau.import_file("subjects", [header, *rows])["accepted"] == 3
    firm = rows[0][1]
    assert admin.get(f"{SUBJECTS}/{firm}")["licences"] == [
        {"kind": "人力资源服务许可证", "number": "证一", "until": None},
        {"kind": "劳务派遣许可证", "number": "证二", "until": past},
    ]
    criteria = {"names_contain": "多证", "licences": ["expired"], "licence_kinds": ["劳务派遣许可证"]}
    row = bureau.drawn(bureau.published(make_task(list_code="CALIC", criteria=criteria, ratio_bp=10_000)))
    assert [one["object_id"] for one in bureau.rows(row, "results")] == [firm]


def test_r9_tags_are_changes_and_machines_write_no_other_register(bureau):
    admin, platform = bureau.admin, bureau.sign_in("platform")
    (firm,) = bureau.firms("留痕", 1)
    admin.post("/registry/v1/labels", {"code": "CA-TRACE", "name": "留痕"})
    admin.post("/registry/v1/labels/CA-TRACE/subjects", {"ids": [firm]})
    admin.post("/registry/v1/labels/CA-TRACE/subjects", {"ids": [firm], "remove": True})
    changes = admin.get(f"{SUBJECTS}/{firm}/changes")["items"]
    assert [(one["source"], one["after"]["label:CA-TRACE"] is None) for one in changes] == [
        ("取消标注：留痕", True), ("标注：留痕", False),
    ]  # fmt: skip
    digest = platform.upload("/registry/v1/uploads", "事项编码,抽查事项\nCA-M,x".encode())
    body = {"upload_sha256": digest, "kind": "items", "mode": "direct"}
    assert platform.refused("POST", "/registry/v1/imports", body)["code"] == "forbidden"
