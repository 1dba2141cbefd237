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
    (said,) = snapshot.declared
    assert (said.reason, said.on, said.pairs) == ("relative", today(), 2), "of frozen objects only"
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


async def criteria_ids(registry: Registry, criteria: dict[str, Any], **changes: Any) -> dict[str, str]:
    """The stratum of each object that criteria pick, by its id."""
    one = snapshot_request()["lists"][0] | {"criteria": criteria} | changes
    snapshot = await frozen(registry, snapshot_request(lists=[one]))
    text = (await registry.file(snapshot.files.objects.model_dump())).decode()
    return {fields[1]: fields[2] for fields in (line.split("\t") for line in text.splitlines())}


async def test_nature_structure_market_share_lists_and_licences_narrow_a_list(registry: Registry) -> None:
    await registry.add_everything()
    past, future = str(today() - timedelta(days=1)), str(today() + timedelta(days=1))
    rows = [
        ["国有一号", code_of(1), "国有", "集团", "12.5%", "证1", ""],
        ["民营二号", code_of(2), "民营", "分支机构", "3", "证2", past],
        ["民营三号", code_of(3), "民营", "", "", "", ""],
        ["外资四号", code_of(4), "外资", "集团", "100%", "证4", future],
        ["坏五号", code_of(5), "", "", "一成", "", ""],
        ["坏六号", code_of(6), "", "", "100.01", "", ""],
    ]
    header = ["企业名称", "信用代码", "企业性质", "组织架构", "市场占有率", "许可证号", "许可证有效期至"]
    done = await registry.imported(table(rows, header))
    assert (done["accepted"], done["refused"]) == (4, 2)
    again = await registry.imported(table(rows, header))
    assert (again["unchanged"], again["changed"], again["accepted"]) == (4, 0, 0)
    one, two, three, four = (code_of(n) for n in (1, 2, 3, 4))
    shown = (await registry.admin.get(f"/registry/v1/subjects/{one}")).json()
    assert (shown["nature"], shown["structure"], shown["market_share_bp"]) == ("国有", "集团", 1250)

    async def picked(**criteria: Any) -> set[str]:
        return set(await criteria_ids(registry, criteria))

    assert await picked(natures=["国有", "外资"]) == {one, four}
    assert await picked(structures=["集团"], natures=["外资"]) == {four}
    assert await picked(market_share_from_bp=300, market_share_to_bp=1250) == {one, two}
    assert await picked(market_share_from_bp=301) == {one, four}
    assert await picked(licences=["valid"]) == {one, four}
    assert await picked(licences=["expired", "none"]) == {two, three}
    both = [
        {"kind": "人力资源服务许可证", "number": "1", "until": future},
        {"kind": "劳务派遣许可证", "number": "2", "until": past},
    ]
    path, match = f"/registry/v1/subjects/{three}", {"If-Match": "*"}
    assert (await registry.admin.patch(path, {"licences": both}, headers=match)).status_code == 200
    assert await picked(licences=["valid"]) == {one, three, four}
    assert await picked(licences=["expired"]) == {two, three}, "one of several has expired"
    assert await picked(licences=["none"]) == set()
    assert await picked(licence_kinds=["劳务派遣许可证"]) == {three}
    assert await picked(licences=["valid"], licence_kinds=["劳务派遣许可证"]) == set()
    assert await picked(licences=["none"], licence_kinds=["劳务派遣许可证"]) == {one, two, four}
    (change,) = (await registry.admin.get(f"{path}/changes")).json()["items"]
    assert (change["before"], change["after"]) == ({"licences": []}, {"licences": both})
    twice = {"licences": [both[0], both[0]]}
    assert (await registry.admin.patch(path, twice, headers=match)).status_code == 422
    assert await picked(ids=[two, three]) == {two, three}
    await registry.post(f"/subjects/{one}/lists", entry("complaints", past, None))
    await registry.post(f"/subjects/{two}/lists", entry("complaints", past, past))
    await registry.post(f"/subjects/{three}/lists", entry("key_watch", str(today()), str(today())))
    await registry.post(f"/subjects/{four}/lists", entry("key_watch", future, None))
    assert await picked(lists=["complaints"]) == {one}, "an entry that ended counts no more"
    assert await picked(lists=["complaints", "key_watch"]) == {one, three}, "one to come does not count yet"


def entry(code: str, first: str, last: str | None) -> dict[str, Any]:
    return {"list_code": code, "valid_from": first, "valid_to": last, "source": "测试"}


async def test_the_first_reason_that_fits_decides_the_stratum_before_the_grade(registry: Registry) -> None:
    await registry.add_everything()
    await registry.imported(table(firms(4)))
    lines = [{"id": code_of(n), "grade": "B"} for n in range(3)]
    await registry.post("/grades", {"source": "平台", "month": "2026-10", "grades": lines})
    for number, code in ((0, "abnormal_list"), (0, "complaints"), (1, "complaints")):
        await registry.post(f"/subjects/{code_of(number)}/lists", entry(code, str(today()), None))
    raises = [
        {"stratum": "R1-ABNORMAL_LIST", "criteria": {"lists": ["abnormal_list"]}},
        {"stratum": "R2-COMPLAINTS", "criteria": {"lists": ["complaints"]}},
    ]
    assert await criteria_ids(registry, {}, by_grade=True, raises=raises) == {
        code_of(0): "R1-ABNORMAL_LIST", code_of(1): "R2-COMPLAINTS", code_of(2): "B", code_of(3): "U",
    }  # fmt: skip
    flat = await criteria_ids(registry, {}, by_grade=False, raises=raises[1:])
    assert flat == {code_of(n): "R2-COMPLAINTS" if n < 2 else "ALL" for n in range(4)}
    snapshot = await frozen(registry, snapshot_request())
    assert snapshot.files.abnormal is not None
    assert await registry.file(snapshot.files.abnormal.model_dump()) == f"{code_of(0)}\n".encode()


async def test_an_object_comes_onto_a_list_once_a_day_and_leaves_it_with_its_history(
    registry: Registry,
) -> None:
    await registry.add_everything()
    await registry.imported(table(firms(1)))
    path = f"/registry/v1/subjects/{code_of(0)}/lists"
    made = await registry.post(path.removeprefix("/registry/v1"), entry("blacklist", str(today()), None))
    assert (await registry.admin.post(path, entry("blacklist", str(today()), None))).status_code == 409
    assert (await registry.admin.get(path.removesuffix("/lists"))).json()["lists"] == ["blacklist"]
    end = f"{path}/{made['id']}/end"
    early = await registry.admin.post(f"{end}?day={today() - timedelta(days=1)}")
    assert early.status_code == 409
    assert (await registry.admin.post(f"{end}?day={today()}")).json()["valid_to"] == str(today())
    assert (await registry.admin.post(f"{end}?day={today()}")).status_code == 409
    assert [one["id"] for one in (await registry.admin.get(path)).json()] == [made["id"]]
    wrong = entry("blacklist", str(today()), str(today() - timedelta(days=1)))
    assert (await registry.admin.post(path, wrong)).status_code == 422
    assert (await registry.admin.post(path, entry("unloved", str(today()), None))).status_code == 422


async def test_a_direct_dispatch_freezes_the_named_inspectors_and_names_those_who_cannot_serve(
    registry: Registry,
) -> None:
    await registry.add_everything()
    await registry.imported(table(firms(2)))
    for code in ("LYJC001", "LYJC002", "LYJC003"):
        await registry.add_inspector(code)
    await registry.add_inspector("LYJC004", state="on_leave")
    await registry.add_inspector("LYJC005", licence_until=str(today() + timedelta(days=1)))
    snapshot = await frozen(registry, snapshot_request(inspectors=["LYJC003", "LYJC001"]))
    text = (await registry.file(snapshot.files.inspectors.model_dump())).decode()
    assert [line.split("\t")[0] for line in text.splitlines()] == ["LYJC001", "LYJC003"]
    problem = await refused(registry, snapshot_request(inspectors=["LYJC001", "LYJC004", "LYJC005", "NONE"]))
    assert problem["code"] == "inspector_unfit"
    assert [fault["where"] for fault in problem["faults"]] == ["LYJC004", "LYJC005", "NONE"]


async def test_who_lives_at_the_address_of_an_object_is_recused_without_anybody_learning_where(
    registry: Registry,
) -> None:
    await registry.add_everything()
    await registry.imported(table(firms(4)))
    for code in ("LYJC001", "LYJC002", "LYJC003"):
        await registry.add_inspector(code)
    homes = {"LYJC001": "中州路 （1）号", "LYJC002": "中州路2号", "LYJC003": "另一条路1号"}
    for code, address in homes.items():
        answer = await registry.admin.put(f"/registry/v1/inspectors/{code}/address", {"address": address})
        assert answer.status_code == 204
        assert "中州" not in (await registry.admin.get(f"/registry/v1/inspectors/{code}")).text
    declared = {"object_id": code_of(2), "reason": "shares"}
    shown = await registry.post("/inspectors/LYJC002/recusals", declared)
    assert (shown["ground"], shown["clause"]) == (
        "本人或近亲属持有检查对象股份", "《劳动保障监察条例》第十六条第二款",
    )  # fmt: skip
    unknown = {"object_id": code_of(2), "reason": "found_by_rule"}
    assert (await registry.admin.post("/registry/v1/inspectors/LYJC003/recusals", unknown)).status_code == 422
    snapshot = await frozen(registry, snapshot_request())
    lines = (await registry.file(snapshot.files.recusals.model_dump())).decode().splitlines()
    assert lines == [f"LYJC001\t{code_of(1)}\tfound_by_rule", f"LYJC002\t{code_of(2)}\tshares"]
    assert [(one.reason, one.pairs) for one in snapshot.declared] == [("shares", 1)], (
        "nobody declared the other"
    )
    stored = registry.rows("SELECT address_sealed FROM inspectors WHERE code = 'LYJC001'")[0][0]
    assert "中州".encode() not in bytes(stored)
    gone = await registry.admin.put("/registry/v1/inspectors/LYJC001/address", {"address": " "})
    assert gone.status_code == 204
    snapshot = await frozen(registry, snapshot_request())
    assert len(await registry.file(snapshot.files.recusals.model_dump())) == len(lines[1]) + 1


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


async def test_a_survey_that_takes_longer_than_its_asker_waits_is_given_up_and_says_so(
    registry: Registry,
) -> None:
    await registry.add_everything()
    asked = {"org": ORG, "lists": snapshot_request()["lists"], "seconds": 1}
    with psycopg.connect(registry.database.owner_url) as other:
        other.execute("LOCK TABLE subjects IN ACCESS EXCLUSIVE MODE")
        answer = await registry.draw.post("/registry/v1/snapshots/survey", asked)
    assert (answer.status_code, answer.json()["code"]) == (503, "survey_too_long")
    assert "1 秒内没有统计完" in answer.json()["detail"]
    assert (await registry.draw.post("/registry/v1/snapshots/survey", asked)).status_code == 200


async def test_a_survey_counts_every_combination_of_lists_and_strata_without_freezing(
    registry: Registry,
) -> None:
    await registry.add_everything()
    header = ["企业名称", "统一社会信用代码", "注册日期", "企业类型", "经营范围", "注册地址"]
    await registry.imported(table(firms(40), header))
    grades = [{"id": code_of(n), "grade": "B"} for n in range(0, 40, 3)]
    await registry.post("/grades", {"source": "平台", "month": "2026-10", "grades": grades})
    one = snapshot_request()["lists"][0]
    raises = [
        {"stratum": "X1", "criteria": {"grades": ["B"]}},
        {"stratum": "X2", "criteria": {"names_contain": "8"}},
    ]
    lists = [
        one | {"by_grade": True},
        one | {"code": "EIGHT", "criteria": {"names_contain": "8"}},
        one | {"code": "AGAIN", "by_grade": True, "raises": raises},
        one | {"code": "OTHER", "raises": raises[::-1]},
        one | {"code": "NONE", "criteria": {"names_contain": "没有这样的名字"}},
    ]
    answer = await registry.draw.post("/registry/v1/snapshots/survey", {"org": ORG, "lists": lists})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    by_places = {tuple(sorted(group["strata"].items())): group["objects"] for group in found["groups"]}
    snapshot = await frozen(registry, snapshot_request(lists=lists[:4]))
    lines = (await registry.file(snapshot.files.objects.model_dump())).decode().splitlines()
    places: dict[str, list[tuple[str, str]]] = {}
    for line in lines:
        code, subject, stratum, _ = line.split("\t")
        places.setdefault(subject, []).append((code, stratum))
    expected: dict[tuple[tuple[str, str], ...], int] = {}
    for held in places.values():
        expected[tuple(sorted(held))] = expected.get(tuple(sorted(held)), 0) + 1
    assert by_places == expected and len(expected) > 1
    assert found["register_size"] == len(places)
    asked = {"org": ORG, "lists": lists, "units_by": "org", "object_id": lines[0].split("\t")[1]}
    apart = (await registry.draw.post("/registry/v1/snapshots/survey", asked)).json()
    assert {group["unit"] for group in apart["groups"]} == {ORG.upper()}
    assert apart["object_strata"] == dict(places[lines[0].split("\t")[1]])
    alone = (await registry.draw.post("/registry/v1/snapshots/survey", {"org": ORG, "lists": []})).json()
    assert (alone["register_size"], alone["groups"]) == (len(places), [])
    labelled = one | {"criteria": {"labels": ["nobody-knows"]}}
    refused = await registry.draw.post("/registry/v1/snapshots/survey", {"org": ORG, "lists": [labelled]})
    assert refused.json()["code"] == "label_unknown"
    assert (
        await registry.admin.post("/registry/v1/snapshots/survey", {"org": ORG, "lists": []})
    ).status_code == 403
