"""Completed draws as the draw service tells of them: real files in the store, and the event that names them."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from suicha_chassis.files import FileStore
from suicha_chassis.ids import uuid7
from suicha_contracts.events import DrawCompleted, DrawFiles, ListOutcome, RulesetRef, StratumOutcome
from suicha_contracts.freeze import (
    Dossier,
    PackageForm,
    PackageInspector,
    PackageItem,
    PackageQuestion,
    RoundPackage,
)
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import DrawMode
from suicha_inspection.clock import now, today

RULESETS = Path(__file__).parents[3] / "rulesets"
SHA = "ab" * 32

QUESTIONS = [
    PackageQuestion(key="licence", text="是否公示许可证", type="yes_no", evidence_required_if=["否"]),
    PackageQuestion(key="kind", text="服务类别", type="choice", options=["职业中介", "劳务派遣"]),
    PackageQuestion(key="workers", text="从业人员数", type="number", required=False),
    PackageQuestion(key="since", text="开业日期", type="date", required=False),
    PackageQuestion(key="note", text="其他情况", type="text", required=False),
]
SCHEMA = {
    "type": "object",
    "properties": {
        "licence": {"type": "string", "enum": ["是", "否"]},
        "kind": {"type": "string", "enum": ["职业中介", "劳务派遣"]},
        "workers": {"type": "number"},
        "since": {"type": "string", "format": "date"},
        "note": {"type": "string", "maxLength": 4000},
    },
    "required": ["licence", "kind"],
    "additionalProperties": False,
}
FORM = PackageForm(
    code="HR-BASE", version=1, name="人力资源服务检查表", questions=QUESTIONS, json_schema=SCHEMA
)
GOOD = {"licence": "是", "kind": "职业中介"}

CREWS = {"LDJC": ["LYJC001", "LYJC002", "LYJC003", "LYJC004"], "SBZX": ["LYSB001", "LYSB002", "LYSB003"]}
LISTS = {"HR": ("LDJC", ["LY-HR-01", "LY-HR-02"]), "SI": ("SBZX", ["LY-SI-01"])}


def item(code: str) -> PackageItem:
    return PackageItem(
        code=code,
        name=f"{code}检查",
        content="",
        legal_basis=["《人力资源市场暂行条例》第三十四条"],
        form=FORM,
    )


@dataclass
class DrawnRound:
    """A round with its lists: `selected[list]` and `substitutes[list]` are object ids in draw order."""

    selected: dict[str, list[str]]
    substitutes: dict[str, list[str]] = field(default_factory=dict)
    teams: dict[str, list[str]] = field(default_factory=lambda: {c: ids[:2] for c, ids in CREWS.items()})
    alternates: dict[str, list[str]] = field(default_factory=lambda: {c: ids[2:] for c, ids in CREWS.items()})
    ruleset_id: str = "410300-rsj@2022.1"
    org: str = "410300-rsj"
    region: str = "410300"
    licence_until_in: int = 365
    round_id: UUID = field(default_factory=uuid7)

    @property
    def draw_id(self) -> str:
        return f"{self.region}-2026-{self.round_id.hex[-4:]}"

    def objects(self) -> list[str]:
        lists = [*self.selected.values(), *self.substitutes.values()]
        return sorted({one for ids in lists for one in ids})

    def package(self) -> RoundPackage:
        path = RULESETS / f"{self.ruleset_id}.yaml"
        ruleset = Ruleset.model_validate(yaml.safe_load(path.read_text("utf-8")))
        return RoundPackage(
            ruleset=ruleset,
            ruleset_sha256=SHA,
            org=self.org,
            org_name="洛阳市人力资源和社会保障局",
            lists={code: LISTS[code][1] for code in self.selected},
            items={code: item(code) for _, codes in LISTS.values() for code in codes},
            inspectors=[
                PackageInspector(
                    id=one,
                    name=f"检查员{one[-3:]}",
                    org=self.org,
                    department="劳动保障监察支队" if crew == "LDJC" else "社保中心",
                    crew=crew,
                    unit=self.org.upper(),
                    licence_no=f"豫C{one}",
                    licence_until=today() + timedelta(days=self.licence_until_in),
                )
                for crew, ids in CREWS.items()
                for one in ids
            ],
        )

    def result_lines(self) -> list[str]:
        lines = []
        for code, ids in self.selected.items():
            ranked = [(one, "S") for one in ids] + [(one, "R") for one in self.substitutes.get(code, [])]
            lines += [f"{code}\tALL\t{n}\t{kind}\t{one}\t{SHA}" for n, (one, kind) in enumerate(ranked, 1)]
        return lines

    def match_lines(self) -> list[str]:
        lines = []
        for crew in CREWS:
            targets = dict.fromkeys(
                one for code, ids in self.selected.items() if LISTS[code][0] == crew for one in ids
            )
            team, alternates = ",".join(self.teams[crew]), ",".join(self.alternates[crew])
            lines += [f"{one}\t{crew}\t{self.org.upper()}\t{team}\t{alternates}" for one in targets]
        return lines

    def dossier(self, object_id: str) -> Dossier:
        return Dossier(
            id=object_id,
            name=f"洛阳“{object_id[-4:]}”\\人力\t资源有限公司",
            kind="enterprise",
            credit_code=object_id,
            region="410302",
            address="洛阳市老城区中州东路1号",
            legal_representative="张三",
            scope="人力资源服务",
            credit_grade="B",
        )

    async def event(self, files: FileStore, **changes: Any) -> DrawCompleted:
        async def put(lines: list[str], rows: int | None = None) -> Any:
            return await files.put("".join(f"{line}\n" for line in lines).encode(), "text/plain", rows)

        dossiers = [self.dossier(one).model_dump_json() for one in self.objects()]
        package = await files.put(self.package().model_dump_json().encode(), "application/json")
        visits = {one for ids in self.selected.values() for one in ids}
        body = {
            "round_id": self.round_id,
            "draw_id": self.draw_id,
            "attempt": 1,
            "org": self.org,
            "org_name": "洛阳市人力资源和社会保障局",
            "region": self.region,
            "suite": "S256",
            "manifest_hash": SHA,
            "seed": SHA,
            "result_hash": SHA,
            "match_hash": SHA,
            "dice": "-",
            "contributors": ["legal", "operator"],
            "signed_by": "法制机构",
            "completed_at": now(),
            "inspect_from": today() - timedelta(days=10),
            "inspect_to": today() + timedelta(days=20),
            "ruleset": RulesetRef(id="410300-rsj", version="2022.1", sha256=SHA),
            "lists": [_list(code, ids) for code, ids in self.selected.items()],
            "visits": len(visits),
            "files": DrawFiles(
                result=await put(self.result_lines()),
                match=await put(self.match_lines()),
                dossier=await put(dossiers, len(dossiers)),
                package=package,
                bundle=await files.put(b"bundle"),
            ),
        }
        return DrawCompleted.model_validate(json.loads(DrawCompleted(**(body | changes)).model_dump_json()))


def _list(code: str, ids: list[str]) -> ListOutcome:
    return ListOutcome(
        code=code,
        crew=LISTS[code][0],
        task_id=uuid7(),
        plan_id=uuid7(),
        plan_number="2026001",
        plan_name="2026年度人力资源市场随机抽查001",
        task_number="001号" if code == "HR" else "002号",
        task_name="人力资源服务机构检查" if code == "HR" else "社会保险检查",
        department="劳动保障监察支队" if code == "HR" else "社保中心",
        mode=DrawMode.UNDIRECTED,
        registry_count=100,
        excluded=0,
        strata=[StratumOutcome(code="ALL", n=100, k=len(ids), m=0, bp=500)],
    )


def object_id(number: int) -> str:
    return f"91410300MA{number:08d}"
