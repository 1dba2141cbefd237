"""Finding one object among many: pages hold together however they were found, and looking on has its bounds."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keeping import Registry, firms, table
from suicha_registry.subjects import search_costs, searching
from suicha_registry.subjects.schemas import Search
from suicha_registry.subjects.search_asked import Asked
from suicha_registry.subjects.search_costs import TO_THE_END, Costs, share_seen

ASKED = (
    "name=豫", "name=豫鑫", "name=人力资源有限", "grade=D", "name=人力&grade=D", "grade=D&status=active",
    "grade=D&on_list=key_watch", "name=豫&label=HR&on_list=key_watch", "label=HR&industry=L", "industry=L&unit=HR",
    "on_list=abnormal_list&label=HR", "on_list=abnormal_list&name=豫鑫",
)  # fmt: skip
"""Searches that all find the same objects."""


async def registered(registry: Registry) -> list[tuple[str, str]]:
    """Sixty objects of three regions; return the keys of the nine that every search is to find."""
    rows = firms(40) + firms(12, "410302") + firms(8, "410303")
    for number in range(0, 60, 7):
        rows[number][0] = f"洛阳豫鑫{number}人力资源有限公司"
    await registry.imported(table(rows))
    wanted = sorted((code[2:8], code) for name, code, *_ in rows if "豫鑫" in name)
    grades = [{"id": code, "grade": "D" if "豫鑫" in name else "A"} for name, code, *_ in rows]
    await registry.post("/grades", {"source": "省平台", "month": "2026-10", "grades": grades})
    await registry.post("/labels", {"code": "HR", "name": "HR"})
    await registry.post("/labels/HR/subjects", {"ids": [one for _, one in wanted]})
    registry.execute(
        "INSERT INTO subject_lists (id, subject_id, list_code, valid_from, source, recorded_by) "
        "SELECT uuidv7(), subject_id, 'key_watch', day, 'x', 'x' FROM subject_grades, "
        "(VALUES (date '2026-01-01'), ('2026-02-01')) v (day) WHERE grade = 'D'"
    )
    registry.execute(
        "INSERT INTO subject_lists (id, subject_id, list_code, valid_from, source, recorded_by) "
        "SELECT uuidv7(), id, 'abnormal_list', '2026-01-01', 'x', 'x' FROM subjects"
    )
    registry.execute("UPDATE subjects SET industry = 'L7262', unit = 'HR' WHERE name LIKE '%豫鑫%'")
    return wanted


async def pages(registry: Registry, asked: str, most: int) -> list[tuple[str, str]]:
    """Every page of a search, one after the other."""
    got, cursor = [], ""
    while cursor is not None:
        answer = (
            await registry.admin.get(f"/registry/v1/subjects?{asked}&limit={most}&cursor={cursor}")
        ).json()
        got += [(one["region"], one["id"]) for one in answer["items"]]
        cursor = answer["next_cursor"]
        assert len(got) <= 60, asked
    return got


@pytest.mark.parametrize("leads", [min, max])
async def test_pages_of_a_search_hold_all_that_fits_once_in_order_however_they_were_found(
    registry: Registry, monkeypatch: Any, leads: Any
) -> None:
    wanted = await registered(registry)
    monkeypatch.setattr(Costs, "lead", property(lambda costs: leads(costs.sizes, default="")))
    for ahead, few, gathered, known, *places in (
        (1, 0, 10**6, 0),
        (5, 0, 10**6, 0),
        (5, 0, 10**6, 10**6),
        (5, 0, 0, 0),
        (5, 0, 0, 10**6),
        (5, 0, 4, 10**6),
        (5, 99, 0, 0),
        (8000, 0, 0, 0),
        (2, 0, 0, 0, "410302"),
        (12, 0, 10**6, 10**6, "410302"),
        (30, 0, 0, 0, "41", "4103", "410301", "410302", "4104"),
        (9, 0, 10**6, 0, "410305", "410101"),
    ):
        monkeypatch.setattr(searching, "LOOKED_AHEAD", ahead)
        monkeypatch.setattr(searching, "FEW", few)
        monkeypatch.setattr(search_costs, "GATHERED", gathered)
        monkeypatch.setattr(search_costs, "KNOWN", known)
        monkeypatch.setattr(searching, "places_called", lambda name, places=places: places if name else [])
        for asked in ASKED:
            for most in (3, 8):
                assert await pages(registry, asked, most) == wanted, (
                    ahead,
                    few,
                    gathered,
                    known,
                    places,
                    asked,
                )
        assert await registry.found("name=源资&limit=5") == []
        assert await registry.found("name=豫鑫&grade=A") == []
        assert len(await registry.found("status=active&limit=200")) == 60


async def test_a_search_may_be_limited_to_a_region_and_counted_up_to_a_bound(
    registry: Registry, monkeypatch: Any
) -> None:
    wanted = await registered(registry)
    for asked in ASKED:
        assert await registry.found(f"{asked}&region=410302") == [
            one for region, one in wanted if region == "410302"
        ], asked
    counted = (await registry.admin.get("/registry/v1/subjects?name=公司&count=true&limit=1")).json()
    assert (counted["count"], counted["count_exact"]) == (60, True)
    monkeypatch.setattr(searching, "COUNTED", 10)
    counted = (await registry.admin.get("/registry/v1/subjects?count=true&limit=1")).json()
    assert (counted["count"], counted["count_exact"]) == (10, False)


async def test_a_cursor_of_another_search_or_of_an_older_release_is_read_as_the_key_it_holds(
    registry: Registry, monkeypatch: Any
) -> None:
    wanted = await registered(registry)
    monkeypatch.setattr(searching, "FEW", 99)
    (cursor,) = {
        (await registry.admin.get(f"/registry/v1/subjects?{asked}&limit=3")).json()["next_cursor"]
        for asked in ("grade=D", "grade=D&name=豫")
    }
    for asked in ("grade=D", "label=HR", "name=豫鑫"):
        assert await registry.found(f"{asked}&cursor={cursor}") == [one for _, one in wanted[3:]]


async def test_who_carries_a_tag_is_not_looked_for_among_those_without_any(registry: Registry) -> None:
    await registered(registry)
    answer = (await registry.admin.get("/registry/v1/subjects?label=HR&unlabelled=true&count=true")).json()
    assert (answer["items"], answer["count"], answer["count_exact"]) == ([], 0, True)
    assert len(await registry.found("unlabelled=true")) == 51


SIZES = st.integers(3_000, 2_000_000)
SHARES = st.just(0.0) | st.floats(1e-12, 1)


@given(
    SIZES,
    SIZES,
    st.booleans(),
    st.integers(1, 500),
    st.lists(st.integers(0, 500), max_size=30),
    st.floats(0, 1),
)
def test_looking_never_costs_more_than_gathering_would(
    of_name: int, of_set: int, unit: bool, wanted: int, fits: list[int], share: float
) -> None:
    values = {"name": "x", "grade": "D", "day": date(2026, 11, 30)} | ({"unit": "HR"} if unit else {})
    asked = Asked(Search(), values, None, wanted)
    costs = Costs(asked, 2_000_000, {"name": of_name, "grade": of_set}, share)
    spent, looked = 0, 0
    for fit in fits:
        rows = costs.rows_for(wanted, share, spent)
        if not rows:
            break
        assert rows >= min(wanted / share, looked)
        spent += costs.looking(min(rows, costs.whole))
        looked, share = rows, share_seen(fit, rows)
    assert spent <= costs.gathering


@given(st.floats(1e-6, 1), st.integers(0, 4_000))
def test_what_seems_to_fit_lies_between_what_was_expected_and_what_was_seen(share: float, fit: int) -> None:
    costs = Costs(Asked(Search(), {"grade": "D"}, None, 100), 1_000_000, {"grade": 50_000}, share)
    seems = costs.share_after(fit, 4_000)
    assert min(share, fit / 4_000) * 0.999 <= seems <= max(share, fit / 4_000) * 1.001


def test_without_an_index_that_leads_anywhere_all_is_read() -> None:
    costs = Costs(Asked(Search(), {"status": "active"}, None, 100), TO_THE_END, {}, 0)
    assert costs.rows_for(100, share_seen(0, 4_000)) == TO_THE_END


async def test_the_same_search_shows_everyone_their_own_region(registry: Registry) -> None:
    rows = firms(2, "410302") + firms(1, "410303")
    await registry.imported(table(rows))
    grades = [{"id": row[1], "grade": "D"} for row in rows]
    await registry.post("/grades", {"source": "省平台", "month": "2026-10", "grades": grades})
    for query in ("name=公司", "code=91", "status=active", "grade=D"):
        for region in ("410302", "410303", "410302"):
            reader = registry.client("registry-admin", region=region, org=f"{region}-rsj")
            answer = (await reader.get(f"/registry/v1/subjects?{query}&count=true")).json()
            own = [row[1] for row in rows if row[1][2:8] == region]
            assert [one["id"] for one in answer["items"]] == own, (query, region)
            assert [one["credit_grade"] for one in answer["items"]] == ["D"] * len(own)
            assert answer["count"] == len(own)


async def test_what_stands_for_others_in_a_pattern_stands_for_itself_in_a_search(registry: Registry) -> None:
    await registry.imported(table(firms(2)))
    for query in ("code=%25", "code=9_", "code=%5C", "industry=%25", "industry=_"):
        assert await registry.found(query) == [], query
    assert len(await registry.found("code=91")) == 2
