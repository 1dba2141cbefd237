"""Imports of registers: what is refused and why, what is kept, and what survives a kill."""

import asyncio
import contextlib
import gzip
import hashlib
import io
import os
import signal
import sys
from datetime import date

import httpx
import openpyxl
import pytest
from keeping import HEADER, Registry, code_of, firms, table
from suicha_chassis import embedded, testing
from suicha_chassis.files import FileStore
from suicha_registry.main import create_app
from suicha_registry.settings import Settings


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
    assert header == ["行号", "原因代码", "原因", *HEADER]
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
    assert "校验码" in refused[0][2] and refused[0][3:5] == ["校验码错公司", bad_digit]
    assert "第 2 行" in refused[5][2] and refused[5][3] == "重复的公司"
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


async def test_a_dry_run_counts_and_reports_and_changes_nothing(registry: Registry) -> None:
    done = await registry.imported(table([*firms(3), ["坏公司", "1", "", "", "", ""]]), dry_run=True)
    assert (done["accepted"], done["refused"]) == (3, 1)
    assert len(await registry.refusals(done["id"])) == 2
    assert (await registry.admin.get("/registry/v1/subjects")).json()["items"] == []


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
    files = FileStore(registry.settings.files_url)

    async def forgotten() -> bool:
        return not await files.exists(hashlib.sha256(roster).hexdigest())

    assert await testing.eventually(forgotten, what="the roster with identity numbers in clear to be removed")
    assert (await registry.imported(roster, "inspectors"))["unchanged"] == 1


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
    big = table(firms(60_000))
    database = testing.ServiceDatabase(
        name="", url="", owner_url=registry_settings.database_owner_url.get_secret_value()
    )
    async with testing.served(create_app(registry_settings)) as http:
        first = Registry(http, issuer, registry_settings, database)
        import_id = await first.start_import(big)

        async def under_way() -> bool:
            row = (await first.admin.get(f"/registry/v1/imports/{import_id}")).json()
            return bool(row["read"] > 0)

        await testing.eventually(under_way, what="progress")
    assert first.rows("SELECT state FROM imports") == [("running",)]
    assert first.rows("SELECT count(*) FROM subjects") == [(0,)]
    async with testing.served(create_app(registry_settings)) as http:
        second = Registry(http, issuer, registry_settings, database)
        done = await second.finished(import_id)
        assert (done["state"], done["read"], done["accepted"]) == ("done", 60_000, 60_000)


async def test_a_killed_process_leaves_nothing_half_done_and_the_next_one_finishes(
    registry_settings: Settings, issuer: testing.Issuer
) -> None:
    port = embedded.free_port()
    environment = os.environ | {
        "ENVIRONMENT": "test",
        "REGISTRY_DATABASE_URL": registry_settings.database_url.get_secret_value(),
        "REGISTRY_PII_KEY": registry_settings.pii_key.get_secret_value(),
        "REGISTRY_PORT": str(port),
        "NATS_URL": registry_settings.nats_url,
        "FILES_URL": registry_settings.files_url,
        "JWKS_URL": registry_settings.jwks_url,
        "LOG_LEVEL": "ERROR",
    }
    rows = firms(80_000)
    rows.append(rows[0])
    database = testing.ServiceDatabase(
        name="", url="", owner_url=registry_settings.database_owner_url.get_secret_value()
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "suicha_registry", env=environment)
    try:
        await asyncio.to_thread(testing.wait_for_port, port)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            first = Registry(http, issuer, registry_settings, database)
            import_id = await first.start_import(table(rows))

            async def under_way() -> bool:
                return bool(first.rows("SELECT FROM imports WHERE rows_read > 0"))

            await testing.eventually(under_way, what="progress")
            process.send_signal(signal.SIGKILL)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    assert first.rows("SELECT state FROM imports") == [("running",)]
    assert first.rows("SELECT count(*) FROM subjects") == [(0,)]
    async with testing.served(create_app(registry_settings)) as http:
        second = Registry(http, issuer, registry_settings, database)
        done = await second.finished(import_id)
        assert (done["state"], done["accepted"], done["refused"]) == ("done", 80_000, 1)
        assert second.rows("SELECT count(*) FROM subjects") == [(80_000,)]
