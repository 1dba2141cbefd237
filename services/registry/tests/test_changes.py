"""Every change of an object is history and in the feed: inspections, tags, grades, moves, merges; tags in time."""

from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from keeping import Registry, code_of, firms, snapshot_request, table
from suicha_chassis import testing
from suicha_chassis.auth import SELF
from suicha_registry.rulesets.service import today
from suicha_registry.subjects import duplicates

DAY = timedelta(days=1)
MATCH = {"If-Match": "*"}


async def found(registry: Registry, query: str) -> list[str]:
    answer = await registry.admin.get(f"/registry/v1/subjects?{query}")
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


async def shown(registry: Registry, subject: str, query: str = "") -> dict[str, Any]:
    one: dict[str, Any] = (await registry.admin.get(f"/registry/v1/subjects/{subject}?{query}")).json()
    return one


async def changes(registry: Registry, subject: str) -> list[dict[str, Any]]:
    answer = await registry.admin.get(f"/registry/v1/subjects/{subject}/changes")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def fed(registry: Registry) -> list[tuple[str, list[str]]]:
    answer = await registry.admin.get("/registry/v1/subjects/changes?limit=2000")
    return [(one["subject"]["id"], sorted(one["fields"])) for one in answer.json()["items"] if one["fields"]]


async def graded(registry: Registry, month: str, grade: str, source: str = "省平台") -> dict[str, Any]:
    lines = [{"id": code_of(0), "grade": grade}]
    return await registry.post("/grades", {"source": source, "month": month, "grades": lines})


def age(registry: Registry, days: int = 100) -> None:
    """Let everything have happened some days ago."""
    for statement in (
        "UPDATE subjects SET entered_on = entered_on - {0}",
        "UPDATE subject_labels SET since = since - {0}",
    ):
        registry.execute(statement.format(days))


async def test_a_grade_is_shown_with_source_and_month_and_an_older_month_takes_nothing_back(
    registry: Registry,
) -> None:
    await registry.imported(table(firms(1)))
    first = code_of(0)
    assert (await graded(registry, "2026-10", "B"))["changed"] == 1
    one = await shown(registry, first)
    assert (one["credit_grade"], one["grade_source"], one["grade_month"]) == ("B", "省平台", "2026-10")
    late = await graded(registry, "2026-09", "D")
    assert (late["changed"], late["outdated"], late["unchanged"]) == (0, 1, 0)
    assert (await shown(registry, first))["credit_grade"] == "B"
    confirmed = await graded(registry, "2026-11", "B")
    assert (confirmed["changed"], confirmed["unchanged"]) == (0, 1)
    assert (await shown(registry, first))["grade_month"] == "2026-11"
    await graded(registry, "2026-11", "B", "市平台")
    corrected = await graded(registry, "2026-11", "C", "市平台")
    assert corrected["changed"] == 1, "a correction within the month counts"
    assert [one["after"] for one in await changes(registry, first)] == [
        {"credit_grade": "C", "grade_source": "市平台", "grade_month": "2026-11"},
        {"credit_grade": "B", "grade_source": "市平台", "grade_month": "2026-11"},
        {"credit_grade": "B", "grade_source": "省平台", "grade_month": "2026-10"},
    ]
    pushes = registry.rows("SELECT after ->> 'month' FROM audit_entries WHERE action = 'grade' ORDER BY seq")
    assert [month for (month,) in pushes] == ["2026-10", "2026-09", "2026-11", "2026-11", "2026-11"]
    text = (await registry.admin.get("/registry/v1/exports/subjects")).text
    assert "C,市平台,2026-11" in text


async def test_the_grade_of_a_day_comes_with_its_source_and_no_later_month(registry: Registry) -> None:
    await registry.imported(table(firms(1)))
    now, first = today(), code_of(0)
    age(registry)
    await graded(registry, "2020-01", "B")
    registry.execute("ALTER TABLE subject_changes DISABLE TRIGGER USER")
    registry.execute("UPDATE subject_changes SET effective_from = effective_from - 60")
    await graded(registry, f"{now:%Y-%m}", "B")
    then = await shown(registry, first, f"as_of={now - 50 * DAY}")
    assert (then["credit_grade"], then["grade_source"], then["grade_month"]) == ("B", "省平台", "")
    await graded(registry, f"{now:%Y-%m}", "D", "市平台")
    then = await shown(registry, first, f"as_of={now - DAY}")
    assert (then["credit_grade"], then["grade_source"], then["grade_month"]) == (
        "B", "省平台", f"{now:%Y-%m}",
    )  # fmt: skip
    assert (await shown(registry, first, f"as_of={now - 90 * DAY}"))["grade_source"] == ""


async def test_an_inspection_is_a_change_from_its_day_on(registry: Registry) -> None:
    await registry.imported(table(firms(1)))
    age(registry)
    first, now = code_of(0), today()
    for days in (30, 10, 20):
        await registry.inspected(first, now - days * DAY)
    assert (await shown(registry, first))["last_inspected_on"] == str(now - 10 * DAY)
    for days, expected in ((31, None), (30, 30), (11, 30), (10, 10)):
        then = await shown(registry, first, f"as_of={now - days * DAY}")
        assert then["last_inspected_on"] == (expected and str(now - expected * DAY)), days
    newest = (await changes(registry, first))[0]
    assert newest["before"] == {"last_inspected_on": str(now - 30 * DAY)}
    assert newest["actor"] == SELF.subject and "抽取" in newest["source"]
    assert [fields for _, fields in await fed(registry)] == [["last_inspected_on"]] * 2


async def test_a_tag_that_comes_or_goes_is_a_change_and_in_the_feed(registry: Registry) -> None:
    await registry.imported(table(firms(2)))
    await registry.post("/labels", {"code": "HR", "name": "人力", "rule": {"name_contains": ["第0"]}})
    await registry.post("/labels/HR/subjects", {"ids": [code_of(1)]})
    await registry.post("/labels/HR/subjects", {"ids": [code_of(1)], "remove": True})
    first = await changes(registry, code_of(0))
    assert [(one["before"], one["after"]["label:HR"]["origin"]) for one in first] == [
        ({"label:HR": None}, "rule")
    ]
    gone, came = await changes(registry, code_of(1))
    assert (gone["after"], gone["source"], came["source"]) == (
        {"label:HR": None},
        "取消标注：人力",
        "标注：人力",
    )
    assert came["effective_to"] == str(today())
    assert await fed(registry) == [(code_of(0), ["label:HR"]), *[(code_of(1), ["label:HR"])] * 2]
    await registry.post("/labels/HR/apply", None)
    assert len(await changes(registry, code_of(0))) == 1, "what stays is no change"


async def test_the_region_and_the_kind_of_an_object_are_changed_inside_the_callers_region(
    registry: Registry,
) -> None:
    await registry.imported(table(firms(1)))
    await registry.post("/subjects", {"id": "WZ-1", "kind": "unlicensed", "region": "410300", "name": "无证"})
    path = f"/registry/v1/subjects/{code_of(0)}"
    outside = await registry.admin.patch(path, {"region": "410100"}, headers=MATCH)
    assert (outside.status_code, outside.json()["code"]) == (403, "forbidden")
    moved = await registry.admin.patch(path, {"region": "410302", "kind": "individual"}, headers=MATCH)
    assert (moved.json()["region"], moved.json()["kind"]) == ("410302", "individual")
    assert (await changes(registry, code_of(0)))[0]["before"] == {"region": "410300", "kind": "enterprise"}
    wrong = await registry.admin.patch("/registry/v1/subjects/WZ-1", {"kind": "enterprise"}, headers=MATCH)
    assert wrong.json()["faults"][0]["code"] == "credit_code_invalid"
    province = registry.client("registry-admin", region="410000", org="410000-rst")
    assert (await province.patch(path, {"region": "410100"}, headers=MATCH)).status_code == 200
    assert (await registry.admin.get(path)).status_code == 404


@pytest.fixture
async def pair(registry: Registry) -> dict[str, Any]:
    """Two entries with one address and head, which nothing else likens; one pair is proposed."""
    header = ["企业名称", "统一社会信用代码", "注册地址", "法定代表人"]
    rows = [
        ["洛阳甲商贸有限公司", code_of(1), "洛阳市中州路100号", "张三"],
        ["洛阳乙服务有限公司", code_of(2), "洛阳市 中州路 100 号", "张三"],
        ["洛阳丙服务有限公司", code_of(3), "洛阳市中州路100号", "李四"],
        ["洛阳丁服务有限公司", code_of(4), "路1号", "张三"],
        ["洛阳戊服务有限公司", code_of(5), "路1号", "张三"],
    ]
    await registry.imported(table(rows, header))
    assert (await registry.post("/duplicates/compare", None))["found"] == 1
    (one,) = (await registry.admin.get("/registry/v1/duplicates")).json()["items"]
    assert one["grounds"] == ["address"]
    proposed: dict[str, Any] = one
    return proposed


async def test_a_merge_leaves_what_was_taken_over_in_the_history_of_the_one_that_stays(
    registry: Registry, pair: dict[str, Any]
) -> None:
    kept, gone = pair["first"]["id"], pair["second"]["id"]
    now = today()
    await registry.inspected(gone, now - 3 * DAY)
    lines = [{"id": gone, "grade": "D"}]
    await registry.post("/grades", {"source": "省平台", "month": "2026-10", "grades": lines})
    await registry.post("/labels", {"code": "L", "name": "L"})
    await registry.post("/labels/L/subjects", {"ids": [gone]})
    listed = {"list_code": "abnormal_list", "valid_from": str(now - DAY), "source": "公示系统"}
    await registry.post(f"/subjects/{gone}/lists", listed)
    told = [{"id": gone, "reference": "1", "received_on": str(now), "count": 2}]
    await registry.post("/complaints", {"source": "12333", "complaints": told})
    path = f"/registry/v1/duplicates/{pair['id']}"
    proposal = {"kept_id": kept, "reason": "同一地址同一负责人"}
    assert (await registry.admin.post(f"{path}/propose", proposal, headers=MATCH)).status_code == 200
    second = registry.client("registry-admin", subject="second")
    merged = await second.post(f"{path}/merge", headers=MATCH)
    one = merged.json()["first"]
    assert (one["credit_grade"], one["grade_month"], one["labels"], one["lists"], one["complaints"]) == (
        "D", "2026-10", ["L"], ["abnormal_list"], 2,
    )  # fmt: skip
    assert one["last_inspected_on"] == str(now - 3 * DAY)
    (change,) = await changes(registry, kept)
    assert (change["actor"], change["source"]) == ("second", "合并：同一地址同一负责人")
    assert change["after"] == {
        "merged_from": gone,
        "credit_grade": "D",
        "grade_source": "省平台",
        "grade_month": "2026-10",
        "last_inspected_on": str(now - 3 * DAY),
        "label:L": {"since": str(now), "origin": "hand"},
        "list:abnormal_list": {"from": str(now - DAY), "to": None},
        "complaints_taken_over": 2,
    }
    assert change["before"]["credit_grade"] == "" and change["before"]["label:L"] is None


async def test_only_a_part_of_a_large_region_is_compared_at_once(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await registry.imported(table([*firms(3), *(["同名公司", *row[1:]] for row in firms(2, "410302"))]))
    monkeypatch.setattr(duplicates, "MOST_COMPARED", 4)
    path = "/registry/v1/duplicates/compare"
    answer = await registry.admin.post(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many")
    assert (await registry.admin.post(f"{path}?region=410100")).status_code == 403
    assert (await registry.admin.post(f"{path}?region=410302")).json()["found"] == 1


async def test_a_pair_of_which_one_has_moved_away_is_for_those_above(
    registry: Registry, pair: dict[str, Any]
) -> None:
    registry.execute(f"UPDATE subjects SET region = '410100' WHERE id = '{pair['second']['id']}'")
    path = f"/registry/v1/duplicates/{pair['id']}"
    body = {"kept_id": pair["first"]["id"], "reason": "同一企业"}
    for deed, said in (("propose", body), ("dismiss", {"reason": "两家企业"}), ("merge", None)):
        answer = await registry.admin.post(f"{path}/{deed}", said, headers=MATCH)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), deed
    assert (await registry.admin.get("/registry/v1/duplicates")).json()["items"] == []


async def test_an_expired_tag_selects_nothing_even_through_those_above_it(registry: Registry) -> None:
    await registry.add_everything()
    await registry.imported(table(firms(4)))
    past = {"valid_from": str(today() - 20 * DAY), "valid_to": str(today() - 10 * DAY)}
    for code, parent, days in (
        ("TOP", None, {}),
        ("PAST", "TOP", past),
        ("BELOW", "PAST", {}),
        ("NOW", "TOP", {}),
    ):
        await registry.post("/labels", {"code": code, "name": code, "parent": parent} | days)
    for number, code in enumerate(("TOP", "PAST", "BELOW", "NOW")):
        await registry.post(f"/labels/{code}/subjects", {"ids": [code_of(number)]})
    assert await found(registry, "label=TOP") == [code_of(0), code_of(3)]
    assert await found(registry, "label=PAST") == []
    assert await found(registry, "label=BELOW") == [code_of(2)]
    assert await found(registry, "unlabelled=true") == [code_of(1)]
    request = snapshot_request()
    request["lists"][0]["criteria"] = {"labels": ["TOP"]}
    assert (await registry.draw.post("/registry/v1/snapshots", request)).json()["counts"] == {"HR": 2}

    age(registry)
    then = today() - 15 * DAY
    assert await found(registry, f"as_of={then}&label=TOP") == [code_of(number) for number in range(4)]
    assert await found(registry, f"as_of={then}&label=PAST") == [code_of(1), code_of(2)]
    assert await found(registry, f"as_of={then - 10 * DAY}&label=TOP") == [code_of(0), code_of(3)]
    request = snapshot_request(as_of=str(then))
    request["lists"][0]["criteria"] = {"labels": ["PAST"]}
    assert (await registry.draw.post("/registry/v1/snapshots", request)).json()["counts"] == {"HR": 2}


async def test_the_register_of_a_day_is_searched_by_the_tags_of_that_day(registry: Registry) -> None:
    await registry.imported(table(firms(3)))
    await registry.post("/labels", {"code": "L", "name": "L"})
    await registry.post("/labels/L/subjects", {"ids": [code_of(0)]})
    age(registry)
    await registry.post("/labels/L/subjects", {"ids": [code_of(0)], "remove": True})
    await registry.post("/labels/L/subjects", {"ids": [code_of(1)]})
    yesterday: date = today() - DAY
    assert await found(registry, "label=L") == [code_of(1)]
    assert await found(registry, f"as_of={yesterday}&label=L") == [code_of(0)]
    assert await found(registry, "unlabelled=true") == [code_of(0), code_of(2)]
    assert await found(registry, f"as_of={yesterday}&unlabelled=true") == [code_of(1), code_of(2)]


async def test_objects_are_found_by_industry_kind_and_status(registry: Registry) -> None:
    header = ["企业名称", "统一社会信用代码", "行业代码", "对象类型", "登记状态"]
    rows = [
        ["甲", code_of(1), "L7262", "", ""],
        ["乙", code_of(2), "L7263", "", "停业"],
        ["丙", code_of(3, kind="92"), "F5199", "", ""],
        ["丁", "WZ-1", "", "无证机构", "注销"],
    ]
    registered = [[*row, "410300"] for row in rows]
    await registry.imported(table(registered, [*header, "行政区划代码"]))
    first, second, third = code_of(1), code_of(2), code_of(3, kind="92")
    for query, expected in (
        ("industry=L72", [first, second]),
        ("industry=L7262", [first]),
        ("industry=_", []),
        ("kind=individual", [third]),
        ("kind=unlicensed", ["WZ-1"]),
        ("status=suspended", [second]),
        ("status=active&industry=L", [first]),
    ):
        assert await found(registry, query) == expected, query


async def test_after_a_restore_elsewhere_the_feed_begins_anew_and_loses_nothing(
    registry: Registry,
) -> None:
    await registry.imported(table(firms(2)))
    path = "/registry/v1/subjects/changes"
    cursor = (await registry.admin.get(path)).json()["cursor"]
    later = str(10**12)
    registry.execute("ALTER TABLE subject_changes DISABLE TRIGGER USER")
    registry.execute(f"UPDATE subjects SET entered_xid = entered_xid + {later}")
    registry.execute("UPDATE feed_epochs SET cluster = 1")

    async def going_on() -> bool:
        registry.execute("SELECT continue_feed()")
        return (await registry.admin.get(path)).status_code == 200

    answer = await registry.admin.get(path)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    await testing.eventually(going_on, what="the feed to go on")
    answer = await registry.admin.get(f"{path}?since={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (410, "feed_restarted")
    anew = (await registry.admin.get(path)).json()
    assert [one["subject"]["id"] for one in anew["items"]] == [code_of(0), code_of(1)]
    await registry.post("/labels", {"code": "L", "name": "L"})
    await registry.post("/labels/L/subjects", {"ids": [code_of(0)]})
    more = (await registry.admin.get(f"{path}?since={anew['cursor']}")).json()
    assert [one["deed"] for one in more["items"]] == ["changed"]
    with psycopg.connect(registry.database.owner_url) as connection:
        connection.execute("SELECT continue_feed()")
    assert registry.rows("SELECT count(*) FROM feed_epochs") == [(2,)]


async def test_a_cursor_of_a_time_that_was_set_back_is_refused(registry: Registry) -> None:
    await registry.imported(table(firms(1)))
    path = "/registry/v1/subjects/changes"
    registry.execute("UPDATE feed_epochs SET beyond = beyond + 1000000000")
    registry.execute("UPDATE subjects SET entered_xid = entered_xid + 1000000000")
    cursor = (await registry.admin.get(path)).json()["cursor"]
    registry.execute("UPDATE feed_epochs SET beyond = 0")
    assert (await registry.admin.get(f"{path}?since={cursor}")).status_code == 410
