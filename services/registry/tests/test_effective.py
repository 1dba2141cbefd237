"""Which of several rulesets holds: precedence, dates, stricter bounds; and the page that a lawyer checks."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from itertools import permutations
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from keeping import ORG, RULESETS, Registry
from suicha_chassis import testing
from suicha_contracts.clause import Level
from suicha_contracts.effective import AT_LEAST, RANK, RuleReason, in_force, resolve
from suicha_contracts.ruleset import Ruleset
from suicha_registry.rulesets.explain import explained, lines_of
from suicha_registry.rulesets.wording import PARTS, TITLES, title_of

SCHEMA = RULESETS.parent / "libs/contracts/schemas/ruleset.schema.json"
SHIPPED = {
    path.stem: Ruleset.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    for path in sorted(RULESETS.glob("*.yaml"))
}
LUOYANG = SHIPPED["410300-rsj@2022.1"]


def variant(
    ruleset_id: str = "410300-a",
    region: str = "410300",
    version: str = "2022.1",
    since: date = date(2022, 1, 1),
    until: date | None = None,
    **values: tuple[Any, Level],
) -> Ruleset:
    """A ruleset of another id, region or day, some of whose values are others; `team__minimum=(3, Level.LAW)`."""
    document = LUOYANG.model_dump(mode="json")
    document |= {"id": ruleset_id, "region": region, "version": version, "effective_from": since}
    document |= {"effective_to": until, "due_dates": [], "reports": []}
    for path, (value, level) in values.items():
        part, _, name = path.partition("__")
        document[part][name] = {"value": value, "clause": f"{ruleset_id} {name}", "level": level}
    return Ruleset.model_validate(document)


def test_law_beats_province_and_province_beats_the_place_itself() -> None:
    place = variant("410300-a", disclosure__channels=(["public-site"], Level.LOCAL))
    province = variant("410000-a", "410000", disclosure__channels=(["credit-platform"], Level.PROVINCE))
    law = variant("410000-b", "410000", disclosure__channels=(["hall-board"], Level.LAW))
    found = resolve([place, province])["disclosure.channels"]
    assert (found.winner.value, found.why) == (["credit-platform"], RuleReason.HIGHER_LEVEL)
    assert [(one.candidate.value, one.why) for one in found.beaten] == [
        (["public-site"], RuleReason.HIGHER_LEVEL)
    ]
    assert resolve([place, province, law])["disclosure.channels"].winner.value == ["hall-board"]


def test_a_stricter_bound_of_the_place_stands_beside_the_law_and_a_laxer_one_falls() -> None:
    law = variant("410000-a", "410000", team__minimum=(2, Level.LAW))
    strict = resolve([law, variant(team__minimum=(3, Level.LOCAL))])["team.minimum"]
    assert (strict.winner.value, strict.why) == (3, RuleReason.STRICTER)
    lax = resolve([law, variant(team__minimum=(1, Level.LOCAL))])["team.minimum"]
    assert (lax.winner.value, lax.why) == (2, RuleReason.HIGHER_LEVEL)
    chosen = resolve([law, variant(team__minimum=(9, Level.PRODUCT))])["team.minimum"]
    assert chosen.winner.value == 2, "what the product chose is no document"


def test_of_equal_rank_the_nearer_region_holds_and_of_one_region_the_later_document() -> None:
    city = variant("410300-a", "410300", team__show_licence=(False, Level.LOCAL))
    county = variant("410302-a", "410302", team__show_licence=(True, Level.LOCAL))
    found = resolve([city, county])["team.show_licence"]
    assert (found.winner.value, found.why) == (True, RuleReason.NEARER_REGION)
    later = variant("410300-b", since=date(2023, 1, 1), team__show_licence=(True, Level.LOCAL))
    assert resolve([city, later])["team.show_licence"].why is RuleReason.LATER


LEVELS = st.sampled_from([Level.LAW, Level.PROVINCE, Level.LOCAL, Level.PRODUCT])
PLACES = st.sampled_from(["410000", "410300", "410302"])


@st.composite
def stated(draw: st.DrawFn) -> list[Ruleset]:
    return [
        variant(
            f"{region}-{index}", region, since=date(2020, 1, 1) + timedelta(days=draw(st.integers(0, 900))),
            team__minimum=(draw(st.integers(2, 9)), draw(LEVELS)),
            team__alternates=(draw(st.integers(0, 9)), draw(LEVELS)),
        )
        for index, region in enumerate(draw(st.lists(PLACES, min_size=1, max_size=3)))
    ]  # fmt: skip


@given(stated())
def test_the_order_in_which_rulesets_are_read_never_decides(rules: list[Ruleset]) -> None:
    outcomes = [resolve(order) for order in permutations(rules)]
    assert all(one == outcomes[0] for one in outcomes)


@given(stated())
def test_nothing_of_a_lower_rank_holds_against_a_higher_one_but_a_stricter_bound(
    rules: list[Ruleset],
) -> None:
    for path, found in resolve(rules).items():
        everyone = [found.winner, *(one.candidate for one in found.beaten)]
        assert len(everyone) == len(rules)
        best = min(RANK.index(one.level) for one in everyone)
        if RANK.index(found.winner.level) != best:
            assert path in AT_LEAST and found.why is RuleReason.STRICTER
            assert found.winner.level is not Level.PRODUCT
            assert all(one.value <= found.winner.value for one in everyone if one.level is not Level.PRODUCT)


@given(st.dates(date(2019, 1, 1), date(2027, 1, 1)))
def test_a_day_is_governed_by_the_newest_version_that_is_in_force_on_it(day: date) -> None:
    first = variant(version="2020.1", since=date(2020, 1, 1), until=date(2022, 6, 30))
    second = variant(version="2022.1", since=date(2022, 1, 1))
    tenth = variant(version="2022.10", since=date(2022, 1, 1), until=date(2024, 12, 31))
    found = [one.version for one in in_force([first, second, tenth], "410302", day)]
    if day < date(2020, 1, 1):
        assert found == []
    elif day < date(2022, 1, 1):
        assert found == ["2020.1"]
    else:
        assert found == (["2022.10"] if day <= date(2024, 12, 31) else ["2022.1"])
    assert in_force([first, second, tenth], "410482", day) == [], "洛阳's rules do not bind 汝州"


def test_every_value_of_every_ruleset_that_ships_is_said_in_chinese() -> None:
    for ruleset in SHIPPED.values():
        for line in lines_of(ruleset):
            part = line.path.split(".")[0]
            assert part in PARTS and title_of(line.path) != line.path, line.path
            assert line.text and not any(char in line.text for char in "{}[]=_<"), (line.path, line.text)
    fields = {f"{part}.{name}" for part in PARTS if part not in {"due_dates", "reports"}
              for name in type(getattr(LUOYANG, part)).model_fields if not name.endswith("_unit")}  # fmt: skip
    assert fields == TITLES.keys(), "a field without a title, or a title without a field"


def test_the_guide_says_of_every_value_whether_anything_acts_on_it() -> None:
    guide = (RULESETS.parent / "docs" / "rulesets.md").read_text(encoding="utf-8")
    part = guide.split("### 哪些值现在自己起作用")[1].split("代码和它们的中文")[0]
    named = re.findall(r"`([a-z_.]+)`", "".join(line.split(" | ")[0] for line in part.splitlines()))
    assert len(named) == len(set(named))
    assert set(named) == TITLES.keys() | {"due_dates", "reports"}


async def test_the_page_shows_each_value_beside_its_clause_and_words_and_escapes_what_it_prints(
    registry: Registry,
) -> None:
    text = (RULESETS / f"{ORG}@2022.1.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text) | {"name": "<script>alert(1)</script>规则"}
    await registry.post("/rulesets", {"yaml": yaml.safe_dump(document, allow_unicode=True)})
    path = f"/registry/v1/rulesets/{ORG}/explain"
    answer = await registry.client("legal").get(path)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    assert "<script>" not in answer.text and "&lt;script&gt;" in answer.text
    page = unescape(answer.text)
    for line in lines_of(Ruleset.model_validate(document)):
        assert line.title in page and line.text in page
    assert document["document"]["title"] in page
    anyone = testing.Client(registry.http)
    assert (await anyone.get(f"/public/rulesets/{ORG}/explain")).text == answer.text
    assert (await anyone.get(path)).status_code == 401
    assert (await anyone.get("/public/rulesets/410300-none/explain")).status_code == 404


def stated_in(part: Any) -> Iterator[dict[str, Any]]:
    """Everything in a YAML document that names a clause, however deep it lies."""
    if isinstance(part, dict):
        if "clause" in part:
            yield part
        for one in part.values():
            yield from stated_in(one)
    elif isinstance(part, list):
        for one in part:
            yield from stated_in(one)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_page_shows_every_clause_that_the_yaml_names_outer_limits_included(name: str) -> None:
    document = yaml.safe_load((RULESETS / f"{name}.yaml").read_text(encoding="utf-8"))
    page = unescape(explained(SHIPPED[name], "0" * 64))
    stated = list(stated_in(document))
    assert any("value" not in one for one in stated), "sources of their own inside a value"
    for one in stated:
        words = one["clause"], one.get("quote", ""), one.get("note", "")
        assert all(text in page for text in words), words
    for clause in {one["clause"] for one in stated}:
        named = sum(one["clause"] == clause for one in stated)
        assert page.count(f'<span class="clause">{clause}</span>') == named, clause


def test_the_page_of_s0_says_where_its_twenty_days_come_from() -> None:
    page = explained(SHIPPED["410482-rsj@2022.1"], "0" * 64)
    assert "《企业信息公示暂行条例》第六条第二款" in page and "最迟期限的出处" in page


def test_every_shipped_file_tells_an_editor_its_schema() -> None:
    for path in RULESETS.glob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        named = first.removeprefix("# yaml-language-server: $schema=")
        assert named != first and (path.parent / named).resolve() == SCHEMA.resolve()


async def test_today_s_version_is_the_same_however_it_is_asked_for_and_whenever_it_was_published(
    registry: Registry,
) -> None:
    admin = registry.client("registry-admin", region="410300", org=ORG)
    for version, least in (("2022.10", 4), ("2022.9", 3)):
        one = variant(ORG, "410300", version, team__minimum=(least, Level.LOCAL))
        content = yaml.safe_dump(one.model_dump(mode="json"), allow_unicode=True)
        await registry.post("/rulesets", {"yaml": content}, admin)
    anyone = testing.Client(registry.http)
    assert (await anyone.get(f"/public/rulesets/{ORG}")).json()["version"] == "2022.10"
    rules = (await anyone.get(f"/public/rulesets/effective?region=410300&org={ORG}")).json()
    assert [one["version"] for one in rules["rulesets"]] == ["2022.10"]
    least = next(one for one in rules["values"] if one["path"] == "team.minimum")
    assert (least["value"], least["under_item_law"]) == (4, "")
    floor = next(one for one in rules["values"] if one["path"] == "selection.floor_bp")
    assert "取代" in floor["under_item_law"] and "2%" in floor["under_item_law"]
    assert "取代" in (await anyone.get(f"/public/rulesets/{ORG}/explain")).text


async def test_what_binds_a_body_is_its_own_ruleset_and_those_above_it(registry: Registry) -> None:
    for one in (
        variant("410000-rst", "410000", team__minimum=(2, Level.PROVINCE)),
        variant("410300-rsj", "410300", team__minimum=(3, Level.LOCAL)),
        variant("410300-scjg", "410300", team__minimum=(5, Level.LOCAL)),
    ):
        admin = registry.client("registry-admin", region="410000", org="410000-rst")
        content = yaml.safe_dump(one.model_dump(mode="json"), allow_unicode=True)
        await registry.post("/rulesets", {"yaml": content}, admin)
    anyone = testing.Client(registry.http)

    async def rules(query: str) -> dict[str, Any]:
        found: dict[str, Any] = (await anyone.get(f"/public/rulesets/effective?{query}")).json()
        return found

    def least(found: dict[str, Any]) -> dict[str, Any]:
        return next(one for one in found["values"] if one["path"] == "team.minimum")

    ours = await rules("region=410300&org=410300-rsj")
    assert [one["id"] for one in ours["rulesets"]] == ["410300-rsj", "410000-rst"]
    assert (least(ours)["value"], least(ours)["why"], least(ours)["text"]) == (3, "stricter", "3 人")
    assert [(one["ruleset"], one["why"]) for one in least(ours)["beaten"]] == [("410000-rst", "stricter")]
    assert least(await rules("region=410300"))["value"] == 5
    assert [one["id"] for one in (await rules("region=410482"))["rulesets"]] == ["410000-rst"]
    assert (await rules("region=410300&on=2021-12-31"))["values"] == []
