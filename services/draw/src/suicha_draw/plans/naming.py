"""How a ruleset wants plans written down: their names, and the columns of its table that nobody leaves empty. Pure."""

from suicha_contracts.ruleset import PlanTable, Ruleset

from suicha_draw.plans.schemas import TaskContent

_PATTERN = "年度+部门+随机抽查+序号"
"""The pattern of a ruleset that has none: S4's (附件 备注 1)."""

_COLUMNS = {"object_range": "抽查对象范围", "frequency": "抽查频次", "basis": "抽查依据"}
"""Columns of S0 annex 1 that a task may leave empty elsewhere, by field."""


def plan_name(ruleset: Ruleset, year: int, department: str, serial: int) -> str:
    """Return the name of a plan by the ruleset's pattern, parts joined by `+`; what is no part stands as it is.

    S4's table is that of internal joint plans, and prints its year and its kind so:
    2024年迁西县人力资源和社会保障局内部联合随机抽查001.
    """
    table, pattern = ruleset.planning.table, ruleset.planning.plan_name
    joint = table is not None and table.value is PlanTable.S4
    said = {
        "年度": f"{year}年" if joint else f"{year}年度",
        "部门": department,
        "随机抽查": "内部联合随机抽查" if joint else "随机抽查",
        "序号": f"{serial:03d}",
    }
    parts = (pattern.value if pattern else _PATTERN).split("+")
    return "".join(said.get(part.strip(), part.strip()) for part in parts)


def empty_columns(ruleset: Ruleset, task: TaskContent) -> dict[str, str]:
    """Return the columns that a task leaves empty in the table of its ruleset: field → heading (S0 附件1)."""
    table = ruleset.planning.table
    if table is None or table.value is not PlanTable.S0:
        return {}
    return {field: words for field, words in _COLUMNS.items() if not getattr(task, field)}
