"""Training, expertise, experts: who is ready for a round, who may only assist."""

from datetime import date, timedelta

import yaml
from hypothesis import given
from hypothesis import strategies as st
from keeping import ORG, PAPER, RULESETS, Registry, snapshot_request
from suicha_contracts.freeze import Snapshot
from suicha_contracts.ruleset import Training, TrainingMode
from suicha_registry.rulesets.service import today
from suicha_registry.trainings.rules import counts_from, enough, months_before

DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))


@given(DAYS, st.integers(1, 60))
def test_a_training_counts_from_the_same_day_of_an_earlier_month(day: date, months: int) -> None:
    first = months_before(day, months)
    assert (day.year * 12 + day.month) - (first.year * 12 + first.month) == months
    assert first.day == day.day or (first.day < day.day and (first + timedelta(days=1)).day == 1)


@given(DAYS, st.lists(st.tuples(DAYS, st.integers(1, 600)), max_size=5), st.integers(0, 600))
def test_only_trainings_before_the_inspection_and_not_too_old_count(
    day: date, held: list[tuple[date, int]], minutes: int
) -> None:
    rule = Training(mode=TrainingMode.GATE, months=12, minutes=minutes)
    in_time = [one for one in held if counts_from(rule, day) <= one[0] <= day]
    assert enough(rule, held, day) == (bool(in_time) and sum(length for _, length in in_time) >= minutes)


async def _rules(registry: Registry, ruleset_id: str, **team: object) -> None:
    text = (RULESETS / f"{ORG}@2022.1.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text) | {"id": ruleset_id}
    for name, value in team.items():
        document["team"][name] = {"value": value, "clause": "第五条", "quote": "加强执法能力培训"}
    await registry.post("/rulesets", {"yaml": yaml.safe_dump(document, allow_unicode=True)})


async def _roster(registry: Registry, ruleset_id: str) -> list[str]:
    asked = snapshot_request(ruleset_id=ruleset_id)
    answer = await registry.draw.post("/registry/v1/snapshots", asked)
    assert answer.status_code == 201, answer.text
    files = Snapshot.model_validate(answer.json()).files
    lines = (await registry.file(files.inspectors.model_dump())).decode().splitlines()
    return [line.split("\t")[0] for line in lines]


async def test_the_untrained_are_kept_out_where_the_ruleset_gates_and_named_where_it_only_warns(
    registry: Registry,
) -> None:
    await registry.add_everything()
    for code in ("LYJC001", "LYJC002", "LYJC003"):
        await registry.add_inspector(code)
    await _rules(registry, "410300-gate", training={"mode": "gate", "months": 12, "minutes": 60})
    await _rules(registry, "410300-warn", training={"mode": "warning", "months": 12})
    body = {"topic": "监管工作规范", "held_on": str(today() - timedelta(days=3)), "minutes": 60}
    sheet = await registry.upload("签到表".encode())
    made = await registry.post(
        "/trainings", body | {"inspectors": ["LYJC002", "LYJC001"], "evidence_sha256": sheet}
    )
    assert (made["inspectors"], made["evidence"]["sha256"]) == (["LYJC001", "LYJC002"], sheet)
    old = body | {"held_on": str(today() - timedelta(days=400)), "inspectors": ["LYJC003"]}
    await registry.post("/trainings", old)
    assert await _roster(registry, "410300-gate") == ["LYJC001", "LYJC002"]
    assert await _roster(registry, "410300-warn") == ["LYJC001", "LYJC002", "LYJC003"]

    query = f"inspect_from={today()}&inspect_to={today() + timedelta(days=30)}"
    path = f"/registry/v1/trainings/readiness?{query}&ruleset_id="
    warned = (await registry.admin.get(f"{path}410300-warn")).json()
    assert [(one["inspector"], one["drawable"], len(one["obstacles"])) for one in warned] == [
        ("LYJC001", True, 0), ("LYJC002", True, 0), ("LYJC003", True, 1),
    ]  # fmt: skip
    (obstacle,) = (await registry.admin.get(f"{path}410300-gate")).json()[2]["obstacles"]
    assert (obstacle["code"], obstacle["gate"], obstacle["clause"]) == ("untrained", True, "第五条")
    assert "累计 60 分钟" in obstacle["message"]
    mine = (await registry.admin.get("/registry/v1/trainings?inspector=LYJC003")).json()["items"]
    assert [one["held_on"] for one in mine] == [old["held_on"]]


async def test_a_training_in_the_future_or_of_strangers_or_with_unknown_evidence_is_refused(
    registry: Registry,
) -> None:
    await registry.add_organisation()
    await registry.add_inspector("LYJC001")
    body = {"topic": "规范", "held_on": str(today()), "minutes": 60, "inspectors": ["LYJC001"]}
    for wrong, code in (
        ({"held_on": str(today() + timedelta(days=1))}, "invalid"),
        ({"inspectors": ["LYJC001", "NOBODY"]}, "invalid"),
        ({"evidence_sha256": "0" * 64}, "upload_unknown"),
        ({"minutes": 0}, "invalid"),
    ):
        answer = await registry.admin.post("/registry/v1/trainings", body | wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await registry.admin.get("/registry/v1/trainings")).json()["items"] == []


async def test_where_the_ruleset_matches_by_expertise_only_fitting_inspectors_are_frozen(
    registry: Registry,
) -> None:
    await registry.add_everything()
    await registry.add_inspector("LYJC001", expertise=["劳务派遣", "社会保险"])
    await registry.add_inspector("LYJC002")
    (item,) = (await registry.admin.get("/registry/v1/items")).json()["items"]
    path = f"/registry/v1/items/{item['id']}"
    tag = {"If-Match": f'"{item["version"]}"'}
    await registry.admin.patch(path, {"expertise": ["劳务派遣", "境外就业"]}, headers=tag)
    await registry.post(f"/items/{item['id']}/publish", PAPER)
    await _rules(registry, "410300-match", expertise_matching=True)
    assert await _roster(registry, "410300-match") == ["LYJC001"]
    assert await _roster(registry, ORG) == ["LYJC001", "LYJC002"]


async def test_the_pool_of_experts_is_found_by_tag_and_day_and_each_change_is_told(
    registry: Registry,
) -> None:
    await registry.add_organisation()
    body = {
        "code": "LYZJ-001", "name": "洛阳某会计师事务所", "kind": "accounting_firm", "tags": ["审计"],
        "valid_from": "2026-01-01", "valid_until": "2099-12-31",
    }  # fmt: skip
    made = await registry.post("/experts", body)
    await registry.post("/experts", body | {"code": "LYZJ-002", "kind": "expert", "tags": ["劳动法"]})
    path = "/registry/v1/experts"
    usable = f"{path}?tag=审计&usable_on={today()}"
    assert (await registry.admin.get(usable)).json()["items"] == [], "nobody promised confidentiality yet"
    tag = {"If-Match": f'"{made["version"]}"'}
    promise = {"confidential_since": str(today()), "conflicts": ["91410300MA3X93BJ5X"]}
    assert (await registry.admin.patch(f"{path}/LYZJ-001", promise)).status_code == 428
    assert (await registry.admin.patch(f"{path}/LYZJ-001", promise, headers=tag)).status_code == 200
    assert [one["code"] for one in (await registry.admin.get(usable)).json()["items"]] == ["LYZJ-001"]
    told = registry.events("expert_registered")
    assert [(one["code"], one["version"], one["conflicts"]) for one in told] == [
        ("LYZJ-001", 1, []), ("LYZJ-002", 1, []), ("LYZJ-001", 2, ["91410300MA3X93BJ5X"]),
    ]  # fmt: skip
    for wrong in ({"kind": "inspector"}, {"valid_until": "2025-01-01"}, {"credit_code": "123"}):
        answer = await registry.admin.post(path, body | {"code": "LYZJ-003"} | wrong)
        assert answer.status_code == 422
    assert (await registry.admin.post(path, body)).json()["code"] == "already_exists"
    other = registry.client("registry-admin", org="410300-scjg")
    assert (await other.get(f"{path}/LYZJ-001")).status_code == 404
