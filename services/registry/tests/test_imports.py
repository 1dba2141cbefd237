"""Imports of registers: what is refused and why, what is kept, and what survives a kill."""

import asyncio
import contextlib
import gzip
import io
import os
import signal
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from keeping import HEADER, ORG, Registry, book, code_of, firms, killable, table
from suicha_chassis import testing
from suicha_registry.main import create_app
from suicha_registry.settings import Settings


async def confirmed(registry: Registry, import_id: str, client: testing.Client) -> dict[str, Any]:
    """A checked import, confirmed and carried out."""
    answer = await client.post(f"/registry/v1/imports/{import_id}/confirm")
    assert (answer.status_code, answer.json()["state"]) == (202, "confirmed")
    return await registry.finished(import_id, client)


async def test_good_rows_are_in_and_each_refused_row_is_told_with_line_and_reason(registry: Registry) -> None:
    bad_digit = code_of(7)[:17] + ("A" if code_of(7)[17] != "A" else "B")
    rows = [
        *firms(2),
        ["校验码错公司", bad_digit, "", "", "", ""],
        ["少一列公司", code_of(8), "", "", ""],
        ["无此区划公司", code_of(9, "410399"), "", "", "", ""],
        ["", code_of(10), "", "", "", ""],
        ["日期错公司", code_of(11), "2001-02-30", "", "", ""],
        ["重复的公司", code_of(0), "", "", "", ""],
        ["太短公司", "9141", "", "", "", ""],
        ["别处公司", code_of(12, "410100"), "", "", "", ""],
    ]
    done = await registry.imported(table(rows))
    assert {key: done[key] for key in ("state", "read", "accepted", "changed", "unchanged", "refused")} == {
        "state": "done", "read": 10, "accepted": 2, "changed": 0, "unchanged": 0, "refused": 8,
    }  # fmt: skip
    header, *refused = await registry.refusals(done["id"])
    assert header == ["行号", "原因代码", "原因", "有误的列", *HEADER]
    assert [(row[0], row[1]) for row in refused] == [
        ("4", "credit_code_invalid"),
        ("5", "column_count"),
        ("6", "region_unknown"),
        ("7", "name_missing"),
        ("8", "date_invalid"),
        ("9", "duplicate"),
        ("10", "credit_code_invalid"),
        ("11", "outside_scope"),
    ]
    assert "校验码" in refused[0][2] and refused[0][3:6] == ["统一社会信用代码", "校验码错公司", bad_digit]
    assert "第 2 行" in refused[5][2] and refused[5][4] == "重复的公司"
    assert "18 位" in refused[6][2]
    known = (await registry.admin.get("/registry/v1/subjects")).json()["items"]
    assert [one["name"] for one in known] == ["洛阳第0商贸有限公司", "洛阳第1商贸有限公司"]
    assert known[0]["company_type"] == "" and known[0]["registered_on"] == "2001-02-03"


async def test_the_same_file_again_changes_nothing_and_says_so(registry: Registry) -> None:
    await registry.imported(table(firms(30)))
    before = registry.rows("SELECT s.*, s.xmin::text FROM subjects s ORDER BY id")
    again = await registry.imported(table(firms(30)))
    assert (again["accepted"], again["changed"], again["unchanged"], again["refused"]) == (0, 0, 30, 0)
    assert registry.rows("SELECT s.*, s.xmin::text FROM subjects s ORDER BY id") == before


async def test_a_changed_row_keeps_what_it_was_and_where_the_change_came_from(registry: Registry) -> None:
    await registry.imported(table(firms(3)))
    rows = firms(3)
    rows[1][0] = "洛阳改名有限公司"
    done = await registry.imported(table(rows), file_name="2026年11月.csv")
    assert (done["changed"], done["unchanged"]) == (1, 2)
    changes = (await registry.admin.get(f"/registry/v1/subjects/{code_of(1)}/changes")).json()["items"]
    assert [(one["before"], one["after"], one["source"]) for one in changes] == [
        ({"name": "洛阳第1商贸有限公司"}, {"name": "洛阳改名有限公司"}, "导入 2026年11月.csv")
    ]


async def test_columns_that_a_file_does_not_have_stay_as_they_are(registry: Registry) -> None:
    await registry.imported(table(firms(1)))
    short = table([["洛阳第0商贸有限公司", code_of(0)]], ["单位名称", "统一社会信用代码/注册号"])
    assert (await registry.imported(short))["unchanged"] == 1
    subject = (await registry.admin.get(f"/registry/v1/subjects/{code_of(0)}")).json()
    assert (subject["address"], subject["status"]) == ("中州路0号", "active")


async def test_gzip_gb18030_and_xlsx_are_found_out_from_the_content(registry: Registry) -> None:
    data = table(firms(5))
    assert (await registry.imported(gzip.compress(data)))["accepted"] == 5
    assert (await registry.imported(data.decode().encode("gb18030")))["unchanged"] == 5
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in [HEADER, *firms(6)]:
        book.active.append(row)
    book.active["C2"] = date(2001, 2, 3)
    out = io.BytesIO()
    book.save(out)
    done = await registry.imported(out.getvalue())
    assert (done["accepted"], done["unchanged"], done["refused"]) == (1, 5, 0)


async def test_bytes_that_are_no_text_cost_only_their_own_rows(registry: Registry) -> None:
    rows = firms(4)
    lines = table(rows).split(b"\r\n")
    lines[2] = lines[2].replace("日用".encode(), b"\xff\xfe")
    lines[3] = lines[3].replace("日用".encode(), b"\x00")
    lines[4] = lines[4].replace("日用".encode(), "制表\t和反斜杠\\N".encode())
    done = await registry.imported(b"\r\n".join(lines))
    assert (done["accepted"], done["refused"]) == (2, 2)
    _, *refused = await registry.refusals(done["id"])
    assert [(row[0], row[1]) for row in refused] == [("3", "bad_encoding"), ("4", "bad_encoding")]
    subject = (await registry.admin.get(f"/registry/v1/subjects/{code_of(3)}")).json()
    assert subject["scope"] == "制表\t和反斜杠\\N百货"


async def test_a_preview_counts_and_reports_and_writes_nothing_until_it_is_confirmed(
    registry: Registry,
) -> None:
    await registry.imported(table(firms(2)))
    rows = firms(4)
    rows[1][0] = "洛阳改名有限公司"
    data = table([*rows, ["坏公司", "1", "2001-02-30", "", "", ""]])
    checked = await registry.imported(data, mode="preview", file_name="三月.csv")
    counts = ("state", "read", "accepted", "changed", "unchanged", "refused")
    assert [checked[name] for name in counts] == ["checked", 5, 2, 1, 1, 1]
    assert {one["standing"] for one in checked["columns"]} == {"read"}
    path = f"/registry/v1/imports/{checked['id']}"
    first = (await registry.admin.get(f"{path}/changes?limit=1")).json()
    assert first["items"] == [
        {
            "line": 3,
            "key": code_of(1),
            "before": {"name": "洛阳第1商贸有限公司"},
            "after": {"name": "洛阳改名有限公司"},
        }
    ]
    following = (await registry.admin.get(f"{path}/changes?cursor={first['next_cursor']}")).json()
    assert [(one["line"], one["before"]) for one in following["items"]] == [(4, None), (5, None)]
    (refused,) = (await registry.admin.get(f"{path}/refusals")).json()["items"]
    assert refused["line"] == 6 and refused["row"][0] == "坏公司"
    assert [(one["column"], one["code"]) for one in refused["faults"]] == [
        ("统一社会信用代码", "credit_code_invalid"),
        ("注册日期", "date_invalid"),
    ]
    assert registry.rows("SELECT count(*) FROM subjects") == [(2,)]

    await confirmed(registry, checked["id"], registry.admin)
    done = (await registry.admin.post(f"{path}/confirm")).json()
    assert [done[name] for name in counts] == ["done", 5, 2, 1, 1, 1], "confirmed again, it stays done"
    changes = (await registry.admin.get(f"/registry/v1/subjects/{code_of(1)}/changes")).json()["items"]
    assert [one["source"] for one in changes] == ["导入 三月.csv"]
    assert registry.rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'") == [(0,)]


async def test_a_discarded_preview_leaves_nothing_and_cannot_be_confirmed(registry: Registry) -> None:
    checked = await registry.imported(table(firms(3)), mode="preview")
    path = f"/registry/v1/imports/{checked['id']}"
    county = registry.client("registry-admin", region="410482", org="410482-rsj")
    assert (await county.post(f"{path}/confirm")).status_code == 404
    assert (await registry.admin.post(f"{path}/discard")).json()["state"] == "discarded"
    assert (await registry.admin.post(f"{path}/discard")).status_code == 200
    answer = await registry.admin.post(f"{path}/confirm")
    assert (answer.status_code, answer.json()["code"]) == (409, "import_not_checked")

    async def forgotten() -> bool:
        return registry.rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'") == [(0,)]

    await testing.eventually(forgotten, what="the stage to be dropped")
    assert registry.rows("SELECT count(*) FROM subjects") == [(0,)]


async def test_headers_are_matched_by_synonym_and_the_unknown_are_named_with_suggestions(
    registry: Registry,
) -> None:
    header = ["* 单位名称", "统一社会信用代码 ", "住所（经营场所）", "注册地址", "法人代表人", "备注"]
    data = table([["甲公司", code_of(1), "一号", "二号", "张三", "x"]], header)
    checked = await registry.imported(data, mode="preview")
    standing = [(one["standing"], one["field"]) for one in checked["columns"]]
    assert standing == [
        ("read", "name"), ("read", "id"), ("doubled", "address"), ("read", "address"), ("unknown", ""),
        ("unknown", ""),
    ]  # fmt: skip
    assert checked["columns"][4]["suggestions"][0] == "法定代表人"
    said = await registry.imported(
        data, headers={"法人代表人": "legal_representative", "住所（经营场所）": "address"}
    )
    assert said["state"] == "done"
    subject = (await registry.admin.get(f"/registry/v1/subjects/{code_of(1)}")).json()
    assert (subject["legal_representative"], subject["address"]) == ("张三", "一号")
    failed = await registry.imported(table([["甲公司", code_of(1)]], ["名称", "信用代码证"]))
    assert failed["error"] == "缺少列：统一社会信用代码；“信用代码证”是否为“统一社会信用代码”"
    body = {"upload_sha256": "0" * 64, "kind": "subjects", "headers": {"备注": "version"}}
    answer = await registry.admin.post("/registry/v1/imports", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_the_corrected_report_of_refused_rows_is_imported_as_it_is(registry: Registry) -> None:
    rows = firms(2)
    rows[1][2] = "2001-02-30"
    done = await registry.imported(table(rows))
    header, refused = await registry.refusals(done["id"])
    refused[header.index("注册日期")] = "2001/2/28"
    again = await registry.imported(table([refused], header))
    assert (again["state"], again["accepted"]) == ("done", 1)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "空"),
        (table([["a"]], ["没有这些列"]), "缺少列：企业名称、统一社会信用代码"),
        (gzip.compress(table(firms(3)))[:-20], "压缩文件"),
        (b"PK\x03\x04 no workbook", "XLSX"),
    ],
)
async def test_a_file_that_is_no_register_fails_whole_and_says_why(
    registry: Registry, data: bytes, words: str
) -> None:
    done = await registry.imported(data)
    assert done["state"] == "failed" and words in done["error"]
    assert registry.rows("SELECT count(*) FROM subjects") == [(0,)]


async def test_an_import_of_what_was_never_uploaded_is_refused(registry: Registry) -> None:
    body = {"upload_sha256": "0" * 64, "kind": "subjects"}
    answer = await registry.admin.post("/registry/v1/imports", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_unknown")


async def test_an_upload_that_does_not_have_the_hash_it_names_is_refused(registry: Registry) -> None:
    answer = await registry.admin.put(f"/registry/v1/uploads/{'0' * 64}", content=b"abc")
    assert answer.status_code == 422


async def test_objects_of_another_region_are_not_changed_by_an_import(registry: Registry) -> None:
    await registry.imported(table(firms(1)))
    county = registry.client("registry-admin", region="410482", org="410482-rsj")
    moved = table([["改名", code_of(0), "410482"]], ["企业名称", "统一社会信用代码", "行政区划代码"])
    done = await registry.imported(moved, client=county)
    assert (done["changed"], done["refused"]) == (0, 1)
    answer = await registry.admin.get(f"/registry/v1/imports/{done['id']}")
    assert answer.status_code == 404, "an import of a body elsewhere is not shown"


@pytest.mark.parametrize("mode", ["direct", "preview"])
async def test_records_of_another_organisation_are_not_changed_by_an_import(
    registry: Registry, mode: str
) -> None:
    await registry.add_organisation()
    departments = [{"code": "LDJC", "name": "劳动保障监察支队", "crew": "LDJC"}]
    other = {"code": "410400-rsj", "name": "平顶山市人社局", "region": "410400", "departments": departments}
    await registry.post("/organisations", other, registry.province)
    neighbour = registry.client("registry-admin", region="410400", org="410400-rsj")
    files = {
        "inspectors": (
            ["人员编号", "姓名", "处室", "执法证号", "执法证有效期"],
            [["JC001", "张三", "LDJC", "豫1", "2099-12-31"], ["JC002", "李四", "LDJC", "豫2", "2099-12-31"]],
        ),
        "experts": (
            ["专家编号", "姓名或机构名称", "专家类别", "有效期起", "有效期止"],
            [[code, name, "会计师事务所", "2026-01-01", "2099-12-31"] for code, name in
             (("ZJ001", "甲会计师事务所"), ("ZJ002", "乙会计师事务所"))],
        ),
    }  # fmt: skip
    for kind, (header, (ours, theirs)) in files.items():
        await registry.imported(table([ours], header), kind)
        renamed = table([[ours[0], "改名", *ours[2:]], theirs], header)
        done = await registry.imported(renamed, kind, neighbour, mode=mode)
        if mode == "preview":
            done = await confirmed(registry, done["id"], neighbour)
        counts = ("state", "accepted", "changed", "unchanged", "refused")
        assert [done[name] for name in counts] == ["done", 1, 0, 0, 1]
        answer = await neighbour.get(f"/registry/v1/imports/{done['id']}/refusals")
        (refused,) = answer.json()["items"]
        assert [(one["code"], one["message"]) for one in refused["faults"]] == [
            ("outside_scope", f"编码 {ours[0]} 属于其他机构")
        ]
        kept = registry.rows(f"SELECT org, name FROM {kind} ORDER BY code")
        assert kept == [(ORG, ours[1]), ("410400-rsj", theirs[1])]


async def test_an_object_that_was_merged_does_not_come_back_to_life(registry: Registry) -> None:
    await registry.imported(table(firms(2)))
    registry.execute(
        f"UPDATE subjects SET merged_into = '{code_of(1)}', status = 'cancelled' WHERE id = '{code_of(0)}'"
    )
    done = await registry.imported(table(firms(2)))
    _, refused = await registry.refusals(done["id"])
    assert (refused[1], done["unchanged"]) == ("merged", 1) and code_of(1) in refused[2]


async def test_items_and_inspectors_are_imported_with_the_rules_of_the_api(registry: Registry) -> None:
    await registry.add_organisation()
    items = table(
        [
            [
                "LY-01",
                "职业中介检查",
                "《人力资源市场暂行条例》第三十四条；《劳动保障监察条例》第十一条",
                "5%",
            ],
            ["坏编码", "x", "", ""],
        ],
        ["事项编码", "抽查事项", "抽查依据", "抽查比例"],
    )
    done = await registry.imported(items, "items")
    assert (done["accepted"], done["refused"]) == (1, 1)
    item = (await registry.admin.get("/registry/v1/items")).json()["items"][0]
    assert item["ratio_bp"] == 500 and item["state"] == "draft"
    assert [one["law"] for one in item["basis"]] == ["人力资源市场暂行条例", "劳动保障监察条例"]
    header = ["人员编号", "姓名", "处室", "执法证号", "执法证有效期", "执法事项", "身份证号"]
    roster = table(
        [
            ["LYJC001", "张三", "LDJC", "豫1", "2099-12-31", "LY-01；LY-02", "11010519491231002X"],
            ["LYJC002", "李四", "LDJC", "豫2", "2020-12-31", "*", "11010519491231002X"],
            ["LYJC003", "王五", "没有", "豫3", "2099-12-31", "*", ""],
        ],
        header,
    )
    done = await registry.imported(roster, "inspectors")
    assert (done["accepted"], done["refused"]) == (1, 2)
    _, *refused = await registry.refusals(done["id"])
    assert [row[1] for row in refused] == ["licence_expired", "department_invalid"]
    assert "11010519491231002X" not in str(refused)
    person = (await registry.admin.get("/registry/v1/inspectors/LYJC001")).json()
    assert (person["scopes"], person["identity_masked"]) == (["LY-01", "LY-02"], "110*************2X")
    await registry.forgotten(roster)
    assert (await registry.imported(roster, "inspectors"))["unchanged"] == 1


async def test_the_trail_keeps_what_an_import_changed_before_and_after(registry: Registry) -> None:
    await registry.add_organisation()
    header = ["人员编号", "姓名", "处室", "执法证号", "执法证有效期", "身份证号"]
    person = ["LYJC001", "张三", "LDJC", "豫1", "2099-12-31", "11010519491231002X"]
    await registry.imported(table([person], header), "inspectors")
    changed = [*person[:1], "张三丰", "RLZY", *person[3:]]
    done = await registry.imported(table([changed], header), "inspectors")
    await registry.imported(table([changed], header), "inspectors")
    trail = registry.rows(
        "SELECT action, actor, org, reason, before, after FROM audit_entries "
        "WHERE object_type = 'inspector' AND object_id = 'LYJC001' ORDER BY seq"
    )
    (create, edit), last = trail, trail[-1]
    assert (create[0], create[4], create[5]["name"]) == ("create", None, "张三")
    assert create[5]["identity_masked"] == "110*************2X" and "sealed" not in str(trail)
    assert edit[:4] == ("edit", "registry-admin", ORG, f"导入 {done['id']}")
    assert last[4] == {"name": "张三", "department": "LDJC"}
    assert last[5] == {"name": "张三丰", "department": "RLZY"}
    items = ["事项编码", "抽查事项", "抽查比例"]
    for ratio in ("5%", "10%"):
        await registry.imported(table([["LY-01", "检查", ratio]], items), "items")
    (item,) = (await registry.admin.get("/registry/v1/items")).json()["items"]
    found = (await registry.client("auditor").get(f"/registry/v1/audit?object_id={item['id']}")).json()[
        "items"
    ]
    edits = [(one["before"], one["after"]) for one in found if one["action"] == "edit"]
    assert edits == [({"ratio_bp": 500}, {"ratio_bp": 1000})]


async def test_organisations_are_imported_with_their_departments(registry: Registry) -> None:
    header = ["机构编码", "机构名称", "行政区划代码", "处室"]
    rows = [
        ["410300-rsj", "洛阳市人社局", "410300", "LDJC:监察支队:LDJC；RLZY:市场科"],
        ["410100-rsj", "郑州市人社局", "410100", ""],
    ]
    done = await registry.imported(table(rows, header), "organisations")
    assert (done["accepted"], done["refused"]) == (1, 1)
    shown = (await registry.admin.get("/registry/v1/organisations/410300-rsj")).json()
    assert shown["departments"][1] == {"code": "RLZY", "name": "市场科", "crew": "RLZY"}


async def test_an_import_cut_off_by_a_stop_leaves_nothing_and_is_finished_by_the_next_process(
    registry_settings: Settings, issuer: testing.Issuer
) -> None:
    rows = firms(45_000)
    rows[30_000][0] = ""
    database = testing.ServiceDatabase(
        name="", url="", owner_url=registry_settings.database_owner_url.get_secret_value()
    )
    async with contextlib.AsyncExitStack() as process:
        http = await process.enter_async_context(testing.served(create_app(registry_settings)))
        first = Registry(http, issuer, registry_settings, database)

        async def under_way() -> bool:
            return first.rows("SELECT rows_read FROM imports") == [(20_000,)]

        async def stopping() -> bool:  # its other loops are over: nobody leads the relay any more
            return first.rows("SELECT pg_try_advisory_lock(hashtext('suicha-outbox-relay'))") == [(True,)]

        async def running() -> bool:
            return not await stopping()

        with psycopg.connect(database.owner_url) as busy:
            busy.execute("LOCK TABLE import_refusals")  # the second batch, which refuses a row, waits for it
            import_id = await first.start_import(table(rows))
            await testing.eventually(under_way, what="progress")
            await testing.eventually(running, what="a loop that ends when the process is stopped")
            stop = asyncio.create_task(process.aclose())
            await testing.eventually(stopping, what="the stop")
        await stop
    assert first.rows("SELECT state FROM imports") == [("checking",)]
    assert first.rows("SELECT count(*) FROM subjects") == [(0,)]
    async with testing.served(create_app(registry_settings)) as http:
        second = Registry(http, issuer, registry_settings, database)
        done = await second.finished(import_id)
        assert (done["state"], done["read"], done["accepted"]) == ("done", 45_000, 44_999)


async def test_a_killed_process_leaves_nothing_half_done_and_the_next_one_goes_on_where_it_was(
    registry_settings: Settings, issuer: testing.Issuer
) -> None:
    rows = firms(80_000)
    rows.append(rows[0])
    url = registry_settings.database_url.get_secret_value()

    def staged_in(import_id: str) -> set[tuple[Any, ...]]:
        name = f"staging.import_{import_id.replace('-', '')}"
        with psycopg.connect(url) as connection:
            return set(connection.execute(f"SELECT s.line, s.ctid::text, s.xmin::text FROM {name} s"))

    async with killable(registry_settings, issuer) as (first, process):
        import_id = await first.start_import(table(rows), mode="preview")

        async def under_way() -> bool:
            return bool(first.rows("SELECT FROM imports WHERE rows_read > 0 AND rows_read < 80000"))

        await testing.eventually(under_way, what="progress")
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert first.rows("SELECT state FROM imports") == [("checking",)]
    staged = staged_in(import_id)
    async with testing.served(create_app(registry_settings)) as http:
        second = Registry(http, issuer, registry_settings, first.database)
        checked = await second.finished(import_id)
        assert (checked["state"], checked["accepted"], checked["refused"]) == ("checked", 80_000, 1)
        everything = staged_in(import_id)
        assert staged and staged < everything, "what the first process staged was not staged again"
        assert len({line for line, _, _ in everything}) == len(everything) == 80_000
        assert second.rows("SELECT count(*) FROM subjects") == [(0,)]


async def test_a_batch_that_somebody_else_read_meanwhile_is_given_up_and_every_row_comes_in_once(
    registry: Registry,
) -> None:
    rows = firms(80_000)
    rows[0][0] = rows[20_000][0] = ""
    with psycopg.connect(registry.database.owner_url) as busy:
        busy.execute("LOCK TABLE import_refusals")  # the first batch of every reader refuses a row: it waits
        import_id = await registry.start_import(table(rows))

        async def waiting() -> bool:
            query = (
                "SELECT count(*) FROM pg_locks WHERE relation = 'import_refusals'::regclass AND NOT granted"
            )
            return bool(registry.rows(query)[0][0])

        await testing.eventually(waiting, what="a reader that waits")
        with psycopg.connect(registry.settings.database_url.get_secret_value()) as other:
            staged = f"INSERT INTO staging.import_{import_id.replace('-', '')} (line, id) VALUES (3, %s)"
            other.execute(staged, (code_of(1),))
            other.execute("UPDATE imports SET shares = ARRAY(SELECT 20000 FROM unnest(shares))")
    done = await registry.finished(import_id)
    assert (done["state"], done["read"], done["accepted"], done["refused"]) == ("done", 80_000, 79_998, 2)
    assert registry.rows("SELECT count(*) FROM subjects") == [(79_998,)]


def _readers() -> list[int]:
    """Process ids of the readers that this process has started."""
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    children = [int(pid) for task in tasks for pid in task.read_text().split()]
    return [pid for pid in children if b"imports.readers" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) == 1, reason="one core reads in the service's own thread")
@pytest.mark.parametrize("made", [table, book])
async def test_a_reader_that_is_killed_loses_no_row_and_none_comes_twice(
    registry: Registry, made: Callable[[list[list[str]]], bytes]
) -> None:
    rows = firms(80_000)
    rows[25_000][0] = ""
    with psycopg.connect(registry.database.owner_url) as busy:
        busy.execute("LOCK TABLE import_refusals")  # the second reader waits with its first batch
        import_id = await registry.start_import(made(rows))

        async def under_way() -> bool:
            query = "SELECT FROM imports WHERE shares[1] > 0"
            waiting = "SELECT FROM pg_locks WHERE relation = 'import_refusals'::regclass AND NOT granted"
            return bool(registry.rows(query)) and bool(registry.rows(waiting))

        await testing.eventually(under_way, what="a reader that has read and one that waits")
        pids = _readers()
        assert pids
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
    done = await registry.finished(import_id)
    assert (done["state"], done["read"], done["accepted"], done["refused"]) == ("done", 80_000, 79_999, 1)
    assert registry.rows("SELECT count(*) FROM subjects") == [(79_999,)]


async def test_what_the_database_refuses_fails_the_import_and_no_word_of_a_row_is_logged(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    checked = await registry.imported(table(firms(2)), mode="preview")
    with psycopg.connect(registry.settings.database_url.get_secret_value()) as connection:
        connection.execute(f"UPDATE staging.import_{checked['id'].replace('-', '')} SET kind = NULL")
    await registry.admin.post(f"/registry/v1/imports/{checked['id']}/confirm")

    async def failed() -> bool:
        return registry.rows("SELECT state FROM imports") == [("failed",)]

    await testing.eventually(failed, what="the import to fail")
    assert registry.rows("SELECT error FROM imports") == [("数据库拒绝了文件内容",)]
    assert "NotNullViolation kind" in caplog.text and code_of(0) not in caplog.text


async def test_an_object_that_somebody_enters_while_an_import_is_applied_becomes_as_the_file_says(
    registry: Registry,
) -> None:
    with psycopg.connect(registry.database.owner_url) as busy:
        entered = "INSERT INTO subjects (id, name, kind, region) VALUES (%s, '先登记的名称', 'enterprise', '410300')"
        busy.execute(entered, (code_of(3),))
        import_id = await registry.start_import(table(firms(5)))

        async def waiting() -> bool:
            return bool(
                registry.rows("SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted")
            )

        await testing.eventually(waiting, what="the import to come upon the object")
    done = await registry.finished(import_id)
    assert (done["state"], done["accepted"], done["changed"]) == ("done", 4, 1)
    changes = (await registry.admin.get(f"/registry/v1/subjects/{code_of(3)}/changes")).json()["items"]
    assert changes[0]["before"]["name"] == "先登记的名称" and len(changes) == 1


async def test_a_process_killed_while_it_applies_leaves_nothing_and_the_next_one_applies(
    registry_settings: Settings, issuer: testing.Issuer
) -> None:
    url = registry_settings.database_url.get_secret_value()
    async with killable(registry_settings, issuer) as (first, process):
        import_id = (await first.imported(table(firms(5)), mode="preview"))["id"]
        with psycopg.connect(url) as busy:
            busy.execute("SELECT pg_advisory_lock(hashtextextended('import-subjects', 5))")
            await first.admin.post(f"/registry/v1/imports/{import_id}/confirm")

            async def applying() -> bool:
                return first.rows("SELECT state FROM imports") == [("applying",)]

            await testing.eventually(applying, what="the import to be applied")
            process.send_signal(signal.SIGKILL)
            await process.wait()
    assert first.rows("SELECT count(*) FROM subjects") == [(0,)]
    async with testing.served(create_app(registry_settings)) as http:
        second = Registry(http, issuer, registry_settings, first.database)
        done = await second.finished(import_id)
        assert (done["state"], done["accepted"]) == ("done", 5)


async def test_an_import_that_cannot_be_carried_out_holds_no_other_up_and_goes_on_when_it_can(
    registry: Registry,
) -> None:
    checked = await registry.imported(table(firms(3)), mode="preview")
    stage, path = f"staging.import_{checked['id'].replace('-', '')}", f"/registry/v1/imports/{checked['id']}"

    def rename(before: str, after: str) -> None:
        with psycopg.connect(registry.settings.database_url.get_secret_value()) as connection:
            connection.execute(f"ALTER TABLE {stage} RENAME COLUMN {before} TO {after}")

    rename("name", "gone")
    await registry.admin.post(f"{path}/confirm")
    for count in (4, 5):
        assert (await registry.imported(table(firms(count)[3:])))["accepted"] == 1
    assert (await registry.admin.get(path)).json()["state"] == "applying"
    rename("gone", "name")

    async def applied() -> bool:
        return bool((await registry.admin.get(path)).json()["state"] == "done")

    await testing.eventually(applied, what="the import that could not be carried out")
    assert registry.rows("SELECT count(*) FROM subjects") == [(5,)]


async def test_a_stage_that_a_crash_of_the_database_emptied_is_filled_again_from_the_file(
    registry: Registry,
) -> None:
    bad = [["坏公司", "1", "", "", "", ""], ["重复的公司", code_of(0), "", "", "", ""]]
    checked = await registry.imported(table([*firms(5), *bad]), mode="preview")
    with psycopg.connect(registry.settings.database_url.get_secret_value()) as connection:
        connection.execute(f"TRUNCATE staging.import_{checked['id'].replace('-', '')}")
    path = f"/registry/v1/imports/{checked['id']}"
    await registry.admin.post(f"{path}/confirm")

    async def applied() -> dict[str, Any] | None:
        row: dict[str, Any] = (await registry.admin.get(path)).json()
        return row if row["state"] in ("done", "failed") else None

    done = await testing.eventually(applied, what="the import to be applied after all")
    assert (done["state"], done["accepted"], done["refused"]) == ("done", 5, 2)
    assert len(await registry.refusals(checked["id"])) == 3
