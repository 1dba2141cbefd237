"""Experts assist at a visit: they stand on the record, never count as officers, and never inspect."""

from datetime import date, timedelta
from typing import Any

from inspecting import Service, Visit, ok, refused
from suicha_chassis.scope import SYSTEM
from suicha_contracts.events import ExpertRegistered
from suicha_inspection.assistants.service import keep_pool_entry, unfit
from suicha_inspection.clock import today
from suicha_inspection.models import PoolEntry

ENTRY: dict[str, Any] = {
    "org": "410300-rsj", "region": "410300", "code": "LYZJ-001", "name": "洛阳示范会计师事务所",
    "kind": "accounting_firm", "tags": ["审计"], "valid_from": date(2026, 1, 1), "valid_until": date(2099, 12, 31),
    "active": True, "confidential_since": date(2026, 1, 1), "conflicts": [], "version": 1,
}  # fmt: skip


async def _told(service: Service, **changes: Any) -> None:
    async with service.app.state.runtime.db.transaction(SYSTEM) as session:
        await keep_pool_entry(session, ExpertRegistered.model_validate(ENTRY | changes))


async def test_an_expert_who_assists_stands_on_the_record_and_is_no_officer(
    service: Service, visit: Visit
) -> None:
    await _told(service, code="LYZJ-101")
    own = service.inspector("LYJC001")
    body = {"expert": "LYZJ-101", "part": "assist", "task": "审计工资台账"}
    asked = ok(await visit.post(own, "assistants", body), 201)
    assert (asked["name"], asked["kind"]) == ("洛阳示范会计师事务所", "accounting_firm")
    refused(await visit.post(own, "assistants", body), 409, "wrong_state")
    present = {"mode": "onsite", "present": ["LYJC001", "LYZJ-101"], "licences_shown": True}
    assert (await visit.post(own, "start", present | {"at": f"{today()}T00:00:00+08:00"})).status_code == 403
    await visit.start()
    detail = await visit.detail()
    assert [one["code"] for one in detail["assistants"]] == ["LYZJ-101"]
    assert "LYZJ-101" not in {one["id"] for one in detail["team"]}
    page = (await service.reviewer.get(f"{visit.url}/record")).text
    assert "协助检查（不实施检查）" in page and "审计工资台账" in page and "会计师事务所" in page
    assert (await own.delete(f"{visit.url}/assistants/LYZJ-101")).status_code == 204
    assert (await visit.detail())["assistants"] == []
    refused(await own.delete(f"{visit.url}/assistants/LYZJ-101"), 404, "not_found")


async def test_a_third_party_that_would_inspect_is_refused_with_the_clause(
    service: Service, visit: Visit
) -> None:
    await _told(service, code="LYZJ-102")
    own = service.inspector("LYJC001")
    body = {"expert": "LYZJ-102", "part": "conduct", "task": "到现场检查"}
    problem = refused(await visit.post(own, "assistants", body), 422, "third_party_inspects")
    assert "国办发〔2024〕54号" in problem["detail"]
    assert (await visit.detail())["assistants"] == []


async def test_an_expert_who_is_unfit_or_of_another_body_is_refused_with_each_reason(
    service: Service, visit: Visit
) -> None:
    own = service.inspector("LYJC001")
    body = {"expert": "LYZJ-103", "task": "评估"}
    refused(await visit.post(own, "assistants", body), 404, "not_found")
    await _told(service, code="LYZJ-103", org="410300-scjg")
    refused(await visit.post(own, "assistants", body), 404, "not_found")
    object_id = (await visit.detail())["object"]["id"]
    bad = {
        "active": False,
        "valid_until": date(2026, 1, 2),
        "confidential_since": None,
        "conflicts": [object_id],
    }
    await _told(service, code="LYZJ-103", version=2, **bad)
    problem = refused(await visit.post(own, "assistants", body), 422, "expert_unfit")
    assert [one["code"] for one in problem["faults"]] == [
        "not_active",
        "not_valid",
        "not_confidential",
        "recusal",
    ]
    await _told(service, code="LYZJ-103", version=4)
    await _told(service, code="LYZJ-103", version=3, **bad)
    ok(await visit.post(own, "assistants", body), 201)


def test_an_expert_is_fit_from_the_first_to_the_last_day_of_the_pool() -> None:
    entry = PoolEntry(**ENTRY | {"institution": "", "valid_from": today(), "valid_until": today()})
    assert unfit(entry, "X", today()) == []
    for day in (today() - timedelta(days=1), today() + timedelta(days=1)):
        assert "not_valid" in [code for code, _ in unfit(entry, "X", day)]
