"""Lists of items: legal review by another person, versions, the triggered list, claims, coverage in a year."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from keeping import ORG, PAPER, Registry
from suicha_chassis import testing
from suicha_chassis.bus import Bus
from suicha_contracts.envelope import Envelope, Event
from suicha_contracts.events import DrawCompleted, DrawFiles, DrawVoided, ListOutcome, RulesetRef
from suicha_contracts.values import FileRef
from suicha_registry.rulesets.service import today

PROVINCE = "410000-rst"
LAW = {"law": "人力资源市场暂行条例", "articles": "第三十四条"}


async def test_the_legal_department_approves_what_another_person_wrote_before_it_is_public(
    registry: Registry,
) -> None:
    await registry.add_organisation()
    await registry.add_form()
    item = await registry.add_item("RZ-HR-01", publish=False)
    path = f"/registry/v1/items/{item['id']}"
    assert (await registry.admin.post(f"{path}/publish", None)).json()["code"] == "not_reviewed"
    assert (await registry.admin.post(f"{path}/review", {})).json()["code"] == "forbidden"
    writer = registry.client("legal", subject="registry-admin")
    assert (await writer.post(f"{path}/review", {})).json()["code"] == "same_person"
    legal = registry.client("legal")
    approved = (await legal.post(f"{path}/review", {"opinion": "同意"})).json()
    assert (approved["state"], approved["review_method"]) == ("reviewed", "platform")
    tag = {"If-Match": f'"{approved["version"]}"'}
    changed = (await registry.admin.patch(path, {"content": "改"}, headers=tag)).json()
    assert (changed["state"], changed["reviewed_by"]) == ("draft", "")
    await legal.post(f"{path}/review", {"opinion": "同意"})
    public = (await registry.admin.post(f"{path}/publish", None)).json()
    assert (public["state"], public["reviewed_on"]) == ("published", str(today()))
    assert (await legal.post(f"{path}/review", {})).status_code == 409
    other = await registry.add_item("RZ-HR-02", publish=False)
    own = PAPER | {"reviewed_by": "registry-admin"}
    answer = await registry.admin.post(f"/registry/v1/items/{other['id']}/publish", own)
    assert answer.json()["code"] == "same_person"


async def test_a_review_on_paper_names_the_signed_document_and_each_version_keeps_its_own(
    registry: Registry,
) -> None:
    await registry.add_organisation()
    await registry.add_form()
    item = await registry.add_item("LY-01", publish=False)
    path = f"/registry/v1/items/{item['id']}"
    for wrong, code in (
        ({"document": None}, "invalid"),
        ({"document_sha256": None}, "invalid"),
        ({"document_sha256": "0" * 64}, "upload_unknown"),
    ):
        said = {name: value for name, value in (PAPER | wrong).items() if value is not None}
        answer = await registry.admin.post(f"{path}/publish", said)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await registry.admin.get(path)).json()["state"] == "draft"
    shown = await registry.post(f"/items/{item['id']}/publish", PAPER)
    assert (shown["review_document"], shown["review_sha256"]) == (PAPER["document"], PAPER["document_sha256"])

    tag = {"If-Match": f'"{shown["version"]}"'}
    assert (await registry.admin.patch(path, {"content": "二"}, headers=tag)).json()["review_sha256"] == ""
    assert (await registry.client("legal").post(f"{path}/review", {})).status_code == 200
    await registry.post(f"/items/{item['id']}/publish", None)
    await registry.post(f"/items/{item['id']}/retire", {"reason": "条款已改"})
    kept = (await registry.admin.get(f"{path}/versions")).json()["items"]
    assert [
        (one["number"], one["content"]["content"], one["review_method"], one["reviewed_on"], one["retired"])
        for one in kept
    ] == [
        (3, "二", "", None, True), (2, "二", "platform", str(today()), False),
        (1, "", "paper", PAPER["reviewed_on"], False),
    ]  # fmt: skip
    assert [bool(one["reviewed_by"]) for one in kept] == [False, True, True]
    assert (kept[2]["reviewed_by"], kept[2]["review_sha256"]) == ("政策法规科", PAPER["document_sha256"])
    anyone = testing.Client(registry.http)
    public = (await anyone.get(f"/public/items/{ORG}/LY-01/versions")).json()["items"]
    assert public == [{name: one[name] for name in one if name != "reviewed_by"} for one in kept]
    assert (await anyone.get(f"/public/items/{ORG}/NONE/versions")).json()["items"] == []
    elsewhere = registry.client("registry-admin", region="410482", org="410482-rsj")
    assert (await elsewhere.get(f"{path}/versions")).status_code == 404


async def test_the_triggered_list_has_versions_of_its_own_and_a_retired_item_leaves_each_list(
    registry: Registry,
) -> None:
    await registry.add_organisation()
    await registry.add_form()
    await registry.add_item("A")
    body = {"code": "B", "name": "触发事项", "basis": [LAW], "form_code": "BASE", "lists": ["triggered"]}
    item = await registry.post("/items", body)
    path = f"/items/{item['id']}"
    await registry.post(f"{path}/publish", PAPER)
    anyone = testing.Client(registry.http)

    async def versions(kind: str) -> list[tuple[int, list[str]]]:
        found = (await anyone.get(f"/public/items/versions?org={ORG}&kind={kind}")).json()["items"]
        return [(one["version"], one["items"]) for one in found]

    assert await versions("regular") == [(1, ["A"])]
    assert await versions("triggered") == [(1, ["B"])]
    shown = (await anyone.get("/public/items?kind=triggered")).json()["items"]
    assert [one["code"] for one in shown] == ["B"]
    now = (await registry.admin.get(f"/registry/v1{path}")).json()
    tag = {"If-Match": f'"{now["version"]}"'}
    await registry.admin.patch(f"/registry/v1{path}", {"lists": ["regular"]}, headers=tag)
    await registry.post(f"{path}/publish", PAPER)
    assert (await versions("triggered"))[0] == (2, []) and (await versions("regular"))[0] == (2, ["A", "B"])
    retired = await registry.post(f"{path}/retire", {"reason": "条款已修改"})
    assert retired["state"] == "retired" and (await versions("regular"))[0] == (3, ["A"])
    assert (await registry.admin.post(f"/registry/v1{path}/retire", {"reason": "再次"})).status_code == 409
    told = registry.events("item_list_published")
    assert [(one["kind"], one["version"]) for one in told] == [
        ("regular", 1), ("triggered", 1), ("regular", 2), ("triggered", 2), ("regular", 3),
    ]  # fmt: skip


async def test_what_a_law_prescribes_for_an_item_is_told_with_its_list(registry: Registry) -> None:
    await registry.add_organisation()
    await registry.add_form()
    body = {
        "code": "A", "name": "法定比例事项", "basis": [LAW], "form_code": "BASE",
        "legal_ratio": {"bp": 2000, "law": LAW}, "legal_frequency": {"maximum": 1, "law": LAW},
    }  # fmt: skip
    item = await registry.post("/items", body)
    await registry.post(f"/items/{item['id']}/publish", PAPER)
    (law,) = registry.events("item_list_published")[0]["laws"]
    assert (law["code"], law["ratio_bp"], law["frequency_maximum"]) == ("A", 2000, 1)
    assert law["ratio_clause"] == "《人力资源市场暂行条例》第三十四条"
    for wrong in ({"maximum": 1, "minimum": 2, "law": LAW}, {"law": LAW}):
        answer = await registry.admin.post(
            "/registry/v1/items", body | {"code": "B", "legal_frequency": wrong}
        )
        assert answer.status_code == 422


class Above:
    """The province's keeper, whose list the city claims from."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.admin = registry.client("registry-admin", region="410000", org=PROVINCE, subject="he-admin")

    async def begin(self) -> None:
        body = {"code": PROVINCE, "name": "省厅", "region": "410000", "departments": []}
        await self.registry.post("/organisations", body, self.admin)
        form = {"code": "BASE", "name": "表", "questions": [{"key": "q", "text": "问", "type": "yes_no"}]}
        made = await self.registry.post("/forms", form, self.admin)
        await self.registry.post(f"/forms/{made['id']}/publish", None, self.admin)

    async def item(self, code: str) -> str:
        body = {"code": code, "name": f"省事项{code}", "content": "一", "basis": [LAW], "form_code": "BASE"}
        made = await self.registry.post("/items", body | {"ratio_bp": 1000}, self.admin)
        await self.registry.post(f"/items/{made['id']}/publish", PAPER, self.admin)
        return str(made["id"])

    async def change(self, item_id: str, **fields: Any) -> None:
        path = f"/registry/v1/items/{item_id}"
        version = (await self.admin.get(path)).json()["version"]
        await self.admin.patch(path, fields, headers={"If-Match": f'"{version}"'})
        await self.registry.post(f"/items/{item_id}/publish", PAPER, self.admin)


async def test_a_lower_body_claims_items_follows_what_changes_above_and_gives_them_up(
    registry: Registry,
) -> None:
    await registry.add_organisation()
    await registry.add_form()
    above = Above(registry)
    await above.begin()
    first, second = await above.item("HN-1"), await above.item("HN-2")

    async def seen(query: str = "") -> dict[str, dict[str, Any]]:
        found = (await registry.admin.get(f"/registry/v1/claims?{query}")).json()["items"]
        return {one["superior_code"]: one for one in found}

    assert {code: one["state"] for code, one in (await seen()).items()} == {"HN-1": "open", "HN-2": "open"}
    named = {"superior_org": PROVINCE, "superior_code": "HN-1"}
    claimed = await registry.post("/claims", named | {"code": "LY-1", "department": "LDJC"})
    assert (claimed["state"], claimed["claimed_number"], claimed["pending"]) == ("claimed", 1, None)
    assert (await registry.admin.post("/registry/v1/claims", named)).status_code == 409
    path = f"/items/{claimed['item_id']}"
    own = (await registry.admin.get(f"/registry/v1{path}")).json()
    assert (own["code"], own["org"], own["state"], own["content"]) == ("LY-1", ORG, "draft", "一")
    assert (own["department"], own["ratio_bp"]) == ("LDJC", 1000) and PROVINCE in own["source"]
    await registry.post(f"{path}/publish", PAPER)
    declined = {"superior_org": PROVINCE, "superior_code": "HN-2", "reason": "不涉及本级监管事权"}
    assert (await registry.post("/claims/decline", declined))["state"] == "declined"
    assert (await seen("state=open")) == {}

    await above.change(first, content="二", ratio_bp=2000)
    pending = await seen("pending=true")
    assert [(one["pending"], one["changes"]) for one in pending.values()] == [("changed", ["content"])]
    followed = await registry.post(f"/claims/{claimed['claim_id']}/follow", None)
    assert (followed["pending"], followed["claimed_number"]) == (None, 2)
    own = (await registry.admin.get(f"/registry/v1{path}")).json()
    assert (own["state"], own["content"], own["ratio_bp"]) == ("draft", "二", 1000), "a new review is needed"
    again = await registry.admin.post(f"/registry/v1/claims/{claimed['claim_id']}/follow", None)
    assert again.status_code == 409

    await registry.post(f"{path}/publish", PAPER)
    await registry.post(f"/items/{first}/retire", {"reason": "上级取消"}, above.admin)
    assert (await seen("pending=true"))["HN-1"]["pending"] == "retired"
    gone = await registry.post(f"/claims/{claimed['claim_id']}/follow", None)
    assert gone["state"] == "withdrawn"
    assert (await registry.admin.get(f"/registry/v1{path}")).json()["state"] == "retired"
    assert (await registry.admin.post("/registry/v1/claims", named)).status_code == 409
    assert "HN-1" not in await seen()

    taken = await registry.post("/claims", {"superior_org": PROVINCE, "superior_code": "HN-2"})
    await registry.post(f"/items/{taken['item_id']}/publish", PAPER)
    await registry.post(f"/claims/{taken['claim_id']}/withdraw", {"reason": "职权调整"})
    assert (await seen())["HN-2"]["reason"] == "职权调整"
    assert (await registry.admin.get(f"/registry/v1/items/{taken['item_id']}")).json()["state"] == "retired"
    assert second


async def test_nobody_claims_from_the_side_or_from_below(registry: Registry) -> None:
    await registry.add_everything()
    above = Above(registry)
    await above.begin()
    assert (await above.admin.get("/registry/v1/claims")).json()["items"] == []
    named = {"superior_org": ORG, "superior_code": "RZ-HR-01"}
    assert (await above.admin.post("/registry/v1/claims", named)).status_code == 404
    beside = registry.client("registry-admin", region="410400", org="410400-rsj")
    assert (await beside.post("/registry/v1/claims", named)).status_code == 404


def _drawn(round_id: UUID, *items: str) -> DrawCompleted:
    ref = FileRef(sha256="0" * 64, size=1)
    one = ListOutcome(
        code="HR", crew="LDJC", task_id=uuid4(), plan_id=uuid4(), plan_number="2026001", plan_name="计划",
        task_number="001号", task_name="任务", department="支队", mode="directed", registry_count=1, excluded=0,
        strata=[], items=list(items),
    )  # fmt: skip
    return DrawCompleted(
        round_id=round_id, draw_id=f"410300-2026-{str(round_id)[:8]}", attempt=1, org=ORG, org_name="洛阳市人社局",
        region="410300", suite="S256", manifest_hash="0", seed="0", result_hash="0", match_hash="0", dice="-",
        contributors=[], signed_by="legal", completed_at=datetime.now(UTC), inspect_from=today(),
        inspect_to=today(), ruleset=RulesetRef(id=ORG, version="2022.1", sha256="0" * 64), lists=[one], visits=1,
        files=DrawFiles(result=ref, match=ref, dossier=ref, package=ref, bundle=ref),
    )  # fmt: skip


async def test_the_coverage_of_a_list_counts_items_of_draws_that_stand(registry: Registry) -> None:
    await registry.add_everything()
    await registry.add_item("B")
    both = await registry.add_item("C", publish=False)
    path, lists = f"/registry/v1/items/{both['id']}", {"lists": ["regular", "triggered"]}
    assert (await registry.admin.patch(path, lists, headers={"If-Match": "*"})).status_code == 200
    await registry.post(f"/items/{both['id']}/publish", PAPER)
    stands, falls = uuid4(), uuid4()
    voided = DrawVoided(
        round_id=falls,
        draw_id="x",
        attempt=1,
        region="410300",
        org=ORG,
        reason="作废",
        voided_at=datetime.now(UTC),
    )
    events: list[Event] = [
        voided,
        _drawn(falls, "B"),
        _drawn(stands, "C", "RETIRED-SINCE"),
        _drawn(uuid4(), "C"),
    ]
    bus = Bus(registry.settings, "draw")
    await bus.connect()
    for event in events:
        number = uuid4()
        envelope = Envelope.of(event, number).model_dump_json().encode()
        await bus.publish(event.subject(), envelope, str(number))
    await bus.close()
    anyone = testing.Client(registry.http)

    async def counted() -> dict[str, Any] | None:
        mine = "code IN ('B', 'C', 'RETIRED-SINCE')"
        arrived = registry.rows(f"SELECT count(*) FROM item_draws WHERE {mine}") == [(4,)]
        voids = registry.rows(f"SELECT count(*) FROM voided_draws WHERE round_id = '{falls}'") == [(1,)]
        if not (arrived and voids):
            return None
        found: dict[str, Any] = (await anyone.get(f"/public/items/coverage?org={ORG}")).json()
        return found

    found = await testing.eventually(counted, what="the coverage of four events")
    # Draws of other tests may have taken the third item: they share the broker.
    draws = {one["code"]: one["draws"] for one in found["items"]}
    assert (draws["B"], draws["C"], list(draws)) == (0, 2, ["B", "C", "RZ-HR-01"])
    drawn = sum(number > 0 for number in draws.values())
    assert (found["published"], found["drawn"], found["coverage_bp"]) == (3, drawn, drawn * 10_000 // 3)
    triggered = (await anyone.get(f"/public/items/coverage?org={ORG}&kind=triggered")).json()
    assert [(one["code"], one["draws"]) for one in triggered["items"]] == [("C", 2)]
    assert (triggered["kind"], triggered["list_version"]) == ("triggered", 1)
    assert (triggered["published"], triggered["drawn"], triggered["coverage_bp"]) == (1, 1, 10_000)
    assert "分子" in found["definition"] and found["year"] == today().year
    before = (await registry.admin.get(f"/registry/v1/items/coverage?year={today().year - 1}")).json()
    assert (before["published"], before["coverage_bp"]) == (0, None)
