"""What other services tell has its effect once, in whatever order it arrives."""

import itertools
from datetime import date
from uuid import UUID

import pytest
from disclosing import Store
from suicha_chassis.bus import PermanentError
from suicha_contracts.events import (
    BundleRewritten,
    CalendarPublished,
    DrawUnsealed,
    LotsRecord,
    SavingsCounted,
    SubstitutionMade,
)
from suicha_contracts.publication import PublicDraw, PublicPlan
from suicha_contracts.values import FileRef, ResultCode
from suicha_disclosure.deadlines import Calendar, deadline
from told_events import NOW, Season, corrected, follow_up_closed, open_follow_up, published, ruleset

_STATE = (
    "SELECT d.state, d.due_on, d.provisional, d.normal, d.record_version, l.results, f.closed, f.due_on, "
    "f.closed_on FROM disclosures d JOIN disclosure_lines l ON l.disclosure_id = d.id "
    "JOIN follow_ups f ON f.visit_id = d.visit_id WHERE d.visit_id = :visit"
)
ORDERS = list(itertools.permutations(range(6)))[::23]


def calendar(year: int, *holidays: date, revision: int = 0) -> CalendarPublished:
    return CalendarPublished(
        year=year, revision=revision, holidays=list(holidays), workdays=[], source="国务院办公厅通知"
    )


async def test_events_in_any_order_lead_to_the_same_disclosure(store: Store) -> None:
    for number, order in enumerate(ORDERS):
        # Everything is new for each order: ruleset version, year, round, visit.
        year = 2030 + number
        rules = ruleset().model_copy(update={"version": f"2022.{number + 10}"})
        season = Season(rules=rules)
        holiday = date(year, 11, 17)
        visit = season.closed(
            results=[ResultCode.NO_PROBLEM], finished_on=date(year, 11, 3), follow_ups=[open_follow_up()]
        )
        told = [
            published(rules), calendar(year, holiday), season.draw(), visit,
            corrected(visit, [ResultCode.FAIL]), follow_up_closed(visit),
        ]  # fmt: skip
        await store.apply(*(told[index] for index in order))
        (row,) = await store.rows(_STATE, visit=visit.visit_id)
        expected = deadline(
            date(year, 11, 3), rules.disclosure.deadline.value, {year: Calendar.of([holiday], [])}
        )
        assert tuple(row) == (
            "pending", expected.due_on, False, False, 2, ["10"], True, date(2026, 12, 1), date(2026, 11, 18),
        ), order  # fmt: skip


async def test_a_visit_told_again_under_another_event_id_has_one_disclosure(store: Store) -> None:
    season = Season()
    visit = season.closed()
    await store.apply(visit, visit, season.draw(), season.draw(), visit)
    (row,) = await store.rows("SELECT count(*) FROM disclosures")
    assert row[0] == 1
    (row,) = await store.rows("SELECT sum(visits), count(*) FROM round_facts")
    assert tuple(row) == (1, 1)
    (row,) = await store.rows("SELECT count(*) FROM publications WHERE kind = 'draw'")
    assert row[0] == 1


async def test_an_inspection_before_its_ruleset_waits_with_a_provisional_deadline(store: Store) -> None:
    season = Season()
    visit = season.closed(finished_on=date(2026, 11, 3))
    await store.apply(calendar(2026), visit)
    assert await store.due(visit.visit_id) == (None, True)
    await store.apply(published(season.rules))
    assert await store.due(visit.visit_id) == (date(2026, 12, 1), False)


async def test_a_deadline_into_2027_is_recounted_when_the_calendar_arrives(store: Store) -> None:
    season = Season(visits=2)
    december = season.closed(1, finished_on=date(2026, 12, 15))
    november = season.closed(2, finished_on=date(2026, 11, 3))
    await store.apply(published(season.rules), calendar(2026), december, november)
    assert await store.due(december.visit_id) == (date(2027, 1, 12), True)
    assert await store.due(november.visit_id) == (date(2026, 12, 1), False)
    version = (await store.disclosure(november.visit_id)).version
    await store.apply(calendar(2027, date(2027, 1, 1)))
    assert await store.due(december.visit_id) == (date(2027, 1, 13), False)
    assert await store.due(november.visit_id) == (date(2026, 12, 1), False)
    assert (await store.disclosure(november.visit_id)).version == version, "untouched rows do not change"


async def test_a_corrected_calendar_moves_what_it_touches(store: Store) -> None:
    season = Season()
    visit = season.closed(finished_on=date(2026, 11, 3))
    await store.apply(published(season.rules), calendar(2026), visit)
    await store.apply(calendar(2026, date(2026, 11, 10)))
    assert await store.due(visit.visit_id) == (date(2026, 12, 2), False)


async def test_a_calendar_that_comes_late_never_replaces_a_newer_revision(store: Store) -> None:
    season = Season()
    visit = season.closed(finished_on=date(2026, 11, 3))
    newer, older = calendar(2026, date(2026, 11, 10), revision=2), calendar(2026, revision=1)
    await store.apply(published(season.rules), visit, newer, older)
    assert await store.due(visit.visit_id) == (date(2026, 12, 2), False)
    await store.apply(calendar(2026), calendar(2026, revision=3))
    assert await store.due(visit.visit_id) == (date(2026, 12, 1), False)


async def test_thirty_days_of_s2_need_no_calendar(store: Store) -> None:
    season = Season(rules=ruleset("441624-rsj@2019.1"))
    visit = season.closed(finished_on=date(2026, 12, 15))
    await store.apply(published(season.rules), visit)
    assert await store.due(visit.visit_id) == (date(2027, 1, 14), False)


async def test_problems_that_are_handled_first_have_no_deadline_of_days(store: Store) -> None:
    season = Season(rules=ruleset("130227-rsj@2024.1"))
    problem = season.closed(1, results=[ResultCode.FAIL])
    fine = season.closed(2)
    await store.apply(problem, fine, published(season.rules), calendar(2026))
    assert await store.due(problem.visit_id) == (None, False)
    assert await store.due(fine.visit_id) == (date(2026, 12, 1), False)


async def test_results_of_a_voided_draw_are_dropped_whatever_comes_first(store: Store) -> None:
    for order in itertools.permutations(range(3)):
        season = Season()
        visit = season.closed()
        told = [season.draw(), season.voided(), visit]
        await store.apply(*(told[index] for index in order))
        found = await store.disclosure(visit.visit_id)
        assert (found.state, found.withdrawn_reason) == ("withdrawn", "名录有误"), order
        bodies = await store.rows(
            "SELECT body FROM publications WHERE record_id = :draw ORDER BY version", draw=season.draw_id
        )
        assert [one.attempt for one in PublicDraw.model_validate_json(bodies[-1][0]).voided] == [1]


async def test_a_draw_is_public_with_its_witness_as_an_office(store: Store) -> None:
    season = Season(visits=3)
    await store.apply(season.draw())
    ((body,),) = await store.rows("SELECT body FROM publications")
    draw = PublicDraw.model_validate_json(body)
    assert (draw.visits, draw.signed_by, draw.lists[0].strata[0].k) == (3, "法制机构", 3)
    assert "李法制" not in body


async def test_a_draw_under_embargo_is_public_only_after_it_ended(store: Store) -> None:
    season = Season()
    ended = DrawUnsealed(
        round_id=season.round_id, draw_id=season.draw_id, attempt=1, region=season.region, org=season.org,
        seed="5" * 64, bundle=season.draw().files.bundle, unsealed_at=NOW,
    )  # fmt: skip
    await store.apply(season.draw().model_copy(update={"embargoed": True, "seed": "embargoed"}))
    assert await store.rows("SELECT body FROM publications") == []
    await store.apply(ended, ended)
    ((body,),) = await store.rows("SELECT body FROM publications")
    assert PublicDraw.model_validate_json(body).seed == "5" * 64


async def test_a_draw_by_hand_is_public_with_its_protocol_and_without_a_proof(store: Store) -> None:
    season = Season()
    draw = season.draw()
    lots = LotsRecord(
        method="balls", place="三楼会议室", held_at=NOW, present=["法制机构", "企业代表"], evidence="e" * 64,
        content_hash="c" * 64, inputs_hash="f" * 64,
    )  # fmt: skip
    nothing = {"seed": "-", "manifest_hash": "-", "dice": "-", "beacon": "-"}
    files = draw.files.model_copy(update={"bundle": None})
    by_hand = {"basis": "physical", "verifiable": False, "lots": lots, "files": files}
    await store.apply(draw.model_copy(update=nothing | by_hand))
    ((body,),) = await store.rows("SELECT body FROM publications")
    public = PublicDraw.model_validate_json(body)
    assert (public.verifiable, public.bundle, public.seed) == (False, None, "-")
    assert public.lots is not None and public.lots.model_dump() == lots.model_dump()


async def test_a_substitution_makes_a_new_version_of_the_draw(store: Store) -> None:
    season = Season()
    made = SubstitutionMade(
        round_id=season.round_id, draw_id=season.draw_id, kind="object", list_code="HR", object_id="A1",
        out="A1", into="A2", reason="已注销", made_at=NOW,
    )  # fmt: skip
    await store.apply(made, season.draw(), made)
    rows = await store.rows("SELECT version, body FROM publications ORDER BY version")
    assert [row.version for row in rows] == [1, 2]
    newest = PublicDraw.model_validate_json(rows[-1].body)
    assert [one.into for one in newest.substitutions] == ["A2", "A2"]
    assert newest.reason == "依次递补：已注销"


async def test_the_newest_bundle_is_public_whatever_comes_first(store: Store) -> None:
    season = Season()
    draw = season.draw()
    second, third = (
        BundleRewritten(
            round_id=season.round_id, draw_id=season.draw_id, attempt=1, region=season.region, org=season.org,
            version=version, bundle=FileRef(sha256=str(version) * 64, size=version), entries_until=NOW,
        )
        for version in (2, 3)
    )  # fmt: skip
    await store.apply(third, draw, second, third)
    rows = await store.rows("SELECT body FROM publications ORDER BY version")
    bundle = PublicDraw.model_validate_json(rows[-1].body).bundle
    assert (bundle.version, bundle.sha256) == (3, "3" * 64)
    assert bundle.path == f"/public/draws/{season.draw_id}/bundles/3"


@pytest.mark.parametrize("counted_first", [True, False])
async def test_what_a_joint_draw_saves_is_public_with_it_whatever_comes_first(
    store: Store, counted_first: bool
) -> None:
    season = Season(lists=("HR", "LD"), visits=5)
    counted = SavingsCounted(
        round_id=season.round_id, draw_id=season.draw_id, attempt=1, region=season.region, org=season.org,
        selected=10, visits=5, expected_visits_apart="9.75", saved_by_sharing="4.75",
    )  # fmt: skip
    told = [counted, season.draw()] if counted_first else [season.draw(), counted]
    await store.apply(*told, counted)
    rows = await store.rows("SELECT body FROM publications ORDER BY version")
    assert len(rows) == (1 if counted_first else 2), "told again, it is not issued again"
    shown = PublicDraw.model_validate_json(rows[-1].body)
    assert shown.savings is not None
    assert shown.savings.model_dump() == {
        "selected": 10, "visits": 5, "expected_visits_apart": "9.75", "saved_by_sharing": "4.75",
    }  # fmt: skip
    assert counted_first or "抽取结果不变" in shown.reason


async def test_a_drop_out_without_any_substitute_left_is_public_as_such(store: Store) -> None:
    season = Season()
    gone = SubstitutionMade(
        round_id=season.round_id, draw_id=season.draw_id, kind="object", list_code="HR", object_id="A1",
        out="A1", into="", reason="已注销", made_at=NOW,
    )  # fmt: skip
    await store.apply(season.draw(), gone)
    rows = await store.rows("SELECT body FROM publications ORDER BY version")
    [shown] = PublicDraw.model_validate_json(rows[-1].body).substitutions
    assert (shown.out, shown.into) == ("A1", "无（候补已用尽）")


async def test_an_adjusted_plan_is_a_new_version_and_an_older_one_comes_too_late(store: Store) -> None:
    season = Season()
    await store.apply(season.plan(2, "增加任务"), season.plan(1), season.plan(2, "增加任务"))
    rows = await store.rows("SELECT version, body FROM publications WHERE kind = 'plan'")
    assert [row.version for row in rows] == [2]
    assert PublicPlan.model_validate_json(rows[0].body).reason == "增加任务"


async def test_a_plan_that_cannot_be_public_is_buried_with_the_reason(store: Store) -> None:
    plan = Season().plan()
    broken = plan.model_copy(update={"tasks": []})
    with pytest.raises(PermanentError, match="cannot be public"):
        await store.apply(broken)


async def test_what_was_issued_cannot_be_changed(store: Store) -> None:
    season = Season()
    await store.apply(season.draw())
    for table in ("publications", "delivery_attempts", "corrections", "voided_attempts"):
        (row,) = await store.rows(
            "SELECT count(*) FROM pg_trigger WHERE tgname = :name", name=f"{table}_append_only"
        )
        assert row[0] == 1
    with pytest.raises(Exception, match="permission denied"):
        await store.rows("UPDATE publications SET body = '' RETURNING 1")


async def test_a_follow_up_without_its_visit_is_kept(store: Store) -> None:
    season = Season()
    visit = season.closed(follow_ups=[open_follow_up()])
    await store.apply(follow_up_closed(visit))
    ((visit_id, closed),) = await store.rows("SELECT visit_id, closed FROM follow_ups")
    assert (visit_id, closed) == (visit.visit_id, True)
    assert isinstance(visit_id, UUID)
