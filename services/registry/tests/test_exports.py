"""Exports: what leaves a register comes back without a change, and shows nobody more than they may see."""

import asyncio
import contextlib
import csv
import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from keeping import ORG, Registry, code_of, firms, table
from suicha_chassis.auth import Caller
from suicha_chassis.db import Database
from suicha_registry.exports import service
from suicha_registry.rulesets.service import today
from suicha_registry.subjects.schemas import Search
from suicha_registry.tables import registers
from suicha_registry.tables.columns import Column
from suicha_registry.tables.writing import CsvWriter

IDENTITY = "11010519491231002X"
REGISTERS: dict[str, tuple[Column, ...]] = {
    "subjects": registers.SUBJECTS,
    "organisations": registers.ORGANISATIONS,
    "items": registers.ITEMS,
    "inspectors": registers.INSPECTORS,
    "experts": registers.EXPERTS,
    "forms": registers.FORMS,
}
QUESTIONS: list[dict[str, Any]] = [
    {"key": "result", "text": "是否发现问题", "type": "yes_no", "evidence_required_if": ["是"]},
    {
        "key": "kind",
        "text": "哪一类",
        "type": "choice",
        "section": "详情",
        "options": ["证照", "合同"],
        "required": False,
        "guidance": "看原件，\n逐页核对",
        "legal_article": "第十八条",
    },
]


async def fill(registry: Registry) -> None:
    """One or two records of each kind, with what is awkward in a table."""
    await registry.add_everything()
    group = [{"role": "head", "name": "示例", "post": "局党组成员、副局长"}, {"role": "office", "name": "科"}]
    duty = {
        "matter": "registries_complete",
        "lead": "LDJC",
        "responsible": ["RLZY", "LDJC"],
        "clause": "二（一）",
    }
    more = {"leading_group": group, "responsibilities": [duty, {"matter": "公示", "lead": "RLZY"}]}
    path = f"/registry/v1/organisations/{ORG}"
    assert (await registry.admin.patch(path, more, headers={"If-Match": "*"})).status_code == 200
    await registry.imported(table(firms(3)))
    awkward = {
        "id": "WZ-0001",
        "kind": "unlicensed",
        "region": "410305",
        "name": "=HYPERLINK(“坏”)",
        "address": "无",
        "scope": '引号"逗号,换行\n制表\t和反斜杠\\N',
        "capital": " 前后有空格 ",
        "legal_representative": "'撇号",
        "scale": "_x0041_",
        "market_share_bp": 1205,
        "licences": [
            {"kind": "劳务派遣许可证", "number": "豫二", "until": "2030-01-31"},
            {"kind": "人力资源服务许可证", "number": "豫 一"},
        ],
        "status": "suspended",
    }
    await registry.post("/subjects", awkward)
    lists = {"lists": ["regular", "triggered"], "expertise": ["劳务派遣"], "ratio_bp": 50, "staff": 3}
    other = {"object_kinds": ["enterprise", "institution"], "enforcement": "supervision", "category": "other"}
    law = [{"law": "人力资源市场暂行条例", "articles": "第十八条、第三十四条"}]
    item = {"code": "LY-X-01", "name": "事项", "basis": law, "content": "一\n二"}
    legal = {
        "legal_ratio": {"bp": 1050, "law": {"law": "劳动保障监察条例", "articles": "第十一条"}},
        "legal_frequency": {"maximum": 2, "law": {"law": "劳动保障监察条例", "articles": "第十一条"}},
    }
    await registry.post("/items", item | lists | other | legal)
    await registry.add_inspector("LYJC001", identity_number=IDENTITY, expertise=["审计"], scopes=["RZ-HR-01"])
    await registry.add_inspector("LYJC002", state="on_leave")
    await registry.post("/forms", {"code": "X", "name": "检查表", "clause": "附件2", "questions": QUESTIONS})
    expert = {
        "code": "ZJ-1", "name": "某事务所", "kind": "law_firm", "credit_code": code_of(5), "tags": ["审计", "社保"],
        "valid_from": "2026-01-01", "valid_until": "2099-12-31", "conflicts": [code_of(0)],
        "confidential_since": "2026-01-02",
    }  # fmt: skip
    await registry.post("/experts", expert)


async def test_a_form_that_extends_another_leaves_and_comes_back_with_its_own_questions(
    registry: Registry,
) -> None:
    await fill(registry)
    body = {"code": "EXT", "name": "个性化检查表", "extends": "BASE", "questions": QUESTIONS[1:]}
    form = await registry.post("/forms", body)
    published = await registry.post(f"/forms/{form['id']}/publish", None)
    assert [one["key"] for one in published["questions"]] == ["result", "kind"]
    header, *rows = cells(await exported(registry, "forms", "code=EXT"))
    assert [row[header.index("题目编号")] for row in rows] == ["kind"]
    assert (await registry.imported(table(rows, header), "forms"))["unchanged"] == 1
    rows[0][header.index("题目")] = "属于哪一类"
    assert (await registry.imported(table(rows, header), "forms"))["changed"] == 1
    newest = (await registry.admin.get("/registry/v1/forms?code=EXT")).json()["items"][-1]
    assert (newest["version"], newest["extends"], len(newest["questions"])) == (2, "BASE", 1)


async def exported(registry: Registry, kind: str, query: str = "") -> bytes:
    answer = await registry.admin.get(f"/registry/v1/exports/{kind}?{query}")
    assert answer.status_code == 200, answer.text
    return bytes(answer.content)


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
async def test_what_was_exported_is_imported_again_without_a_change(
    registry: Registry, file_format: str
) -> None:
    await fill(registry)
    rows = {"subjects": 4, "organisations": 1, "items": 2, "inspectors": 2, "experts": 1, "forms": 3}
    for kind, count in rows.items():
        before = registry.rows(f"SELECT t.*, t.xmin::text FROM {kind} t ORDER BY 1, 2")
        data = await exported(registry, kind, f"format={file_format}")
        done = await registry.imported(data, kind)
        told = (await registry.admin.get(f"/registry/v1/imports/{done['id']}/refusals")).json()["items"]
        counts = {name: done[name] for name in ("state", "read", "unchanged", "refused")}
        assert counts == {"state": "done", "read": count, "unchanged": count, "refused": 0}, (kind, told)
        assert registry.rows(f"SELECT t.*, t.xmin::text FROM {kind} t ORDER BY 1, 2") == before, kind


async def test_an_export_of_a_changed_register_changes_it_back(registry: Registry) -> None:
    await fill(registry)
    data = {kind: await exported(registry, kind) for kind in REGISTERS}
    edits = {
        "subjects": "UPDATE subjects SET scope = 'x', market_share_bp = NULL",
        "items": "UPDATE items SET lists = '{regular}', basis = '[]'",
        "inspectors": "UPDATE inspectors SET expertise = '{x}', department = 'RLZY', crew = 'RLZY'",
        "experts": "UPDATE experts SET tags = '{}', state = 'left'",
        "organisations": "UPDATE organisations SET departments = departments - 1",
    }
    for kind, statement in edits.items():
        registry.execute(statement)
        assert (await registry.imported(data[kind], kind))["changed"] > 0, kind
        was = data[kind].decode().replace("已公布", "草案")  # what was changed must be reviewed again
        assert (await exported(registry, kind)).decode() == was, kind
    assert [one["name"] for one in registry.events("expert_registered")] == ["某事务所", "某事务所"]


async def test_a_changed_question_makes_the_next_version_and_a_wrong_one_keeps_its_whole_form_out(
    registry: Registry,
) -> None:
    await fill(registry)
    header, *rows = cells(await exported(registry, "forms", "code=X"))
    place = {name: header.index(name) for name in ("题目", "题型", "选项", "题目编号", "表单编码")}
    rows[1][place["选项"]] = "证照；合同；社保"
    checked = await registry.imported(table(rows, header), "forms", mode="preview")
    assert (checked["changed"], checked["unchanged"], checked["refused"]) == (2, 0, 0)
    changes = (await registry.admin.get(f"/registry/v1/imports/{checked['id']}/changes")).json()["items"]
    assert changes[1]["before"] == {"options": ["证照", "合同"]} and changes[0]["before"] == {}
    await registry.imported(table(rows, header), "forms")
    forms = (await registry.admin.get("/registry/v1/forms?code=X")).json()["items"]
    assert [(one["version"], one["published_at"]) for one in forms] == [(1, None), (2, None)]
    assert forms[1]["questions"][1]["options"] == ["证照", "合同", "社保"]
    rows[1][place["题型"]] = "猜谜"
    added = [
        cell.replace("X", "NEW") if index == place["表单编码"] else cell for index, cell in enumerate(rows[0])
    ]
    done = await registry.imported(table([*rows, added], header), "forms")
    told = (await registry.admin.get(f"/registry/v1/imports/{done['id']}/refusals")).json()["items"]
    assert [[fault["code"] for fault in one["faults"]] for one in told] == [
        ["form_incomplete"],
        ["form_invalid"],
    ]
    assert (done["accepted"], done["changed"], done["refused"]) == (1, 0, 2)


async def test_identity_numbers_leave_masked_except_for_their_keeper_and_that_is_on_record(
    registry: Registry,
) -> None:
    await fill(registry)
    planner = registry.client("planner")
    masked = await planner.get("/registry/v1/exports/inspectors")
    assert masked.status_code == 200 and IDENTITY not in masked.text and "110*************2X" in masked.text
    assert (await planner.get("/registry/v1/exports/inspectors?reveal=true")).status_code == 403
    assert IDENTITY in (await exported(registry, "inspectors", "reveal=true")).decode()
    header, *rows = cells(masked.content)
    place = header.index("身份证号")
    rows[0][place] = "320*************11"
    done = await registry.imported(table(rows, header), "inspectors")
    (told,) = (await registry.admin.get(f"/registry/v1/imports/{done['id']}/refusals")).json()["items"]
    assert told["faults"][0]["code"] == "identity_masked" and told["row"][place] == "（不显示）"
    deeds = registry.rows(
        "SELECT action, after FROM audit_entries WHERE action ~ 'export|reveal' ORDER BY seq"
    )
    assert deeds == [("export", {}), ("reveal_identities", {"reveal": "true"})]


async def test_a_cell_cannot_be_a_formula_for_whoever_opens_the_file(registry: Registry) -> None:
    await fill(registry)
    rows = cells(await exported(registry, "subjects", "code=WZ"))
    assert rows[1][0] == "'=HYPERLINK(“坏”)"
    book = openpyxl.load_workbook(io.BytesIO(await exported(registry, "subjects", "format=xlsx&code=WZ")))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == [
        column.title for column in registers.SUBJECTS if not column.folded
    ]
    assert {cell.data_type for cell in sheet[2] if cell.value is not None} == {"s"}


async def test_an_export_holds_what_its_conditions_and_the_caller_s_region_allow(registry: Registry) -> None:
    await fill(registry)
    some = cells(await exported(registry, "subjects", "name=第1商贸"))
    assert [row[1] for row in some[1:]] == [code_of(1)]
    county = registry.client("registry-admin", region="410482", org="410482-rsj")
    for kind in REGISTERS:
        assert len(cells((await county.get(f"/registry/v1/exports/{kind}")).content)) == 1, kind
    stranger = registry.client("inspector")
    assert (await stranger.get("/registry/v1/exports/subjects")).status_code == 403


@pytest.mark.parametrize("asked", [1, 3])
async def test_an_export_that_nobody_reads_any_more_ends_at_the_database(
    registry: Registry, asked: int
) -> None:
    await registry.imported(table(firms(9_000)))
    db = Database(registry.settings)
    caller = Caller("reader", "", (), ORG, "410300")
    pieces = service.copied(db, caller, "subjects", service.subjects(Search()), CsvWriter([]))
    for _ in range(asked - 1):
        assert await anext(pieces)
    reading = asyncio.create_task(anext(pieces))
    await asyncio.sleep(0)
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading
    await pieces.aclose()
    left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND starts_with(query, 'COPY (')"
    assert registry.rows(left) == [(0,)]
    await db.close()


async def test_rows_of_another_body_in_an_export_of_a_superior_are_not_taken_for_its_own(
    registry: Registry,
) -> None:
    await fill(registry)
    data = await exported(registry, "items")
    province = registry.client("registry-admin", region="410000", org="410000-rst")
    body = {"code": "410000-rst", "name": "省厅", "region": "410000", "departments": []}
    await registry.post("/organisations", body, province)
    done = await registry.imported(data, "items", province)
    assert (done["accepted"], done["refused"]) == (0, 2)


@pytest.mark.parametrize("kind", REGISTERS)
async def test_a_template_has_every_header_and_explains_it_and_its_example_can_be_imported(
    registry: Registry, kind: str
) -> None:
    await fill(registry)
    path = f"/registry/v1/imports/templates/{kind}"
    read = [column for column in REGISTERS[kind] if not column.told]
    filled = [column for column in read if not column.folded]
    answer = await registry.admin.get(f"{path}.csv")
    assert cells(answer.content) == [[column.title for column in filled]]
    book = openpyxl.load_workbook(io.BytesIO((await registry.admin.get(f"{path}.xlsx")).content))
    sheet, told = book.worksheets
    assert [cell.value for cell in sheet[1]] == [column.title for column in filled]
    assert [row[0].value for row in told.iter_rows(min_row=2)] == [column.title for column in read]
    offered = {str(one.sqref).split("2:")[0]: one.formula1 for one in sheet.data_validations.dataValidation}
    assert len(offered) == len([column for column in filled if column.words])
    for column, cell in zip(filled, sheet[1], strict=True):
        sheet.cell(2, cell.column, column.example or None)
    for name, value in (("执法证有效期至", today() + timedelta(days=9)), ("机构编码", ORG)):
        for cell in sheet[1]:
            if cell.value == name:
                sheet.cell(2, cell.column, value)
    out = io.BytesIO()
    book.save(out)
    done = await registry.imported(out.getvalue(), kind)
    faults = (await registry.admin.get(f"/registry/v1/imports/{done['id']}/refusals")).json()["items"]
    assert (done["state"], done["read"], faults) == ("done", 1, [])
