"""What an import of objects accepts, the register can show; industries are those of GB/T 4754."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keeping import Registry, code_of, table
from suicha_registry.imports.subject_rows import SubjectRows
from suicha_registry.subjects.industries import SECTIONS, industry_of
from suicha_registry.subjects.licences import licences_of
from suicha_registry.subjects.limits import LONGEST
from suicha_registry.subjects.schemas import SubjectFields, SubjectView
from suicha_registry.tables.registers import SUBJECTS

FIELDS = [column.name for column in SUBJECTS if not column.told]
PLACES = {name: index for index, name in enumerate(FIELDS)}
ROWS = SubjectRows(PLACES, "", "41")
SAID = {
    "id": st.sampled_from([code_of(1), code_of(2, kind="12"), "WZ-410300-0001", "9141", "WZ 1", "-1"]),
    "kind": st.sampled_from(["", "企业", "无证机构", "非市场主体"]),
    "region": st.sampled_from(["", "410300"]),
    "industry": st.sampled_from(["7262", "L7262", "A7262", "租赁和商务服务业", "l", "L6", "99", "第三产业"]),
    "registered_on": st.sampled_from(["", "2001/2/3", "长期"]),
    "licences": st.one_of(st.text(max_size=12), st.sampled_from(["证1", "甲:1:2028/1/2；乙:2", "甲:1；甲:1"])),
    "licence_until": st.sampled_from(["", "2028-12-31", "长期"]),
    "market_share_bp": st.sampled_from(["", "12.5%", "120%"]),
    "status": st.sampled_from(["", "存续", "注销", "怪"]),
    "unit": st.sampled_from(["", "ly-1", "洛阳"]),
}  # fmt: skip
ABSENT: dict[str, Any] = {
    "credit_grade": "", "grade_source": "", "grade_month": "", "labels": [], "lists": [], "complaints": 0,
    "last_inspected_on": None, "entered_on": "2026-01-01", "merged_into": None, "version": 1,
}  # fmt: skip


def texts(name: str) -> st.SearchStrategy[str]:
    longest = LONGEST[name]
    return st.one_of(st.text(max_size=8), st.sampled_from([0, longest, longest + 1]).map("长".__mul__))


ANY_ROW = st.fixed_dictionaries({name: SAID[name] if name in SAID else texts(name) for name in FIELDS})


@given(st.lists(st.lists(ANY_ROW.map(lambda said: list(said.values())), min_size=1, max_size=4), max_size=3))
def test_a_row_is_judged_alike_alone_and_among_others_whatever_came_before(
    blocks: list[list[list[str]]],
) -> None:
    among = SubjectRows(PLACES, "", "41")
    for block in blocks:
        assert among(block) == [SubjectRows(PLACES, "", "41")([row])[0] for row in block]


def test_a_file_full_of_long_cells_that_are_all_different_is_not_kept_in_memory() -> None:
    columns = [name for name in SAID if name not in ("id", "kind", "region")]
    rows = SubjectRows({"id": 0, "name": 1} | {name: at for at, name in enumerate(columns, 2)}, "", "41")
    tracemalloc.start()
    try:
        for number in range(200):
            (found,) = rows([[code_of(1), "甲", *(f"{number}{'长' * 20_000}" for _ in columns)]])
            assert isinstance(found, list)
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < 2_000_000, "one row has 300,000 bytes"


@given(ANY_ROW)
def test_whatever_an_import_accepts_can_be_listed_and_edited(said: dict[str, str]) -> None:
    (found,) = ROWS([[said[name] for name in FIELDS]])
    if isinstance(found, list):
        assert found and all(fault.message for fault in found)
        return
    kept = {name: None if value == "\\N" else value for name, value in zip(ROWS.columns, found, strict=True)}
    kept["licences"] = json.loads(str(kept["licences"]))
    view = SubjectView.model_validate(kept | ABSENT)
    own = {name: value for name, value in view.model_dump().items() if name in SubjectFields.model_fields}
    assert SubjectFields.model_validate(own).model_dump() == own, "an import has no wider limits than the API"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("", ""),
        ("L", "L"),
        ("l7262", "L7262"),
        ("7262", "L7262"),
        ("72", "L72"),
        ("0111", "A0111"),
        ("T97", "T97"),
        ("租赁和商务服务业", "L"),
        ("L 租赁和商务服务业", "L"),
        ("K：房地产业", "K"),
        ("A7262", None),
        ("L7", None),
        ("98", None),
        ("00", None),
        ("U", None),
        ("L72620", None),
        ("第三产业", None),
        ("L 房地产业", None),
        ("７２", None),
    ],
)
def test_an_industry_is_told_by_letter_digits_or_name_and_both_must_agree(
    said: str, code: str | None
) -> None:
    assert industry_of(said) == code


def test_every_division_from_01_to_97_has_one_section() -> None:
    numbers = [number for _, first, last in SECTIONS.values() for number in range(first, last + 1)]
    assert numbers == list(range(1, 98)) and len(SECTIONS) == 20
    assert all(industry_of(name) == letter for letter, (name, _, _) in SECTIONS.items())


async def test_a_cell_that_is_too_long_or_no_industry_costs_its_own_row_only(registry: Registry) -> None:
    header = ["企业名称", "统一社会信用代码", "行业代码", "法定代表人"]
    rows = [
        ["甲", code_of(1), "7262", "张三"],
        ["乙", code_of(2), "租赁和商务服务业", "李四"],
        ["丙", code_of(3), "A7262", "王五"],
        ["丁", code_of(4), "", "长" * 201],
    ]
    done = await registry.imported(table(rows, header))
    _, *refused = await registry.refusals(done["id"])
    assert [(row[1], row[3]) for row in refused] == [
        ("industry_unknown", "行业代码"),
        ("too_long", "法定代表人"),
    ]
    shown = (await registry.admin.get("/registry/v1/subjects")).json()["items"]
    assert [one["industry"] for one in shown] == ["L7262", "L"]
    registry.execute(f"UPDATE subjects SET industry = '7262' WHERE id = '{code_of(1)}'")
    for path in ("", f"/{code_of(1)}", "/changes"):
        answer = await registry.admin.get(f"/registry/v1/subjects{path}")
        assert answer.status_code == 200, "what an older import let in is shown as it is"
    body = {"industry": "A7262"}
    path = f"/registry/v1/subjects/{code_of(2)}"
    assert (await registry.admin.patch(path, body, headers={"If-Match": "*"})).status_code == 422


async def test_machines_import_objects_and_no_other_register(registry: Registry) -> None:
    await registry.add_organisation()
    machine = registry.client("platform")
    done = await registry.imported(table([["甲", code_of(1)]], ["名称", "信用代码"]), client=machine)
    assert (done["state"], done["accepted"]) == ("done", 1)
    items = table([["LY-01", "检查"]], ["事项编码", "抽查事项"])
    digest = await registry.upload(items, machine)
    for kind in ("items", "forms", "inspectors", "organisations", "experts"):
        answer = await machine.post("/registry/v1/imports", {"upload_sha256": digest, "kind": kind})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), kind
    checked = await registry.imported(items, "items", mode="preview")
    path = f"/registry/v1/imports/{checked['id']}"
    for deed in ("confirm", "discard"):
        assert (await machine.post(f"{path}/{deed}")).status_code == 403
    assert (await registry.admin.post(f"{path}/confirm")).status_code == 202


@pytest.mark.parametrize(
    ("cell", "licences"),
    [
        ("", []),
        ("410300202400001", [("许可证", "410300202400001", None)]),
        ("乙证:2；甲证：1：2028/12/31", [("乙证", "2", None), ("甲证", "1", "2028-12-31")]),
        ("甲证:2:；甲证:1", [("甲证", "1", None), ("甲证", "2", None)]),
        ("甲证:1:2028-02-30", "许可证有效期“2028-02-30”不正确，应为 YYYY-MM-DD"),
        ("甲证:", "许可证“甲证:”的种类须为 1–40 字，编号须为 1–60 字"),
        ("甲:1:2028-1-1:x", "许可证“甲:1:2028-1-1:x”应写作 种类:编号:有效期至"),
        ("甲:1；甲:1:2028-1-1", "许可证重复，或超过 20 个"),
    ],
)
def test_a_cell_tells_several_licences(cell: str, licences: list[tuple[str, str, str | None]] | str) -> None:
    assert licences_of(cell) == licences
