"""Finding one object among a million, and setting the grades of a million, beside the usual way."""

import csv
import gzip
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
from suicha_contracts.values import credit_code_check_digit
from suicha_local.demo.client import Gateway, Session
from suicha_local.demo.register import find_register
from suicha_local.home import Home

from bench.report import Report

OBJECTS = 1_000_000
REPEATS = 15
NAMES = ("百事", "人力资源", "洛阳", "公司", "有限", "科技有限公司", "豫", "司")
"""Rare words, a city, words in nearly every name, single characters."""
WORST = "公有"
"""Two characters of nearly every name that hardly ever stand together: no index of characters helps."""
OTHERS = (
    "code=914103", "region=4115", "grade=D", "industry=L72", "kind=individual", "status=suspended", "label=BENCH-WIDE",
    "label=BENCH-TOP", "label=BENCH-RARE", "on_list=abnormal_list", "on_list=key_watch", "unlabelled=true",
)  # fmt: skip
"""Tags and lists from one object in ten to one in ten thousand; TOP is found through the tags below it."""
TOGETHER = (
    "name=商贸&grade=C", "region=410482&name=公司", "label=BENCH-WIDE&name=商贸", "label=BENCH-RARE&name=商贸",
    "on_list=abnormal_list&grade=D", "region=410482&label=BENCH-WIDE", "label=BENCH-WIDE&on_list=abnormal_list",
    "grade=D&label=BENCH-TOP", "industry=L72&status=suspended", "status=suspended&grade=D",
    "kind=individual&label=BENCH-WIDE", "industry=L72&on_list=abnormal_list", "name=洛阳&grade=A", "name=豫&grade=D",
    "name=百事&grade=D", "name=科技有限公司&kind=individual",
)  # fmt: skip
"""Several conditions at once, most of the hardest sort: each is frequent, together they are rare."""
HARDEST = ("status=suspended&on_list=abnormal_list", "kind=individual&status=suspended")
"""Conditions that are hardly ever, or never, met together, and no index for the first of them."""
TAGS = (("BENCH-TOP", None, 0), ("BENCH-WIDE", "BENCH-TOP", 10), ("BENCH-RARE", "BENCH-TOP", 10_000))
"""Code, the tag above it, and of how many objects one carries it (0: none itself)."""
LISTED = (("abnormal_list", 50), ("key_watch", 5_000))
_LETTERS = "鑫源宏达盛世华泰中天金瑞德润恒信昌隆永兴百事"
_GRADES = "AABBBBCCCD"


def measure(home: Home, gateway: Gateway, report: Report) -> None:
    """Fill the register up to a million objects, then search it and grade it as its users do."""
    province = gateway.sign_in("he-reg-admin")
    ids = _fill(home)
    _grades(province, ids, report)
    _tag(home, province)
    queries = [*(f"name={name}" for name in NAMES), *OTHERS]
    with psycopg.connect(home.database_url("registry", owner=True)) as connection:
        plain = {name: _repeated(partial(_like, connection, name)) for name in (*NAMES, WORST)}
    rival = "，".join(f"{name} {plain[name]:.0f}" for name in NAMES)
    for page, which in ((1, "首页"), (2, "第二页")):
        took = {query: _search(province, query, page) for query in queries}
        report.add(
            f"名录检索（{len(ids):,} 个对象，{which} 100 条，经网关，中位数，毫秒）",
            _listed(took),
            goal="≤ 50 毫秒",
            rival=f"LIKE '%…%' ORDER BY … LIMIT，不经网关：{rival}" if page == 1 else "",
            met=max(took.values()) <= 50,
        )
        together = {query: _search(province, query, page) for query in TOGETHER}
        report.add(
            f"几个条件一起检索（{len(ids):,} 个对象，{which}，中位数，毫秒）",
            _listed(together),
            goal="≤ 50 毫秒",
            met=max(together.values()) <= 50,
        )
    report.add(
        "几个条件几乎不同时成立、又无索引可用（毫秒）",
        _listed({query: _search(province, query) for query in HARDEST}),
    )
    report.add(
        "应入尽入情况（全部对象计数，毫秒）",
        f"{(counted := _repeated(lambda: province.get('/registry/v1/completeness'), 3)):.0f}",
        goal="≤ 2,000 毫秒",
        met=counted <= 2_000,
    )
    report.add(
        f"名录检索的最坏情形（“{WORST}”：字字常见而从不相连，毫秒）",
        f"{_search(province, f'name={WORST}'):.0f}",
        rival=f"LIKE {plain[WORST]:.0f}",
    )
    began = time.perf_counter()
    pages, rows, cursor = 0, 0, ""
    while pages < 50:
        answer = province.get("/registry/v1/subjects/changes", since=cursor, limit=2000)
        rows, pages, cursor = rows + len(answer["items"]), pages + 1, answer["cursor"]
    report.add("名录增量（每页 2,000 条）", f"{rows / (time.perf_counter() - began):,.0f} 条/秒")


def _fill(home: Home) -> list[str]:
    """Make objects out of the register at hand, with names like its own, and enter them as an import does."""
    with tempfile.TemporaryDirectory() as folder:
        path = find_register(Path(folder), rows=150_000).path
        data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig", "replace")
    read = csv.DictReader(io.StringIO(text))
    rows = [
        row for row in read if (code := row["统一社会信用代码"] or "")[:8].isdigit() and code[2:4] == "41"
    ]
    ids: list[str] = []
    with psycopg.connect(home.database_url("registry", owner=True)) as connection:
        connection.execute(
            "CREATE TEMP TABLE made (id text, name text, region text, scope text, address text)"
        )
        with connection.cursor().copy("COPY made FROM STDIN") as copy:
            for number in range(OBJECTS):
                row = rows[number % len(rows)]
                first = row["统一社会信用代码"][:8] + f"{number:09d}"
                ids.append(first + credit_code_check_digit(first))
                name = row["企业名称"]
                between = _LETTERS[number % 22] + _LETTERS[number // len(rows) * 5 % 22]
                cells = (name[:2] + between + name[2:], first[2:8], row["经营范围"], row["注册地址"])
                copy.write_row([ids[-1], *((cell or "").replace("\x00", "") for cell in cells)])
        connection.execute(
            "INSERT INTO subjects (id, name, kind, status, region, scope, address, industry) SELECT id, name, "
            "CASE WHEN h % 20 = 0 THEN 'individual' ELSE 'enterprise' END, "
            "CASE WHEN h % 100 = 1 THEN 'suspended' ELSE 'active' END, region, scope, address, "
            "(ARRAY['C3311', 'F5199', 'F5212', 'I6510', 'L7262', 'M7520', 'E4710'])[1 + h % 7] "
            "FROM (SELECT *, abs(hashtext(id)) AS h FROM made) m ORDER BY id ON CONFLICT DO NOTHING"
        )
        connection.commit()
        connection.execute("SELECT analyze_registers()")
        connection.commit()
    return ids


def _tag(home: Home, province: Session) -> None:
    """Make a tree of tags and put objects on lists, spread over all regions."""
    for code, parent, _ in TAGS:
        province.post("/registry/v1/labels", {"code": code, "name": code, "parent": parent})
    with psycopg.connect(home.database_url("registry", owner=True)) as connection:
        for code, _, one_in in TAGS:
            if one_in:
                connection.execute(
                    "INSERT INTO subject_labels (label_id, subject_id) SELECT l.id, s.id FROM labels l, subjects s "
                    "WHERE l.code = %s AND abs(hashtext(s.id || l.code)) %% %s = 0 ORDER BY s.id",
                    (code, one_in),
                )
        for code, one_in in LISTED:
            connection.execute(
                "INSERT INTO subject_lists (id, subject_id, list_code, valid_from, source, recorded_by) "
                "SELECT uuidv7(), id, %s, '2026-01-01', 'x', 'x' FROM subjects "
                "WHERE abs(hashtext(id || %s)) %% %s = 0",
                (code, code, one_in),
            )
        connection.commit()
        connection.execute("SELECT analyze_registers()")
        connection.commit()


def _grades(province: Session, ids: list[str], report: Report) -> None:
    figures = []
    for month, shift in (("2026-10", 0), ("2026-10", 0), ("2026-11", 4)):
        lines = (f"{one},{_GRADES[(n + (shift if n % 20 == 1 else 0)) % 10]}\n" for n, one in enumerate(ids))
        sheet = ("统一社会信用代码,信用等级\n" + "".join(lines)).encode()
        began = time.perf_counter()
        digest = province.upload("/registry/v1/uploads", sheet)
        done = province.post(
            "/registry/v1/grades", {"source": "测量", "month": month, "upload_sha256": digest}
        )
        figures.append((len(ids) / (time.perf_counter() - began), done["changed"]))
        assert (done["received"], done["refused"], done["unknown"]) == (len(ids), 0, 0), done
    (first, graded), (again, none), (next_month, changed) = figures
    assert (graded, none) == (len(ids), 0) and 0 < changed <= len(ids) // 20, figures
    report.add(
        f"信用等级推送（{len(ids):,} 条，上传、核对、写入、历史）",
        f"首次 {first:,.0f} 条/秒，同一文件再次 {again:,.0f} 条/秒，次月（{changed:,} 条变化）{next_month:,.0f} 条/秒",
        goal="一百万条 ≤ 60 秒（一次请求之内）",
        met=len(ids) / min(first, again, next_month) <= 60,
    )


def _search(province: Session, query: str, page: int = 1) -> float:
    asked = dict(part.split("=", 1) for part in query.split("&"))
    for _ in range(page - 1):
        asked["cursor"] = province.get("/registry/v1/subjects", **asked)["next_cursor"] or ""
    return _repeated(lambda: province.get("/registry/v1/subjects", **asked))


def _listed(took: dict[str, float]) -> str:
    return "，".join(f"{query} {ms:.0f}" for query, ms in took.items())


def _like(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    connection.execute(
        "SELECT id, name, region FROM subjects WHERE name LIKE %s ORDER BY name, id LIMIT 100", (f"%{name}%",)
    ).fetchall()


def _repeated(deed: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median milliseconds, the first and cold one left out."""
    took = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        deed()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took[1:])
