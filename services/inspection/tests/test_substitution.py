"""Replacements after the draw (RID/1 §8)."""

from typing import Any

import pytest
from drawn_rounds import DrawnRound, object_id
from inspecting import Service, Visit, ok, refused
from suicha_chassis.bus import PermanentError, TransientError
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import SYSTEM
from suicha_chassis.testing import eventually
from suicha_contracts.events import SubstitutionMade
from suicha_inspection.clock import now
from suicha_inspection.substitution import replacements_from_draws


def _event(round_: DrawnRound, **fields: Any) -> SubstitutionMade:
    body = {"round_id": round_.round_id, "draw_id": round_.draw_id, "list_code": "HR", "stratum": "ALL"}
    body |= {"crew": "LDJC", "kind": "object", "reason": "企业已注销", "made_at": now()}
    return SubstitutionMade(**(body | fields))


async def _take(service: Service, event: SubstitutionMade) -> None:
    async with service.runtime.db.transaction(SYSTEM) as session:
        await replacements_from_draws(service.runtime.files)(session, event)


async def test_a_replaced_object_is_cancelled_and_its_substitute_takes_over_the_crew(
    service: Service,
) -> None:
    out, into = object_id(61), object_id(62)
    round_ = DrawnRound({"HR": [out]}, substitutes={"HR": [into]})
    visits = await service.drawn(round_)
    assert set(visits) == {out}
    await service.tell(_event(round_, object_id=out, out=out, into=into))

    async def arrived() -> list[Any]:
        return await service.rows("SELECT id FROM visits WHERE object_id = :o AND round_id = :r",
                                  o=into, r=round_.round_id)  # fmt: skip

    [row] = await eventually(arrived, what="substitute's visit")
    cancelled = await visits[out].detail()
    assert (cancelled["state"], cancelled["cancel_reason"], cancelled["checks"]) == (
        "cancelled",
        "企业已注销",
        [],
    )
    substitute = Visit(service, row.id)
    detail = await substitute.detail()
    assert [one["id"] for one in detail["team"] if one["kind"] == "team"] == ["LYJC001", "LYJC002"]
    assert [item["code"] for item in detail["checks"][0]["items"]] == ["LY-HR-01", "LY-HR-02"]
    await substitute.closed()
    statistics = ok(await service.reviewer.get(f"/inspection/v1/statistics?round_id={round_.round_id}"))
    assert (statistics["to_inspect"], statistics["cancelled"], statistics["closed"]) == (1, 1, 1)
    refused(
        await visits[out].post(
            service.inspector("LYJC001"),
            "start",
            {"mode": "onsite", "present": ["LYJC001"], "licences_shown": True, "at": now().isoformat()},
        ),
        409,
        "wrong_state",
    )


async def test_where_the_substitutes_are_used_up_the_visit_is_cancelled_and_nobody_steps_in(
    service: Service,
) -> None:
    out = object_id(67)
    round_ = DrawnRound({"HR": [out]})
    visits = await service.drawn(round_)
    await _take(service, _event(round_, object_id=out, out=out, into=""))
    detail = await visits[out].detail()
    assert (detail["state"], detail["cancel_reason"]) == ("cancelled", "企业已注销")
    made = "SELECT count(*) FROM visits WHERE round_id = :round"
    assert await service.count(made, round=round_.round_id) == 1


async def test_an_object_replaced_in_one_list_keeps_its_visit_for_the_other(service: Service) -> None:
    both, other = object_id(63), object_id(64)
    round_ = DrawnRound({"HR": [both], "SI": [both, other]}, substitutes={"HR": [other]})
    visits = await service.drawn(round_)
    await _take(service, _event(round_, object_id=both, out=both, into=other))
    assert [one["list_code"] for one in (await visits[both].detail())["checks"]] == ["SI"]
    detail = await visits[other].detail()
    assert [one["list_code"] for one in detail["checks"]] == ["HR", "SI"]
    assert {one["crew"] for one in detail["team"] if one["kind"] == "team"} == {"LDJC", "SBZX"}


async def test_an_alternate_steps_in_for_an_inspector_who_loses_sight_of_the_visit(service: Service) -> None:
    round_ = DrawnRound({"HR": [object_id(65)]})
    visit = (await service.drawn(round_))[object_id(65)]
    change = _event(round_, kind="inspector", object_id=object_id(65), out="LYJC002", into="LYJC003",
                    reason="应予回避")  # fmt: skip
    await _take(service, change)
    refused(await service.inspector("LYJC002").get(visit.url), 404, "not_found")
    team = [(one["id"], one["kind"]) for one in (await visit.detail(service.inspector("LYJC003")))["team"]]
    assert team[:3] == [("LYJC001", "team"), ("LYJC003", "team"), ("LYJC002", "replaced")]
    with pytest.raises(PermanentError, match="not on the team"):
        await _take(service, _event(round_, kind="inspector", object_id=object_id(65), out="LYJC002",
                                    into="LYJC004"))  # fmt: skip


async def test_a_visit_that_gets_somebody_new_is_started_anew_and_keeps_what_was_entered(
    service: Service,
) -> None:
    round_ = DrawnRound({"HR": [object_id(66)]})
    visit = (await service.drawn(round_))[object_id(66)]
    await visit.start()
    await visit.record_all(remark="已核对")
    change = {"object_id": object_id(66), "out": "LYJC002", "into": "LYJC003", "reason": "当事人申请回避"}
    await visit.sign("LYJC001", "LYJC002")
    await _take(service, _event(round_, kind="inspector", **change))
    detail = await visit.detail()
    assert (detail["state"], detail["checks"][0]["remark"]) == ("assigned", "已核对")
    await visit.start(("LYJC001", "LYJC003"))
    body = refused(await visit.post(service.inspector("LYJC001"), "submit"), 422, "incomplete")
    codes = {fault["code"] for fault in body["faults"]}
    assert codes == {"signature_outdated", "officer_signature_missing"}
    await visit.sign("LYJC001", "LYJC003")
    ok(await visit.post(service.inspector("LYJC003"), "submit"))


async def test_what_was_inspected_is_not_replaced_and_what_is_not_there_yet_is_waited_for(
    service: Service, visit: Visit
) -> None:
    await visit.closed()
    [row] = await service.rows("SELECT round_id FROM visits WHERE id = :id", id=visit.id)
    closed = DrawnRound({"HR": [object_id(1)]}, round_id=row.round_id)
    with pytest.raises(PermanentError, match="closed"):
        await _take(service, _event(closed, object_id=object_id(1), out=object_id(1), into=object_id(2)))
    future = DrawnRound({"HR": [object_id(1)]}, round_id=uuid7())
    with pytest.raises(TransientError, match="no visits yet"):
        await _take(service, _event(future, object_id=object_id(1), out=object_id(1), into=object_id(2)))
