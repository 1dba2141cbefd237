"""Identity numbers in files: hidden, removed, and never kept in clear, whatever the file was imported as."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keeping import Registry, code_of, table
from suicha_registry.imports.personal import HIDDEN, is_identity_title, without_identities

NUMBER = "11010519491231002X"
ROSTER = ["人员编号", "姓名", "处室", "执法证号", "执法证有效期", "执法事项", "身份证号"]


def person(code: str, number: str, licence_until: str = "2099-12-31") -> list[str]:
    return [code, "张三", "LDJC", f"豫{code}", licence_until, "*", number]


async def everything_told(registry: Registry, import_id: str) -> str:
    path = f"/registry/v1/imports/{import_id}"
    answers = [await registry.admin.get(path), await registry.admin.get(f"{path}/refusals")]
    kept = registry.rows("SELECT header, columns, error FROM imports")
    kept += registry.rows("SELECT message, faults, raw FROM import_refusals")
    return str([answer.text for answer in answers] + kept) + str(await registry.refusals(import_id))


@given(st.dates(), st.integers(110000, 659999), st.integers(0, 999), st.text(max_size=5), st.text(max_size=5))
def test_an_identity_number_in_any_text_is_hidden(
    born: Any, division: int, serial: int, before: str, after: str
) -> None:
    if not 1800 <= born.year < 2100:
        born = born.replace(year=1990, day=min(born.day, 28))
    number = f"{division}{born:%Y%m%d}{serial:03d}X"
    for written in (number, number.lower(), f"{number[:6]} {number[6:14]} {number[14:]}"):
        assert written not in without_identities(f"{before}，{written}，{after}")
    wide = number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789X"})
    assert wide not in without_identities(wide)


def test_credit_codes_and_longer_numbers_stay() -> None:
    assert without_identities(code_of(7)) == code_of(7)
    assert without_identities(f"{NUMBER}123") == f"{NUMBER}123"
    assert without_identities(f"张三 {NUMBER} 住洛阳") == f"张三 {HIDDEN} 住洛阳"


@pytest.mark.parametrize(
    ("title", "is_one"),
    [
        ("身份证", True),
        ("* 居民身份证号（必填）", True),
        ("公民身份号码", True),
        ("证件号码", True),
        ("执法证件号", False),
        ("姓名", False),
    ],
)
def test_headers_that_announce_identity_numbers_are_known(title: str, is_one: bool) -> None:
    assert is_identity_title(title) is is_one


@pytest.mark.parametrize("title", ["身份证", "居民身份证号", "证件号码"])
async def test_identity_numbers_are_read_under_any_of_their_headers(registry: Registry, title: str) -> None:
    await registry.add_organisation()
    done = await registry.imported(table([person("P1", NUMBER)], [*ROSTER[:-1], title]), "inspectors")
    assert done["columns"][-1]["standing"] == "read"
    shown = (await registry.admin.get("/registry/v1/inspectors/P1")).json()
    assert shown["identity_masked"] == "110*************2X"


async def test_a_number_that_stands_elsewhere_in_a_refused_row_is_hidden_too(registry: Registry) -> None:
    await registry.add_organisation()
    header = [*ROSTER, "身份证", "备注"]
    wrong = NUMBER[:6] + "19491332" + NUMBER[14:]
    rows = [
        [*person("P1", NUMBER, "2020-01-01"), NUMBER, f"原号 {wrong}"],
        [*person("P2", NUMBER), "不是号码但也是他的", ""],
        [*person(NUMBER, NUMBER, "2020-01-01"), "", ""],
    ]
    done = await registry.imported(table(rows, header), "inspectors")
    assert (done["accepted"], done["refused"]) == (1, 2)
    told = await everything_told(registry, done["id"])
    assert NUMBER not in told and wrong not in told and HIDDEN in told


@pytest.mark.parametrize("header", [ROSTER, ["张三", NUMBER, "LDJC", "豫1", "2099-12-31", "*", "x"]])
async def test_a_roster_uploaded_as_something_else_is_not_told_and_is_removed(
    registry: Registry, header: list[str]
) -> None:
    data = table([person("P1", NUMBER)], header)
    failed = await registry.imported(data)
    assert failed["state"] == "failed"
    assert NUMBER not in await everything_told(registry, failed["id"])
    await registry.forgotten(data)


async def test_a_register_of_objects_with_numbers_in_it_is_removed_when_it_is_read(
    registry: Registry,
) -> None:
    header = ["企业名称", "统一社会信用代码", "经营者证件"]
    data = table([["甲", code_of(1), ""], ["乙", "坏代码", NUMBER]], header)
    done = await registry.imported(data)
    assert (done["accepted"], done["refused"]) == (1, 1)
    assert NUMBER not in await everything_told(registry, done["id"])
    await registry.forgotten(data)
