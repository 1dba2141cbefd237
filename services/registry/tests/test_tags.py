"""Tags, what no item covers, and what is there twice."""

from typing import Any

from keeping import Registry, code_of, firms, snapshot_request, table
from suicha_contracts.values import credit_code_check_digit
from suicha_registry.rulesets.service import today


async def labelled(registry: Registry, code: str, **fields: Any) -> dict[str, Any]:
    return await registry.post("/labels", {"code": code, "name": code} | fields)


async def test_whoever_carries_a_tag_belongs_to_every_tag_above_it(registry: Registry) -> None:
    await registry.add_everything()
    await registry.imported(table(firms(3)))
    await labelled(registry, "HR", dimension="industry")
    await labelled(registry, "AGENCY", parent="HR")
    leaf = await labelled(registry, "DISPATCH", parent="AGENCY")
    assert leaf["parent"] == "AGENCY" and leaf["subjects"] == 0
    done = await registry.post("/labels/DISPATCH/subjects", {"ids": [code_of(0), "UNKNOWN"]})
    assert done == {"changed": 1, "subjects": 1}
    done = await registry.post("/labels/AGENCY/subjects", {"where": {"name": "第2商贸"}})
    assert done == {"changed": 1, "subjects": 1}
    assert await registry.found("label=HR") == [code_of(0), code_of(2)]
    assert await registry.found("label=DISPATCH") == [code_of(0)]
    request = snapshot_request()
    request["lists"][0]["criteria"] = {"labels": ["HR"]}
    assert (await registry.draw.post("/registry/v1/snapshots", request)).json()["counts"] == {"HR": 2}

    async def changed(code: str, **fields: Any) -> int:
        path = f"/registry/v1/labels/{code}"
        answer = await registry.admin.put(path, {"name": code} | fields, headers={"If-Match": "*"})
        return answer.status_code

    assert await changed("HR", parent="DISPATCH") == 422, "a tag may not lie below itself"
    assert await changed("AGENCY", parent="NONE") == 422
    assert await changed("AGENCY") == 200
    assert await registry.found("label=HR") == []
    path = "/registry/v1/labels/HR"
    assert (await registry.admin.put(path, {"name": "x"}, headers={"If-Match": '"99"'})).status_code == 412


async def test_a_rule_takes_off_only_what_a_rule_put_on_and_from_when_to_when_is_kept(
    registry: Registry,
) -> None:
    rows = firms(3)
    rows[0][0] = "洛阳人力资源有限公司"
    await registry.imported(table(rows))
    await labelled(registry, "HR", rule={"name_contains": ["人力资源"]})
    assert (await registry.post("/labels/HR/subjects", {"ids": [code_of(1)]}))["subjects"] == 2
    rows[0][0] = "洛阳改行有限公司"
    await registry.imported(table(rows))
    await registry.post("/labels/HR/apply", None)
    assert await registry.found("label=HR") == [code_of(1)]
    assert registry.rows("SELECT subject_id, origin, taken_by FROM subject_label_ends") == [
        (code_of(0), "rule", "registry-admin")
    ]
    done = await registry.post("/labels/HR/subjects", {"ids": [code_of(1)], "remove": True})
    assert done == {"changed": 1, "subjects": 0}
    both = {"ids": [code_of(1)], "where": {}}
    assert (await registry.admin.post("/registry/v1/labels/HR/subjects", both)).status_code == 422


async def test_a_tag_for_other_items_or_of_another_body_or_past_its_day_chooses_nobody(
    registry: Registry,
) -> None:
    await registry.add_everything()
    await registry.imported(table(firms(1)))
    past = str(today().replace(year=today().year - 1))
    await labelled(registry, "OTHER", items=["LY-OTHER"])
    await labelled(registry, "PAST", valid_to=past)
    await labelled(registry, "MINE", items=["RZ-HR-01"])
    neighbour = registry.client("registry-admin", org="410300-scjg")
    made = await registry.post("/labels", {"code": "THEIRS", "name": "x", "own": True}, neighbour)
    assert made["org"] == "410300-scjg"

    async def code_for(label: str) -> str:
        request = snapshot_request()
        request["lists"][0]["criteria"] = {"labels": [label]}
        answer = (await registry.draw.post("/registry/v1/snapshots", request)).json()
        return str(answer.get("code", "frozen"))

    assert await code_for("MINE") == "frozen"
    assert await code_for("OTHER") == "label_not_for_item"
    assert await code_for("PAST") == "label_unknown"
    assert await code_for("THEIRS") == "label_unknown"
    listed = (await registry.admin.get("/registry/v1/labels")).json()["items"]
    assert [one["code"] for one in listed] == ["MINE", "OTHER", "PAST"]
    of_item = (await registry.admin.get("/registry/v1/labels?item=RZ-HR-01")).json()["items"]
    assert [one["code"] for one in of_item] == ["MINE"]
    assert (await registry.admin.post("/registry/v1/labels/THEIRS/apply")).status_code == 404


async def test_objects_without_item_and_items_without_object_are_reported(registry: Registry) -> None:
    await registry.add_everything()
    await registry.add_item("RZ-HR-02")
    await registry.add_item("RZ-HR-03", publish=False)
    await registry.imported(table(firms(3)))

    async def report() -> tuple[int, int, int]:
        shown = (await registry.admin.get("/registry/v1/completeness")).json()
        return shown["objects"], shown["objects_without_item"], shown["items_without_object"]

    async def lacking() -> list[tuple[str, str]]:
        shown = (await registry.admin.get("/registry/v1/completeness/items")).json()
        return [(one["code"], one["lack"]) for one in shown]

    assert await report() == (3, 3, 2)
    assert await lacking() == [("RZ-HR-01", "no_label"), ("RZ-HR-02", "no_label")]
    await labelled(registry, "TOP", items=["RZ-HR-01"])
    await labelled(registry, "LEAF", parent="TOP")
    await labelled(registry, "DRAFT", items=["RZ-HR-03"])
    assert await lacking() == [("RZ-HR-01", "no_object"), ("RZ-HR-02", "no_label")]
    await registry.post("/labels/LEAF/subjects", {"ids": [code_of(0)]})
    await registry.post("/labels/DRAFT/subjects", {"ids": [code_of(1)]})
    assert await report() == (3, 2, 1), "an item that is not published covers nobody"
    path = "/registry/v1/completeness/objects"
    first = (await registry.admin.get(f"{path}?limit=1")).json()
    rest = (await registry.admin.get(f"{path}?limit=1&cursor={first['next_cursor']}")).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == [code_of(1), code_of(2)]
    other = registry.client("registry-admin", region="410100", org="410100-rsj")
    assert (await other.get("/registry/v1/completeness")).json()["objects"] == 0


async def test_what_is_there_twice_is_merged_by_two_people_and_the_old_id_leads_to_the_new(
    registry: Registry,
) -> None:
    rows = firms(4)
    rows[1][0], rows[2][0] = "洛阳（龙门） 商贸有限公司", "洛阳(龙门)商贸有限公司"
    again = rows[0][1][:2] + "410302" + rows[0][1][8:17]
    rows.append(["洛阳换发有限公司", again + credit_code_check_digit(again), *rows[0][2:]])
    await registry.imported(table(rows))
    assert (await registry.post("/duplicates/compare", None))["found"] == 2
    assert (await registry.post("/duplicates/compare", None))["found"] == 0
    pairs = (await registry.admin.get("/registry/v1/duplicates")).json()["items"]
    by_ground = {tuple(one["grounds"]): one for one in pairs}
    assert set(by_ground) == {("code",), ("name",)}
    pair = by_ground["name",]
    kept, gone = pair["first"]["id"], pair["second"]["id"]
    assert {kept, gone} == {code_of(1), code_of(2)}
    body = {"list_code": "key_watch", "valid_from": str(today()), "source": "文件"}
    await registry.post(f"/subjects/{gone}/lists", body)
    path = f"/registry/v1/duplicates/{pair['id']}"
    match = {"If-Match": "*"}
    early = await registry.admin.post(f"{path}/merge", headers=match)
    assert (early.status_code, early.json()["code"]) == (409, "wrong_state")
    proposal = {"kept_id": kept, "reason": "括号写法不同"}
    assert (await registry.admin.post(f"{path}/propose", proposal)).status_code == 428
    stranger = proposal | {"kept_id": code_of(3)}
    assert (await registry.admin.post(f"{path}/propose", stranger, headers=match)).status_code == 409
    assert (await registry.admin.post(f"{path}/propose", proposal, headers=match)).status_code == 200
    assert (await registry.admin.post(f"{path}/merge", headers=match)).json()["code"] == "same_person"
    second = registry.client("registry-admin", subject="second")
    merged = await second.post(f"{path}/merge", headers=match)
    assert (merged.status_code, merged.json()["state"]) == (200, "merged")

    old = await registry.admin.get(f"/registry/v1/subjects/{gone}")
    assert (old.status_code, old.headers["location"]) == (308, f"/registry/v1/subjects/{kept}")
    assert (await registry.admin.get(f"/registry/v1/subjects/{kept}")).json()["lists"] == ["key_watch"]
    history = (await registry.admin.get(f"/registry/v1/subjects/{gone}/changes")).json()["items"]
    assert history[0]["after"] == {"status": "cancelled", "merged_into": kept}
    fed = (await registry.admin.get("/registry/v1/subjects/changes")).json()["items"]
    assert [one["subject"]["id"] for one in fed if one["deed"] == "merged"] == [gone]
    other = by_ground["code",]
    reason = {"reason": "确为两家企业"}
    path = f"/registry/v1/duplicates/{other['id']}"
    assert (await second.post(f"{path}/dismiss", reason, headers=match)).json()["state"] == "dismissed"
    assert (await second.post(f"{path}/propose", proposal, headers=match)).status_code == 409
    assert (await registry.post("/duplicates/compare", None))["found"] == 0
