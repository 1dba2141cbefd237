"""What stands in each cell of an export. Pure: it only reads attributes and mappings."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic_core import from_json
from suicha_contracts.values import percent

from suicha_registry.tables.columns import Column
from suicha_registry.tables.words import (
    CATEGORIES,
    ENFORCEMENTS,
    EXPERT_KINDS,
    EXPERT_STATES,
    GROUP_ROLES,
    KINDS,
    LISTS,
    QUESTION_TYPES,
    STATES,
    STATUSES,
)

Show = Callable[[Any], str]


def text_of(value: Any) -> str:
    """Write a value: nothing as the empty text, days as YYYY-MM-DD, several things joined by semicolons."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, (list, tuple)):
        return "；".join(str(one) for one in value)
    return str(value)


def departments_text(departments: Sequence[Mapping[str, str]]) -> str:
    """Write departments as 编码:名称:队伍."""
    return "；".join(f"{one['code']}:{one['name']}:{one['crew']}" for one in departments)


def licences_text(licences: Sequence[Mapping[str, str | None]]) -> str:
    """Write licences as 种类:编号:有效期至."""
    return "；".join(":".join(filter(None, (one["kind"], one["number"], one["until"]))) for one in licences)


def leading_group_text(group: Sequence[Mapping[str, str]]) -> str:
    """Write the leading group as 角色:姓名:职务."""
    return "；".join(
        ":".join(filter(None, (GROUP_ROLES.write(one["role"]), one["name"], one["post"]))) for one in group
    )


def responsibilities_text(duties: Sequence[Mapping[str, Any]]) -> str:
    """Write who leads and who is responsible as 事项:牵头处室:责任处室:依据."""
    return "；".join(
        f"{one['matter']}:{one['lead']}:{','.join(one['responsible'])}:{one['clause']}" for one in duties
    )


def basis_text(basis: Sequence[Mapping[str, str]]) -> str:
    """Write legal bases as documents print them."""
    return "；".join(f"《{one['law']}》{one['articles']}" for one in basis)


def _legal_ratio(ratio: Mapping[str, Any] | None) -> str:
    return f"{basis_text([ratio['law']])}：{percent(ratio['bp'])}" if ratio else ""


def _legal_frequency(times: Mapping[str, Any] | None) -> str:
    if not times:
        return ""
    least, most = (text_of(times.get(name)) for name in ("minimum", "maximum"))
    return f"{basis_text([times['law']])}：{least}-{most}"


def _percent(bp: int | None) -> str:
    return "" if bp is None else percent(bp)


def _answer(required: object) -> str:
    return "是" if required else "否"


SHOWS: Mapping[str, Mapping[str, Show]] = {
    "subjects": {
        "kind": KINDS.write,
        "status": STATUSES.write,
        "market_share_bp": lambda bp: _percent(int(bp) if bp else None),
        "licences": lambda licences: "" if licences == "[]" else licences_text(from_json(licences)),
    },
    "organisations": {
        "departments": departments_text,
        "leading_group": leading_group_text,
        "responsibilities": responsibilities_text,
    },
    "items": {
        "category": CATEGORIES.write,
        "enforcement": ENFORCEMENTS.write,
        "basis": basis_text,
        "ratio_bp": _percent,
        "legal_ratio": _legal_ratio,
        "legal_frequency": _legal_frequency,
        "object_kinds": lambda kinds: "；".join(map(KINDS.write, kinds)),
        "lists": lambda lists: "；".join(map(LISTS.write, lists)),
    },
    "inspectors": {"state": STATES.write},
    "experts": {"kind": EXPERT_KINDS.write, "state": EXPERT_STATES.write},
    "forms": {"type": QUESTION_TYPES.write, "required": _answer},
}
"""How a field is written where it is not its plain text, by register; those of objects come as texts."""


def shows_of(kind: str, columns: Sequence[Column]) -> list[tuple[int, Show]]:
    """Return which of the columns are not written as they are, and how they are."""
    return [
        (index, SHOWS[kind][column.name])
        for index, column in enumerate(columns)
        if column.name in SHOWS[kind]
    ]


def row_maker(kind: str, columns: Sequence[Column]) -> Callable[[Sequence[Any]], list[str]]:
    """Return what turns the values of a record, in the order of the columns, into the cells of a row."""
    shows = shows_of(kind, columns)

    def row(values: Sequence[Any]) -> list[str]:
        cells = list(map(text_of, values))
        for index, show in shows:
            cells[index] = show(values[index])
        return cells

    return row
