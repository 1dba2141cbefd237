"""Fills the registers as a bureau would: rulesets, calendar, organisations, forms, items, people, objects."""

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from suicha_local.demo.client import DemoError, Gateway, Session, china_today, wait_for
from suicha_local.demo.console import Console
from suicha_local.demo.register import Register
from suicha_local.home import project_root

SEED = project_root() / "services" / "registry" / "seed"
RULESETS = (("reg-admin", "410300-rsj@2022.1.yaml"), ("rz-reg-admin", "410482-rsj@2022.1.yaml"))
DEPARTMENTS = (("LDJC", "劳动保障监察支队"), ("RLZY", "人力资源市场科"))
LABELS: tuple[dict[str, Any], ...] = (
    {
        "code": "HR-AGENCY",
        "name": "人力资源服务机构",
        "rule": {
            "name_contains": ["人力资源", "人才服务", "职业介绍"],
            "scope_contains": ["人力资源服务", "职业中介", "职业介绍", "人才中介"],
        },
    },
    {
        "code": "LABOUR-DISPATCH",
        "name": "劳务派遣单位",
        "rule": {"name_contains": ["劳务派遣"], "scope_contains": ["劳务派遣"]},
    },
)
SIGNED = "法制机构核准签批件（演示）".encode()
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
_GIVEN = ("示一", "示二", "示三")


@dataclass
class Registered:
    """What the registers hold."""

    accepted: int = 0
    refused: int = 0
    agencies: int = 0
    dispatch: int = 0
    reasons: set[str] = field(default_factory=set)
    again: dict[str, Any] = field(default_factory=dict)
    inspector_names: list[str] = field(default_factory=list)
    identity_numbers: list[str] = field(default_factory=list)


def fill(gateway: Gateway, register: Register, console: Console) -> Registered:
    """Fill all registers; return what came of it.

    Raises:
        DemoError: something that should be refused was accepted, or the other way round.
    """
    result = Registered()
    admin, province = gateway.sign_in("reg-admin"), gateway.sign_in("he-reg-admin")
    prepare(gateway)
    unknown = province.refused("POST", "/registry/v1/calendars", {"year": 2100})
    console.say(f"规则集 {len(RULESETS)} 套；2100 年日历：{unknown['detail']}")
    forms, items = forms_and_items(admin)
    console.say(f"表单 {forms} 份、抽查事项 {items} 项，经法制审核公布")
    inspectors(admin, result)
    console.say(f"执法检查人员 {len(result.inspector_names)} 名（身份证号加密保存）")
    _subjects(province, register, console, result)
    _labels_and_grades(admin, console, result)
    return result


def prepare(gateway: Gateway) -> None:
    """Load rulesets, calendars and organisations."""
    for user, name in RULESETS:
        text = (project_root() / "rulesets" / name).read_text(encoding="utf-8")
        gateway.sign_in(user).post("/registry/v1/rulesets", {"yaml": text})
    for year in (china_today().year - 1, china_today().year):
        gateway.sign_in("he-reg-admin").post("/registry/v1/calendars", {"year": year})
    departments = [{"code": code, "name": name, "crew": code} for code, name in DEPARTMENTS]
    for user, code, name, region in (
        ("he-reg-admin", "410000-rst", "河南省人力资源和社会保障厅", "410000"),
        ("reg-admin", "410300-rsj", "洛阳市人力资源和社会保障局", "410300"),
        ("rz-reg-admin", "410482-rsj", "汝州市人力资源和社会保障局", "410482"),
    ):
        gateway.sign_in(user).post(
            "/registry/v1/organisations",
            {"code": code, "name": name, "region": region, "departments": departments},
        )


def paper(keeper: Session, **changes: str) -> dict[str, str]:
    """Return a legal review on paper, whose signed document the keeper has uploaded."""
    return {
        "reviewed_by": "政策法规科",
        "reviewed_on": china_today().isoformat(),
        "document": "演示法核〔2026〕1号",
        "document_sha256": keeper.upload("/registry/v1/uploads", SIGNED),
    } | changes


def forms_and_items(admin: Session) -> tuple[int, int]:
    """Publish the forms and items of the seed data; return how many of each.

    Raises:
        DemoError: an item without a legal basis could be published.
    """
    import_file(admin, "forms", (SEED / "forms.csv").read_bytes())
    forms = list(admin.pages("/registry/v1/forms", limit=200))
    for form in forms:
        admin.post(f"/registry/v1/forms/{form['id']}/publish")
    import_file(admin, "items", (SEED / "items.csv").read_bytes())
    items, review = list(admin.pages("/registry/v1/items", limit=200)), paper(admin)
    for item in items:
        admin.post(f"/registry/v1/items/{item['id']}/publish", review)
    bare = admin.post("/registry/v1/items", {"code": "LY-BARE-01", "name": "没有依据的事项"})
    refused = admin.refused("POST", f"/registry/v1/items/{bare['id']}/publish", review)
    if refused["code"] != "no_legal_basis":
        raise DemoError(f"没有依据的事项应被拒绝公布，却得到 {refused['code']}")
    return len(forms), len(items)


def inspectors(admin: Session, result: Registered) -> None:
    """Import sixty made inspectors.

    Raises:
        DemoError: not all of them were accepted.
    """
    rows = list(_people())
    out = io.StringIO()
    csv.writer(out).writerows(
        [("编号", "姓名", "处室", "执法证号", "执法证有效期至", "执法事项", "身份证号"), *rows]
    )
    done = import_file(admin, "inspectors", out.getvalue().encode())
    if done["accepted"] != len(rows):
        raise DemoError(f"检查人员导入 {done['accepted']}/{len(rows)}")
    result.inspector_names = [row[1] for row in rows]
    result.identity_numbers = [row[6] for row in rows]


def _people() -> Iterator[tuple[str, ...]]:
    """Yield sixty made inspectors: thirty of each department, half of each good for every item."""
    until = (china_today() + timedelta(days=800)).isoformat()
    for number in range(60):
        crew = DEPARTMENTS[number % 2][0]
        name = _SURNAMES[number % 20] + _GIVEN[number // 20]
        scope = "*" if number % 4 < 2 else ("RZ-HR-01" if crew == "LDJC" else "RZ-LW-01")
        yield (
            f"LYJC{number + 1:03d}", name, crew, f"豫C{number + 1:05d}", until, scope, _identity_number(number),
        )  # fmt: skip


def _identity_number(number: int) -> str:
    """Make an identity number with the right check digit (GB 11643) of nobody: born in the year 1899."""
    body = f"41030018990101{number:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


def _subjects(province: Session, register: Register, console: Console, result: Registered) -> None:
    content = register.path.read_bytes()
    done = import_file(province, "subjects", content, register.path.name, console)
    result.accepted, result.refused = done["accepted"], done["refused"]
    console.end_count()
    kind = "真实名录" if register.real else "自动生成的名录"
    console.say(f"{kind}：读入 {done['read']} 行，入库 {done['accepted']}，拒绝 {done['refused']}")
    report = province.send("GET", f"/registry/v1/imports/{done['id']}/refusals.csv").content
    rows = list(csv.reader(io.StringIO(report.decode("utf-8-sig"))))
    result.reasons = {row[1] for row in rows[1:]}
    for row in rows[1:3]:
        console.say(f"　例：第 {row[0]} 行，{row[2]}")
    result.again = import_file(province, "subjects", content, register.path.name, console)
    if result.again["accepted"] or result.again["changed"]:
        raise DemoError("同一文件再次导入不应有任何变化")
    console.say("同一文件再次导入：没有变化")


def _labels_and_grades(admin: Session, console: Console, result: Registered) -> None:
    counts = [admin.post("/registry/v1/labels", label)["subjects"] for label in LABELS]
    result.agencies, result.dispatch = counts
    rng = random.Random(20261120)
    labelled = [
        subject["id"]
        for label in LABELS
        for subject in admin.pages("/registry/v1/subjects", label=label["code"], limit=500)
    ]
    grades = [
        {"id": subject, "grade": rng.choices("ABCD", (60, 25, 10, 5))[0]} for subject in sorted(set(labelled))
    ]
    month = (china_today().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    admin.post("/registry/v1/grades", {"source": "演示用信用风险分级", "month": month, "grades": grades})
    console.say(f"人力资源服务机构 {counts[0]} 户、劳务派遣单位 {counts[1]} 户，已按信用风险 A–D 分级")


def import_file(
    session: Session, kind: str, content: bytes, name: str = "", console: Console | None = None
) -> dict[str, Any]:
    """Upload and import a file, wait for the end.

    Raises:
        DemoError: the import failed.
    """
    digest = session.upload("/registry/v1/uploads", content)
    accepted = session.post(
        "/registry/v1/imports",
        {"upload_sha256": digest, "kind": kind, "mode": "direct", "file_name": name or f"{kind}.csv"},
    )

    def finished() -> dict[str, Any] | None:
        row: dict[str, Any] = session.get(f"/registry/v1/imports/{accepted['id']}")
        if console is not None:
            console.count("读入行数", row["read"])
        if row["state"] == "failed":
            raise DemoError(f"导入失败：{row['error']}")
        return row if row["state"] == "done" else None

    done: dict[str, Any] = wait_for("导入完成", finished, 180)
    return done
