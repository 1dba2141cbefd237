"""The yearly plan: two tasks of two departments, approved by a second person, published."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from suicha_local.demo.client import DemoError, Gateway

HR_RATIOS = {"A": 2000, "B": 3000, "C": 5000, "D": 10000}
"""Basis points by credit-risk grade; the lower the grade, the more are drawn. `U` is not graded yet."""


@dataclass(frozen=True)
class PlannedSeason:
    """A published plan and its tasks."""

    plan: dict[str, Any]
    tasks: list[dict[str, Any]]


def make_plan(
    gateway: Gateway, today: date, *, dispatch_bp: int = 3000, ruleset_id: str = "410300-rsj"
) -> PlannedSeason:
    """Write, submit, approve and publish a plan with a directed and an undirected task.

    `dispatch_bp` is the ratio of the undirected one in basis points; `ruleset_id` names rules of 洛阳.
    """
    planner, approver = gateway.sign_in("planner"), gateway.sign_in("approver")
    plan = planner.post(
        "/draw/v1/plans",
        {
            "year": today.year,
            "org_name": "洛阳市人力资源和社会保障局",
            "ruleset_id": ruleset_id,
        },
    )
    path = f"/draw/v1/plans/{plan['id']}"
    common = {
        "method": "实地检查",
        "month": today.month,
        "frequency": "每年1次",
        "team": 2,
        "alternates": 2,
    }
    tasks = [
        planner.post(
            f"{path}/tasks",
            common
            | {
                "name": "人力资源服务机构年度抽查",
                "department": "劳动保障监察支队",
                "joint_departments": ["人力资源市场科"],
                "crew": "LDJC",
                "list_code": "HR",
                "items": ["RZ-HR-01"],
                "item_names": ["对人力资源服务机构未依法开展人力资源服务业务违法违规行为检查"],
                "object_range": "洛阳市人力资源服务机构",
                "mode": "directed",
                "criteria": {"labels": ["HR-AGENCY"]},
                "by_grade": True,
                "ratios": HR_RATIOS,
                "ratio_bp": 3000,
                "basis": ["《人力资源市场暂行条例》第三十四条"],
            },
        ),
        planner.post(
            f"{path}/tasks",
            common
            | {
                "name": "劳务派遣单位年度抽查",
                "department": "人力资源市场科",
                "joint_departments": ["劳动保障监察支队"],
                "crew": "RLZY",
                "list_code": "LD",
                "items": ["RZ-LW-01"],
                "item_names": ["对劳务派遣单位经营劳务派遣业务情况的检查"],
                "object_range": "洛阳市劳务派遣单位",
                "mode": "undirected",
                "criteria": {"labels": ["LABOUR-DISPATCH"]},
                "by_grade": False,
                "ratio_bp": dispatch_bp,
                "basis": ["《劳动保障监察条例》第十一条"],
            },
        ),
    ]
    planner.post(f"{path}/submit")
    refused = planner.refused("POST", f"{path}/approve", {})
    if refused["code"] not in {"forbidden", "same_person"}:
        raise DemoError(f"编制人审批自己的计划应被拒绝，却得到 {refused['code']}")
    approver.post(f"{path}/approve")
    return PlannedSeason(planner.post(f"{path}/publish"), tasks)


def try_low_ratio(gateway: Gateway, today: date) -> tuple[dict[str, Any], str]:
    """Ask 汝州 for a task below its floor of 5 %; return the problem that refuses it, and the plan's id."""
    planner = gateway.sign_in("rz-planner")
    plan = planner.post("/draw/v1/plans", {"year": today.year, "ruleset_id": "410482-rsj"})
    refused = planner.refused(
        "POST",
        f"/draw/v1/plans/{plan['id']}/tasks",
        {
            "name": "比例过低的任务",
            "department": "劳动保障监察大队",
            "crew": "LDJC",
            "list_code": "HR",
            "items": ["RZ-HR-01"],
            "mode": "undirected",
            "ratio_bp": 300,
            "month": today.month,
            "team": 3,
        },
    )
    return refused, str(plan["id"])
