"""Rulesets, calendars, items, forms, inspectors, objects: what is refused, what is masked, who sees what."""

from datetime import timedelta

import pytest
from keeping import ORG, PAPER, RULESETS, Registry, code_of, firms, table
from stdnum.cn import ric
from suicha_chassis import testing
from suicha_registry.inspectors.identity import masked
from suicha_registry.rulesets.service import today

TEXT = (RULESETS / f"{ORG}@2022.1.yaml").read_text(encoding="utf-8")
NUMBER = "11010519491231002X"


async def test_every_ruleset_that_ships_can_be_published_and_read_by_anyone(registry: Registry) -> None:
    for path in sorted(RULESETS.glob("*.yaml")):
        admin = registry.client("registry-admin", region=path.stem[:6], org=path.stem[:10])
        answer = await admin.post("/registry/v1/rulesets", {"yaml": path.read_text(encoding="utf-8")})
        assert answer.status_code == 201, answer.text
    anyone = testing.Client(registry.http)
    shown = (await anyone.get("/public/rulesets")).json()["items"]
    assert [one["id"] for one in shown] == [
        "130102-rsj",
        "130227-rsj",
        "410300-rsj",
        "410482-rsj",
        "441624-rsj",
    ]
    whole = (await anyone.get(f"/public/rulesets/{ORG}")).json()
    assert whole["ruleset"]["disclosure"]["deadline"]["value"]["days"] == 20
    assert {event["sha256"] for event in registry.events("ruleset_published")} == {o["sha256"] for o in shown}


async def test_a_ruleset_version_is_published_once_and_never_with_another_content(registry: Registry) -> None:
    first = await registry.admin.post("/registry/v1/rulesets", {"yaml": TEXT})
    again = await registry.admin.post("/registry/v1/rulesets", {"yaml": "# 注释不同\n" + TEXT})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["sha256"] == again.json()["sha256"]
    other = await registry.admin.post(
        "/registry/v1/rulesets",
        {"yaml": TEXT.replace("value: 20", "value: 21", 1).replace("days: 20", "days: 21")},
    )
    assert (other.status_code, other.json()["code"]) == (409, "ruleset_exists")
    assert len(registry.events("ruleset_published")) == 1


async def test_mistakes_in_a_ruleset_are_told_with_line_field_and_clause(registry: Registry) -> None:
    lines = TEXT.splitlines()
    at = next(n for n, line in enumerate(lines) if line.strip() == "deadline:")
    value = next(n for n in range(at, len(lines)) if "value:" in lines[n])
    clause = next(line for line in lines[at:] if "clause:" in line).split(":", 1)[1].strip().strip('"')
    lines[value] = lines[value].split("value:")[0] + "value: {kind: workdays, days: 20}"
    answer = await registry.admin.post("/registry/v1/rulesets", {"yaml": "\n".join(lines)})
    assert (answer.status_code, answer.json()["code"]) == (422, "ruleset_invalid")
    where = answer.json()["faults"][0]["where"]
    assert f"第 {value + 1} 行" in where and "disclosure.deadline" in where and clause in where


@pytest.mark.parametrize(
    ("yaml", "code"),
    [
        ("a: [", "yaml_invalid"),
        ("", "string_too_short"),
        ("id: 1\nid: 2", "repeated_key"),
        (TEXT.replace("[complaint_case", "[no_such_code"), "unknown_code"),
    ],
)
async def test_what_is_no_ruleset_is_refused(registry: Registry, yaml: str, code: str) -> None:
    answer = await registry.admin.post("/registry/v1/rulesets", {"yaml": yaml})
    assert answer.status_code == 422 and answer.json()["faults"][0]["code"] == code


@pytest.mark.parametrize(
    ("yaml", "code", "line"),
    [
        ("id: x\nname: " + "[" * 5000, "yaml_depth", 2),
        ("id: x\nname: &a [*a]", "yaml_alias", 2),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]", "yaml_alias", 2),
        ('id: "\\0"', "yaml_character", 1),
        ('id: "\\ud800"', "yaml_character", 1),
        (TEXT.replace("value: 500", "value: 0xffffffffffffffff", 1), "number_too_large", None),
    ],
)
async def test_what_would_make_a_reader_of_yaml_run_away_is_refused_with_its_line(
    registry: Registry, yaml: str, code: str, line: int | None
) -> None:
    answer = await registry.admin.post("/registry/v1/rulesets", {"yaml": yaml})
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["faults"]
    assert fault["code"] == code and fault["where"].startswith(f"第 {line or ''}".rstrip())


async def test_a_ruleset_of_another_region_is_not_mine_to_publish(registry: Registry) -> None:
    county = registry.client("registry-admin", region="410482", org="410482-rsj")
    assert (await county.post("/registry/v1/rulesets", {"yaml": TEXT})).status_code == 403


async def test_a_year_without_official_calendar_is_refused_until_it_is_imported(registry: Registry) -> None:
    known = await registry.province.post("/registry/v1/calendars", {"year": 2026})
    assert known.status_code == 201 and "2026-10-01" in known.json()["holidays"]
    guess = await registry.province.post("/registry/v1/calendars", {"year": 2027})
    assert (guess.status_code, guess.json()["code"]) == (422, "calendar_unknown")
    days = {"year": 2027, "holidays": ["2027-01-01"], "workdays": ["2027-02-06"], "source": "国办发明电"}
    assert (await registry.province.post("/registry/v1/calendars", days)).json()["revision"] == 1
    assert (await registry.province.post("/registry/v1/calendars", days)).status_code == 200
    told = registry.events("calendar_published")
    assert [(event["year"], event["revision"]) for event in told] == [(2026, 1), (2027, 1)]
    weekend = days | {"holidays": ["2027-01-02"]}
    assert (await registry.province.post("/registry/v1/calendars", weekend)).status_code == 422


async def test_what_binds_everybody_is_not_a_county_s_or_a_city_s_to_change(registry: Registry) -> None:
    days = {"year": 2027, "holidays": ["2027-01-01"], "workdays": [], "source": "国办发明电"}
    county = registry.client("registry-admin", region="410482", org="410482-rsj")
    for somebody in (county, registry.admin):
        answer = await somebody.post("/registry/v1/calendars", days)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        known = (await registry.admin.get("/registry/v1/code-sets")).json()[0]
        assert (await somebody.post("/registry/v1/code-sets", known | {"id": "ly-2027"})).status_code == 403
    assert registry.events("calendar_published") == []
    assert (await registry.province.post("/registry/v1/calendars", days)).status_code == 201
    changed = days | {"holidays": ["2027-01-04"]}
    assert (await registry.province.post("/registry/v1/calendars", changed)).json()["revision"] == 2
    assert [event["revision"] for event in registry.events("calendar_published")] == [1, 2]


async def test_an_item_without_legal_basis_or_form_is_not_published(registry: Registry) -> None:
    await registry.add_organisation()
    bare = await registry.add_item("LY-01", publish=False, basis=False)
    answer = await registry.admin.post(f"/registry/v1/items/{bare['id']}/publish", PAPER)
    assert (answer.status_code, answer.json()["code"]) == (422, "no_legal_basis")
    formless = await registry.add_item("LY-02", publish=False)
    answer = await registry.admin.post(f"/registry/v1/items/{formless['id']}/publish", PAPER)
    assert (answer.status_code, answer.json()["code"]) == (422, "no_form")
    assert registry.events("item_list_published") == []


async def test_a_changed_item_leaves_the_published_list_until_it_is_reviewed_again(
    registry: Registry,
) -> None:
    await registry.add_everything()
    item = (await registry.admin.get("/registry/v1/items?code=RZ-HR-01")).json()["items"][0]
    anyone = testing.Client(registry.http)
    assert [one["code"] for one in (await anyone.get("/public/items")).json()["items"]] == ["RZ-HR-01"]
    path = f"/registry/v1/items/{item['id']}"
    stale = await registry.admin.patch(path, {"name": "新名"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await registry.admin.patch(path, {"name": "新名"})).status_code == 428
    tag = f'"{item["version"]}"'
    changed = await registry.admin.patch(path, {"name": "新名"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["state"]) == (200, "draft")
    assert (await anyone.get("/public/items")).json()["items"] == []
    assert (await registry.admin.post(f"{path}/publish", PAPER)).json()["state"] == "published"
    lists = registry.events("item_list_published")
    assert [(one["version"], one["items"]) for one in lists] == [(1, ["RZ-HR-01"]), (2, ["RZ-HR-01"])]
    kept = (await anyone.get(f"/public/items/versions?org={ORG}")).json()["items"]
    assert [(one["version"], one["items"]) for one in kept] == [(2, ["RZ-HR-01"]), (1, ["RZ-HR-01"])]
    assert (await anyone.get("/public/items/versions?org=110000-rsj")).json()["items"] == []


async def test_forms_are_numbered_and_their_schema_follows_the_questions(registry: Registry) -> None:
    await registry.add_organisation()
    question = {"key": "q", "text": "是否持证", "type": "choice", "options": ["是", "否"], "required": True}
    body = {"code": "F", "name": "表", "questions": [question]}
    first, second = await registry.post("/forms", body), await registry.post("/forms", body)
    assert (first["version"], second["version"]) == (1, 2)
    assert first["json_schema"]["properties"]["q"]["enum"] == ["是", "否"]
    assert first["json_schema"]["required"] == ["q"]
    wrong = body | {"questions": [question | {"options": ["是"]}, question | {"type": "picture"}]}
    answer = await registry.admin.post("/registry/v1/forms", wrong)
    assert answer.json()["code"] == "form_invalid" and len(answer.json()["faults"]) == 3


async def test_identity_numbers_are_sealed_masked_and_revealed_only_to_their_keeper(
    registry: Registry,
) -> None:
    await registry.add_organisation()
    made = await registry.add_inspector("LYJC001", identity_number=NUMBER)
    assert made["identity_masked"] == "110*************2X" and made["identity_number"] is None
    [(sealed,)] = registry.rows("SELECT identity_sealed FROM inspectors")
    assert NUMBER.encode() not in bytes(sealed)
    path = "/registry/v1/inspectors/LYJC001?reveal=true"
    assert (await registry.admin.get(path)).json()["identity_number"] == NUMBER
    assert (await registry.client("planner").get(path)).status_code == 403
    assert registry.rows("SELECT actor, object_id FROM audit_entries WHERE action = 'reveal_identity'") == [
        ("registry-admin", "LYJC001")
    ]
    assert registry.rows("SELECT count(*) FROM audit_entries WHERE after::text LIKE %s", f"%{NUMBER}%") == [
        (0,)
    ]


async def test_a_patch_corrects_an_identity_number_and_leaves_it_alone_where_it_does_not_name_it(
    registry: Registry,
) -> None:
    await registry.add_organisation()
    made = await registry.add_inspector("LYJC001", identity_number=NUMBER)
    path, anything = "/registry/v1/inspectors/LYJC001", {"If-Match": "*"}
    other = await registry.admin.patch(path, {"name": "张二", "region": "410305"}, headers=anything)
    assert (other.json()["identity_masked"], other.json()["region"]) == (made["identity_masked"], "410305")
    assert (await registry.admin.get(f"{path}?reveal=true")).json()["identity_number"] == NUMBER
    assert (await registry.admin.patch(path, {"identity_number": "1"}, headers=anything)).status_code == 422
    right = "11010519491231003" + ric.calc_check_digit("11010519491231003?")
    corrected = await registry.admin.patch(path, {"identity_number": right}, headers=anything)
    assert corrected.json()["identity_masked"] == masked(right)
    assert (await registry.admin.get(f"{path}?reveal=true")).json()["identity_number"] == right
    kept = str(registry.rows("SELECT before, after FROM audit_entries WHERE action = 'edit'"))
    assert masked(right) in kept and right not in kept and NUMBER not in kept
    elsewhere = await registry.admin.patch(path, {"region": "410482"}, headers=anything)
    assert elsewhere.status_code == 403, "nobody hands a row to where he may not write"


async def test_nobody_comes_back_to_service_with_a_licence_that_has_run_out(registry: Registry) -> None:
    await registry.add_organisation()
    await registry.add_inspector("LYJC001")
    path, anything = "/registry/v1/inspectors/LYJC001", {"If-Match": "*"}
    over = {"state": "left", "licence_until": str(today() - timedelta(days=1))}
    assert (await registry.admin.patch(path, over, headers=anything)).status_code == 200
    back = await registry.admin.patch(path, {"state": "active"}, headers=anything)
    assert (back.status_code, back.json()["code"]) == (422, "licence_expired")
    renewed = {"state": "active", "licence_until": str(today())}
    assert (await registry.admin.patch(path, renewed, headers=anything)).json()["state"] == "active"


async def test_an_item_is_given_only_to_departments_that_there_are_however_it_is_changed(
    registry: Registry,
) -> None:
    await registry.add_organisation()
    await registry.add_form()
    item = await registry.add_item("LY-01", publish=False)
    path, anything = f"/registry/v1/items/{item['id']}", {"If-Match": "*"}
    refused = await registry.admin.patch(path, {"department": "NOBODY"}, headers=anything)
    assert (refused.status_code, refused.json()["code"]) == (422, "department_unknown")
    assert (await registry.admin.get(path)).json()["department"] == ""
    assert (await registry.admin.patch(path, {"department": "LDJC"}, headers=anything)).status_code == 200
    cleared = await registry.admin.patch(path, {"department": ""}, headers=anything)
    assert cleared.json()["department"] == ""


async def test_an_expired_licence_or_a_wrong_identity_number_is_refused(registry: Registry) -> None:
    await registry.add_organisation()
    body = {"code": "LYJC001", "name": "张", "department": "LDJC", "licence_no": "1"}
    old = body | {"licence_until": str(today() - timedelta(days=1))}
    answer = await registry.admin.post("/registry/v1/inspectors", old)
    assert (answer.status_code, answer.json()["code"]) == (422, "licence_expired")
    wrong = body | {"licence_until": "2099-01-01", "identity_number": NUMBER[:-1] + "1"}
    assert (await registry.admin.post("/registry/v1/inspectors", wrong)).status_code == 422
    stranger = body | {"licence_until": "2099-01-01", "department": "NONE"}
    assert (await registry.admin.post("/registry/v1/inspectors", stranger)).json()[
        "code"
    ] == "department_unknown"


async def test_another_region_neither_sees_nor_changes_what_is_ours(registry: Registry) -> None:
    await registry.add_everything()
    await registry.add_inspector("LYJC001")
    await registry.imported(table(firms(1)))
    other = registry.client("registry-admin", region="410100", org="410100-rsj")
    for path in ("/subjects", "/inspectors", "/items", "/organisations", "/forms", "/labels", "/imports"):
        assert (await other.get(f"/registry/v1{path}")).json()["items"] == [], path
    for path in (f"/subjects/{code_of(0)}", "/inspectors/LYJC001", f"/organisations/{ORG}"):
        assert (await other.get(f"/registry/v1{path}")).status_code == 404, path
        patched = await other.patch(f"/registry/v1{path}", {"name": "x"}, headers={"If-Match": "*"})
        assert patched.status_code == 404, path
    grades = {"source": "平台", "month": "2026-10", "grades": [{"id": code_of(0), "grade": "D"}]}
    assert (await registry.post("/grades", grades, other))["unknown"] == 1
    neighbour = registry.client("registry-admin", org="410300-scjg")
    patched = await neighbour.patch(
        "/registry/v1/inspectors/LYJC001", {"name": "x"}, headers={"If-Match": "*"}
    )
    assert patched.status_code == 404


async def test_objects_are_found_by_name_code_label_and_grade_page_by_page(registry: Registry) -> None:
    rows = firms(5)
    rows[2][0], rows[3][4] = "洛阳百事人力资源有限公司", "劳务派遣；职业中介活动"
    rows[4][0] = "100%_人力资源培训"
    await registry.imported(table(rows))
    rule = {"name_contains": ["人力资源"], "scope_contains": ["职业中介"], "exclude_name": ["培训"]}
    label = await registry.post("/labels", {"code": "HR", "name": "人力资源服务机构", "rule": rule})
    assert label["subjects"] == 2
    grades = {"source": "平台", "month": "2026-10", "grades": [{"id": code_of(2), "grade": "C"}]}
    assert (await registry.post("/grades", grades))["changed"] == 1

    async def found(query: str) -> list[str]:
        return [
            one["id"] for one in (await registry.admin.get(f"/registry/v1/subjects?{query}")).json()["items"]
        ]

    assert await found("label=HR") == sorted([code_of(2), code_of(3)])
    assert await found("grade=C&name=百事") == [code_of(2)]
    assert await found("name=%25_") == [code_of(4)]
    assert await found(f"code={code_of(1)[:17]}") == [code_of(1)]
    assert await found("region=4104") == []
    first = (await registry.admin.get("/registry/v1/subjects?limit=3")).json()
    rest = (await registry.admin.get(f"/registry/v1/subjects?limit=3&cursor={first['next_cursor']}")).json()
    assert len(first["items"]) == 3 and len(rest["items"]) == 2 and rest["next_cursor"] is None


async def test_a_label_follows_its_rule_when_it_is_applied_again(registry: Registry) -> None:
    rows = firms(2)
    rows[0][0] = "洛阳人力资源有限公司"
    await registry.imported(table(rows))
    rule = {"name_contains": ["人力资源"]}
    await registry.post("/labels", {"code": "HR", "name": "x", "rule": rule})
    rows[0][0], rows[1][0] = "洛阳改行有限公司", "洛阳新人力资源有限公司"
    await registry.imported(table(rows))
    assert (await registry.post("/labels/HR/apply", None))["subjects"] == 1
    shown = (await registry.admin.get("/registry/v1/subjects?label=HR")).json()["items"]
    assert [one["id"] for one in shown] == [code_of(1)]
    bare = (await registry.admin.get("/registry/v1/subjects?unlabelled=true")).json()["items"]
    assert [one["id"] for one in bare] == [code_of(0)]


async def test_grades_come_from_a_file_too_and_a_change_is_history(registry: Registry) -> None:
    await registry.imported(table(firms(3)))
    sheet = table([[code_of(n), "A"] for n in range(4)], ["统一社会信用代码", "信用等级"])
    body = {"source": "平台", "month": "2026-10", "upload_sha256": await registry.upload(sheet)}
    first = await registry.post("/grades", body)
    assert (first["changed"], first["unchanged"], first["unknown"]) == (3, 0, 1)
    assert (await registry.post("/grades", body))["unchanged"] == 3
    later = {"source": "平台", "month": "2026-11", "grades": [{"id": code_of(0), "grade": "B"}]}
    assert (await registry.post("/grades", later))["changed"] == 1
    changes = (await registry.admin.get(f"/registry/v1/subjects/{code_of(0)}/changes")).json()["items"]
    assert [changes[0][side]["credit_grade"] for side in ("before", "after")] == ["A", "B"]


async def test_an_object_is_edited_under_its_version_and_keeps_its_history(registry: Registry) -> None:
    await registry.imported(table(firms(1)))
    path = f"/registry/v1/subjects/{code_of(0)}"
    tag = (await registry.admin.get(path)).headers["etag"]
    changed = await registry.admin.patch(path, {"unit": "LY-1"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["unit"]) == (200, "LY-1")
    assert (await registry.admin.patch(path, {"unit": "LY-2"}, headers={"If-Match": tag})).status_code == 412
    changes = (await registry.admin.get(f"{path}/changes")).json()["items"]
    assert [(one["actor"], one["after"]) for one in changes] == [("registry-admin", {"unit": "LY-1"})]


async def test_an_unlicensed_agency_is_registered_without_a_credit_code(registry: Registry) -> None:
    body = {"id": "WZ-001", "kind": "unlicensed", "region": "410300", "name": "无证职介所"}
    assert (await registry.post("/subjects", body))["kind"] == "unlicensed"
    assert (await registry.admin.post("/registry/v1/subjects", body)).json()["code"] == "already_exists"
    firm = body | {"id": "WZ-002", "kind": "enterprise"}
    assert (await registry.admin.post("/registry/v1/subjects", firm)).status_code == 422


async def test_a_closed_inspection_is_remembered_on_the_object(registry: Registry) -> None:
    await registry.imported(table(firms(1)))
    await registry.inspected(code_of(0), today())
    shown = (await registry.admin.get(f"/registry/v1/subjects/{code_of(0)}")).json()
    assert shown["last_inspected_on"] == str(today())
