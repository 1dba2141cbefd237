"""LEXMIN/1 against exhaustive search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rid1.lexmin import cap_of, lexmin, lots
from rid1.suites import S256


def exhaustive(ranks: list[list[int]], team: int, inspectors: int, slack: int) -> tuple[list[list[int]], int]:
    """The first full assignment in lexicographic order of choices, by trying all of them."""

    def tries(t: int, load: Counter[int], cap: int) -> Iterator[list[list[int]]]:
        if t == len(ranks):
            yield []
            return
        for places in combinations(range(len(ranks[t])), team):
            chosen = [ranks[t][place] for place in places]
            if all(load[i] < cap for i in chosen):
                for rest in tries(t + 1, load + Counter(chosen), cap):
                    yield [chosen, *rest]

    while True:
        cap = cap_of(team, len(ranks), inspectors, slack)
        for found in tries(0, Counter(), cap):
            return found, slack
        slack += 1


@st.composite
def rounds(draw: st.DrawFn) -> tuple[list[list[int]], int, int, int]:
    inspectors = draw(st.integers(1, 5))
    team = draw(st.integers(1, min(3, inspectors)))
    everybody = st.permutations(range(inspectors))
    some = everybody.flatmap(lambda order: st.integers(team, inspectors).map(lambda n: order[:n]))
    ranks = draw(st.lists(some, min_size=1, max_size=6))
    return ranks, team, inspectors, draw(st.integers(0, 1))


@settings(max_examples=4000, deadline=None)
@given(rounds())
def test_lexmin_is_what_exhaustive_search_finds(case: tuple[list[list[int]], int, int, int]) -> None:
    ranks, team, inspectors, slack = case
    assert lexmin(ranks, team, inspectors, slack) == exhaustive(ranks, team, inspectors, slack)


def test_the_slack_grows_only_as_far_as_needed() -> None:
    # Three objects that only inspectors 0 and 1 may visit: the cap of ⌈2·3/6⌉ = 1 must become 3.
    teams, slack = lexmin([[0, 1]] * 3, 2, 6, 0)
    assert teams == [[0, 1]] * 3
    assert slack == 2


def test_an_object_with_too_few_eligible_inspectors_is_an_error() -> None:
    with pytest.raises(ValueError, match="fewer eligible"):
        lexmin([[0]], 2, 3, 0)


def test_inspectors_are_ranked_by_lot() -> None:
    names = [b"I1", b"I2", b"I3", b"I4"]
    expected = sorted((0, 1, 3), key=lambda at: S256.hx(f"K:T:I{at + 1}"))
    assert lots(S256, "K", "T", names, 0b1011) == expected
