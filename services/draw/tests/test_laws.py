"""What a law prescribes for an item stands in the place of the ruleset's floor and frequency (P8, P17)."""

from datetime import UTC, datetime
from pathlib import Path

import yaml
from holding import HR_TASK, LD_TASK, Draws, object_id
from hypothesis import given
from hypothesis import strategies as st
from suicha_chassis import testing
from suicha_chassis.bus import Bus
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import SYSTEM
from suicha_contracts.envelope import Envelope
from suicha_contracts.events import ItemLaw, ItemListPublished
from suicha_contracts.ruleset import Ruleset
from suicha_draw.events import keep_history, keep_item_list
from suicha_draw.exclusions import rules_of
from suicha_draw.plans.laws import under_law
from test_frozen_tables import closed

RULESETS = Path(__file__).parents[3] / "rulesets"
RUZHOU = Ruleset.model_validate(
    yaml.safe_load((RULESETS / "410482-rsj@2022.1.yaml").read_text(encoding="utf-8"))
)
BOUND = st.none() | st.integers(1, 12)
LAWS = st.builds(
    lambda code, ratio, most: ItemLaw(
        code=code,
        ratio_bp=ratio,
        ratio_clause="《甲法》第一条",
        frequency_maximum=most,
        frequency_clause="《甲法》第二条",
    ),
    st.sampled_from("ABCD"),
    st.none() | st.integers(1, 10_000),
    BOUND,
)


@given(st.lists(LAWS, max_size=4), st.sets(st.sampled_from("ABCD"), min_size=1))
def test_a_task_obeys_the_strictest_of_what_binds_each_of_its_items(
    laws: list[ItemLaw], items: set[str]
) -> None:
    known = {law.code: law for law in laws}
    bound = under_law(RUZHOU, items, known)
    ratios = [known[one].ratio_bp if one in known else None for one in items]
    assert bound.selection.floor_bp.value == max(500 if ratio is None else ratio for ratio in ratios)
    most = [known[one].frequency_maximum if one in known else None for one in items]
    assert bound.selection.frequency.value.maximum == min(2 if one is None else one for one in most)
    assert rules_of(bound, exempt=False).most == bound.selection.frequency.value.maximum
    untouched = {"selection": None}
    assert bound.model_copy(update=untouched) == RUZHOU.model_copy(update=untouched)


def test_a_law_with_a_least_number_only_leaves_no_upper_bound() -> None:
    law = ItemLaw(code="A", frequency_minimum=4, frequency_clause="《甲法》第二条")
    bound = under_law(RUZHOU, ["A"], {"A": law})
    assert (bound.selection.frequency.value.minimum, rules_of(bound, exempt=False).most) == (4, None)
    assert bound.selection.frequency.clause == "《甲法》第二条"
    assert under_law(RUZHOU, ["A", "B"], {"A": law}).selection.frequency == RUZHOU.selection.frequency


async def _told(draws: Draws, version: int, *laws: ItemLaw) -> None:
    event = ItemListPublished(
        org="410300-rsj", region="410300", version=version, items=HR_TASK["items"],
        published_at=datetime.now(UTC), laws=list(laws),
    )  # fmt: skip
    bus = Bus(draws.settings, "registry")
    await bus.connect()
    number = uuid7()
    await bus.publish(event.subject(), Envelope.of(event, number).model_dump_json().encode(), str(number))
    await bus.close()


async def test_a_ratio_in_law_wins_over_the_ruleset_whichever_is_higher(draw_api: Draws) -> None:
    await draw_api.know("410482-rsj@2022.1", region="410300")
    planner = draw_api.person("planner")
    made = await planner.post("/draw/v1/plans", {"year": 2026, "ruleset_id": "410482-rsj"})
    path = f"/draw/v1/plans/{made.json()['id']}/tasks"
    task = HR_TASK | {
        "by_grade": False,
        "ratios": {},
        "counts": {},
        "count": None,
        "team": 3,
        "alternates": 0,
    }
    code = task["items"][0]

    async def judged(ratio_bp: int) -> tuple[int, str]:
        answer = await planner.post(path, task | {"ratio_bp": ratio_bp})
        return answer.status_code, answer.json().get("detail", "")

    assert (await judged(400))[0] == 422 and (await judged(500))[0] == 201
    await _told(draw_api, 1, ItemLaw(code=code, ratio_bp=2000, ratio_clause="《某条例》第九条"))

    async def stricter() -> str | None:
        status, detail = await judged(1999)
        return detail if status == 422 else None

    detail = await testing.eventually(stricter, what="the law to be known")
    assert "“《某条例》第九条”规定的下限 20%" in detail
    assert (await judged(2000))[0] == 201
    await _told(draw_api, 2, ItemLaw(code=code, ratio_bp=200, ratio_clause="《某条例》第九条"))

    async def laxer() -> bool:
        return (await judged(200))[0] == 201

    await testing.eventually(laxer, what="the newer list to be known")
    assert (await judged(199))[0] == 422


async def test_a_law_limits_the_list_of_its_items_alone_and_is_what_an_exclusion_cites(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1", limits={"second_visit": None})
    law = ItemLaw(code="RSJ-01", frequency_maximum=1, frequency_clause="《某条例》第九条")
    async with draws.db.transaction(SYSTEM) as session:
        await keep_history(session, closed(110, 0))
        told = ItemListPublished(
            org="410300-rsj", region="410300", version=1, items=["RSJ-01", "RSJ-02"],
            published_at=datetime.now(UTC), laws=[law],
        )  # fmt: skip
        await keep_item_list(session, told)
    round_id = await draws.open(await draws.plan(HR_TASK, LD_TASK))
    row = await draws.until(round_id, "frozen")
    auditor, path = draws.person("auditor"), f"/draw/v1/rounds/{round_id}"
    found = (await auditor.get(f"{path}/exclusions")).json()["items"]
    assert [(one["list_code"], one["object_id"], one["reason"]) for one in found] == [
        ("HR", object_id(110), "frequency_max")
    ], "the law is about the items of one list"
    newer = law.model_copy(update={"frequency_clause": "《新条例》第一条"})
    async with draws.db.transaction(SYSTEM) as session:
        await keep_item_list(session, told.model_copy(update={"version": 2, "laws": [newer]}))
    out, held = (await auditor.get(f"{path}/objects/{object_id(110)}/why")).json()["lists"]
    assert (out["standing"], out["clause"]) == ("excluded", "《某条例》第九条"), "as it was on that day"
    assert "（“《某条例》第九条”）" in out["explanation"] and held["standing"] == "pooled"
    scheme = (await draws.anyone.get(f"/public/draws/{row['draw_id']}/scheme")).text
    assert "《某条例》第九条" in scheme
