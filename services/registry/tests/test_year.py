"""What a bureau keeps track of over the year: due dates and who leads them, base forms, code sets."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st
from keeping import RULESETS, Registry
from suicha_chassis import testing
from suicha_chassis.bus import Bus
from suicha_contracts.clause import MonthDay
from suicha_contracts.code_sets import RZ
from suicha_contracts.envelope import Envelope
from suicha_contracts.events import PlanPublished
from suicha_contracts.ruleset import DueDate
from suicha_registry.due_dates.rules import DueState, Entry, due_on, icalendar, state_of
from suicha_registry.rulesets.service import today

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(DAYS, DAYS, st.integers(0, 60))
def test_a_thing_that_is_not_done_is_overdue_exactly_after_its_day(day: date, now: date, soon: int) -> None:
    state = state_of(day, None, now, soon)
    assert (state is DueState.OVERDUE) == (now > day)
    assert (state is DueState.DUE_SOON) == (day - timedelta(days=soon) <= now <= day)
    done = state_of(day, now, now, soon)
    assert done is (DueState.DONE if now <= day else DueState.DONE_LATE)


@given(st.integers(2001, 2099), st.integers(-1, 1), st.dates(date(2023, 1, 1), date(2023, 12, 31)))
def test_a_due_date_keeps_its_month_and_day_in_every_year(year: int, offset: int, day: date) -> None:
    due = DueDate(what="plan_fixed", on=MonthDay(month=day.month, day=day.day), year_offset=offset)
    assert due_on(due, year) == date(year + offset, day.month, day.day)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_a_calendar_feed_is_folded_at_75_octets_and_loses_nothing(words: str) -> None:
    feed = icalendar(
        "日历", [Entry("a@b", date(2026, 4, 20), words, "说明")], datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert all(len(line.encode()) <= 75 for line in feed.split("\r\n"))
    unfolded = feed.replace("\r\n ", "").split("\r\n")
    (summary,) = (line for line in unfolded if line.startswith("SUMMARY:"))
    plain = summary.removeprefix("SUMMARY:").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
    assert plain == words
    assert "DTSTART;VALUE=DATE:20260420" in unfolded and "DTEND;VALUE=DATE:20260421" in unfolded


class Changan:
    """长安 (S1), whose document has due dates and names who leads."""

    code, region = "130102-rsj", "130102"

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.admin = registry.client("registry-admin", region=self.region, org=self.code)

    async def begin(self) -> None:
        departments = [
            {"code": code, "name": name, "crew": code}
            for code, name in (("WQ", "劳动保障维权中心"), ("JC", "劳动监察大队"), ("SB", "社会保险股"))
        ]
        duty = {
            "matter": "registries_complete",
            "lead": "WQ",
            "responsible": ["JC", "SB"],
            "clause": "二（一）",
        }
        group = [
            {"role": "head", "name": "李某", "post": "副局长"},
            {"role": "office", "name": "劳动监察大队", "post": ""},
        ]
        body = {
            "code": self.code, "name": "长安区人社局", "region": self.region, "departments": departments,
            "leading_group": group, "responsibilities": [duty],
        }  # fmt: skip
        made = await self.registry.post("/organisations", body, self.admin)
        assert (made["leading_group"], made["responsibilities"]) == (group, [duty])
        text = (RULESETS / "130102-rsj@2024.1.yaml").read_text(encoding="utf-8")
        await self.registry.post("/rulesets", {"yaml": text}, self.admin)

    async def due(self, year: int) -> dict[str, dict[str, Any]]:
        found = (await self.admin.get(f"/registry/v1/due-dates?year={year}")).json()
        return {one["what"]: one for one in found["items"]}


async def test_due_dates_say_the_day_the_clause_who_leads_and_what_is_done(registry: Registry) -> None:
    changan = Changan(registry)
    await changan.begin()
    past, future = today().year - 1, today().year + 2
    registers = (await changan.due(past))["registries_complete"]
    assert (registers["due_on"], registers["state"]) == (f"{past}-04-20", "overdue")
    assert (registers["lead"], registers["responsible"]) == (
        "劳动保障维权中心",
        ["劳动监察大队", "社会保险股"],
    )
    assert registers["clause"] == "二（一）" and "4月20日前" in registers["quote"]
    assert {one["state"] for one in (await changan.due(future)).values()} == {"upcoming"}

    path = f"/registry/v1/due-dates/{past}/registries_complete"
    tomorrow = {"done_on": str(today() + timedelta(days=1))}
    assert (await changan.admin.put(path, tomorrow)).status_code == 422
    answer = await changan.admin.put(path, {"done_on": f"{past}-04-18", "note": "各股室报完"})
    assert answer.status_code == 200, answer.text
    registers = (await changan.due(past))["registries_complete"]
    assert (registers["state"], registers["note"]) == ("done", "各股室报完") and registers["done_by"]
    late = await changan.admin.put(path, {"done_on": f"{past}-05-01"})
    assert late.json()["items"][0]["state"] == "done_late"
    assert (await changan.admin.delete(path)).status_code == 200
    assert (await changan.due(past))["registries_complete"]["state"] == "overdue"
    assert (await changan.admin.delete(path)).status_code == 404
    assert (await changan.admin.put(f"/registry/v1/due-dates/{past}/none", tomorrow)).status_code == 404
    stranger = registry.client("registry-admin")
    assert (await stranger.get(f"/registry/v1/due-dates?org={changan.code}")).status_code == 404

    anyone = testing.Client(registry.http)
    feed = await anyone.get(f"/public/due-dates/{changan.code}.ics")
    assert feed.headers["content-type"].startswith("text/calendar")
    assert f"DTSTART;VALUE=DATE:{today().year}0420" in feed.text and "STATE" not in feed.text


async def test_a_published_plan_is_a_due_thing_done_that_nobody_has_to_confirm(registry: Registry) -> None:
    changan = Changan(registry)
    await changan.begin()
    year = today().year
    event = PlanPublished(
        plan_id=uuid4(), number=f"{year}001", name="计划", year=year, org=changan.code, org_name="长安区人社局",
        region=changan.region, version=1, published_at=datetime.now(UTC), tasks=[],
    )  # fmt: skip
    bus = Bus(registry.settings, "draw")
    await bus.connect()
    number = uuid4()
    await bus.publish(event.subject(), Envelope.of(event, number).model_dump_json().encode(), str(number))
    await bus.close()

    async def told() -> dict[str, Any] | None:
        found = (await changan.due(year))["plan_published"]
        return found if found["done_on"] else None

    found = await testing.eventually(told, what="the plan to be told")
    assert found["done_by"] == f"计划 {year}001 公布" and found["state"].startswith("done")
    path = f"/registry/v1/due-dates/{year}/plan_published"
    assert (await changan.admin.put(path, {"done_on": str(today())})).status_code == 409
    assert (await changan.admin.delete(path)).status_code == 409


async def test_a_responsibility_names_departments_that_there_are(registry: Registry) -> None:
    await registry.add_organisation()
    path = "/registry/v1/organisations/410300-rsj"
    tag = {"If-Match": '"1"'}
    duty = {"matter": "制定计划", "lead": "LDJC", "responsible": ["NONE"]}
    answer = await registry.admin.patch(path, {"responsibilities": [duty]}, headers=tag)
    assert answer.json()["code"] == "department_unknown"
    duty["responsible"] = ["RLZY"]
    answer = await registry.admin.patch(path, {"responsibilities": [duty]}, headers=tag)
    assert answer.json()["responsibilities"][0]["responsible"] == ["RLZY"]


async def test_a_form_of_a_unit_adds_its_questions_to_the_base_form_as_it_was(registry: Registry) -> None:
    await registry.add_organisation()
    own = {
        "code": "OWN", "name": "个性化表", "extends": "BASE",
        "questions": [{"key": "wage", "text": "工资", "type": "number", "section": "工资支付"}],
    }  # fmt: skip
    draft = await registry.post("/forms", own)
    early = await registry.admin.post(f"/registry/v1/forms/{draft['id']}/publish", None)
    assert early.json()["code"] == "form_invalid"
    await registry.add_form("BASE")
    made = await registry.post(f"/forms/{draft['id']}/publish", None)
    assert [one["key"] for one in made["questions"]] == ["result", "wage"] and made["base_version"] == 1
    assert made["json_schema"]["required"] == ["result", "wage"]
    assert made["json_schema"]["properties"]["wage"]["x-section"] == "工资支付"
    await registry.add_form("BASE")
    assert (await registry.admin.get(f"/registry/v1/forms/{draft['id']}")).json()["base_version"] == 1
    clash = await registry.post("/forms", own | {"questions": [own["questions"][0] | {"key": "result"}]})
    answer = await registry.admin.post(f"/registry/v1/forms/{clash['id']}/publish", None)
    assert answer.json()["code"] == "form_invalid"
    assert (await registry.admin.post("/registry/v1/forms", own | {"extends": "OWN"})).status_code == 422


async def test_code_sets_are_published_once_mapped_and_read_in_each_other(registry: Registry) -> None:
    path = "/registry/v1/code-sets"
    shipped = (await registry.admin.get(path)).json()
    assert sorted(len(one["codes"]) for one in shipped) == [7, 9, 10, 12]
    new = RZ.model_dump(mode="json") | {"id": "rz-2027", "mappings": [
        {"to": "rz-2022", "codes": {one.code: one.code for one in RZ.codes}}]}  # fmt: skip
    wrong = new | {"mappings": [{"to": "rz-2022", "codes": {one.code: "1" for one in RZ.codes}}]}
    assert "一为正常" in (await registry.province.post(path, wrong)).json()["detail"]
    unknown = new | {"mappings": [new["mappings"][0] | {"to": "no-2000"}]}
    assert (await registry.province.post(path, unknown)).status_code == 422
    assert [(await registry.province.post(path, new)).status_code for _ in range(2)] == [201, 200]
    other = await registry.province.post(path, new | {"name": "另一个"})
    assert (other.status_code, other.json()["code"]) == (409, "code_set_exists")
    assert (await registry.admin.get(f"{path}/rz-2027")).json()["source"] == RZ.source
    figures = await registry.admin.post(
        f"{path}/rz-2022/mappings/gs-2015/figures", {"counts": {"5": 2, "8": 3, "10": 1, "1": 9}}
    )
    assert figures.json() == {"code_set": "gs-2015", "counts": {"7": 6, "1": 9}}
    back = await registry.admin.get(f"{path}/rz-2022/mappings/rz-2027")
    assert back.json()["code"] == "code_unmapped", "no way back is guessed"
    strange = await registry.admin.post(f"{path}/rz-2022/mappings/gs-2015/figures", {"counts": {"77": 1}})
    assert strange.status_code == 422
    public = (await testing.Client(registry.http).get("/public/code-sets")).json()
    assert {one["id"] for one in public} == {one["id"] for one in shipped} | {"rz-2027"}
