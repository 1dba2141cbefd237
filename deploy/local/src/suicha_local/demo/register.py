"""The register that a demonstration inspects: real rows where they are at hand, else made ones.

The made register looks like a real one, dirt included, and is the same for the same seed. Names are put
together from syllables, and its codes lie in a series that no authority issues.
"""

import csv
import os
import random
from dataclasses import dataclass
from pathlib import Path

from suicha_contracts.values import credit_code_check_digit

from suicha_local.home import project_root

HEADER = (
    "企业名称",
    "统一社会信用代码",
    "注册日期",
    "企业类型",
    "注册资金",
    "经营范围",
    "所在省份",
    "地区",
    "注册地址",
)
DISTRICTS = {
    "410302": "老城区",
    "410303": "西工区",
    "410305": "涧西区",
    "410307": "洛龙区",
    "410323": "新安县",
    "410325": "嵩县",
    "410329": "伊川县",
}
_FIRST = "安博昌德恒华佳康立民瑞盛泰通伟祥兴雅裕泽"
_SECOND = "邦成达丰广和洁凯隆铭诺鹏勤荣顺天旺信业正"
_TRADES = (
    ("商贸有限公司", "日用百货、建材、五金交电的批发与零售"),
    ("建筑工程有限公司", "房屋建筑工程、市政公用工程施工"),
    ("餐饮管理有限公司", "餐饮服务；餐饮管理"),
    ("机械制造有限公司", "通用机械设备及配件的制造与销售"),
    ("农业科技有限公司", "农作物种植；农业技术推广服务"),
    ("物流有限公司", "道路普通货物运输；仓储服务"),
)
_AGENCY = ("人力资源服务有限公司", "人力资源服务；职业中介活动")
_DISPATCH = ("劳务派遣有限公司", "劳务派遣服务；家政服务")
_BOTH = ("人力资源管理有限公司", "人力资源服务；劳务派遣服务；企业管理咨询")


@dataclass(frozen=True)
class Register:
    """A register file and where it is from."""

    path: Path
    real: bool


def find_register(folder: Path, rows: int = 20_000) -> Register:
    """Return the file named by DATA, else the real one beside the checkout, else a made one in `folder`.

    Raises:
        FileNotFoundError: DATA names a file that is not there.
    """
    chosen = os.environ.get("DATA", "")
    if chosen == "generated":
        return Register(write_register(folder / "register.csv", rows), real=False)
    if chosen:
        path = Path(chosen).resolve()
        if not path.is_file():
            raise FileNotFoundError(f"DATA 指定的文件不存在：{path}")
        return Register(path, real=True)
    beside = project_root().parent / "shared" / "data" / "enterprises-henan.csv.gz"
    if beside.is_file():
        return Register(beside, real=True)
    return Register(write_register(folder / "register.csv", rows), real=False)


def write_register(path: Path, rows: int, seed: int = 20261120, first: int = 0) -> Path:
    """Write a made county register as CSV, its objects numbered from `first`; about one row in 500 is dirty. Return
    its path."""
    rng = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for number in range(first, first + rows):
            writer.writerow(_row(rng, number))
    return path


def _row(rng: random.Random, number: int) -> list[str]:
    district = rng.choice(list(DISTRICTS))
    suffix, scope = rng.choice(_TRADES)
    if number % 250 == 0:
        suffix, scope = _AGENCY
    elif number % 250 == 1:
        suffix, scope = _DISPATCH
    elif number % 250 == 2:
        suffix, scope = _BOTH
    name = f"洛阳市{rng.choice(_FIRST)}{rng.choice(_SECOND)}{rng.choice(_SECOND)}{suffix}"
    body = f"91{district}YY{number:07d}"
    code = body + credit_code_check_digit(body)
    if number % 500 == 499:
        code = code[:-1] + ("0" if code[-1] != "0" else "1")
    founded = f"{rng.randint(1995, 2024)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    capital = f"{rng.randint(1, 500) * 10}(万元)"
    place = f"洛阳市{DISTRICTS[district]}示范路{rng.randint(1, 999)}号"
    row = [name, code, founded, "有限责任公司", capital, scope, "河南", "洛阳", place]
    return row[:5] if number % 1000 == 777 else row
