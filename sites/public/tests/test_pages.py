"""The pages as a visitor without JavaScript sees them."""

import hashlib
import re
import subprocess
from html import unescape
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from sites.public.tests.conftest import CODE, PLAN_ID, RECORD_ID, Adapter, line, plan

EVERY_PAGE = [
    "/",
    "/plans",
    f"/plans/{PLAN_ID}",
    "/draws",
    "/draws/410300-2026-0001",
    "/results",
    f"/results/{RECORD_ID}",
    f"/objects/{CODE}",
    "/search?q=牡丹",
    "/about",
]


@pytest.fixture
def full(site: TestClient, adapter: Adapter) -> TestClient:
    for answer in (adapter.plan(), adapter.draw(), adapter.result()):
        assert answer.status_code == 201, answer.text
    return site


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_page_is_chinese_html_without_scripts_under_a_strict_policy(
    full: TestClient, path: str
) -> None:
    page = full.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="zh-CN">' in page.text
    assert "<script" not in page.text
    assert " style=" not in page.text
    assert not re.search(r'\son\w+="', page.text)
    assert not re.search(r'(src|href)="(https?:)?//(?!gateway\.example)', page.text)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"


class Elements(HTMLParser):
    """Holds the open elements and complains about the first end tag that closes another."""

    VOID = frozenset({"meta", "link", "input", "img", "br", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, (tag, self.getpos())


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_page_is_well_formed_with_one_heading_and_distinct_ids(full: TestClient, path: str) -> None:
    page = full.get(path).text
    elements = Elements()
    elements.feed(page)
    elements.close()
    assert elements.open == []
    assert len(elements.ids) == len(set(elements.ids))
    assert page.count("<h1") == 1


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_field_on_every_page_has_a_label(full: TestClient, path: str) -> None:
    text = full.get(path).text
    fields = re.findall(r'<(?:input|select)[^>]*\bid="([^"]+)"', text)
    assert fields
    assert len(fields) == len(set(fields)) == len(re.findall(r"<(?:input|select)\b", text))
    assert all(
        f'<label for="{name}"' in text or f'<label class="unseen" for="{name}"' in text for name in fields
    )


@pytest.mark.parametrize("path", ["/", "/plans", "/draws", "/results"])
def test_an_empty_website_says_what_will_stand_there(site: TestClient, path: str) -> None:
    page = site.get(path)
    assert page.status_code == 200
    assert "还没有" in page.text


def test_every_link_on_every_page_leads_somewhere(full: TestClient) -> None:
    links = {
        unescape(link) for path in EVERY_PAGE for link in re.findall(r'href="(/[^"]*)"', full.get(path).text)
    }
    assert len(links) > 10
    assert {link: full.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_a_plan_is_printed_with_all_columns_of_both_tables(full: TestClient) -> None:
    text = full.get(f"/plans/{PLAN_ID}").text
    columns = re.findall(r'<th scope="col">([^<]+)</th>', text)
    assert columns == [
        *["序号", "抽查任务名称", "抽查对象范围", "抽查比例", "抽查频次", "抽查方式", "检查时间", "抽查依据"],
        *[
            "序号",
            "单位",
            "抽查计划编号",
            "抽查计划名称",
            "抽查任务编号",
            "抽查任务名称",
            "抽查类型",
            "抽查比例",
        ],
        *["抽查事项", "抽查对象范围", "发起处室", "联合处室", "抽查时间"],
    ]
    for value in (
        "1-2次",
        "实地检查",
        "2026年11月",
        "《人力资源市场暂行条例》",
        "定向抽查",
        "人力资源市场科",
    ):
        assert f"<td>{value}</td>" in text


def test_an_adjusted_plan_shows_its_reason_and_the_version_before(full: TestClient, adapter: Adapter) -> None:
    tasks = plan()["tasks"]
    tasks[0]["ratio"] = "A 5%、B 20%"
    assert adapter.plan(version=2, reason="投诉增多", tasks=tasks).status_code == 201
    text = full.get(f"/plans/{PLAN_ID}").text
    assert "投诉增多" in text
    assert "A 5%、B 20%" in text
    assert "A 5%、B 10%" in text


def test_a_draw_shows_what_was_drawn_from_and_how_likely_each_was(full: TestClient) -> None:
    text = full.get("/draws/410300-2026-0001").text
    for value in ("名录中共 350 户", "排除 10 户", "其余 340 户", "5.00%", "27.50%", "信用风险 A 级"):
        assert value in text
    assert re.search(r'<rect class="bar-value" width="275"', text)
    for digest in ("1" * 64, "2" * 64, "3" * 64, "5eed" * 16):
        assert digest in text
    assert "01234 56789 01234 56789" in text
    assert 'href="https://gateway.example/public/draws/410300-2026-0001/bundle"' in text
    assert 'href="https://gateway.example/public/draws/410300-2026-0001/changes"' in text


def test_the_shown_command_computes_the_ticket_of_an_object(full: TestClient) -> None:
    text = full.get("/draws/410300-2026-0001", params={"code": CODE.lower()}).text
    command = unescape(next(c for c in re.findall(r"<pre><code>(.*?)</code></pre>", text) if "printf" in c))
    shown = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout.split()[
        0
    ]
    key = hashlib.sha256(("RID/1|key|target|" + "5eed" * 16).encode()).hexdigest()
    assert shown == hashlib.sha256(f"{key}:{CODE}".encode()).hexdigest()


def test_a_code_with_shell_characters_is_quoted_in_the_shown_command(full: TestClient) -> None:
    text = full.get("/draws/410300-2026-0001", params={"code": "';touch /tmp/x;'"}).text
    command = unescape(next(c for c in re.findall(r"<pre><code>(.*?)</code></pre>", text) if "printf" in c))
    echoed = subprocess.run(
        ["sh", "-c", command.rpartition(" | ")[0]], capture_output=True, text=True, check=True
    ).stdout
    assert echoed.endswith(":';TOUCH /TMP/X;'")


def test_substitutions_and_voided_attempts_are_public(site: TestClient, adapter: Adapter) -> None:
    change = {
        "kind": "object",
        "out": CODE,
        "into": "91410300MA44TMFK3L",
        "reason": "已注销",
        "made_at": "2026-11-04T01:00:00Z",
    }
    void = {"attempt": 1, "reason": "一方未按时公开", "voided_at": "2026-11-01T01:00:00Z"}
    adapter.draw(attempt=2, substitutions=[change], voided=[void])
    text = site.get("/draws/410300-2026-0001").text
    assert "已注销" in text
    assert "第 1 次，2026-11-01 09:00作废：一方未按时公开" in text


def test_draw_and_result_say_how_often_was_drawn_and_why_earlier_attempts_do_not_count(
    site: TestClient, adapter: Adapter
) -> None:
    void = {
        "attempt": 1, "code": "reveal_missing", "reason": "截至揭示截止时间缺少：legal",
        "voided_at": "2026-11-01T01:00:00Z",
    }  # fmt: skip
    said = "第 2 次抽取（前 1 次作废：第 1 次揭示值或骰子未按时提交，截至揭示截止时间缺少：legal）"
    adapter.draw(attempt=2, voided=[void])
    page = site.get("/draws/410300-2026-0001").text
    assert said in page
    assert "https://gateway.example/public/draws/410300-2026-0001" in page, "the log of all attempts"
    adapter.result(draw_attempt=2, voided=[void])
    assert said in site.get(f"/results/{RECORD_ID}").text
    adapter.result(version=2, reason="录入有误", draw_attempt=1)
    assert "第 1 次抽取" in site.get(f"/results/{RECORD_ID}").text


def test_a_draw_names_the_completed_draws_of_the_same_task_before_it(
    site: TestClient, adapter: Adapter
) -> None:
    before = {
        "draw_id": "410300-2026-0000", "attempts": 2, "completed_at": "2026-05-01T01:00:00Z", "tasks": ["001号"],
    }  # fmt: skip
    adapter.draw(earlier=[before])
    page = site.get("/draws/410300-2026-0001").text
    assert "任务 001号：抽取" in page and 'href="/draws/410300-2026-0000"' in page
    assert "2026-05-01 09:00完成，共进行 2 次" in page


@pytest.mark.parametrize(
    ("visits", "by_sharing", "words"),
    [
        (32, "4.04", "共用签号带来的节省是 4.04 次"),
        (37, "-0.96", "本次实际多出 0.96 次，是随机抽取的正常波动"),
    ],
)
def test_a_joint_draw_shows_how_many_visits_it_saves_in_words_and_as_a_picture(
    site: TestClient, adapter: Adapter, visits: int, by_sharing: str, words: str
) -> None:
    counted = {
        "selected": 39, "visits": visits, "expected_visits_apart": "36.04", "saved_by_sharing": by_sharing,
    }  # fmt: skip
    adapter.draw(savings=counted)
    page = site.get("/draws/410300-2026-0001").text
    section = page[page.index('id="savings"') : page.index('id="numbers"')]
    assert words in section
    assert f"比各自上门少 {39 - visits} 次" in section
    lengths = [int(width) for width in re.findall(r'class="bar-value" width="(\d+)"', section)]
    assert lengths == [1000, 3604 * 1000 // 3900, visits * 1000 // 39]


def test_a_draw_whose_savings_are_not_counted_shows_none(site: TestClient, adapter: Adapter) -> None:
    adapter.draw()
    assert "联合抽查少上门多少次" not in site.get("/draws/410300-2026-0001").text


def test_a_corrected_result_keeps_both_versions_visible(full: TestClient, adapter: Adapter) -> None:
    adapter.result(
        version=2, reason="录入有误", lines=[line(result="发现问题已责令整改", result_codes=["5"])]
    )
    for path in (f"/results/{RECORD_ID}", f"/objects/{CODE}"):
        text = full.get(path).text
        assert (
            text.index("发现问题已责令整改")
            < text.index("<summary>更正前")
            < text.index("<td>未发现问题</td>")
        )
        assert "录入有误" in text


def test_a_withdrawn_result_is_marked_and_counts_nowhere(full: TestClient, adapter: Adapter) -> None:
    adapter.result(version=2, status="withdrawn", reason="处理决定被撤销", lines=[])
    assert "已撤回" in full.get("/results").text
    assert "处理决定被撤销" in full.get(f"/results/{RECORD_ID}").text
    assert "<dd>0</dd>" in re.sub(r"\s", "", full.get("/").text.split("已公示结果")[1][:60])
    assert RECORD_ID not in full.get("/results?result=1").text


def test_a_withheld_result_is_shown_as_withheld_and_found_by_plan_and_month(
    site: TestClient, adapter: Adapter
) -> None:
    kept_back = line(result="依法不予公开", result_codes=[], withheld=True, remark="涉及商业秘密")
    assert adapter.result(lines=[kept_back]).status_code == 201
    for path in ("/results", "/results?plan=2026001&month=2026-11"):
        assert '<span class="tag ">依法不予公开</span>' in site.get(path).text
    assert "></option>" not in site.get("/results").text
    assert "涉及商业秘密" in site.get(f"/objects/{CODE}").text
    assert "<dt>发现问题</dt><dd>0" in site.get("/").text


def test_follow_ups_show_whether_they_are_done(site: TestClient, adapter: Adapter) -> None:
    steps = [
        {"kind": "order_correction", "text": "责令改正", "closed": True, "closed_on": "2026-11-20"},
        {"kind": "case_clue", "text": "移送办案机构", "closed": False},
    ]
    adapter.result(follow_ups=steps)
    text = site.get(f"/results/{RECORD_ID}").text
    assert re.search(r"已办结</span> 责令改正（2026年11月20日）", text)
    assert re.search(r"办理中</span> 移送办案机构", text)


NAMES = {
    "91410300MA3X93BJ5X": "洛阳牡丹人力资源有限公司",
    "91410300MA44TMFK3L": "洛阳伊水劳务派遣有限公司",
    "91410482MA9G1TKA2F": "汝州ABC人力资源服务有限公司",
    "": "无照职介张某",
}


@pytest.fixture
def searchable(site: TestClient, adapter: Adapter) -> TestClient:
    for number, (code, name) in enumerate(NAMES.items()):
        record_id = f"0192f0c1-0000-7000-8000-{number:012x}"
        assert adapter.result(record_id=record_id, object_code=code, object_name=name).status_code == 201
    return site


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("人力", {"洛阳牡丹人力资源有限公司", "汝州ABC人力资源服务有限公司"}),
        ("ＡＢＣ", {"汝州ABC人力资源服务有限公司"}),
        (" 伊水 ", {"洛阳伊水劳务派遣有限公司"}),
        ("91410300", {"洛阳牡丹人力资源有限公司", "洛阳伊水劳务派遣有限公司"}),
        ("91410482ma9", {"汝州ABC人力资源服务有限公司"}),
        ("410300", set()),
        ("无照", {"无照职介张某"}),
        ("%", set()),
        ("_", set()),
        ("' OR 1=1 --", set()),
    ],
)
def test_search_finds_parts_of_names_and_beginnings_of_codes(
    searchable: TestClient, text: str, found: set[str]
) -> None:
    page = searchable.get("/search", params={"q": text}).text
    assert {name for name in NAMES.values() if f">{name}</a>" in page} == found


def test_search_goes_through_all_matches_page_by_page_without_repeats(
    site: TestClient, adapter: Adapter
) -> None:
    names = [f"第{number:03d}人力公司" for number in range(45)]
    for number, name in enumerate(names):
        adapter.result(
            record_id=f"0192f0c1-0000-7000-8000-{number:012x}", object_name=name, object_code=f"X{number}"
        )
    seen: list[str] = []
    address: str | None = "/search?q=人力"
    while address:
        text = site.get(address).text
        seen += re.findall(r">(第\d{3}人力公司)</a>", text)
        following = re.search(r'<a href="([^"]+)" rel="next">', text)
        address = unescape(following.group(1)) if following else None
    assert seen == names


def test_the_list_of_results_pages_newest_first(site: TestClient, adapter: Adapter) -> None:
    for number in range(45):
        adapter.result(
            record_id=f"0192f0c1-0000-7000-8000-{number:012x}",
            object_name=f"第{number:03d}公司",
            published_at=f"2026-11-12T08:{number:02d}:00+08:00",
        )
    seen: list[str] = []
    address: str | None = "/results?result=1"
    while address:
        text = site.get(address).text
        seen += re.findall(r">第(\d{3})公司</a>", text)
        following = re.search(r'<a href="([^"]+)" rel="next">', text)
        address = unescape(following.group(1)) if following else None
    assert seen == [f"{number:03d}" for number in reversed(range(45))]


def test_results_are_filtered_by_plan_result_and_month_of_one_line(
    site: TestClient, adapter: Adapter
) -> None:
    first = line(plan_number="2026001", finished_on="2026-10-10", result_codes=["1"])
    second = line(
        plan_number="2026002", finished_on="2026-11-10", result="发现问题待后续处理", result_codes=["8"]
    )
    adapter.result(lines=[first, second])
    listed = {
        query: RECORD_ID in site.get(f"/results?{query}").text
        for query in (
            "plan=2026001",
            "plan=2026001&result=1&month=2026-10",
            "plan=2026001&result=8",
            "month=2026-11&result=8",
            "month=2025-11",
        )
    }
    assert list(listed.values()) == [True, True, False, True, False]


def test_names_with_markup_are_shown_as_text_everywhere(site: TestClient, adapter: Adapter) -> None:
    attack = '<script>alert("x")</script>&\'"'
    adapter.plan(name=attack, org_name=attack)
    adapter.draw(org_name=attack, signed_by=attack)
    adapter.result(object_name=attack, lines=[line(object_name=attack, remark=attack, plan_name=attack)])
    for path in [*EVERY_PAGE[:-2], f"/search?q={attack.replace('&', '%26')}"]:
        text = site.get(path).text
        assert "<script" not in text, path
        assert 'alert("x")' not in text, path
    assert "&lt;script&gt;" in site.get(f"/results/{RECORD_ID}").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere", 404),
        ("/plans/not-a-uuid", 422),
        (f"/plans/{RECORD_ID}", 404),
        ("/objects/91410300XXXXXXXXXX", 404),
        ("/draws/none", 404),
        ("/results?after=garbage", 200),
        ("/results?after=IjEi", 200),
        ("/search?q=", 200),
    ],
)
def test_wrong_addresses_get_a_friendly_chinese_page(site: TestClient, path: str, status: int) -> None:
    page = site.get(path)
    assert page.status_code == status
    assert '<html lang="zh-CN">' in page.text
    assert ("回首页" in page.text) == (status != 200)


def test_the_figures_follow_every_push(site: TestClient, adapter: Adapter) -> None:
    def figure(name: str) -> str:
        found = re.search(rf"<dt>{name}</dt><dd>(\d+)", site.get("/").text)
        assert found is not None
        return found.group(1)

    assert [figure(name) for name in ("抽查计划", "公开抽取", "已公示结果", "发现问题")] == ["0"] * 4
    adapter.plan()
    adapter.draw()
    assert (figure("抽查计划"), figure("公开抽取"), figure("列入抽取的对象（次）")) == ("1", "1", "340")
    adapter.result(lines=[line(result="不合格", result_codes=["10"])])
    assert (figure("已公示结果"), figure("发现问题")) == ("1", "1")
    adapter.result(version=2, reason="复核后更正")
    assert (figure("已公示结果"), figure("发现问题")) == ("1", "0")


def test_pages_answer_head_requests(full: TestClient) -> None:
    assert {path: full.head(path).status_code for path in EVERY_PAGE} == dict.fromkeys(EVERY_PAGE, 200)


def test_health_answers_as_json(site: TestClient) -> None:
    assert site.get("/healthz").json() == {"status": "ok"}


def test_the_style_sheet_and_icon_are_our_own(site: TestClient) -> None:
    css = site.get("/static/site.css")
    assert css.status_code == 200
    assert "url(" not in css.text
    assert "@import" not in css.text
    assert site.get("/static/icon.svg").status_code == 200


def test_a_draw_by_hand_says_that_it_cannot_be_verified_and_offers_no_proof(
    site: TestClient, adapter: Adapter
) -> None:
    lots = {
        "method": "slips", "place": "市人社局三楼会议室", "held_at": "2026-11-02T02:00:00Z",
        "present": ["法制机构", "企业代表"], "evidence": "e" * 64, "content_hash": "c" * 64, "inputs_hash": "f" * 64,
    }  # fmt: skip
    nothing = {
        "seed": "-",
        "manifest_hash": "-",
        "dice": "-",
        "beacon": "-",
        "bundle": None,
        "contributors": [],
    }
    assert adapter.draw(lots=lots).status_code == 422, "never beside a seed"
    assert adapter.draw(bundle=None).status_code == 422, "never a seed without its proof"
    assert adapter.draw(lots=lots, **nothing).status_code == 201
    page = site.get("/draws/410300-2026-0001").text
    assert page.count("人工抽签/摇号，结果不可验证") == 2
    for shown in (
        "市人社局三楼会议室",
        "法制机构、企业代表",
        "2026-11-02 10:00",
        "e" * 64,
        "c" * 64,
        "f" * 64,
    ):
        assert shown in page
    for absent in ("下载证明包", "rid1 verify", "种子</dt>", "在浏览器里核验"):
        assert absent not in page
