"""What people do with disclosures, through the API with everything running."""

from datetime import date
from typing import Any
from uuid import uuid4

import httpx
from disclosing import Service
from receivers import Sandbox, Site
from suicha_chassis.testing import eventually
from suicha_contracts.events import CalendarPublished
from suicha_contracts.values import ResultCode
from told_events import Season, corrected, follow_up_closed, open_follow_up, published, ruleset

DISCLOSURES = "/disclosure/v1/disclosures"


async def test_a_round_from_inspection_to_the_public_with_a_rate_of_100_percent(
    service: Service, site: Site, sandbox: Sandbox
) -> None:
    season = Season(visits=3, lists=("HR", "LD"))
    visits = [
        season.closed(11), season.closed(12, credit_grade="B"),
        season.closed(13, results=[ResultCode.FAIL], follow_ups=[open_follow_up()]),
    ]  # fmt: skip
    await service.tell(published(season.rules), season.plan(), season.draw(), *visits)
    for visit in visits:
        await service.one(visit.visit_id, season.round_id)
    answer = await service.publisher.post(f"{DISCLOSURES}/release", {"round_id": str(season.round_id)})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"released": 3, "skipped": [], "skipped_count": 0}
    for visit in visits:
        await service.one(visit.visit_id, season.round_id, "disclosed")

    for query in (f"round_id={season.round_id}", f"plan_id={season.plan_id}"):
        figures = (await service.publisher.get(f"/disclosure/v1/statistics?{query}")).json()
        assert (figures["due"], figures["due_exact"]) == (3, True)
        assert (figures["closed"], figures["disclosed"]) == (3, 3)
        assert figures["disclosure_rate"] == {"num": 3, "den": 3, "bp": 10_000}
        assert figures["completion_rate"] == {"num": 3, "den": 3, "bp": 10_000}
        assert figures["problem_rate"] == {"num": 1, "den": 3, "bp": 3333}
        assert [(one["code"], one["count"]) for one in figures["by_result"]] == [("1", 4), ("10", 2)]
        assert [(one["grade"], one["closed"], one["problems"]) for one in figures["by_grade"]] == [
            ("A", 2, 1), ("B", 1, 0),
        ]  # fmt: skip

    found = (await service.anyone.get(f"/public/results?q={visits[2].object_id[:12]}")).json()["items"]
    shown = next(one for one in found if one["object_code"] == visits[2].object_id)
    assert shown["results"] == ["不合格"]
    record = shown["record_id"]
    assert (site.held(record), sandbox.held(record)) == ([1], [1])
    assert (await service.anyone.get("/public/statistics")).json()["disclosed"] >= 3


async def test_a_result_of_a_second_attempt_says_so_to_the_public_and_on_the_website(
    service: Service, site: Site
) -> None:
    season = Season()
    first = season.voided(1).model_copy(update={"round_id": uuid4(), "code": "reveal_missing"})
    visit = season.closed()
    await service.tell(published(season.rules), first, season.draw(attempt=2), visit)
    found = await service.one(visit.visit_id, season.round_id)
    answer = await service.publisher.post(f"{DISCLOSURES}/{found['id']}/release", {})
    assert answer.status_code == 200, answer.text
    await service.one(visit.visit_id, season.round_id, "disclosed")

    listed = (await service.anyone.get("/public/results?limit=200")).json()["items"]
    shown = next(one for one in listed if one["draw_id"] == season.draw_id)
    assert shown["draw_attempt"] == 2
    current = (await service.anyone.get(f"/public/results/{shown['record_id']}")).json()["current"]
    assert current["draw_attempt"] == 2
    assert [(one["attempt"], one["code"], one["reason"]) for one in current["voided"]] == [
        (1, "reveal_missing", "名录有误")
    ]

    said = "第 2 次抽取（前 1 次作废：第 1 次揭示值或骰子未按时提交，名录有误）"
    async with httpx.AsyncClient(base_url=site.url) as visitor:
        for path in (f"/results/{shown['record_id']}", f"/draws/{season.draw_id}"):

            async def on_page(path: str = path) -> bool:
                return said in (await visitor.get(path)).text

            await eventually(on_page, what=path)


async def test_releasing_twice_pushes_once(service: Service, sandbox: Sandbox) -> None:
    season, found = await _closed(service)
    for _ in range(2):
        answer = await service.publisher.post(f"{DISCLOSURES}/{found['id']}/release", {})
        assert answer.status_code == 200, answer.text
    await service.one(found["visit_id"], season.round_id, "disclosed")
    assert (await service.publisher.get(f"{DISCLOSURES}/{found['id']}")).json()["public_version"] == 1
    assert sandbox.held(found["id"]) == [1]


async def test_only_a_publisher_releases_and_never_one_who_reviews(service: Service) -> None:
    _, found = await _closed(service)
    path = f"{DISCLOSURES}/{found['id']}/release"
    for roles, code in (
        (("reviewer",), "forbidden"),
        (("inspector",), "forbidden"),
        (("auditor",), "forbidden"),
        (("publisher", "reviewer"), "same_person"),
        (("publisher", "inspector"), "same_person"),
    ):
        answer = await service.as_(*roles).post(path, {})
        assert (answer.status_code, answer.json()["code"]) == (403, code), roles
    assert (await service.anyone.post(path, {})).status_code == 401


async def test_other_bodies_neither_see_nor_release(service: Service) -> None:
    season, found = await _closed(service)
    path = f"{DISCLOSURES}/{found['id']}"
    ruzhou = {"org": "410482-rsj", "region": "410482"}
    stranger = service.as_("publisher", **ruzhou)
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.post(f"{path}/release", {})).status_code == 404
    bulk = await stranger.post(f"{DISCLOSURES}/release", {"ids": [found["id"]]})
    assert bulk.status_code == 404
    neighbour = service.as_("publisher", org="410300-scjgj", region="410300")
    assert (await neighbour.get(path)).status_code == 404
    superior = service.as_("publisher", org="410000-rst", region="410000")
    assert (await superior.get(path)).status_code == 200
    answer = await superior.post(f"{path}/release", {})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    for one in (stranger, neighbour):
        figures = (await one.get(f"/disclosure/v1/statistics?round_id={season.round_id}")).json()
        assert (figures["due"], figures["closed"], figures["by_result"]) == (0, 0, [])


async def test_a_problem_waits_until_it_is_handled(service: Service) -> None:
    season = Season(rules=ruleset("130227-rsj@2024.1"), visits=2)
    problem = season.closed(1, results=[ResultCode.FAIL], follow_ups=[open_follow_up()])
    fine = season.closed(2)
    await service.tell(published(season.rules), season.draw(), problem, fine)
    found = await service.one(problem.visit_id, season.round_id)
    await service.one(fine.visit_id, season.round_id)
    shown = (await service.publisher.get(f"{DISCLOSURES}/{found['id']}")).json()
    assert shown["waits_for_handling"] is True
    assert shown["deadline"]["due_on"] is None
    assert "先处理后公示" in shown["deadline"]["explanation"]

    single = await service.publisher.post(f"{DISCLOSURES}/{found['id']}/release", {})
    assert (single.status_code, single.json()["code"]) == (409, "handling_first")
    strict = await service.publisher.post(f"{DISCLOSURES}/release", {"ids": [found["id"]]})
    assert strict.json()["code"] == "not_releasable"
    assert strict.json()["faults"][0]["where"] == found["id"]
    bulk = await service.publisher.post(f"{DISCLOSURES}/release", {"round_id": str(season.round_id)})
    assert (bulk.json()["released"], bulk.json()["skipped_count"]) == (1, 1)

    await service.tell(follow_up_closed(problem))

    async def handled() -> bool:
        answer = await service.publisher.get(f"{DISCLOSURES}/{found['id']}")
        return not answer.json()["waits_for_handling"]

    await eventually(handled)
    released = await service.publisher.post(f"{DISCLOSURES}/{found['id']}/release", {})
    assert released.status_code == 200, released.text


async def test_a_handling_note_is_enough_where_no_follow_up_tells_it(service: Service) -> None:
    season = Season(rules=ruleset("130227-rsj@2024.1"))
    _, found = await _closed(service, season, results=[ResultCode.FAIL])
    body = {"handling_note": "当场责令改正并复核"}
    answer = await service.publisher.post(f"{DISCLOSURES}/{found['id']}/release", body)
    assert answer.status_code == 200, answer.text
    await service.one(found["visit_id"], season.round_id, "disclosed")


async def test_a_result_without_its_ruleset_cannot_be_released(service: Service) -> None:
    rules = ruleset().model_copy(update={"version": "2031.1"})
    season = Season(rules=rules)
    visit = season.closed()
    await service.tell(visit)
    found = await service.one(visit.visit_id, season.round_id)
    answer = await service.publisher.post(f"{DISCLOSURES}/{found['id']}/release", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "ruleset_not_arrived")


async def test_lines_are_shown_before_and_after_redaction_and_can_be_withheld(
    service: Service, site: Site
) -> None:
    season = Season()
    check = season.check([ResultCode.FAIL], remark="联系电话13800138000")
    _, found = await _closed(service, season, checks=[check])
    path = f"{DISCLOSURES}/{found['id']}"
    before = await service.publisher.get(path)
    (line,) = before.json()["lines"]
    assert line["remark"] == "联系电话13800138000"
    assert line["public"]["remark"] == "联系电话［已隐去］"
    assert before.json()["deadline"]["clause"] == "第十四条"

    body = {"lines": [str(check.check_id)], "reason": "涉及商业秘密"}
    assert (await service.publisher.post(f"{path}/withhold", body)).status_code == 428
    stale = await service.publisher.post(f"{path}/withhold", body, headers={"If-Match": '"99"'})
    assert stale.status_code == 412
    unknown = {"lines": [str(uuid4())], "reason": "涉及商业秘密"}
    match = {"If-Match": before.headers["etag"]}
    assert (await service.publisher.post(f"{path}/withhold", unknown, headers=match)).status_code == 422
    done = await service.publisher.post(f"{path}/withhold", body, headers=match)
    assert done.status_code == 200, done.text
    assert done.headers["etag"] != before.headers["etag"]
    await service.publisher.post(f"{path}/release", {})
    await service.one(found["visit_id"], season.round_id, "disclosed")
    public = (await service.anyone.get(f"/public/results/{found['id']}")).json()["current"]
    assert public["lines"][0]["result"] == "依法不予公开"
    assert public["lines"][0]["result_codes"] == []
    assert site.held(found["id"]) == [1]


async def test_a_correction_keeps_both_versions_readable(service: Service) -> None:
    _, found, visit = await _disclosed(service)
    await service.tell(corrected(visit, [ResultCode.FAIL]))

    async def second() -> Any:
        shown = (await service.anyone.get(f"/public/results/{found['id']}")).json()
        return shown if shown["current"]["version"] == 2 else None

    shown = await eventually(second)
    assert shown["current"]["reason"] == "结果录入错误"
    assert [one["lines"][0]["result"] for one in (shown["current"], *shown["earlier"])] == [
        "不合格",
        "未发现问题",
    ]
    detail = (await service.publisher.get(f"{DISCLOSURES}/{found['id']}")).json()
    assert (detail["record_version"], detail["state"], detail["normal"]) == (2, "disclosed", False)


async def test_a_withdrawal_is_public_with_its_reason(service: Service, site: Site, sandbox: Sandbox) -> None:
    season, found, _ = await _disclosed(service)
    path = f"{DISCLOSURES}/{found['id']}/withdraw"
    answer = await service.publisher.post(path, {"reason": "检查对象登记错误"})
    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")

    async def withdrawn() -> Any:
        shown = (await service.anyone.get(f"/public/results/{found['id']}")).json()["current"]
        return shown if shown["status"] == "withdrawn" else None

    shown = await eventually(withdrawn)
    assert (shown["reason"], shown["lines"]) == ("检查对象登记错误", [])
    assert (site.held(found["id"]), sandbox.held(found["id"])) == ([1, 2], [1, 2])
    again = await service.publisher.post(path, {"reason": "检查对象登记错误"})
    assert (again.status_code, again.json()["state"]) == (409, "withdrawn")
    figures = await service.publisher.get(f"/disclosure/v1/statistics?round_id={season.round_id}")
    assert (figures.json()["withdrawn"], figures.json()["disclosed"]) == (1, 0)


async def test_overdue_and_due_results_are_listed(service: Service) -> None:
    season = Season()
    _, found = await _closed(service, season, finished_on=date(2024, 3, 4))
    overdue = (await service.publisher.get("/disclosure/v1/overdue?limit=500")).json()["items"]
    assert found["id"] in [one["id"] for one in overdue]
    for state, expected in (("overdue", True), ("pending", True), ("due", False), ("disclosed", False)):
        query = f"{DISCLOSURES}?state={state}&round_id={season.round_id}"
        items = (await service.publisher.get(query)).json()["items"]
        assert bool(items) is expected, state


async def test_lists_turn_pages(service: Service) -> None:
    season = Season(visits=3)
    visits = [season.closed(number) for number in range(3)]
    await service.tell(published(season.rules), *visits)
    for visit in visits:
        await service.one(visit.visit_id, season.round_id)
    seen, cursor = [], ""
    while True:
        query = f"{DISCLOSURES}?round_id={season.round_id}&limit=2&cursor={cursor}"
        page = (await service.publisher.get(query)).json()
        seen += [one["visit_id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(str(visit.visit_id) for visit in visits)


async def test_deliveries_show_every_attempt_and_can_be_retried(service: Service, sandbox: Sandbox) -> None:
    await sandbox.behave("fail", calls=2)
    _, found, _ = await _disclosed(service)
    query = f"/disclosure/v1/deliveries?disclosure_id={found['id']}&channel=credit-platform"
    (delivery,) = (await service.publisher.get(query)).json()["items"]
    detail = (await service.publisher.get(f"/disclosure/v1/deliveries/{delivery['id']}")).json()
    assert [one["verdict"] for one in detail["log"]] == ["again", "again", "accepted"]
    assert detail["log"][0]["status"] == 503
    assert detail["receipt"]["receipt_no"].startswith("SANDBOX-")
    answer = await service.publisher.post(f"/disclosure/v1/deliveries/{delivery['id']}/retry")
    assert (answer.status_code, answer.json()["state"]) == (409, "accepted")
    stranger = service.as_("publisher", org="410482-rsj", region="410482")
    assert (await stranger.get(f"/disclosure/v1/deliveries/{delivery['id']}")).status_code == 404


async def test_reconciliation_is_asked_for_and_reported(service: Service, sandbox: Sandbox) -> None:
    _, found, _ = await _disclosed(service)
    sandbox.forget(found["id"])
    body = {"channels": ["credit-platform"]}
    answer = await service.publisher.post("/disclosure/v1/deliveries/reconcile", body)
    assert answer.status_code == 202, answer.text
    (asked,) = answer.json()["items"]

    async def done() -> Any:
        listed = await service.publisher.get("/disclosure/v1/deliveries/reconciliations")
        (row,) = [one for one in listed.json()["items"] if one["id"] == asked["id"]]
        return row if row["finished_at"] else None

    assert (await eventually(done))["missing"] >= 1

    async def held() -> bool:
        return sandbox.held(found["id"]) == [1]

    await eventually(held)
    wrong = await service.publisher.post("/disclosure/v1/deliveries/reconcile", {"channels": ["fax"]})
    assert (wrong.status_code, wrong.json()["faults"][0]["code"]) == (422, "unknown_channel")


async def test_deeds_are_in_the_audit_trail(service: Service) -> None:
    _, found, _ = await _disclosed(service)
    auditor = service.as_("auditor")
    entries = (await auditor.get(f"/disclosure/v1/audit?object_id={found['id']}")).json()["items"]
    assert [(one["action"], one["actor"]) for one in entries] == [("disclosure.release", "publisher")]


async def test_metrics_show_what_waits(service: Service) -> None:
    metrics = (await service.http.get("/metrics")).text
    for name in (
        "suicha_deliveries_waiting",
        "suicha_deliveries_oldest_seconds",
        "suicha_disclosures_overdue",
    ):
        assert name in metrics


async def test_an_official_calendar_reaches_the_deadline_shown(service: Service) -> None:
    season = Season()
    _, found = await _closed(service, season, finished_on=date(2031, 12, 15))
    path = f"{DISCLOSURES}/{found['id']}"
    before = (await service.publisher.get(path)).json()["deadline"]
    assert before["provisional"] is True
    assert "暂按星期推算" in before["explanation"]
    for year in (2031, 2032):
        await service.tell(CalendarPublished(year=year, holidays=[], workdays=[], source="通知"))

    async def settled() -> Any:
        shown = (await service.publisher.get(path)).json()["deadline"]
        return None if shown["provisional"] else shown

    after = await eventually(settled)
    assert after["due_on"] == before["due_on"]


async def _closed(service: Service, season: Season | None = None, **changes: Any) -> tuple[Season, Any]:
    """A season with one closed visit whose disclosure has arrived, with its ruleset."""
    season = season or Season()
    visit = season.closed(**changes)
    await service.tell(published(season.rules), season.draw(), visit)
    found = await service.one(visit.visit_id, season.round_id)

    async def known() -> bool:
        shown = await service.publisher.get(f"{DISCLOSURES}/{found['id']}")
        return bool(shown.json()["channels"])

    await eventually(known, what="ruleset")
    return season, found


async def _disclosed(service: Service) -> tuple[Season, Any, Any]:
    """A season with one visit whose result every channel has accepted."""
    season = Season()
    visit = season.closed()
    await service.tell(published(season.rules), season.draw(), visit)
    found = await service.one(visit.visit_id, season.round_id)
    answer = await service.publisher.post(f"{DISCLOSURES}/{found['id']}/release", {})
    assert answer.status_code == 200, answer.text
    return season, await service.one(visit.visit_id, season.round_id, "disclosed"), visit
