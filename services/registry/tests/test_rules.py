"""Pure rules: credit codes against python-stdnum, regions, rows, forms."""

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from keeping import code_of
from stdnum.cn import uscc
from suicha_contracts.freeze import PackageQuestion
from suicha_contracts.values import is_credit_code
from suicha_registry.forms.derive import json_schema_of, mistakes_in
from suicha_registry.imports.subject_rows import SubjectRows
from suicha_registry.inspectors.identity import is_identity_number

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODES = st.builds(
    lambda head, tail: head + tail,
    st.text("0123456789", min_size=8, max_size=8),
    st.text(ALPHABET, min_size=10, max_size=10),
)


@given(CODES)
def test_a_code_is_valid_here_exactly_when_stdnum_says_so(code: str) -> None:
    assert is_credit_code(code) == uscc.is_valid(code)


@given(CODES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_changed_character_is_always_noticed(code: str, place: int, char: str) -> None:
    valid = code[:17] + uscc.calc_check_digit(code)
    changed = valid[:place] + char + valid[place + 1 :]
    assert is_credit_code(valid)
    assert is_credit_code(changed) == (changed == valid)


@given(st.lists(st.text(max_size=30), min_size=3, max_size=3))
def test_no_row_whatever_it_says_makes_the_check_fail(row: list[str]) -> None:
    check = SubjectRows({"name": 0, "id": 1, "registered_on": 2}, "", "")
    (found,) = check([row])
    assert isinstance(found, list) or is_credit_code(found[1])


def test_the_kind_follows_the_code_and_the_region_column_wins_over_it() -> None:
    check = SubjectRows({"name": 0, "id": 1, "region": 2}, "", "41")
    shop, office, abroad, nothing = check(
        [
            ["店", code_of(1, "410482", "92"), "410305"],
            ["所", code_of(1, "410482", "12"), ""],
            ["店", code_of(1), "440000"],
            ["", "9.14103E+17", "44"],
        ]
    )
    place = check.columns.index("kind")
    assert (shop[place], shop[check.columns.index("region")]) == ("individual", "410305")
    assert office[place] == "institution"
    said = SubjectRows({"name": 0, "id": 1, "kind": 2}, "410300", "41")
    stall, unlicensed, spaced = said(
        [["店", code_of(1), "个体"], ["所", "wz-1", "无证机构"], ["所", "WZ 1", "无证机构"]]
    )
    assert stall[place] == "individual", "what the file says wins over the code"
    assert unlicensed == ("所", "WZ-1", "unlicensed", "410300")
    assert [one[:2] for one in spaced] == [("id", "credit_code_invalid")]
    assert [one[:2] for one in abroad] == [("region", "outside_scope")]
    assert [one[:2] for one in nothing] == [
        ("name", "name_missing"), ("id", "credit_code_invalid"), ("region", "region_unknown"),
    ]  # fmt: skip


def test_a_form_that_contradicts_itself_is_told_question_by_question() -> None:
    asked = PackageQuestion(key="a", text="t", type="yes_no", evidence_required_if=["也许"])
    assert [where for where, _ in mistakes_in([asked, asked])] == [
        "body.questions.0.evidence_required_if",
        "body.questions.1.key",
        "body.questions.1.evidence_required_if",
    ]
    schema = json_schema_of("表", [PackageQuestion(key="b", text="t", type="number", required=False)])
    assert schema["properties"]["b"]["type"] == "number" and schema["required"] == []


def test_a_front_end_learns_from_the_schema_which_answers_need_evidence() -> None:
    needs = PackageQuestion(key="a", text="违法", type="yes_no", evidence_required_if=["是"])
    asked = [needs, PackageQuestion(key="b", text="备注", type="text")]
    schema = json_schema_of("表", asked)
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["a"]["x-evidence-required-if"] == ["是"]
    assert "x-evidence-required-if" not in schema["properties"]["b"]
    assert Draft202012Validator(schema).is_valid({"a": "是", "b": "无"}), "evidence is no part of the answers"


def test_identity_numbers_need_a_real_day_and_the_right_check_digit() -> None:
    assert is_identity_number("11010519491231002X")
    assert not is_identity_number("110105194912310021")
    assert not is_identity_number("11010519491331002X") and not is_identity_number("")
