"""Events of a small season, as the other services would tell them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import yaml
from suicha_chassis.ids import uuid7
from suicha_contracts.events import (
    CheckOutcome,
    DrawCompleted,
    DrawFiles,
    DrawVoided,
    FollowUpClosed,
    FollowUpState,
    InspectionClosed,
    InspectionCorrected,
    ListOutcome,
    PlanPublished,
    PlanTask,
    RulesetPublished,
    RulesetRef,
    StratumOutcome,
)
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import (
    NORMAL_RESULTS,
    DrawMode,
    FileRef,
    FollowUpKind,
    ResultCode,
    credit_code_check_digit,
)

RULESETS = Path(__file__).resolve().parents[3] / "rulesets"
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def code(number: int) -> str:
    """A credit code of 洛阳 with its check digit."""
    first = f"91410300{number:09d}"
    return first + credit_code_check_digit(first)


def ruleset(name: str = "410300-rsj@2022.1") -> Ruleset:
    """A ruleset that ships with the product."""
    return Ruleset.model_validate(yaml.safe_load((RULESETS / f"{name}.yaml").read_text()))


def published(rules: Ruleset) -> RulesetPublished:
    """The event of a ruleset."""
    return RulesetPublished(ruleset=rules, sha256="0" * 64)


def _file(name: str) -> FileRef:
    return FileRef(sha256=name.encode().hex().ljust(64, "0")[:64], size=10)


@dataclass
class Season:
    """One plan with one list for each of `lists`, one round, and visits of it."""

    rules: Ruleset = field(default_factory=ruleset)
    visits: int = 1
    lists: tuple[str, ...] = ("HR",)
    plans: dict[str, UUID] = field(default_factory=dict)
    org: str = "410300-rsj"
    region: str = "410300"
    round_id: UUID = field(default_factory=uuid4)
    draw_id: str = field(default_factory=lambda: f"410300-2026-{uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        """Give every list a plan: one for all unless told otherwise."""
        shared = uuid4()
        self.plans = {one: self.plans.get(one, shared) for one in self.lists}

    @property
    def plan_id(self) -> UUID:
        """The plan of the first list."""
        return self.plans[self.lists[0]]

    @property
    def ref(self) -> RulesetRef:
        """Which ruleset governs."""
        return RulesetRef(id=self.rules.id, version=self.rules.version, sha256="0" * 64)

    def plan(self, version: int = 1, reason: str = "") -> PlanPublished:
        """The plan, published."""
        task = PlanTask(
            task_id=UUID(int=1), number="001号", name="人力资源服务机构检查", department="市场科",
            mode=DrawMode.DIRECTED, ratio_text="5%", frequency_text="1次", items=["经营许可"],
            object_range="人力资源服务机构", method="实地检查", months="2026年11月", basis=["条例"],
        )  # fmt: skip
        return PlanPublished(
            plan_id=self.plan_id, number="2026001", name="2026年度人社局随机抽查1", year=2026, org=self.org,
            org_name="洛阳市人力资源和社会保障局", region=self.region, version=version, reason=reason,
            published_at=NOW, tasks=[task],
        )  # fmt: skip

    def draw(self, attempt: int = 1) -> DrawCompleted:
        """The round, completed."""
        return DrawCompleted(
            round_id=self.round_id, draw_id=self.draw_id, attempt=attempt, org=self.org,
            org_name="洛阳市人力资源和社会保障局", region=self.region, suite="S256", manifest_hash="1" * 64,
            seed="2" * 64, result_hash="3" * 64, match_hash="4" * 64, dice="-",
            contributors=["operator", "legal"], signed_by="李法制", completed_at=NOW,
            inspect_from=date(2026, 11, 1), inspect_to=date(2026, 11, 30), ruleset=self.ref,
            lists=[
                ListOutcome(
                    code=one, crew=one, task_id=UUID(int=1), plan_id=self.plans[one], plan_number="2026001",
                    plan_name="2026年度人社局随机抽查1", task_number="001号", task_name="检查",
                    department="市场科", mode=DrawMode.DIRECTED, registry_count=100, excluded=0,
                    strata=[StratumOutcome(code="A", n=100, k=self.visits, m=0, bp=500)],
                )
                for one in self.lists
            ],
            visits=self.visits,
            files=DrawFiles(**{name: _file(name) for name in DrawFiles.model_fields}),
        )  # fmt: skip

    def voided(self, attempt: int = 1) -> DrawVoided:
        """The round, voided."""
        return DrawVoided(
            round_id=self.round_id, draw_id=self.draw_id, attempt=attempt, region=self.region, org=self.org,
            reason="名录有误", voided_at=NOW,
        )  # fmt: skip

    def closed(self, number: int = 1, **changes: Any) -> InspectionClosed:
        """One visit of the round, closed."""
        results = changes.pop("results", [ResultCode.NO_PROBLEM])
        checks = changes.pop("checks", None) or [self.check(results, one) for one in self.lists]
        normal = all(result in NORMAL_RESULTS for check in checks for result in check.results)
        values: dict[str, Any] = {
            "visit_id": uuid7(), "round_id": self.round_id, "draw_id": self.draw_id, "org": self.org,
            "org_name": "洛阳市人力资源和社会保障局", "region": self.region, "object_id": code(number),
            "object_name": f"洛阳第{number}人力资源有限公司", "object_kind": "enterprise",
            "object_region": "410300", "credit_grade": "A", "finished_on": date(2026, 11, 3),
            "closed_at": NOW, "normal": normal, "violation": not normal, "refused_signature": False,
            "checks": checks, "follow_ups": [], "ruleset": self.ref, "record": _file("record"),
        }  # fmt: skip
        return InspectionClosed(**(values | changes))

    def check(
        self, results: list[ResultCode], list_code: str = "", check_id: UUID | None = None, remark: str = ""
    ) -> CheckOutcome:
        """What one department found."""
        return CheckOutcome(
            check_id=check_id or uuid4(), list_code=list_code or self.lists[0], crew="HR", department="市场科",
            task_id=UUID(int=1), plan_number="2026001", plan_name="2026年度人社局随机抽查1",
            task_number="001号", task_name="检查", mode=DrawMode.DIRECTED, items=["RZ-HR-01"],
            results=results, remark=remark,
        )  # fmt: skip


def open_follow_up(kind: FollowUpKind = FollowUpKind.ORDER_CORRECTION) -> FollowUpState:
    """A follow-up that is not done."""
    return FollowUpState(follow_up_id=uuid4(), kind=kind, closed=False, due_on=date(2026, 12, 1))


def follow_up_closed(visit: InspectionClosed, index: int = 0) -> FollowUpClosed:
    """A follow-up of a visit, done."""
    one = visit.follow_ups[index]
    return FollowUpClosed(
        visit_id=visit.visit_id, follow_up_id=one.follow_up_id, kind=one.kind, region=visit.region,
        outcome="已改正", closed_on=date(2026, 11, 18),
    )  # fmt: skip


def corrected(visit: InspectionClosed, results: list[ResultCode], version: int = 2) -> InspectionCorrected:
    """The record of a visit, corrected."""
    checks = [check.model_copy(update={"results": results}) for check in visit.checks]
    return InspectionCorrected(
        visit_id=visit.visit_id, version=version, reason="结果录入错误", corrected_at=NOW, checks=checks,
        normal=all(result in NORMAL_RESULTS for result in results),
    )  # fmt: skip
