"""A plan as the documents' own tables: S0 annex 1 with eight columns, S4's annex with thirteen (P1, P2). Pure."""

from collections.abc import Sequence

from suicha_contracts.publication import DRAW_MODE_TEXT
from suicha_contracts.ruleset import PlanTable, Ruleset

from suicha_draw.plans.rules import ratio_text
from suicha_draw.plans.schemas import PublishedPlan, TaskView
from suicha_draw.printing.sheet import Sheet, Table

S0_HEADS = (
    "序号", "抽查任务名称", "抽查对象范围", "抽查比例", "抽查频次", "抽查方式", "检查时间", "抽查依据",
)  # fmt: skip
S4_HEADS = (
    "序号", "单位", "抽查计划编号", "抽查计划名称", "抽查任务编号", "抽查任务名称", "抽查类型", "抽查比例",
    "抽查事项", "抽查对象范围", "发起处室", "联合处室", "抽查时间",
)  # fmt: skip
_S0_WEIGHTS = (4, 24, 18, 9, 7, 8, 9, 21)
_S4_WEIGHTS = (3, 8, 7, 12, 6, 11, 6, 8, 14, 9, 8, 8, 7)
_S4_NOTES = ("备注：1. 抽查计划名称为：年度+部门+随机抽查+序号。", "2. 抽查时间必须填写到月份。")


def table_of(ruleset: Ruleset) -> PlanTable:
    """Return as which table a ruleset's plans are printed; that of S0 annex 1 where it does not say."""
    return ruleset.planning.table.value if ruleset.planning.table else PlanTable.S0


def plan_sheet(plan: PublishedPlan, layout: PlanTable) -> Sheet:
    """Return a plan as a document in one of the two layouts; withdrawn tasks are left out."""
    tasks = [task for task in plan.tasks or [] if task.state == "planned"]
    facts = [("调整", f"第 {plan.public_version} 版，{plan.reason}")] if plan.reason else []
    if layout is PlanTable.S4:
        title = f"{plan.org_name}{plan.year}年度内部联合随机抽查工作计划"
        table = Table(S4_HEADS, _S4_WEIGHTS, [_s4_row(plan, at, task) for at, task in _numbered(tasks)])
        return Sheet(title, [table], facts, _S4_NOTES)
    title = f"{plan.org_name} {plan.year} 年度“双随机、一公开”抽查工作计划"
    table = Table(S0_HEADS, _S0_WEIGHTS, [_s0_row(plan, at, task) for at, task in _numbered(tasks)])
    return Sheet(title, [table], facts)


def _numbered(tasks: Sequence[TaskView]) -> Sequence[tuple[str, TaskView]]:
    return [(str(at), task) for at, task in enumerate(tasks, start=1)]


def _s0_row(plan: PublishedPlan, at: str, task: TaskView) -> tuple[str, ...]:
    return (
        at, task.name, _range(task), ratio_text(task), task.frequency, task.method, _when(plan, task),
        "、".join(task.basis),
    )  # fmt: skip


def _s4_row(plan: PublishedPlan, at: str, task: TaskView) -> tuple[str, ...]:
    return (
        at, plan.org_name, plan.number, plan.name, task.number, task.name, DRAW_MODE_TEXT[task.mode],
        ratio_text(task), "；".join(task.item_names or task.items), _range(task), task.department,
        "、".join([*task.joint_departments, *task.joint_authorities]), _when(plan, task),
    )  # fmt: skip


def _range(task: TaskView) -> str:
    return task.object_range or f"{task.name}所涉检查对象"


def _when(plan: PublishedPlan, task: TaskView) -> str:
    return f"{plan.year}年{task.month}月"
