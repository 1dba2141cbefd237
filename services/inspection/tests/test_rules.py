"""The pure rules: forms, states, results, the sealed bytes."""

import json
from itertools import product
from typing import Any

import pytest
import rfc8785
from drawn_rounds import FORM, GOOD, QUESTIONS
from hypothesis import given
from hypothesis import strategies as st
from suicha_contracts.freeze import PackageForm
from suicha_contracts.values import NORMAL_RESULTS, ResultCode
from suicha_inspection.forms import UnusableFormError, check_form, needing_evidence, slips, unanswered
from suicha_inspection.results import BY_SERIOUSNESS, has_violation, is_normal, most_serious_first
from suicha_inspection.states import TRANSITIONS, Deed, VisitState, after

KEYS = [question.key for question in QUESTIONS]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
fitting = st.fixed_dictionaries(
    {},
    optional={
        "licence": st.sampled_from(["是", "否"]),
        "kind": st.sampled_from(["职业中介", "劳务派遣"]),
        "workers": st.integers(-(2**53) + 1, 2**53 - 1),
        "since": st.dates().map(str),
        "note": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=50),
    },
)


@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=10), json_values, max_size=6))
def test_any_answers_are_either_storable_and_sealable_or_named_by_their_question(
    answers: dict[str, Any],
) -> None:
    found = slips(FORM, answers)
    assert {slip.key for slip in found if slip.code == "unknown_question"} == answers.keys() - set(KEYS)
    assert len({slip.key for slip in found}) == len(found)
    if not found:
        text = rfc8785.dumps(answers).decode()
        assert "\x00" not in text and json.loads(text) == answers


@given(fitting)
def test_every_fitting_draft_is_accepted_however_much_it_leaves_out(answers: dict[str, Any]) -> None:
    assert slips(FORM, answers) == []
    assert {one.key for one in unanswered(FORM, answers)} == {"licence", "kind"} - answers.keys()
    asks = {one.key for one in needing_evidence(FORM, answers)}
    assert asks == ({"licence"} if answers.get("licence") == "否" else set())


@given(fitting, st.sampled_from(["licence", "kind"]), st.text(max_size=6))
def test_an_option_that_the_form_does_not_offer_is_never_accepted(
    answers: dict[str, Any], key: str, answer: str
) -> None:
    offered = {"licence": {"是", "否"}, "kind": {"职业中介", "劳务派遣"}}[key]
    found = slips(FORM, answers | {key: answer})
    assert [slip.key for slip in found] == ([] if answer in offered else [key])


@pytest.mark.parametrize("empty", [None, "", []])
def test_an_empty_answer_is_no_answer(empty: Any) -> None:
    assert [one.key for one in unanswered(FORM, GOOD | {"kind": empty})] == ["kind"]


def test_evidence_is_asked_for_by_boolean_answers_too() -> None:
    schema = {"type": "object", "properties": {"licence": {"type": "boolean"}}}
    form = FORM.model_copy(update={"json_schema": schema})
    assert [one.key for one in needing_evidence(form, {"licence": False})] == ["licence"]
    assert list(needing_evidence(form, {"licence": True})) == []


@pytest.mark.parametrize(
    "form",
    [
        FORM.model_copy(update={"json_schema": {"type": "nothing"}}),
        FORM.model_copy(update={"questions": [QUESTIONS[0], QUESTIONS[0]]}),
    ],
)
def test_a_form_that_nothing_can_be_checked_against_is_refused(form: PackageForm) -> None:
    with pytest.raises(UnusableFormError):
        check_form(form)


def test_a_visit_is_only_ever_recorded_while_it_is_started_and_never_leaves_its_end() -> None:
    for state, deed in product(VisitState, Deed):
        following = after(state, deed)
        if deed in (Deed.RECORD, Deed.SUBMIT):
            assert (following is not None) == (state is VisitState.STARTED)
        if state is VisitState.CANCELLED:
            assert following is None
        if state is VisitState.CLOSED:
            assert following in (None, VisitState.CLOSED)
    closing = [(state, deed) for (state, deed), to in TRANSITIONS.items() if to is VisitState.CLOSED]
    assert {deed for _, deed in closing} == {Deed.APPROVE, Deed.FOLLOW_UP, Deed.CORRECT}


def test_every_result_has_its_place_in_the_order_of_seriousness() -> None:
    assert sorted(BY_SERIOUSNESS) == sorted(ResultCode) and len(BY_SERIOUSNESS) == len(ResultCode)
    normal = [code for code in BY_SERIOUSNESS if code in NORMAL_RESULTS]
    assert list(BY_SERIOUSNESS[-len(normal) :]) == normal


@given(st.lists(st.sampled_from(list(ResultCode))))
def test_a_visit_is_normal_exactly_when_its_most_serious_result_is(results: list[ResultCode]) -> None:
    ordered = most_serious_first(results)
    assert set(ordered) == set(results)
    assert is_normal(results) == (not ordered or ordered[0] in NORMAL_RESULTS)
    assert not (is_normal(results) and has_violation(results))
    if has_violation(results):
        assert any(code not in NORMAL_RESULTS and code is not ResultCode.UNTRACEABLE for code in results)
