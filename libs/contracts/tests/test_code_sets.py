"""Result code sets: complete, mapped both ways where that is possible, and sums survive translation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from suicha_contracts.code_sets import RZ, SHIPPED, CodeMapping, CodeSet, translated, unfit_mapping
from suicha_contracts.values import RZ_2022

MAPPINGS = [(one, mapping) for one in SHIPPED.values() for mapping in one.mappings]


def test_the_sets_that_ship_have_seven_nine_ten_and_twelve_codes() -> None:
    assert sorted(len(one.codes) for one in SHIPPED.values()) == [7, 9, 10, 12]
    assert {entry.code: entry.text for entry in RZ.codes} == {
        code.value: text for code, text in RZ_2022.items()
    }


def test_every_set_can_be_read_in_ours_and_ours_in_every_other() -> None:
    others = SHIPPED.keys() - {RZ.id}
    assert {mapping.to for mapping in RZ.mappings} == others
    assert all(RZ.id in {mapping.to for mapping in SHIPPED[one].mappings} for one in others)


@pytest.mark.parametrize(
    ("own", "mapping"), MAPPINGS, ids=lambda one: getattr(one, "id", getattr(one, "to", ""))
)
def test_a_mapping_that_ships_names_codes_of_its_target_and_keeps_problems_problems(
    own: CodeSet, mapping: CodeMapping
) -> None:
    assert unfit_mapping(mapping, own, SHIPPED[mapping.to]) == ""


@given(st.sampled_from(MAPPINGS), st.data())
def test_reading_figures_in_another_set_keeps_their_sum_and_the_share_of_problems(
    pair: tuple[CodeSet, CodeMapping], data: st.DataObject
) -> None:
    own, mapping = pair
    codes = [entry.code for entry in own.codes]
    counts = data.draw(st.dictionaries(st.sampled_from(codes), st.integers(0, 10**6)))
    found = translated(counts, mapping)
    target = SHIPPED[mapping.to]
    assert sum(found.values()) == sum(counts.values())
    normal = {entry.code for entry in own.codes if entry.normal}
    normal_there = {entry.code for entry in target.codes if entry.normal}
    assert sum(n for code, n in found.items() if code in normal_there) == sum(
        n for code, n in counts.items() if code in normal
    )


def test_a_set_that_repeats_a_code_or_leaves_one_unmapped_is_refused() -> None:
    content = RZ.model_dump()
    with pytest.raises(ValidationError, match="代码重复"):
        CodeSet.model_validate(content | {"codes": content["codes"] + content["codes"][:1]})
    incomplete = {"to": "gs-2020", "codes": {"1": "1"}}
    with pytest.raises(ValidationError, match="每个代码都须对照"):
        CodeSet.model_validate(content | {"mappings": [incomplete]})
    with pytest.raises(ValidationError, match="不能对照自己"):
        CodeSet.model_validate(content | {"mappings": [content["mappings"][0] | {"to": "rz-2022"}]})


def test_a_mapping_that_turns_a_problem_into_none_is_named() -> None:
    wrong = RZ.mappings[0].model_copy(update={"codes": RZ.mappings[0].codes | {"10": "1"}})
    assert "一为正常一为有问题" in unfit_mapping(wrong, RZ, SHIPPED["gs-2020"])
    unknown = RZ.mappings[0].model_copy(update={"codes": RZ.mappings[0].codes | {"10": "99"}})
    assert "没有代码 99" in unfit_mapping(unknown, RZ, SHIPPED["gs-2020"])
