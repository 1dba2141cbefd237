"""Plans and schemes as files: the documents' own tables in three forms (P1, P2, P5)."""

import io
import re

from holding import HR_TASK, LD_TASK, Draws
from openpyxl import load_workbook
from suicha_draw.plans.tables import S0_HEADS, S4_HEADS
from suicha_draw.printing import html, pdf, xlsx
from suicha_draw.printing.answering import MEDIA_TYPES
from suicha_draw.printing.sheet import Sheet, Table

AWKWARD = Sheet(
    "甲<script>&乙", [Table(("名称", "比例"), (3, 1), [("=1+1", "5%"), ("劳务派遣" * 60, "10%")], "表一")],
    [("单位", "“某某”人社局")], ["备注：<b>"],
)  # fmt: skip


def test_text_stays_text_in_every_form() -> None:
    page = html.write(AWKWARD).decode()
    assert "<script>" not in page and "甲&lt;script&gt;&amp;乙" in page and "&lt;b&gt;" in page
    sheet = load_workbook(io.BytesIO(xlsx.write(AWKWARD))).active
    assert sheet is not None
    values = [cell.value for row in sheet.iter_rows() for cell in row if cell.value]
    assert values[:6] == ["甲<script>&乙", "单位：“某某”人社局", "表一", "名称", "比例", "=1+1"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}


def test_control_characters_that_no_cell_can_hold_are_left_out_of_a_workbook() -> None:
    spoilt = Sheet(
        "题\x0b", [Table(("名\x00称",), (1,), [("任务\x01\x1f甲",)])], [("调\x02整", "一")], ["注\x03"]
    )
    sheet = load_workbook(io.BytesIO(xlsx.write(spoilt))).active
    assert sheet is not None
    values = [cell.value for row in sheet.iter_rows() for cell in row if cell.value]
    assert values == ["题", "调整：一", "名称", "任务甲", "注"]
    for form in (html, pdf):
        assert form.write(spoilt), "the other forms have no such bounds"


def test_the_pdf_carries_its_chinese_glyphs_and_can_be_searched() -> None:
    written = pdf.write(AWKWARD)
    assert written.startswith(b"%PDF-") and b"/FontFile3" in written and len(written) < 200_000
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", written, re.DOTALL)
    maps = b"".join(one for one in streams if b"beginbfchar" in one or b"beginbfrange" in one).lower()
    for letter in "劳务派遣甲乙":
        assert f"{ord(letter):04x}".encode() in maps, f"{letter} cannot be found by searching"


async def test_a_plan_is_printed_as_its_rulesets_document_prints_it(draw_api: Draws) -> None:
    await draw_api.know("410482-rsj@2022.1")
    await draw_api.know("130227-rsj@2024.1")
    task = LD_TASK | {"team": 3, "ratio_bp": 1000, "basis": ["《劳动保障监察条例》"], "frequency": "1-2 次"}
    planner = draw_api.person("planner")
    for ruleset, heads, cells in (
        ("410482-rsj", S0_HEADS, ("1", "劳务派遣抽查", "10%", "1-2 次", "实地检查", "2026年11月")),
        ("130227-rsj", S4_HEADS, ("1", "2026001", "001号", "不定向抽查", "10%", "就业科", "2026年11月")),
    ):
        body = {"year": 2026, "ruleset_id": ruleset, "org_name": "某县人社局"}
        path = f"/draw/v1/plans/{(await planner.post('/draw/v1/plans', body)).json()['id']}"
        await planner.post(f"{path}/tasks", task)
        answer = await planner.get(f"{path}/export")
        assert answer.headers["content-type"] == MEDIA_TYPES["xlsx"]
        sheet = load_workbook(io.BytesIO(answer.content)).active
        assert sheet is not None
        rows = [[cell.value for cell in row if cell.value] for row in sheet.iter_rows()]
        assert tuple(rows[1]) == heads
        if ruleset == "410482-rsj":
            assert set(cells) <= set(rows[2])
        else:
            assert set(cells) - {"2026001"} <= set(rows[2])
            assert "备注：1. 抽查计划名称为：年度+部门+随机抽查+序号。" in rows[3]
        page = (await planner.get(f"{path}/export", params={"format": "html"})).text
        assert all(f">{head}</th>" in page for head in heads) and "size: A4 landscape" in page
        other = "s4" if ruleset == "410482-rsj" else "s0"
        switched = await planner.get(f"{path}/export", params={"format": "html", "layout": other})
        assert (">抽查计划编号</th>" in switched.text) == (other == "s4")
        document = await planner.get(f"{path}/export", params={"format": "pdf"})
        assert document.headers["content-type"] == "application/pdf" and document.content[:5] == b"%PDF-"
        public = path.replace("/draw/v1", "/public")
        assert (await draw_api.anyone.get(f"{public}/export")).status_code == 404, "a draft is not public"


async def test_the_scheme_of_a_draw_is_public_from_its_freeze_on(draws: Draws) -> None:
    ruleset = await draws.know(
        "410482-rsj@2022.1", selection={"floor_bp": {"value": 100, "clause": "三（二）"}}
    )
    round_id = await draws.open(await draws.plan(HR_TASK | {"team": 3}, ruleset="410482-rsj"))
    draw_id = (await draws.until(round_id, "frozen"))["draw_id"]
    page = (await draws.anyone.get(f"/public/draws/{draw_id}/scheme")).text
    for words in (
        draw_id,
        HR_TASK["name"],
        "A 5%",
        "2026-11-23 至 2026-12-10",
        ruleset.name,
        "3 人",
        "骰子点数",
    ):
        assert words in page, words
    exemption = ruleset.selection.exemption
    assert exemption is not None and exemption.quote in page
    document = await draws.anyone.get(f"/public/draws/{draw_id}/scheme", params={"format": "pdf"})
    assert document.content[:5] == b"%PDF-"
    assert (await draws.anyone.get("/public/draws/410300-1999-0001/scheme")).status_code == 404
