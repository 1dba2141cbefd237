"""The history of objects: what held on a day, from when to when, the feed without gaps, complaints."""

from datetime import date, timedelta
from typing import Any

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st
from keeping import Registry, code_of, firms, snapshot_request, table
from suicha_chassis import testing
from suicha_registry.rulesets.service import today

DAY = timedelta(days=1)


def age(registry: Registry, days: int = 100) -> None:
    """Let every object have been in the register for some days."""
    with psycopg.connect(registry.database.owner_url) as connection:
        connection.execute("UPDATE subjects SET entered_on = entered_on - %s", (days,))


async def edited(registry: Registry, subject: str, body: dict[str, Any], **query: Any) -> None:
    path = f"/registry/v1/subjects/{subject}"
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answer = await registry.admin.patch(f"{path}?{asked}", body, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text


async def as_of(registry: Registry, day: date, query: str = "") -> list[dict[str, Any]]:
    answer = await registry.admin.get(f"/registry/v1/subjects?as_of={day}&{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_the_register_is_read_as_it_was_on_any_day(registry: Registry) -> None:
    await registry.imported(table(firms(3)))
    age(registry)
    now, first = today(), code_of(0)
    await edited(registry, first, {"unit": "U2"}, effective_from=now - 20 * DAY, source="函〔2026〕1号")
    await edited(registry, first, {"unit": "U3", "status": "suspended"}, effective_from=now - 5 * DAY)
    grades = {"source": "平台", "month": "2026-10", "grades": [{"id": first, "grade": "C"}]}
    await registry.post("/grades", grades)
    body = {"list_code": "abnormal_list", "valid_from": str(now - 7 * DAY), "source": "公示系统"}
    await registry.post(f"/subjects/{first}/lists", body)

    async def state(day: date) -> tuple[Any, ...]:
        one = (await registry.admin.get(f"/registry/v1/subjects/{first}?as_of={day}")).json()
        assert one in await as_of(registry, day)
        return one["unit"], one["status"], one["credit_grade"], one["lists"]

    assert await state(now - 21 * DAY) == ("", "active", "", [])
    assert await state(now - 20 * DAY) == ("U2", "active", "", [])
    assert await state(now - 6 * DAY) == ("U2", "active", "", ["abnormal_list"])
    assert await state(now - 5 * DAY) == ("U3", "suspended", "", ["abnormal_list"])
    assert await state(now) == ("U3", "suspended", "C", ["abnormal_list"])
    assert [one["id"] for one in await as_of(registry, now - 9 * DAY, "unit=U2")] == [first]
    assert [one["id"] for one in await as_of(registry, now - 9 * DAY, "grade=C")] == []
    assert [one["id"] for one in await as_of(registry, now, "grade=C")] == [first]
    assert len(await as_of(registry, now - 9 * DAY, "status=active")) == 3
    assert await as_of(registry, now - 101 * DAY) == []
    assert (await registry.admin.get(f"/registry/v1/subjects?as_of={now + DAY}")).status_code == 422
    assert (
        await registry.admin.get(f"/registry/v1/subjects/{first}?as_of={now - 101 * DAY}")
    ).status_code == 404
    pages = await registry.admin.get(f"/registry/v1/subjects?as_of={now - 9 * DAY}&limit=2")
    rest = await registry.admin.get(
        f"/registry/v1/subjects?as_of={now - 9 * DAY}&limit=2&cursor={pages.json()['next_cursor']}"
    )
    assert [one["id"] for one in pages.json()["items"] + rest.json()["items"]] == [
        code_of(n) for n in range(3)
    ]


async def test_what_was_elsewhere_on_that_day_is_not_shown_to_those_who_have_it_now(
    registry: Registry,
) -> None:
    await registry.imported(table(firms(1)))
    age(registry)
    with psycopg.connect(registry.database.owner_url) as connection:
        connection.execute("UPDATE subjects SET region = '410100'")
        connection.execute(
            "INSERT INTO subject_changes (subject_id, actor, source, before, after) VALUES "
            "(%s, 'x', '迁移', '{\"region\": \"410300\"}', '{\"region\": \"410100\"}')", (code_of(0),)
        )  # fmt: skip
    other = registry.client("registry-admin", region="410100", org="410100-rsj")
    then = today() - DAY
    assert len(await as_of(registry, then)) == 1 and await as_of(registry, today()) == []
    assert (await other.get(f"/registry/v1/subjects?as_of={then}")).json()["items"] == []
    assert len((await other.get(f"/registry/v1/subjects?as_of={today()}")).json()["items"]) == 1


async def test_a_change_says_who_where_from_and_from_which_day_to_which_it_held(registry: Registry) -> None:
    await registry.imported(table(firms(1)))
    first, now = code_of(0), today()
    await edited(registry, first, {"unit": "U1", "scale": "小型"}, effective_from=now - 9 * DAY, source="函1")
    await edited(registry, first, {"unit": "U2"}, effective_from=now - 5 * DAY)
    await edited(registry, first, {"scale": "中型"}, effective_from=now - 3 * DAY)
    shown = (await registry.admin.get(f"/registry/v1/subjects/{first}/changes")).json()["items"]
    assert [(one["effective_from"], one["effective_to"]) for one in shown] == [
        (str(now - 3 * DAY), None),
        (str(now - 5 * DAY), None),
        (str(now - 9 * DAY), str(now - 3 * DAY)),
    ]
    assert (shown[2]["actor"], shown[2]["org"], shown[2]["source"]) == ("registry-admin", "410300-rsj", "函1")
    late = await registry.admin.patch(
        f"/registry/v1/subjects/{first}?effective_from={now + DAY}", {"unit": "U9"}, headers={"If-Match": "*"}
    )
    assert late.status_code == 422


async def test_the_feed_tells_everything_once_and_nothing_before_it_is_certain(registry: Registry) -> None:
    await registry.imported(table(firms(5)))
    client = registry.client("platform", region="410000", org="410000-rst")

    async def told(cursor: str, limit: int = 3) -> tuple[list[tuple[str, str]], str]:
        rows: list[tuple[str, str]] = []
        while True:
            answer = (await client.get(f"/registry/v1/subjects/changes?since={cursor}&limit={limit}")).json()
            rows += [(one["deed"], one["subject"]["id"]) for one in answer["items"]]
            cursor = answer["cursor"]
            if not answer["more"]:
                return rows, cursor

    rows, cursor = await told("")
    assert rows == [("created", code_of(n)) for n in range(5)]
    assert await told(cursor) == ([], cursor)
    with psycopg.connect(registry.database.owner_url) as slow:
        slow.execute(
            "INSERT INTO subject_changes (subject_id, actor, source, before, after) "
            "VALUES (%s, 'x', 'x', '{}', '{}')", (code_of(4),)
        )  # fmt: skip
        await edited(registry, code_of(1), {"unit": "U1"})
        assert await told(cursor) == ([], cursor), "an older transaction may still write before this change"
        slow.commit()
    rows, cursor = await told(cursor, 1)
    assert rows == [("changed", code_of(4)), ("changed", code_of(1))]
    await registry.post("/subjects", {"id": "WZ-1", "kind": "unlicensed", "region": "410300", "name": "无证"})
    grades = {"source": "平台", "month": "2026-10", "grades": [{"id": code_of(2), "grade": "B"}]}
    await registry.post("/grades", grades)
    rows, cursor = await told(cursor)
    assert rows == [("created", "WZ-1"), ("changed", code_of(2))]
    for one in ("WZ-2", "WZ-3"):
        await registry.post("/subjects", {"id": one, "kind": "unlicensed", "region": "410300", "name": one})
    whole, _ = await told("", 2000)
    assert [one for _, one in whole[5:]] == [code_of(4), code_of(1), "WZ-1", code_of(2), "WZ-2", "WZ-3"]
    for limit in (1, 2, 3, 5, 6, 8):
        assert (await told("", limit))[0] == whole, limit
    elsewhere = registry.client("platform", region="420000", org="420000-rst")
    assert (await elsewhere.get("/registry/v1/subjects/changes")).json()["items"] == []
    assert (await client.get("/registry/v1/subjects/changes?since=xx")).status_code == 400


async def test_a_complaint_counts_once_however_often_its_source_sends_it(registry: Registry) -> None:
    await registry.imported(table(firms(2)))
    lines = [
        {"id": code_of(0), "reference": "1", "received_on": str(today()), "count": 2, "matter": "拖欠工资"},
        {"id": code_of(0), "reference": "2", "received_on": str(today() - 400 * DAY)},
        {"id": code_of(9), "reference": "3", "received_on": str(today())},
    ]
    body = {"source": "12333 热线", "complaints": lines}
    first = await registry.post("/complaints", body)
    assert (first["new"], first["unknown_ids"]) == (2, [code_of(9)])
    assert (await registry.post("/complaints", body))["new"] == 0
    path = f"/registry/v1/subjects/{code_of(0)}"
    assert (await registry.admin.get(path)).json()["complaints"] == 2, "those of the last year"
    shown = (await registry.admin.get(f"{path}/complaints")).json()["items"]
    assert [(one["reference"], one["count"], one["matter"]) for one in shown] == [
        ("1", 2, "拖欠工资"), ("2", 1, ""),
    ]  # fmt: skip
    other = registry.client("registry-admin", region="410100", org="410100-rsj")
    assert (await registry.post("/complaints", body, other))["unknown_ids"] == [code_of(0), code_of(9)]


async def test_wrong_lines_of_a_grade_file_are_told_and_the_others_count(registry: Registry) -> None:
    await registry.imported(table(firms(3)))
    sheet = table(
        [[code_of(0), "A"], [code_of(1), "优"], ["坏", "B"], [code_of(8), "C"], [code_of(2)]],
        ["统一社会信用代码", "信用等级"],
    )
    body = {"source": "平台", "month": "2026-10", "upload_sha256": await registry.upload(sheet)}
    done = await registry.post("/grades", body)
    assert (done["received"], done["changed"], done["refused"], done["unknown"]) == (5, 1, 3, 1)
    assert [(one["line"], one["code"]) for one in done["problems"]] == [
        (3, "grade_invalid"), (4, "grade_invalid"), (5, "unknown"), (6, "grade_invalid"),
    ]  # fmt: skip
    lines = f'{{"id": "{code_of(1)}", "grade": "B"}}\n不是 JSON\n'.encode()
    body |= {"upload_sha256": await registry.upload(lines)}
    done = await registry.post("/grades", body)
    assert (done["changed"], done["refused"]) == (1, 1)
    headless = body | {"upload_sha256": await registry.upload(b"a,b\n1,2\n")}
    assert (await registry.admin.post("/registry/v1/grades", headless)).status_code == 422


def state_by_replay(changes: list[tuple[int, str]], day: int) -> str:
    """What holds on a day, told naively: in the order in which it became known, take over what had begun."""
    value = "v0"
    for begins, new in changes:
        if begins <= day:
            value = new
    return value


async def test_putting_changes_back_is_the_same_as_taking_them_over_one_by_one(
    postgres: testing.PostgresServer,
) -> None:
    database = postgres.database("registry")
    with psycopg.connect(database.owner_url, autocommit=True) as connection:

        @settings(max_examples=40, deadline=None)
        @given(st.lists(st.integers(0, 6), max_size=6), st.integers(0, 6))
        def same(begins: list[int], day: int) -> None:
            changes = [(begin, f"v{number}") for number, begin in enumerate(begins, 1)]
            key = f"S{hash((tuple(begins), day)) & 0xFFFFFFFFFFFF:X}-{id(changes)}"
            known = "v0"
            for begin, new in changes:
                connection.execute(
                    "INSERT INTO subject_changes (subject_id, actor, source, before, after, effective_from) "
                    "VALUES (%s, 'x', 'x', jsonb_build_object('f', %s::text), '{}', %s)",
                    (key, known, date(2026, 1, 1) + begin * DAY),
                )
                known = new
            row = connection.execute(
                "SELECT subject_before(%s, %s)", (key, date(2026, 1, 1) + day * DAY)
            ).fetchone()
            assert row is not None
            assert row[0].get("f", known) == state_by_replay(changes, day)

        same()
    await postgres.drop(database)


async def test_the_register_is_frozen_as_it_was_on_a_day(registry: Registry) -> None:
    await registry.add_everything()
    await registry.imported(table(firms(4)))
    age(registry)
    now, then = today(), today() - 5 * DAY
    await edited(registry, code_of(0), {"status": "cancelled"}, effective_from=now - DAY)
    await edited(registry, code_of(1), {"scale": "大型"}, effective_from=now - DAY)
    grades = {"source": "平台", "month": "2026-10", "grades": [{"id": code_of(2), "grade": "C"}]}
    await registry.post("/grades", grades)
    await registry.post("/labels", {"code": "L", "name": "L"})
    await registry.post("/labels/L/subjects", {"ids": [code_of(3)]})

    async def lines(day: date | None, **criteria: Any) -> list[list[str]]:
        request = snapshot_request(as_of=str(day) if day else None)
        request["lists"][0] |= {"by_grade": True, "criteria": criteria}
        answer = await registry.draw.post("/registry/v1/snapshots", request)
        assert answer.status_code == 201, answer.text
        text = (await registry.file(answer.json()["files"]["objects"])).decode()
        return [line.split("\t")[1:3] for line in text.splitlines()]

    assert await lines(None) == [[code_of(1), "U"], [code_of(2), "C"], [code_of(3), "U"]]
    assert await lines(then) == [[code_of(n), "U"] for n in range(4)]
    assert (
        await lines(None, scales=["大型"]) == [[code_of(1), "U"]] and await lines(then, scales=["大型"]) == []
    )
    assert await lines(None, labels=["L"]) == [[code_of(3), "U"]] and await lines(then, labels=["L"]) == []
    late = await registry.draw.post("/registry/v1/snapshots", snapshot_request(as_of=str(now + DAY)))
    assert late.status_code == 422


async def test_bodies_without_a_credit_code_are_numbered_by_region(registry: Registry) -> None:
    async def made(kind: str, **fields: Any) -> str:
        body = {"kind": kind, "region": "410300", "name": f"某{kind}"} | fields
        return str((await registry.post("/subjects", body))["id"])

    assert [await made("unlicensed"), await made("unlicensed")] == ["WZ-410300-0001", "WZ-410300-0002"]
    assert await made("institution", region="410302") == "FS-410302-0001"
    assert await made("unlicensed", id="WZ-410300-0010") == "WZ-410300-0010"
    assert await made("unlicensed") == "WZ-410300-0011"
    firm = {"kind": "enterprise", "region": "410300", "name": "无代码企业"}
    assert (await registry.admin.post("/registry/v1/subjects", firm)).status_code == 422
