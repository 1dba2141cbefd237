"""Over thousands of seeds everybody is drawn with the published probability, alone and together with others.

The seeds are fixed, so a test that passes always passes. Fair draws give p-values above FAIR in 999 series of 1,000;
the ways that are found out give less than FOUL.
"""

from collections.abc import Callable

import pytest
from fairness.statistics_of_draws import Draws, alike, chi_square, inclusion, neighbours, share
from fairness.ways_to_draw import (
    RAISED,
    SEEDS,
    Stratum,
    drawn_by_rid1,
    every_nth,
    joint_first,
    one_page,
    paged,
    quotas,
    register,
    shuffled_once,
)

FAIR = 0.001
FOUL = 1e-9

STRATA = register()
QUOTAS = quotas(STRATA)
SHARED = [ident for ident in STRATA["HR", "A"] if ident in set(STRATA["XF", "ALL"])]


@pytest.fixture(scope="module")
def draws(tmp_path_factory: pytest.TempPathFactory) -> list[dict[Stratum, list[str]]]:
    return drawn_by_rid1(tmp_path_factory.mktemp("fairness"))


@pytest.mark.parametrize("stratum", STRATA, ids="/".join)
def test_everybody_is_drawn_with_the_published_probability(
    draws: list[dict[Stratum, list[str]]], stratum: Stratum
) -> None:
    of_stratum = [drawn[stratum] for drawn in draws]
    assert all(len(drawn) == len(set(drawn)) == QUOTAS[stratum] for drawn in of_stratum)
    assert inclusion(of_stratum, STRATA[stratum], QUOTAS[stratum]) > FAIR


@pytest.mark.parametrize("stratum", STRATA, ids="/".join)
def test_neighbours_in_the_register_are_drawn_together_as_often_as_chance_has_it(
    draws: list[dict[Stratum, list[str]]], stratum: Stratum
) -> None:
    assert neighbours([drawn[stratum] for drawn in draws], STRATA[stratum], QUOTAS[stratum]) > FAIR


def test_sharing_tickets_favours_nobody_in_either_list(draws: list[dict[Stratum, list[str]]]) -> None:
    for stratum in (("HR", "A"), ("XF", "ALL")):
        of_list = [drawn[stratum] for drawn in draws]
        assert share(of_list, STRATA[stratum], SHARED, QUOTAS[stratum]) > FAIR
        assert alike(of_list, SHARED) > FAIR


def test_who_is_raised_by_a_reason_is_drawn_at_its_ratio_and_nobody_of_another_list_pays_for_it(
    draws: list[dict[Stratum, list[str]]],
) -> None:
    raised, others = STRATA[RAISED], STRATA["XF", "ALL"]
    shared = [ident for ident in raised if ident in set(others)]
    assert (len(raised), QUOTAS[RAISED], len(shared)) == (40, 24, 20)
    for stratum in (RAISED, ("XF", "ALL")):
        of_list = [drawn[stratum] for drawn in draws]
        assert share(of_list, STRATA[stratum], shared, QUOTAS[stratum]) > FAIR
        assert alike(of_list, shared) > FAIR
    joint = [set(drawn[RAISED]) & set(drawn["XF", "ALL"]) for drawn in draws]
    assert alike(joint, shared) > FAIR


def test_joint_visits_meet_everybody_alike_and_are_more_than_separate_draws_would_give(
    draws: list[dict[Stratum, list[str]]],
) -> None:
    joint = [set(drawn["HR", "A"]) & set(drawn["XF", "ALL"]) for drawn in draws]
    assert alike(joint, SHARED) > FAIR
    separate = (
        len(SHARED)
        * QUOTAS["HR", "A"]
        / len(STRATA["HR", "A"])
        * QUOTAS["XF", "ALL"]
        / len(STRATA["XF", "ALL"])
    )
    assert sum(map(len, joint)) / SEEDS > 5 * separate


Way = Callable[[list[str], int], Draws]


def verdicts(way: Way, stratum: Stratum) -> tuple[float, float]:
    made = way(STRATA[stratum], QUOTAS[stratum])
    return inclusion(made, STRATA[stratum], QUOTAS[stratum]), neighbours(
        made, STRATA[stratum], QUOTAS[stratum]
    )


@pytest.mark.parametrize("stratum", STRATA, ids="/".join)
def test_one_random_start_and_every_nth_row_is_found_out(stratum: Stratum) -> None:
    together = verdicts(every_nth, stratum)[1]
    assert together < FOUL


@pytest.mark.parametrize("stratum", [("HR", "A"), ("HR", "C"), ("XF", "ALL")], ids="/".join)
def test_rows_that_every_nth_row_never_reaches_are_found_out(stratum: Stratum) -> None:
    assert len(STRATA[stratum]) % QUOTAS[stratum]  # the last rows are out of reach
    assert verdicts(every_nth, stratum)[0] < FOUL


@pytest.mark.parametrize("stratum", [one for one in STRATA if one != RAISED], ids="/".join)
def test_order_by_random_shuffled_anew_for_every_page_is_found_out(stratum: Stratum) -> None:
    assert verdicts(paged, stratum)[1] < FOUL


@pytest.mark.parametrize("stratum", [("HR", "C"), ("HR", "D"), RAISED], ids="/".join)
def test_where_much_is_drawn_the_counts_alone_betray_pages_shuffled_anew(stratum: Stratum) -> None:
    # Of a list of which one in twenty is drawn, few objects come twice: there the neighbours tell.
    assert verdicts(paged, stratum)[0] < FOUL


@pytest.mark.parametrize("stratum", STRATA, ids="/".join)
def test_order_by_random_on_one_page_of_the_register_is_found_out(stratum: Stratum) -> None:
    assert verdicts(one_page, stratum)[0] < FOUL


@pytest.mark.parametrize("stratum", STRATA, ids="/".join)
def test_order_by_random_without_the_bug_passes_so_the_bug_is_what_is_found(stratum: Stratum) -> None:
    alone, together = verdicts(shuffled_once, stratum)
    assert alone > FAIR
    assert together > FAIR


def test_taking_over_whom_another_list_drew_is_found_out(draws: list[dict[Stratum, list[str]]]) -> None:
    stratum = ("XF", "ALL")
    made = joint_first(STRATA[stratum], QUOTAS[stratum], [drawn["HR", "A"] for drawn in draws])
    assert share(made, STRATA[stratum], SHARED, QUOTAS[stratum]) < FOUL


# Degrees of freedom, value, probability, as printed tables have them.
TABLE = [(1, 3.841, 0.05), (10, 18.307, 0.05), (100, 124.342, 0.05), (30, 59.703, 0.001)]


@pytest.mark.parametrize(("degrees", "value", "probability"), TABLE)
def test_the_chi_square_probabilities_are_those_of_the_tables(
    degrees: int, value: float, probability: float
) -> None:
    assert chi_square(value, degrees) == pytest.approx(probability, rel=0.03)
