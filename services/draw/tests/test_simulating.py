"""The simulator's formulas against enumeration, and the played year against the formulas."""

from datetime import date
from fractions import Fraction
from itertools import product
from math import isclose
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from suicha_contracts.ruleset import Exemption, RepeatAvoidance, Ruleset, SecondVisit, YearlyCap
from suicha_draw.exclusions import ExclusionRules, Inspection, cause_of
from suicha_draw.plans.simulating.expectation import (
    MOST_VISITS,
    Group,
    PlannedList,
    chance_in_round,
    chance_in_year,
    loads_of,
    rounds_apart,
    rounds_by_month,
    year_of,
)
from suicha_draw.plans.simulating.service import exemption_text
from suicha_draw.plans.simulating.trial import Trial, left_out_of, lowest, play


def planned(code: str, month: int, n: int, k: int, crew: str = "LDJC", team: int = 2) -> PlannedList:
    return PlannedList(code, f"任务 {code}", crew, team, month, {"ALL": (n, k)})


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[Group], dict[str, PlannedList]]:
    """Up to five lists over up to six kinds of objects; the strata count what the groups hold."""
    codes = [f"L{number}" for number in range(draw(st.integers(1, 5)))]
    groups = [
        Group(
            draw(st.dictionaries(st.sampled_from(codes), st.sampled_from("AB"))),
            "U",
            draw(st.integers(1, 40)),
        )
        for _ in range(draw(st.integers(1, 6)))
    ]
    lists = {}
    for code in codes:
        sizes = {stratum: sum(g.objects for g in groups if g.strata.get(code) == stratum) for stratum in "AB"}
        strata = {stratum: (n, draw(st.integers(0, n))) for stratum, n in sizes.items() if n}
        lists[code] = PlannedList(code, code, "LDJC", 2, draw(st.integers(1, 12)), strata)
    return groups, lists


@given(plans())
def test_the_distribution_of_visits_is_that_of_all_outcomes(
    made: tuple[list[Group], dict[str, PlannedList]],
) -> None:
    groups, lists = made
    rounds = rounds_by_month(lists.values())
    expected = [0.0] * (MOST_VISITS + 1)
    for group in groups:
        chances = [float(chance_in_round(group.strata, lists, codes)) for codes in rounds]
        for outcome in product((0, 1), repeat=len(chances)):
            weight = 1.0
            for hit, chance in zip(outcome, chances, strict=True):
                weight *= chance if hit else 1 - chance
            expected[min(sum(outcome), MOST_VISITS)] += weight * group.objects
    found = year_of(groups, lists, rounds).by_visits
    assert all(isclose(a, b, abs_tol=1e-9) for a, b in zip(found, expected, strict=True))


@given(plans())
def test_drawing_a_month_together_never_makes_more_visits_than_drawing_apart(
    made: tuple[list[Group], dict[str, PlannedList]],
) -> None:
    groups, lists = made
    together = year_of(groups, lists, rounds_by_month(lists.values()))
    apart = year_of(groups, lists, rounds_apart(lists.values()))
    assert together.visits <= apart.visits + 1e-9
    assert isclose(
        apart.visits, sum(k for one in lists.values() for _, k in one.strata.values()), abs_tol=1e-9
    )
    assert together.objects <= apart.objects + 1e-9


@given(plans())
def test_a_year_counts_every_object_once(made: tuple[list[Group], dict[str, PlannedList]]) -> None:
    groups, lists = made
    year = year_of(groups, lists, rounds_by_month(lists.values()))
    total = sum(group.objects for group in groups)
    assert isclose(sum(year.by_visits), total) and isclose(
        year.objects, total - year.by_visits[0], abs_tol=1e-9
    )


def test_one_object_in_two_lists_of_a_round_is_visited_with_the_larger_share() -> None:
    lists = {"HR": planned("HR", 5, 100, 10), "LD": planned("LD", 5, 50, 20), "SI": planned("SI", 9, 10, 5)}
    strata = {"HR": "ALL", "LD": "ALL", "SI": "ALL"}
    rounds = rounds_by_month(lists.values())
    assert rounds == [["HR", "LD"], ["SI"]]
    assert chance_in_round(strata, lists, rounds[0]) == Fraction(2, 5)
    assert chance_in_year(strata, lists, rounds) == 1 - Fraction(3, 5) * Fraction(1, 2)
    assert chance_in_year({}, lists, rounds) == 0


def test_the_work_of_a_crew_is_shared_by_the_inspectors_of_the_unit() -> None:
    lists = {"HR": planned("HR", 5, 100, 10), "SI": planned("SI", 5, 100, 20, crew="SBZX", team=3)}
    groups = [
        Group({"HR": "ALL", "SI": "ALL"}, "410302", 60),
        Group({"HR": "ALL", "SI": "ALL"}, "410303", 40),
    ]
    found = {
        (one.crew, one.unit): one
        for one in loads_of(groups, lists, rounds_by_month(lists.values()), {("LDJC", "410302"): 4})
    }
    assert isclose(found["LDJC", "410302"].visits, 6) and isclose(found["LDJC", "410302"].each or 0, 3)
    assert isclose(found["SBZX", "410303"].visits, 8) and found["SBZX", "410303"].each is None


@pytest.mark.parametrize("objects", [3_000, 250_000])
def test_a_played_year_without_exemptions_is_what_the_formulas_say(objects: int) -> None:
    lists = {
        "HR": planned("HR", 3, objects, objects // 20),
        "LD": planned("LD", 3, objects // 2, objects // 10),
        "SI": planned("SI", 9, objects, objects // 50),
    }
    half = objects // 2
    groups = [
        Group({"HR": "ALL", "LD": "ALL", "SI": "ALL"}, "U", half),
        Group({"HR": "ALL", "SI": "ALL"}, "U", objects - half),
    ]
    rounds = rounds_by_month(lists.values())
    exact = year_of(groups, lists, rounds)
    drawn = {code: one.strata["ALL"][1] for code, one in lists.items()}
    free = [ExclusionRules()] * len(rounds)
    trial = play(groups, lists, rounds, free, lambda code, _, left: min(left, drawn[code]), seed=7)
    assert isclose(trial.year.visits, exact.visits, rel_tol=0.02)
    assert isclose(trial.year.objects, exact.objects, rel_tol=0.02)
    assert trial == play(groups, lists, rounds, free, lambda code, _, left: min(left, drawn[code]), seed=7)


def test_exemptions_keep_objects_from_a_second_visit() -> None:
    lists = {f"L{month}": planned(f"L{month}", month, 100, 50) for month in (1, 2, 3)}
    groups = [Group(dict.fromkeys(lists, "ALL"), "U", 100)]

    def half(code: str, stratum: str, left: int) -> int:
        return left // 2

    def played(rules: ExclusionRules) -> Trial:
        return play(groups, lists, rounds_by_month(lists.values()), [rules] * 3, half, seed=1)

    free, capped = played(ExclusionRules()), played(ExclusionRules(cap=YearlyCap(inspections=1)))
    recent = played(ExclusionRules(exemption=Exemption(months=1)))
    assert free.year.by_visits[3] > 0 and free.exempted == 0
    assert capped.year.by_visits[2:] == (0.0, 0.0, 0.0) and capped.year.by_visits[1] == 50 + 25 + 12
    assert capped.exempted == 50 + 75
    assert recent.year.by_visits[3] == 0 and recent.year.by_visits[2] > 0
    for rules in (
        ExclusionRules(most=2),
        ExclusionRules(repeat=RepeatAvoidance(inspections=2, months=12)),
    ):
        twice = played(rules)
        assert twice.year.by_visits[3] == 0 and twice.year.by_visits[2] > 0 and twice.exempted > 0
    assert played(ExclusionRules(second=SecondVisit(months=12))).year.by_visits[2] == 0


_whole = st.integers(1, 4)
_months = st.integers(1, 14)
_rules = st.builds(
    ExclusionRules,
    exemption=st.none() | st.builds(Exemption, months=_months),
    repeat=st.none() | st.builds(RepeatAvoidance, inspections=_whole, months=_months),
    cap=st.none() | st.builds(YearlyCap, inspections=_whole, only_without_penalty=st.booleans()),
    most=st.none() | _whole,
    second=st.none() | st.builds(SecondVisit, months=_months),
)


@given(st.lists(st.integers(1, 11), min_size=1, max_size=5, unique=True), _rules, st.integers(1, 12))
def test_the_played_year_leaves_out_whom_a_real_freeze_would(
    visits: list[int], rules: ExclusionRules, month: int
) -> None:
    before = sorted(one for one in visits if one < month)
    past = [Inspection(uuid4(), date(2026, one, 1), normal=True, violation=False, own=True) for one in before]
    expected = cause_of(past, rules, date(2026, month, 1)) is not None
    assert left_out_of(before, rules, month) == expected


@given(st.integers(0, 10**6), st.integers(0, 500), st.integers(-1, 520))
def test_a_round_draws_the_lowest_tickets_however_many_are_wanted(seed: int, size: int, wanted: int) -> None:
    rng = Random(seed)
    tickets = [rng.random() for _ in range(600)]
    objects = rng.sample(range(600), size)
    assert lowest(wanted, objects, tickets) == sorted(objects, key=tickets.__getitem__)[: max(0, wanted)]


RULESETS = Path(__file__).parents[3] / "rulesets"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "410482-rsj@2022.1",
            ["最近 3 个月内", "按适用推演（三（三））", "每户每年至多抽查 2 次（三（二））"],
        ),
        ("130102-rsj@2024.1", ["没有免检"]),
        (
            "441624-rsj@2019.1",
            [
                "12 个月内已查 2 次未发现违法的避免重复抽查（第十一条）",
                "本部门 3 个月内不再第二次上门（第十六条）",
            ],
        ),
        ("410300-rsj@2022.1", ["本部门 3 个月内不再第二次上门（第三条）"]),
        ("130227-rsj@2024.1", ["没有免检"]),
    ],
)
def test_what_a_shipped_ruleset_says_of_exemptions_is_told(name: str, words: list[str]) -> None:
    ruleset = Ruleset.model_validate(yaml.safe_load((RULESETS / f"{name}.yaml").read_text(encoding="utf-8")))
    said = exemption_text([ruleset, ruleset])
    assert all(one in said for one in words), said
    assert all(said.count(one) == 1 for one in words), "nothing is said twice"
