"""Credit codes, regions and result codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from stdnum.cn import uscc
from suicha_contracts.values import (
    FOLLOW_UP_TEXT,
    NORMAL_RESULTS,
    RZ_2022,
    CreditCode,
    FollowUpKind,
    RegionCode,
    ResultCode,
    credit_code_check_digit,
    is_credit_code,
    percent,
    region_prefix,
)

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
bodies = st.text(alphabet=ALPHABET, min_size=17, max_size=17)


@given(bodies)
def test_the_check_digit_is_the_one_that_python_stdnum_finds(body: str) -> None:
    assert credit_code_check_digit(body) == uscc.calc_check_digit(body)


@given(bodies)
def test_a_code_with_its_check_digit_is_valid_and_with_any_other_is_not(body: str) -> None:
    right = credit_code_check_digit(body)
    assert is_credit_code(body + right)
    assert not any(is_credit_code(body + other) for other in ALPHABET if other != right)


@given(bodies, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(body: str, place: int, wrong: str) -> None:
    changed = body[:place] + wrong + body[place + 1 :]
    assert is_credit_code(changed + credit_code_check_digit(body)) is (changed == body)


@given(st.text(max_size=20))
def test_any_text_at_all_gets_an_answer_and_never_an_exception(text: str) -> None:
    assert is_credit_code(text) in {True, False}


@pytest.mark.parametrize("letter", [*"IOSVZ", "a", "—", "１"])
def test_letters_outside_the_alphabet_are_refused(letter: str) -> None:
    assert not is_credit_code("9141030" + letter + "MA3X93BJ5X")


def test_a_wrong_code_is_refused_with_a_sentence_that_people_understand() -> None:
    adapter = TypeAdapter(CreditCode)
    body = "91410300MA9XYE02E"
    assert adapter.validate_python(body + credit_code_check_digit(body))
    with pytest.raises(ValidationError, match="统一社会信用代码"):
        adapter.validate_python(body + "0")


@pytest.mark.parametrize(
    ("region", "prefix"),
    [
        ("410000", "41"),
        ("410300", "4103"),
        ("410482", "410482"),
        ("411000", "4110"),
        ("500000", "50"),
        ("130102", "130102"),
        ("460100", "4601"),
    ],
)
def test_the_prefix_of_a_region_is_what_its_divisions_share(region: str, prefix: str) -> None:
    assert region_prefix(region) == prefix


@given(st.from_regex(r"[1-9][0-9]{5}", fullmatch=True))
def test_a_region_lies_inside_its_own_prefix_which_keeps_whole_pairs(region: str) -> None:
    prefix = region_prefix(region)
    assert region.startswith(prefix)
    assert len(prefix) % 2 == 0
    assert prefix.ljust(6, "0") == region


def test_an_empty_region_means_the_whole_country() -> None:
    assert region_prefix("") == ""


@pytest.mark.parametrize("text", ["", "41030", "4103000", "010300", "41030a", "４１０３００"])
def test_what_is_not_six_digits_is_no_region(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(RegionCode).validate_python(text)


def test_every_result_code_and_follow_up_has_words() -> None:
    assert set(RZ_2022) == set(ResultCode)
    assert set(FOLLOW_UP_TEXT) == set(FollowUpKind)
    assert [code.value for code in ResultCode] == [str(number) for number in range(1, 11)]
    assert {RZ_2022[code] for code in NORMAL_RESULTS} == {
        "未发现问题",
        "未发现本次抽查涉及的经营活动",
        "合格",
    }


@pytest.mark.parametrize(
    ("bp", "text"), [(550, "5.5%"), (500, "5%"), (5, "0.05%"), (0, "0%"), (10_000, "100%")]
)
def test_basis_points_are_written_as_people_read_them(bp: int, text: str) -> None:
    assert percent(bp) == text
