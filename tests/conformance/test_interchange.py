"""Registers by file (O14; R8, R13, R16, R18, D22): out, in, looked at before anything is written."""

import csv
import io
from datetime import timedelta

from suicha_local.demo.client import china_today, wait_for


def read(content):
    """Return the rows of a CSV that spreadsheets open."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def written(rows):
    """Return rows as a CSV."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def checked(session, kind, content, **body):
    """Have a file checked; return the preview."""
    digest = session.upload("/registry/v1/uploads", content)
    started = session.post("/registry/v1/imports", {"upload_sha256": digest, "kind": kind, **body})
    return ended(session, started["id"], {"checked", "failed"})


def ended(session, import_id, states):
    """Wait until an import is in one of the states."""

    def reached():
        row = session.get(f"/registry/v1/imports/{import_id}")
        return row if row["state"] in states else None

    return wait_for("导入", reached)


def confirmed(session, preview):
    """Confirm a preview; return the finished import."""
    session.post(f"/registry/v1/imports/{preview['id']}/confirm")
    return ended(session, preview["id"], {"done", "failed"})


def export(session, kind, **conditions):
    """Return an export."""
    return session.send("GET", f"/registry/v1/exports/{kind}", params=conditions).content


def test_o14_every_register_leaves_as_csv_and_xlsx_and_comes_back_without_a_change(bureau):
    admin = bureau.admin
    bureau.firms("交换", 2)
    person = bureau.inspectors(801, 1, "LDJC", ["CA-HR"])[0]
    bureau.form("CA-O14")
    expert = {
        "code": "CA-O14", "name": "交换律师事务所", "kind": "law_firm", "valid_from": "2026-01-01",
        "valid_until": str(china_today() + timedelta(days=400)),
    }  # fmt: skip
    admin.post("/registry/v1/experts", expert)
    holds = {"subjects": "交换", "organisations": "410482-rsj", "items": "CA-HR", "inspectors": person,
             "experts": "CA-O14", "forms": "CA-O14"}  # fmt: skip
    for kind, word in holds.items():
        table = export(admin, kind, format="csv")
        assert any(word in cell for row in read(table) for cell in row), kind
        for file_format in ("csv", "xlsx"):
            preview = checked(admin, kind, export(admin, kind, format=file_format))
            assert (preview["state"], preview["accepted"], preview["changed"]) == ("checked", 0, 0), kind
            assert preview["unchanged"] > 0, kind
            admin.post(f"/registry/v1/imports/{preview['id']}/discard")
        template = admin.send("GET", f"/registry/v1/imports/templates/{kind}.csv").content
        assert set(read(template)[0]) <= set(read(table)[0])


def test_r8_nothing_is_written_before_somebody_has_seen_what_a_file_would_do(bureau):
    admin = bureau.admin
    (known,) = bureau.firms("预览", 1)
    new, wrong = bureau.code(), bureau.code()[:-1] + "I"
    header = ["单位名称", "信用代码", "区划代码", "成立日期", "法人代表"]
    rows = [
        header,
        ["汝州市预览改名有限公司", known, "410482", "2020/1/2", ""],
        ["汝州市预览新有限公司", new, "410482", "2020年1月2日", ""],
        ["汝州市预览错有限公司", wrong, "410482", "2020-02-30", ""],
    ]
    preview = checked(admin, "subjects", written(rows), file_name="预览.csv")
    assert [preview[name] for name in ("read", "accepted", "changed", "unchanged", "refused")] == [
        3,
        1,
        1,
        0,
        1,
    ]
    unknown = preview["columns"][4]
    assert (unknown["standing"], unknown["suggestions"][0]) == ("unknown", "法定代表人")
    (refused,) = admin.pages(f"/registry/v1/imports/{preview['id']}/refusals", limit=10)
    assert [(one["column"], one["code"]) for one in refused["faults"]] == [
        ("信用代码", "credit_code_invalid"), ("成立日期", "date_invalid"),
    ]  # fmt: skip
    changed, added = admin.pages(f"/registry/v1/imports/{preview['id']}/changes", limit=1)
    assert changed["before"]["name"] == "汝州市预览1号有限公司" and added["before"] is None
    assert admin.refused("GET", f"/registry/v1/subjects/{new}", None)["status"] == 404

    done = confirmed(admin, preview)
    assert (done["state"], done["accepted"], done["changed"], done["confirmed_by"]) == (
        "done", 1, 1, done["created_by"],
    )  # fmt: skip
    assert admin.get(f"/registry/v1/subjects/{new}")["registered_on"] == "2020-01-02"
    report = read(admin.send("GET", f"/registry/v1/imports/{done['id']}/refusals.csv").content)
    place = {name: index for index, name in enumerate(report[0])}
    report[1][place["信用代码"]], report[1][place["成立日期"]] = bureau.code(), "2020-02-28"
    corrected = confirmed(admin, checked(admin, "subjects", written(report)))
    assert (corrected["accepted"], corrected["refused"]) == (1, 0)
    again = checked(admin, "subjects", written(rows[:3]))
    assert (again["accepted"], again["changed"], again["unchanged"]) == (0, 0, 2)


def test_r13_a_roster_without_a_valid_licence_is_refused_and_identity_numbers_stay_with_their_keeper(bureau):
    admin, today = bureau.admin, china_today()
    number = "11010519491231002X"
    header = ["人员编号", "姓名", "处室", "执法证号", "执法证有效期至", "执法事项", "身份证号"]
    rows = [
        header,
        ["RZCA811", "甲", "LDJC", "豫D811", str(today + timedelta(days=300)), "CA-HR", number],
        ["RZCA812", "乙", "LDJC", "豫D812", str(today - timedelta(days=1)), "CA-HR", ""],
    ]
    preview = checked(admin, "inspectors", written(rows))
    (refused,) = admin.pages(f"/registry/v1/imports/{preview['id']}/refusals", limit=10)
    assert [one["code"] for one in refused["faults"]] == ["licence_expired"]
    confirmed(admin, preview)
    public = bureau.sign_in("planner")
    masked = export(public, "inspectors", format="csv").decode()
    assert number not in masked and "110*************2X" in masked
    assert public.refused("GET", "/registry/v1/exports/inspectors?reveal=true", None)["code"] == "forbidden"
    assert number in export(admin, "inspectors", reveal="true").decode()
    again = checked(admin, "inspectors", export(admin, "inspectors", format="csv"))
    assert again["changed"] == again["accepted"] == 0


def test_r18_a_clerk_writes_a_form_as_a_table_with_one_row_a_question(bureau):
    admin = bureau.admin
    header = ["表单编码", "表单名称", "题目编号", "题目", "题型", "选项", "须取证的答案", "题目依据"]
    rows = [
        header,
        ["CA-R18T", "劳务派遣检查表", "licence", "许可证是否有效", "是否题", "", "否", "第十八条"],
        ["CA-R18T", "", "pay", "工资支付情况", "选择题", "按时；拖欠", "拖欠", ""],
    ]
    done = confirmed(admin, checked(admin, "forms", written(rows)))
    assert (done["state"], done["accepted"]) == ("done", 2)
    (form,) = admin.pages("/registry/v1/forms", code="CA-R18T", limit=10)
    assert [one["type"] for one in form["questions"]] == ["yes_no", "choice"]
    assert form["json_schema"]["properties"]["pay"]["enum"] == ["按时", "拖欠"]
    rows[2][5] = "只有一项"
    wrong = checked(admin, "forms", written(rows))
    assert (wrong["changed"], wrong["refused"]) == (0, 2), "a form comes in whole or not at all"
