"""A draw that is voided after its visits were made (RID/1 §4)."""

from typing import Any

from drawn_rounds import DrawnRound, object_id
from inspecting import Service, Visit, ok, refused
from suicha_chassis.scope import SYSTEM
from suicha_chassis.testing import eventually
from suicha_contracts.events import DrawVoided, InspectionClosed, SubstitutionMade
from suicha_inspection.clock import now
from suicha_inspection.substitution import replacements_from_draws

REASON = "名录遗漏，经两人确认作废"


def _voided(round_: DrawnRound, reason: str = REASON) -> DrawVoided:
    return DrawVoided(
        round_id=round_.round_id,
        draw_id=round_.draw_id,
        attempt=1,
        region=round_.region,
        org=round_.org,
        reason=reason,
        voided_at=now(),
    )


async def _void(service: Service, round_: DrawnRound, reason: str = REASON) -> None:
    await service.tell(_voided(round_, reason))

    async def taken() -> list[Any]:
        return await service.rows(
            "SELECT reason FROM voided_rounds WHERE round_id = :round", round=round_.round_id
        )

    await eventually(taken, what="the news of the void")


async def _statistics(service: Service, round_: DrawnRound) -> dict[str, Any]:
    return ok(await service.reviewer.get(f"/inspection/v1/statistics?round_id={round_.round_id}"))


async def test_every_visit_that_is_not_closed_is_cancelled_with_the_reason(service: Service) -> None:
    assigned, started, submitted, closed = (object_id(number) for number in range(71, 75))
    round_ = DrawnRound({"HR": [assigned, started, submitted, closed]})
    visits = await service.drawn(round_)
    await visits[started].start()
    await visits[submitted].submitted()
    await visits[closed].closed()
    await _void(service, round_)
    for one in (assigned, started, submitted):
        detail = await visits[one].detail()
        assert (detail["state"], detail["cancel_reason"]) == ("cancelled", REASON)
    kept = await visits[closed].detail()
    assert (kept["state"], kept["cancel_reason"]) == ("closed", "")
    figures = await _statistics(service, round_)
    assert (figures["to_inspect"], figures["cancelled"], figures["closed"]) == (1, 3, 1)


async def test_a_cancelled_visit_can_neither_be_started_nor_approved_and_says_why(service: Service) -> None:
    one, two = object_id(75), object_id(76)
    round_ = DrawnRound({"HR": [one, two]})
    visits = await service.drawn(round_)
    await visits[two].submitted()
    await _void(service, round_)
    begin = {"mode": "onsite", "present": ["LYJC001"], "licences_shown": True, "at": now().isoformat()}
    body = refused(await visits[one].post(service.inspector("LYJC001"), "start", begin), 409, "wrong_state")
    assert body["state"] == "cancelled"
    approve = {"decision": "approve"}
    refused(await visits[two].post(service.reviewer, "review", approve), 409, "wrong_state")
    assert await service.emitted(InspectionClosed, visits[two].id) == []
    history = ok(await service.reviewer.get(f"{visits[two].url}/history"))
    last = history["deeds"][-1]
    assert (last["action"], last["reason"], last["after"]) == ("visit.void", REASON, {"state": "cancelled"})


async def test_told_twice_a_void_cancels_once_and_the_first_reason_stays(service: Service) -> None:
    round_ = DrawnRound({"HR": [object_id(77)]})
    visit: Visit = (await service.drawn(round_))[object_id(77)]
    await _void(service, round_)
    before = await visit.detail()
    await service.tell(_voided(round_, "另一个理由"))
    other = DrawnRound({"HR": [object_id(78)]})
    await service.drawn(other)
    await _void(service, other)  # came after the second telling, by the same consumer
    assert await visit.detail() == before
    voids = "SELECT count(*) FROM audit_entries WHERE action = 'visit.void' AND object_id = :visit"
    assert await service.count(voids, visit=str(visit.id)) == 1


async def test_the_news_of_the_void_may_arrive_before_the_draw(service: Service) -> None:
    round_ = DrawnRound({"HR": [object_id(79), object_id(80)]})
    await _void(service, round_)
    visits = await service.drawn(round_)
    for visit in visits.values():
        assert (await visit.detail())["state"] == "cancelled"
    assert (await _statistics(service, round_))["to_inspect"] == 0


async def test_nobody_is_replaced_in_a_draw_that_does_not_stand(service: Service) -> None:
    out, into = object_id(81), object_id(82)
    round_ = DrawnRound({"HR": [out]}, substitutes={"HR": [into]})
    await service.drawn(round_)
    await _void(service, round_)
    change = SubstitutionMade(
        round_id=round_.round_id, draw_id=round_.draw_id, kind="object", list_code="HR", stratum="ALL",
        crew="LDJC", object_id=out, out=out, into=into, reason="企业已注销", made_at=now(),
    )  # fmt: skip
    async with service.runtime.db.transaction(SYSTEM) as session:
        await replacements_from_draws(service.runtime.files)(session, change)
    made = "SELECT count(*) FROM visits WHERE round_id = :round"
    assert await service.count(made, round=round_.round_id) == 1
