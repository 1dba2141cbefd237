"""Freezing: bytes in order and repeatable, everything that forbids a freeze is named, dossiers."""

import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from keeping import ORG, Registry, code_of, firms, snapshot_request, table
from suicha_chassis.files import FileStore
from suicha_contracts.freeze import Dossier, RoundPackage, Snapshot
from suicha_registry.rulesets.service import today


async def frozen(registry: Registry, request: dict[str, Any]) -> Snapshot:
    answer = await registry.draw.post("/registry/v1/snapshots", request)
    assert answer.status_code == 201, answer.text
    return Snapshot.model_validate(answer.json())


async def refused(registry: Registry, request: dict[str, Any]) -> dict[str, Any]:
    answer = await registry.draw.post("/registry/v1/snapshots", request)
    assert answer.status_code in (403, 409, 422), answer.text
    problem: dict[str, Any] = answer.json()
    return problem


async def test_files_are_canonical_complete_and_the_same_for_the_same_registers(registry: Registry) -> None:
    await registry.add_everything()
    await registry.add_item("RZ-HR-02")
    rows = [*firms(9000), ["已注销公司", code_of(9999), "", "", "", ""]]
    await registry.imported(table([[*row, "注销" if "注销" in row[0] else ""] for row in rows], [
        "企业名称", "统一社会信用代码", "注册日期", "企业类型", "经营范围", "注册地址", "登记状态",
    ]))  # fmt: skip
    grades = {"source": "平台", "month": "2026-10", "grades": [{"id": code_of(1), "grade": "B"}]}
    await registry.post("/grades", grades)
    await registry.add_inspector("LYJC002", scopes=["RZ-HR-01"])
    await registry.add_inspector("LYJC001")
    await registry.add_inspector("LYJC003", licence_until=str(today() + timedelta(days=3)))
    await registry.add_inspector("LYJC004", state="on_leave")
    await registry.add_inspector("LYJC005", department="RLZY")
    for code in (code_of(5), code_of(8), code_of(9999)):
        await registry.post("/inspectors/LYJC001/recusals", {"object_id": code, "reason": "relative"})
    one = {"crew": "LDJC", "region": "410300", "by_grade": True}
    lists = [
        one | {"code": "ZZ", "items": ["RZ-HR-01", "RZ-HR-02"], "by_grade": False,
               "criteria": {"names_contain": "第8"}},
        one | {"code": "HR", "items": ["RZ-HR-01"]},
    ]  # fmt: skip
    request = snapshot_request(lists=lists)
    snapshot = await frozen(registry, request)
    objects = await registry.file(snapshot.files.objects.model_dump())
    lines = objects.split(b"\n")
    assert lines.pop() == b"" and lines == sorted(lines) and len(lines) == snapshot.files.objects.rows
    expected = [f"HR\t{code_of(n)}\t{'B' if n == 1 else 'U'}\t410300-RSJ" for n in range(9000)]
    eights = [n for n in range(9000) if f"第{n}".startswith("第8")]
    expected += [f"ZZ\t{code_of(n)}\tALL\t410300-RSJ" for n in eights]
    assert lines == sorted(line.encode() for line in expected)
    assert snapshot.counts == {"HR": 9000, "ZZ": len(eights)}
    roster = await registry.file(snapshot.files.inspectors.model_dump())
    assert roster == b"LYJC001\tLDJC\t410300-RSJ\tHR,ZZ\nLYJC002\tLDJC\t410300-RSJ\tHR\n"
    recusals = await registry.file(snapshot.files.recusals.model_dump())
    told = sorted(f"LYJC001\t{code_of(n)}\trelative" for n in (5, 8))
    assert recusals.decode() == "".join(f"{line}\n" for line in told)
    package = RoundPackage.model_validate_json(await registry.file(snapshot.files.package.model_dump()))
    assert package.items["RZ-HR-01"].legal_basis == ["《人力资源市场暂行条例》第三十四条"]
    assert [person.id for person in package.inspectors] == ["LYJC001", "LYJC002"]
    assert package.lists == {"ZZ": ["RZ-HR-01", "RZ-HR-02"], "HR": ["RZ-HR-01"]}
    again = await frozen(registry, request)
    assert again == snapshot, "the same request id is the same snapshot"
    other = await frozen(registry, snapshot_request(lists=lists))
    assert other.snapshot_id != snapshot.snapshot_id and other.files == snapshot.files
    problem = await refused(registry, request | {"lists": lists[:1]})
    assert problem["code"] == "request_reused"


async def test_labels_grades_kinds_and_regions_narrow_a_list(registry: Registry) -> None:
    await registry.add_everything()
    rows = [*firms(4), ["个体理发店", code_of(50, kind="92"), "", "", "", ""],
            *firms(2, "410305")]  # fmt: skip
    rows[0][0] = "洛阳人力资源公司"
    rows[2][3] = "有限责任公司(国有独资)"
    await registry.imported(table(rows))
    await registry.post("/labels", {"code": "HR", "name": "x", "rule": {"name_contains": ["人力资源"]}})
    lines = [{"id": code_of(1), "grade": "C"}]
    await registry.post("/grades", {"source": "平台", "month": "2026-10", "grades": lines})

    async def ids(criteria: dict[str, Any], **changes: Any) -> list[str]:
        one = snapshot_request()["lists"][0] | {"criteria": criteria}
        snapshot = await frozen(registry, snapshot_request(lists=[one], **changes))
        text = (await registry.file(snapshot.files.objects.model_dump())).decode()
        return [line.split("\t")[1] for line in text.splitlines()]

    assert await ids({"labels": ["HR"]}) == [code_of(0)]
    assert await ids({"grades": ["C"]}) == [code_of(1)]
    assert len(await ids({"grades": ["U"]})) == 6
    assert await ids({"kinds": ["individual"]}) == [code_of(50, kind="92")]
    assert await ids({"regions": ["410305"]}) == sorted([code_of(0, "410305"), code_of(1, "410305")])
    assert await ids({"industries": ["A"]}) == []
    assert await ids({"company_types": ["外商投资", "国有独资"]}) == [code_of(2)]


async def test_units_are_regions_or_supervising_units_and_a_missing_one_is_named(registry: Registry) -> None:
    await registry.add_everything()
    await registry.imported(table(firms(2)))
    problem = await refused(registry, snapshot_request(units_by="unit"))
    assert problem["code"] == "unit_missing" and problem["count"] == 2
    assert sorted(fault["where"] for fault in problem["faults"]) == sorted([code_of(0), code_of(1)])
    snapshot = await frozen(registry, snapshot_request(units_by="region"))
    text = (await registry.file(snapshot.files.objects.model_dump())).decode()
    assert {line.split("\t")[3] for line in text.splitlines()} == {"410300"}


async def test_everything_that_forbids_a_freeze_is_named_and_nothing_is_frozen(registry: Registry) -> None:
    await registry.add_everything()
    await registry.add_item("LY-01", publish=False)
    await registry.add_item("LY-02", publish=False, basis=False)

    def asking(**changes: Any) -> dict[str, Any]:
        return snapshot_request(lists=[snapshot_request()["lists"][0] | changes])

    unpublished = await refused(registry, asking(items=["RZ-HR-01", "LY-01", "NONE"]))
    assert unpublished["code"] == "item_not_published"
    assert [fault["where"] for fault in unpublished["faults"]] == ["LY-01", "NONE"]
    baseless = await refused(registry, asking(items=["LY-02"]))
    assert baseless["code"] == "no_legal_basis" and baseless["faults"][0]["where"] == "LY-02"
    assert (await refused(registry, asking(criteria={"labels": ["NONE"]})))["code"] == "label_unknown"
    assert (await refused(registry, asking(region="410100")))["code"] == "forbidden"
    assert (await refused(registry, snapshot_request(org="410100-rsj")))["code"] == "organisation_unknown"
    unknown = await refused(registry, snapshot_request(ruleset_version="2099.1"))
    assert unknown["code"] == "ruleset_unknown"
    twice = snapshot_request(lists=snapshot_request()["lists"] * 2)
    assert (await refused(registry, twice))["code"] == "invalid"
    assert registry.rows("SELECT count(*) FROM snapshots") == [(0,)]


async def test_only_our_own_services_may_freeze(registry: Registry) -> None:
    answer = await registry.admin.post("/registry/v1/snapshots", snapshot_request())
    assert answer.status_code == 403


async def test_dossiers_come_in_the_order_of_ids_and_unknown_ids_are_named(registry: Registry) -> None:
    await registry.add_everything()
    rows = firms(3)
    rows[1][4] = '引号"和\\反斜杠\n换行'
    await registry.imported(table(rows))
    snapshot = await frozen(registry, snapshot_request())
    files = FileStore(registry.settings.files_url)
    wanted = [code_of(2), code_of(1)]
    ids = await files.put("".join(f"{one}\n" for one in wanted).encode())
    path = f"/registry/v1/snapshots/{snapshot.snapshot_id}/dossiers"
    answer = await registry.draw.post(path, {"ids": ids.model_dump()})
    assert answer.status_code == 200 and answer.json()["rows"] == 2
    lines = (await registry.file(answer.json())).decode().removesuffix("\n").split("\n")
    found = [Dossier.model_validate(json.loads(line)) for line in lines]
    assert [one.id for one in found] == sorted(wanted)
    assert {one.id: one.scope for one in found}[code_of(1)] == '引号"和\\反斜杠\n换行'
    assert found[0].credit_code == found[0].id
    strange = await files.put(f"{code_of(77)}\n".encode())
    answer = await registry.draw.post(path, {"ids": strange.model_dump()})
    assert answer.status_code == 422 and answer.json()["faults"][0]["where"] == code_of(77)


async def test_a_snapshot_never_changes(registry: Registry) -> None:
    await registry.add_everything()
    await registry.imported(table(firms(2)))
    await frozen(registry, snapshot_request(org=ORG))
    with pytest.raises(psycopg.errors.RestrictViolation):
        registry.rows("UPDATE snapshots SET org = 'x' RETURNING id")
