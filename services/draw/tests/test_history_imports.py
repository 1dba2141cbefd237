"""Earlier inspections from a file: checked before anything is written, taken in as a set, twice is once."""

import json
from datetime import date
from typing import Any

import pytest
import rfc8785
from holding import HR_TASK, Draws, object_id
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from suicha_chassis.scope import SYSTEM
from suicha_chassis.testing import eventually
from suicha_draw.events import keep_history
from suicha_draw.history.rows import EarlierInspection, Refusal, canonical, read_row
from test_frozen_tables import closed

HEAD = "统一社会信用代码,检查完成日期,检查结果,检查机关,是否触发式"
TODAY = date(2026, 11, 20)


def fields(**changes: str) -> dict[str, str]:
    return {"object_id": object_id(1), "finished_on": "2026-01-05", "result": "1"} | changes


def test_results_are_read_by_code_or_words_and_say_whether_there_was_a_violation() -> None:
    for result, normal, violation in (
        ("1", True, False), ("未发现问题", True, False), ("合格、1", True, False), ("5", False, True),
        ("1、发现问题已责令整改", False, True), ("4", False, False),
        ("公示信息隐瞒真实情况、弄虚作假", False, True),
    ):  # fmt: skip
        found = read_row(fields(result=result), "洛阳市人社局", TODAY, "410300-rsj")
        assert isinstance(found, EarlierInspection)
        assert (found.normal, found.violation) == (normal, violation), result


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"object_id": "甲公司"}, "object_id_invalid"),
        ({"object_id": ""}, "object_id_invalid"),
        ({"finished_on": "昨天"}, "date_invalid"),
        ({"finished_on": "2026-11-21"}, "date_in_future"),
        ({"result": "还行"}, "result_unknown"),
        ({"result": ""}, "result_unknown"),
        ({"triggered": "也许"}, "triggered_unknown"),
        ({"authority": "\udcff"}, "bad_encoding"),
    ],
)
def test_a_row_that_says_nothing_that_counts_is_refused_by_name(changes: dict[str, str], code: str) -> None:
    found = read_row(fields(**changes), "x", TODAY, "x")
    assert isinstance(found, Refusal) and found.code == code


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from("abcde"), st.text() | st.booleans() | st.lists(st.sampled_from("19"))))
def test_the_evidence_is_hashed_over_canonical_json(document: dict[str, Any]) -> None:
    try:
        expected = rfc8785.dumps(document).decode()
    except ValueError:
        return
    assert canonical(document) == expected


async def imported(draws: Draws, data: str, **claims: Any) -> tuple[str, dict[str, Any]]:
    """Upload a file and wait until it is checked."""
    ref = await draws.registry.files.put(data.encode())
    admin = draws.person("registry-admin", **claims)
    body = {"upload_sha256": ref.sha256, "source": "2025 年度台账"}
    answer = await admin.post("/draw/v1/history/imports", body)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"], await settled(draws, answer.json()["id"], **claims)


async def settled(draws: Draws, import_id: str, **claims: Any) -> dict[str, Any]:
    async def done() -> dict[str, Any] | None:
        answer = await draws.person("registry-admin", **claims).get(f"/draw/v1/history/imports/{import_id}")
        return answer.json() if answer.json()["state"] in ("checked", "done", "failed") else None

    found: dict[str, Any] = await eventually(done, 30, "import")
    return found


async def confirmed(draws: Draws, import_id: str, **claims: Any) -> dict[str, Any]:
    path = f"/draw/v1/history/imports/{import_id}/confirm"
    answer = await draws.person("registry-admin", **claims).post(path)
    assert answer.status_code == 202, answer.text
    return await settled(draws, import_id, **claims)


def counts(row: dict[str, Any]) -> list[int]:
    return [row[name] for name in ("read", "added", "changed", "unchanged", "refused")]


async def kept(draws: Draws) -> dict[tuple[str, str], bool]:
    async with draws.db.session(SYSTEM) as session:
        rows = await session.execute(
            text("SELECT object_id, finished_on::text AS day, violation FROM history")
        )
        return {(row.object_id, row.day): row.violation for row in rows}


async def test_a_file_is_checked_shown_confirmed_and_the_same_file_again_changes_nothing(
    draws: Draws,
) -> None:
    one, two = object_id(1), object_id(2)
    data = "\n".join(
        [HEAD, f"{one},2025-03-01,未发现问题,甲局,", f"{one},2025/06/01,5,甲局,是", f"{two},去年,1,,",
         f"{one},2025-03-01,5,甲局,", f"{two},2025-04-01,1,,否", "坏行"]
    )  # fmt: skip
    first, row = await imported(draws, data)
    assert (row["state"], counts(row)) == ("checked", [6, 3, 0, 0, 3])
    assert await kept(draws) == {}, "nothing is written before it is confirmed"
    admin = draws.person("registry-admin")
    problems = (await admin.get(f"/draw/v1/history/imports/{first}/problems")).json()["items"]
    assert [(one["line"], one["code"]) for one in problems] == [
        (4, "date_invalid"), (5, "duplicate"), (7, "row_unreadable"),
    ]  # fmt: skip
    assert "第 2 行" in problems[1]["message"]
    assert counts(await confirmed(draws, first)) == [6, 3, 0, 0, 3]
    held = {(one, "2025-03-01"): False, (one, "2025-06-01"): True, (two, "2025-04-01"): False}
    assert await kept(draws) == held
    twice = await admin.post(f"/draw/v1/history/imports/{first}/confirm")
    assert (twice.status_code, twice.json()["detail"]) == (409, "该导入当前为“已导入”，不能确认")
    again, row = await imported(draws, data)
    assert counts(row) == [6, 0, 0, 3, 3]
    await confirmed(draws, again)
    assert await kept(draws) == held
    lines = [{"object_id": one, "finished_on": "2025-03-01", "result": ["5"], "authority": "甲局"}]
    changed, row = await imported(draws, "\n".join(map(json.dumps, lines)))
    assert counts(row) == [1, 0, 1, 0, 0]
    await confirmed(draws, changed)
    assert (await kept(draws))[one, "2025-03-01"] is True


async def test_a_file_without_the_needed_columns_fails_and_says_which(draws: Draws) -> None:
    _, row = await imported(draws, "企业名称,检查日期\n甲,2025-01-01\n")
    assert row["state"] == "failed" and "统一社会信用代码" in row["fault"] and "检查结果" in row["fault"]
    missing = {"upload_sha256": "0" * 64, "source": "x"}
    answer = await draws.person("registry-admin").post("/draw/v1/history/imports", missing)
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_missing")
    refused = await draws.person("operator").post("/draw/v1/history/imports", missing)
    assert refused.status_code == 403


async def test_imported_inspections_leave_objects_out_of_draws_inside_their_region_only(draws: Draws) -> None:
    clause = {"clause": "第十一条", "level": "local"}
    avoid = {"value": {"inspections": 1, "months": 60}, **clause}
    await draws.know("410300-rsj@2022.1", selection={"repeat_avoidance": avoid})
    here, elsewhere = object_id(1), object_id(2)
    data = f"{HEAD}\n{here},2025-03-01,1,,\n"
    await confirmed(draws, (await imported(draws, data))[0])
    claims = {"region": "410100", "org": "410100-rsj"}
    other, row = await imported(
        draws, f"{HEAD}\n{elsewhere},2025-03-01,1,,\n{here},2025-03-01,5,410300-rsj,\n", **claims
    )
    assert counts(row) == [2, 1, 0, 0, 1], "what another region imported is not for 410100 to change"
    await confirmed(draws, other, **claims)
    round_id = await draws.open(await draws.plan(HR_TASK))
    await draws.until(round_id, "frozen")
    path = f"/draw/v1/rounds/{round_id}"
    found = (await draws.person("auditor").get(f"{path}/exclusions")).json()["items"]
    assert [(one["object_id"], one["reason"]) for one in found] == [(here, "repeat_avoidance")]
    why = (await draws.person("auditor").get(f"{path}/objects/{here}/why")).json()["lists"][0]
    assert why["cause_on"] == "2025-03-01" and why["evidence"] == found[0]["evidence"]


async def left_out(draws: Draws) -> dict[str, str]:
    """Whom a round over a task of its own leaves out, and why."""
    round_id = await draws.open(await draws.plan(HR_TASK))
    await draws.until(round_id, "frozen")
    rows = (await draws.person("auditor").get(f"/draw/v1/rounds/{round_id}/exclusions")).json()["items"]
    return {row["object_id"]: row["reason"] for row in rows}


@pytest.mark.parametrize("imported_first", [True, False])
async def test_an_inspection_that_platform_and_file_both_tell_of_counts_once(
    draws: Draws, imported_first: bool
) -> None:
    clause = {"clause": "第十一条", "level": "local"}
    await draws.know(
        "410300-rsj@2022.1",
        selection={"repeat_avoidance": {"value": {"inspections": 2, "months": 60}, **clause}},
        limits={"second_visit": None},
    )
    event = closed(1, 90)
    day = event.finished_on.isoformat()
    data = f"{HEAD}\n{object_id(1)},{day},1,,\n{object_id(2)},{day},1,,\n{object_id(2)},2025-03-01,1,,\n"

    async def import_file() -> list[int]:
        import_id, row = await imported(draws, data)
        await confirmed(draws, import_id)
        return counts(row)

    async def record() -> None:
        async with draws.db.transaction(SYSTEM) as session:
            await keep_history(session, event)

    if imported_first:
        assert await import_file() == [3, 3, 0, 0, 0]
        await record()
    else:
        await record()
        assert await import_file() == [3, 2, 0, 0, 1]
    assert await left_out(draws) == {object_id(2): "repeat_avoidance"}


async def test_an_imported_inspection_is_the_importers_own_unless_it_names_another_body(draws: Draws) -> None:
    clause = {"clause": "第十六条", "level": "local"}
    await draws.know("410300-rsj@2022.1", limits={"second_visit": {"value": {"months": 60}, **clause}})
    rows = [
        f"{object_id(1)},2025-03-01,1,,", f"{object_id(2)},2025-03-01,1,某某市场监督管理局,",
        f"{object_id(3)},2025-03-01,1,410300-rsj,",
    ]  # fmt: skip
    await confirmed(draws, (await imported(draws, "\n".join([HEAD, *rows])))[0])
    assert await left_out(draws) == dict.fromkeys((object_id(1), object_id(3)), "second_visit")
