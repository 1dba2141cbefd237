"""Signals, thresholds, triggers, direct cases, the approval before inspections (P12-P16)."""

import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from holding import HR_TASK, LD_TASK, Draws, object_id
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from suicha_chassis import testing
from suicha_contracts.clause import Clause
from suicha_contracts.codes import TRIGGERS
from suicha_contracts.ruleset import WarningRule, WarningSign
from suicha_draw.models import RECORD_TABLES
from suicha_draw.triggers.rules import REACHED_SQL, Seen, reached, sign_rows

TODAY = datetime.now(UTC).date()
THREE = WarningRule(
    code="three", name="三次", signs=[WarningSign(source="complaint_case", at_least=3, months=6)]
)
SEVERAL = WarningRule(
    code="several", name="多点", needs=2,
    signs=[WarningSign(source=source, at_least=1, months=6) for source in TRIGGERS],
)  # fmt: skip


def test_a_threshold_counts_the_signals_of_its_source_within_its_months() -> None:
    on = date(2026, 7, 1)
    three = [Seen("complaint_case", date(2026, 1, 1)), *[Seen("complaint_case", on)] * 2]
    assert reached(three, THREE, on) == {"complaint_case": 3}
    assert reached([*three[1:], Seen("complaint_case", date(2025, 12, 31))], THREE, on) is None
    assert reached([*three[1:], Seen("assigned", on)], THREE, on) is None
    assert reached([Seen("assigned", on), Seen("risk_control", on)], SEVERAL, on) == {
        "assigned": 1, "risk_control": 1,
    }  # fmt: skip
    assert reached([Seen("assigned", on)] * 5, SEVERAL, on) is None


_sources = st.sampled_from(sorted(TRIGGERS))
_rules = st.lists(
    st.builds(
        lambda signs, needs: (signs, min(needs, len(signs))),
        st.lists(
            st.builds(WarningSign, source=_sources, at_least=st.integers(1, 3), months=st.integers(1, 14)),
            min_size=1, max_size=4, unique_by=lambda sign: sign.source,
        ),
        st.integers(1, 4),
    ),
    min_size=1, max_size=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def database(postgres: testing.PostgresServer) -> str:
    """A database whose signals the property test fills and rolls back."""
    return postgres.database("draw").owner_url


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    given_rules=_rules,
    rows=st.lists(st.tuples(st.sampled_from("AB"), _sources, st.integers(-5, 460)), max_size=14),
    on=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
def test_the_sql_proposes_whom_the_rules_name(
    database: str,
    given_rules: list[tuple[list[WarningSign], int]],
    rows: list[tuple[str, str, int]],
    on: date,
) -> None:
    rules = [
        WarningRule(code=f"r{at}", name="r", signs=signs, needs=needs)
        for at, (signs, needs) in enumerate(given_rules)
    ]
    signals: dict[str, list[Seen]] = defaultdict(list)
    with psycopg.connect(database) as connection:
        for number, (subject, source, days) in enumerate(rows):
            day = on - timedelta(days=days)
            signals[subject].append(Seen(source, day))
            connection.execute(
                "INSERT INTO signals (id, region, org, source, reference, object_id, occurred_on, content_sha256)"
                " VALUES (%s, '410300', 'o', %s, %s, %s, %s, 'c')",
                (uuid4(), source, str(number), subject, day),
            )
        query = REACHED_SQL
        for name in ("signs", "org", "on", "objects"):
            query = query.replace(f":{name}", f"%({name})s")
        answer = connection.execute(
            query.encode(),
            {"signs": json.dumps(sign_rows(rules, on)), "org": "o", "on": on, "objects": ["A", "B"]},
        ).fetchall()
        connection.rollback()
    found = {(row[0], row[1]): {one["source"]: one["signals"] for one in row[2]} for row in answer}
    expected = {
        (subject, rule.code): counts
        for subject, seen in signals.items()
        for rule in rules
        if (counts := reached(seen, rule, on)) is not None
    }
    assert found == expected


def signal(number: int, source: str = "complaint_case", subject: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "source": source, "reference": f"12345-{number}", "object_id": object_id(subject),
        "occurred_on": str(TODAY - timedelta(days=number)), "content_sha256": f"{number:064x}",
    } | more  # fmt: skip


async def test_complaints_that_reach_a_threshold_propose_a_trigger_that_a_person_decides_on(
    draw_api: Draws,
) -> None:
    await draw_api.know("410300-rsj@2022.1")
    planner = draw_api.person("planner")

    async def send(*signals: dict[str, Any]) -> dict[str, Any]:
        answer = await planner.post(
            "/draw/v1/signals", {"ruleset_id": "410300-rsj", "signals": list(signals)}
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    first = await send(signal(1), signal(2), signal(2), signal(9, subject=2))
    assert (first["taken"], first["known"], first["proposals"]) == (3, 1, [])
    (one,) = (await send(signal(1), signal(3)))["proposals"]
    assert (one["object_id"], one["rule"], one["state"]) == (object_id(1), "complaints", "open")
    assert one["reached"][0]["signals"] == 3 and one["rule_name"] == "半年内投诉举报三次以上"
    assert (await send(signal(4)))["proposals"] == [], "one open proposal for an object and a threshold"
    at = f"/draw/v1/trigger-proposals/{one['id']}"
    dismissed = await planner.post(f"{at}/dismiss", {"reason": "系同一人重复投诉，已答复"})
    assert (dismissed.json()["state"], dismissed.json()["reason"]) == (
        "dismissed",
        "系同一人重复投诉，已答复",
    )
    decided = (await planner.post(f"{at}/dismiss", {"reason": "再次"})).json()
    assert (decided["code"], decided["detail"]) == ("wrong_state", "该预警已处理（不采纳）")
    assert (await planner.post(f"{at}/take-up", {"reason": ""})).status_code == 422
    assert (await send(signal(5), signal(6)))["proposals"] == [], "what was decided on does not count again"
    (again,) = (await send(signal(7)))["proposals"]
    (several,) = (await send(signal(8, "network_monitoring", subject=2)))["proposals"]
    assert [sign["source"] for sign in several["reached"]] == ["complaint_case", "network_monitoring"]
    taken = await planner.post(f"/draw/v1/trigger-proposals/{again['id']}/take-up", {"reason": "情况属实"})
    trigger = taken.json()
    assert (taken.status_code, trigger["source"], trigger["objects"]) == (
        201,
        "complaint_case",
        [object_id(1)],
    )
    assert trigger["content_sha256"] == again["evidence"] and trigger["number"] == f"CF{TODAY.year}001"
    listed = (await planner.get("/draw/v1/trigger-proposals")).json()["items"]
    assert [row["state"] for row in listed] == ["dismissed", "taken_up", "open"]
    monitor = draw_api.person("platform", "monitor")
    answer = await monitor.post("/draw/v1/signals", {"ruleset_id": "410300-rsj", "signals": [signal(8)]})
    assert answer.status_code == 200
    for table in RECORD_TABLES[1:]:
        with (
            psycopg.connect(draw_api.database.owner_url) as owner,
            pytest.raises(psycopg.errors.RestrictViolation),
        ):
            owner.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


async def test_a_triggered_task_names_the_trigger_record_it_answers(draw_api: Draws) -> None:
    await draw_api.know("410300-rsj@2022.1")
    planner = draw_api.person("planner")
    record = {"source": "complaint_case", "received_on": str(TODAY), "content_sha256": "a" * 64,
              "summary": "群众反映收取押金"}  # fmt: skip
    trigger = (await planner.post("/draw/v1/triggers", record)).json()
    made = (await planner.post("/draw/v1/plans", {"year": TODAY.year, "ruleset_id": "410300-rsj"})).json()
    path = f"/draw/v1/plans/{made['id']}"
    task = LD_TASK | {"kind": "complaint_case"}
    unnamed = (await planner.post(f"{path}/tasks", task)).json()
    refused = await planner.post(f"{path}/submit")
    assert (refused.status_code, refused.json()["code"]) == (422, "trigger_unfit")
    wrong = [
        task | {"trigger_ids": [str(uuid4())]},
        task | {"kind": "assigned", "trigger_ids": [trigger["id"]]},
        LD_TASK | {"trigger_ids": [trigger["id"]]},
    ]
    for one in wrong:
        assert (await planner.post(f"{path}/tasks", one)).json()["code"] == "trigger_unfit"
    patched = await planner.patch(
        f"{path}/tasks/{unnamed['id']}", {"trigger_ids": [trigger["id"]]},
        headers={"If-Match": f'"{unnamed["version"]}"'},
    )  # fmt: skip
    assert patched.status_code == 200, patched.text
    assert (await planner.post(f"{path}/submit")).status_code == 200
    (linked,) = (await planner.get(f"/draw/v1/triggers/{trigger['id']}")).json()["tasks"]
    assert (linked["task_id"], linked["number"]) == (unnamed["id"], f"{made['number']} 001号")
    later = record | {"received_on": str(TODAY + timedelta(days=2))}
    assert (await planner.post("/draw/v1/triggers", later)).json()["code"] == "invalid"


async def test_an_obvious_clue_is_a_case_at_once_with_its_reason(draw_api: Draws) -> None:
    await draw_api.know("130227-rsj@2024.1")
    planner = draw_api.person("planner")
    body = {"ruleset_id": "130227-rsj", "kind": "obvious_clue", "object_id": object_id(1), "reason": "照片显示无证经营",
            "evidence": "a" * 64, "opened_on": str(TODAY)}  # fmt: skip
    opened = await planner.post("/draw/v1/direct-cases", body)
    case = opened.json()
    assert (opened.status_code, case["number"], case["kind_name"]) == (
        201, f"ZJ{TODAY.year}001", "线索明显涉嫌违法，直接立案",
    )  # fmt: skip
    assert case["clause"] and case["state"] == "open"
    for wrong in ({"reason": ""}, {"evidence": "x"}):
        assert (await planner.post("/draw/v1/direct-cases", body | wrong)).status_code == 422
    stranger = await planner.post("/draw/v1/direct-cases", body | {"object_id": object_id(99_999)})
    assert (stranger.status_code, stranger.json()["code"]) == (422, "object_unknown")
    refused = await planner.post("/draw/v1/direct-cases", body | {"kind": "complaint_case"})
    assert refused.json()["code"] == "kind_needs_draw" and "应随机抽取" in refused.json()["detail"]
    at = f"/draw/v1/direct-cases/{case['id']}"
    closed = await planner.post(f"{at}/close", {"outcome": "立案查处", "closed_on": str(TODAY)})
    assert (closed.json()["state"], closed.json()["outcome"]) == ("closed", "立案查处")
    again = await planner.post(f"{at}/close", {"outcome": "立案查处", "closed_on": str(TODAY)})
    assert again.json()["code"] == "wrong_state"
    listed = (await planner.get("/draw/v1/direct-cases", params={"kind": "obvious_clue"})).json()["items"]
    assert [(one["number"], one["reason"]) for one in listed] == [(case["number"], "照片显示无证经营")]


async def test_rules_of_another_region_open_no_case_and_set_no_threshold(draw_api: Draws) -> None:
    await draw_api.know("130227-rsj@2024.1", region="130227")
    await draw_api.know("410300-rsj@2022.1", region="410482")
    planner = draw_api.person("planner")
    body = {"ruleset_id": "130227-rsj", "kind": "obvious_clue", "object_id": object_id(1), "reason": "照片显示无证经营",
            "evidence": "a" * 64, "opened_on": str(TODAY)}  # fmt: skip
    refused = await planner.post("/draw/v1/direct-cases", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "ruleset_elsewhere")
    assert (await planner.get("/draw/v1/direct-cases")).json()["items"] == []
    signal = {"source": "complaint_case", "reference": "12345-1", "object_id": object_id(1),
              "occurred_on": str(TODAY), "content_sha256": "a" * 64}  # fmt: skip
    refused = await planner.post("/draw/v1/signals", {"ruleset_id": "410300-rsj", "signals": [signal]})
    assert (refused.status_code, refused.json()["code"]) == (422, "ruleset_elsewhere")


async def test_a_case_stands_on_the_rules_of_the_day_on_which_it_was_opened(draw_api: Draws) -> None:
    old = await draw_api.know("130227-rsj@2024.1")
    until, since = TODAY - timedelta(days=3), TODAY - timedelta(days=2)
    ended = old.model_copy(
        update={"version": "2024.2", "effective_from": date(2025, 1, 1), "effective_to": until}
    )
    nothing = Clause[list[str]](value=[], clause="新版第一条")
    selection = old.selection.model_copy(update={"outside_random_draws": nothing})
    newer = old.model_copy(update={"version": "2026.1", "effective_from": since, "selection": selection})
    await draw_api.publish(ended, newer)
    planner = draw_api.person("planner")
    body = {"ruleset_id": "130227-rsj", "kind": "obvious_clue", "object_id": object_id(1), "reason": "照片显示无证经营",
            "evidence": "a" * 64}  # fmt: skip
    opened = await planner.post("/draw/v1/direct-cases", body | {"opened_on": str(until)})
    assert (opened.status_code, opened.json()["ruleset_version"]) == (201, "2024.2")
    refused = await planner.post("/draw/v1/direct-cases", body | {"opened_on": str(since)})
    assert (refused.status_code, refused.json()["code"]) == (422, "kind_needs_draw")
    assert "新版第一条" in refused.json()["detail"]


async def test_the_largest_batch_is_taken_and_may_propose_as_many_triggers(draw_api: Draws) -> None:
    one = [{"source": "complaint_case", "at_least": 1, "months": 6}]
    rule = {"code": "first", "name": "一次即预警", "signs": one}
    await draw_api.know("410300-rsj@2022.1", selection={"warnings": {"value": [rule], "clause": "第四条"}})
    signals = [
        {"source": "complaint_case", "reference": f"12345-{number}", "object_id": object_id(number),
         "occurred_on": str(TODAY), "content_sha256": "a" * 64}
        for number in range(10_000)
    ]  # fmt: skip
    body = {"ruleset_id": "410300-rsj", "signals": signals}
    answer = await draw_api.person("planner").post("/draw/v1/signals", body)
    assert answer.status_code == 200, answer.text[:500]
    taken = answer.json()
    assert (taken["taken"], taken["known"], len(taken["proposals"])) == (10_000, 0, 10_000)
    again = (await draw_api.person("planner").post("/draw/v1/signals", body)).json()
    assert (again["taken"], again["known"]) == (0, 10_000)


async def test_nothing_is_signed_before_the_head_of_the_body_approved_where_the_ruleset_demands_it(
    draws: Draws,
) -> None:
    clause = {"value": True, "clause": "国办发〔2024〕54号 四"}
    await draws.know("410300-rsj@2022.1", limits={"approval_before": clause})
    round_id = await draws.open(await draws.plan(HR_TASK))
    await draws.hold(round_id)
    found = await draws.until(round_id, "drawn")
    body = {"result_hash": found["result_hash"]}
    refused = await draws.deed("legal", round_id, "sign", body, status=409)
    assert (refused["code"], "国办发〔2024〕54号 四" in refused["detail"]) == ("approval_missing", True)
    approver = draws.person("approver")
    at = f"/draw/v1/rounds/{round_id}/inspection-approval"
    assert (await approver.get(at)).status_code == 404
    assert (await draws.person("operator").post(at, {"remark": "同意"})).status_code == 403
    approved = await approver.post(at, {"remark": "同意检查"})
    assert (approved.status_code, approved.json()["approved_by"]) == (201, "approver")
    assert (await approver.post(at, {"remark": "同意检查"})).json()["code"] == "wrong_state"
    await draws.finish(round_id)
    assert (await approver.get(at)).json()["remark"] == "同意检查"
