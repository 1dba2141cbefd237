"""计划与任务: rows P1–P17 of the features that the platform carries out, each through the gateway alone."""

import io
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from openpyxl import load_workbook
from suicha_local.demo.client import china_today, wait_for

pytestmark = pytest.mark.slow

PRINTED = {
    "name": "人力资源服务机构抽查", "object_range": "汝州市人力资源服务机构", "ratio_bp": 550,
    "frequency": "1-2 次", "method": "实地检查", "item_names": ["对人力资源服务机构的检查"],
    "basis": ["《人力资源市场暂行条例》第三十四条", "《劳动保障监察条例》第十一条"],
    "joint_departments": ["人力资源市场科"],
}  # fmt: skip


@pytest.fixture
def page_of(running):
    """Read the page of a plan on the public website, once it is there."""
    site = httpx.Client(base_url=running.home.site)

    def read(plan):
        def shown():
            listed = site.get("/plans").text
            path = next((part.split('"')[0] for part in listed.split('href="') if plan["id"] in part), None)
            return site.get(path).text if path else None

        return wait_for("计划出现在公示网站", shown)

    yield read
    site.close()


@pytest.fixture(scope="module")
def rules_of_qianxi(bureau):
    """The values of 迁西 (S4) as a ruleset of 汝州."""
    bureau.ruleset("130227-rsj@2024.1.yaml", "410482-qx")
    return "410482-qx"


def test_p1_the_yearly_plan_shows_the_eight_columns_of_the_annex(bureau, make_task, page_of):
    plan = bureau.published(make_task(**PRINTED))
    (shown,) = bureau.anyone().get(f"/public/plans/{plan['id']}")["tasks"]
    assert {name: shown[name] for name in PRINTED} == PRINTED
    assert (shown["number"], shown["month"]) == ("001号", china_today().month)
    page = page_of(plan)
    for head in ("抽查任务名称", "抽查对象范围", "抽查比例", "抽查频次", "抽查方式", "检查时间", "抽查依据"):
        assert f">{head}<" in page
    when = f"{plan['year']}年{china_today().month}月"
    for cell in (PRINTED["name"], PRINTED["object_range"], "5.5%", "1-2 次", "实地检查", when):
        assert f"<td>{cell}</td>" in page
    assert "、".join(PRINTED["basis"]) in page
    path = f"/draw/v1/plans/{bureau.draft()['id']}/tasks"
    for missing in ("name", "mode", "month", "items"):
        body = make_task(**PRINTED)
        del body[missing]
        assert bureau.sign_in("planner").refused("POST", path, body)["status"] == 422
    assert bureau.sign_in("planner").refused("POST", path, make_task(ratio_bp=None))["status"] == 422


def test_p2_the_internal_joint_plan_is_named_and_numbered_as_its_table_wants_and_has_a_month(
    bureau, make_task, page_of, rules_of_qianxi
):
    body = make_task(**PRINTED | {"ratio_bp": 1000})
    plan = bureau.published(body, body | {"name": "第二项", "list_code": "CAP2"}, ruleset_id=rules_of_qianxi,
                            org_name="汝州市人社局", department="监察大队")  # fmt: skip
    serial = plan["number"][4:]
    assert plan["number"].startswith(str(plan["year"])) and serial.isdigit() and len(serial) == 3
    assert plan["name"] == f"{plan['year']}年监察大队内部联合随机抽查{serial}"
    assert [one["number"] for one in plan["tasks"]] == ["001号", "002号"]
    page = page_of(plan)
    for cell in ("汝州市人社局", plan["number"], plan["name"], "002号", "定向", "10%", "劳动保障监察支队"):
        assert cell in page
    for head in ("抽查计划编号", "抽查任务编号", "抽查类型", "抽查事项", "发起处室", "联合处室", "抽查时间"):
        assert f">{head}<" in page
    _expect_printed(bureau, plan, rules_of_qianxi)
    path = f"/draw/v1/plans/{bureau.draft(rules_of_qianxi)['id']}/tasks"
    for month in (None, 0, 13):
        assert bureau.sign_in("planner").refused("POST", path, body | {"month": month})["status"] == 422
    assert bureau.sign_in("planner").refused("POST", path, body | {"ratio_bp": 999})["code"] == (
        "ratio_below_floor"
    )


def _expect_printed(bureau, plan, ruleset_id):
    """Make sure that a plan comes as a workbook and as a PDF with the columns that its document prints."""
    ruleset = bureau.anyone().get(f"/public/rulesets/{ruleset_id}")["ruleset"]
    columns = ruleset["planning"]["table"]["quote"].split("\t")
    assert len(columns) == 13
    for session, path in ((bureau.anyone(), "/public"), (bureau.sign_in("planner"), "/draw/v1")):
        export = f"{path}/plans/{plan['id']}/export"
        workbook = session.send("GET", export)
        sheet = load_workbook(io.BytesIO(workbook.content)).active
        rows = [[cell.value for cell in row if cell.value] for row in sheet.iter_rows()]
        at = rows.index(columns)
        for row, task in zip(rows[at + 1 : at + 1 + len(plan["tasks"])], plan["tasks"], strict=True):
            assert [plan["number"], plan["name"], task["number"], task["name"], "定向抽查", "10%"] == row[2:8]
            assert row[-1] == f"{plan['year']}年{task['month']}月"
        document = session.send("GET", export, params={"format": "pdf"})
        assert document.headers["content-type"] == "application/pdf"
        assert document.content.startswith(b"%PDF-")
        streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", document.content, re.DOTALL)
        maps = b"".join(one for one in streams if b"beginbfchar" in one or b"beginbfrange" in one).lower()
        for letter in set("".join([*columns, plan["name"], *(one["name"] for one in plan["tasks"])])):
            assert f"{ord(letter):04x}".encode() in maps, f"{letter} cannot be found by searching"


def test_p3_plans_and_tasks_made_at_the_same_moment_get_numbers_of_their_own(bureau, make_task):
    with ThreadPoolExecutor(50) as pool:
        plans = list(pool.map(lambda _: bureau.draft(year=2031), range(50)))
        numbers = sorted(plan["number"] for plan in plans)
        path = f"/draw/v1/plans/{plans[0]['id']}/tasks"
        planner = bureau.sign_in("planner")
        tasks = list(pool.map(lambda _: planner.post(path, make_task()), range(50)))
    assert numbers == [f"2031{serial:03d}" for serial in range(1, 51)]
    assert sorted(one["number"] for one in tasks) == [f"{serial:03d}号" for serial in range(1, 51)]


def test_p3_the_same_request_sent_twice_is_one_plan(bureau):
    planner, key = bureau.sign_in("planner"), {"Idempotency-Key": "ca-p3-twice"}
    body = {"year": 2032, "ruleset_id": "410482-rsj"}
    first, second = (planner.post("/draw/v1/plans", body, **key) for _ in range(2))
    assert first["id"] == second["id"] and first["number"] == "2032001"
    assert planner.post("/draw/v1/plans", body)["number"] == "2032002"


def test_p16_kinds_of_inspection_outside_random_draws_are_refused_with_the_clause_of_each_ruleset(
    bureau, make_task, rules_of_qianxi
):
    planner = bureau.sign_in("planner")
    bureau.ruleset("441624-rsj@2019.1.yaml", "410482-hp16")
    outside = {
        "410482-rsj": ("internal_government", "complaint_case", "major_hazard", "special_campaign"),
        "410482-hp16": ("complaint_case", "data_monitoring", "assigned", "superior_request"),
        rules_of_qianxi: ("obvious_clue",),
    }
    for ruleset, kinds in outside.items():
        clause = bureau.anyone().get(f"/public/rulesets/{ruleset}")["ruleset"]["selection"]
        path = f"/draw/v1/plans/{bureau.draft(ruleset)['id']}/tasks"
        for kind in kinds:
            refused = planner.refused("POST", path, make_task(kind=kind))
            assert refused["code"] == "outside_random_draws"
            assert f"“{clause['outside_random_draws']['clause']}”不列入随机抽查" in refused["detail"]
        assert planner.post(path, make_task(kind="random"))["kind"] == "random"
    bureau.ruleset("410300-rsj@2022.1.yaml", "410482-ly16")
    path = f"/draw/v1/plans/{bureau.draft('410482-ly16')['id']}/tasks"
    assert planner.post(path, make_task(kind="complaint_case"))["kind"] == "complaint_case"
    assert planner.refused("POST", path, make_task(kind="obvious_clue"))["code"] == "outside_random_draws"
