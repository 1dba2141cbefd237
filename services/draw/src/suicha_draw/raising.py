"""Raising by reasons (加大随机抽查力度, D9): who meets a reason is drawn in a stratum of its own, at its own ratio.

So every raise is a number k/n that is published beside the result, and nobody is weighed in secret. Pure.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, model_validator
from suicha_contracts.codes import RAISE_REASONS
from suicha_contracts.freeze import Criteria
from suicha_contracts.values import SubjectList

PROBLEM_FOUND = "problem_found"
"""The one reason that draw knows by itself: an earlier inspection found a violation (S2 Art. 11)."""
_LISTED = frozenset(SubjectList)


class TaskRaise(BaseModel):
    """One reason of a task, with its ratio or number; the first reason that an object meets counts."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(description="a reason of the ruleset's raise_reasons", examples=["complaints"])
    ratio_bp: int | None = Field(default=None, ge=1, le=10_000, description="ratio, basis points")
    count: int | None = Field(default=None, ge=1, le=10_000_000, description="or a number of objects")
    criteria: Criteria = Field(
        default_factory=Criteria,
        description="who meets it; empty where the reason is a list of the registry, or `problem_found`",
    )
    within_months: int = Field(
        default=12, ge=1, le=60, description="problem_found: how many months back a violation counts"
    )

    @model_validator(mode="after")
    def _says_whom_and_how_many(self) -> "TaskRaise":
        if self.reason not in RAISE_REASONS:
            raise ValueError(f"没有“{self.reason}”这种加大力度的事由")
        words = RAISE_REASONS[self.reason]
        if (self.ratio_bp is None) == (self.count is None):
            raise ValueError(f"“{words}”须填写比例或数量，且只填一种")
        if self.reason == PROBLEM_FOUND and not self.criteria.empty:
            raise ValueError(f"“{words}”依检查历史确定，不能另设条件")
        if self.reason not in _LISTED and self.reason != PROBLEM_FOUND and self.criteria.empty:
            raise ValueError(f"“{words}”须写明哪些对象属于这种情形")
        if self.criteria.ids:
            raise ValueError("加大力度的对象不能逐一点名")
        return self

    @property
    def effective(self) -> Criteria:
        """Return who meets the reason, for the registry."""
        if self.reason in _LISTED and not self.criteria.lists:
            return self.criteria.model_copy(update={"lists": [SubjectList(self.reason)]})
        return self.criteria


def stratum_code(position: int, reason: str) -> str:
    """Return the code of a reason's stratum: `R1-COMPLAINTS` for the first reason of a task."""
    return f"R{position}-{reason.upper()}"


def stratum_name(code: str, reasons: Sequence[tuple[str, str]]) -> str:
    """Return what a stratum is called in Chinese; `reasons` are (stratum code, reason) of the list's raises."""
    for stratum, reason in reasons:
        if stratum == code:
            return f"加大力度：{RAISE_REASONS[reason]}"
    if code == "ALL":
        return "不分层"
    return "未评级" if code == "U" else f"信用风险等级 {code}"


def order_fault(raises: Sequence[TaskRaise], base: Sequence[int]) -> str:
    """Return why the reasons of a task cannot stand in this order, or nothing.

    Whoever meets several reasons goes to the first, so ratios must fall; and a raise below the ratio of a
    grade would lower the chance of those who have that grade. `base` are the ratios of the other strata.
    """
    ratios = [one.ratio_bp for one in raises if one.ratio_bp is not None]
    if sorted(ratios, reverse=True) != ratios:
        return "加大力度的事由须按比例从高到低排列：同时符合几种的，按第一种抽取"
    if ratios and base and ratios[-1] < max(base):
        return "加大力度的比例不能低于其他各层的比例"
    if len({one.reason for one in raises}) != len(raises):
        return "同一事由只能列一次"
    return ""
