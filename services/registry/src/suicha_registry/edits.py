"""Partial edits: what a PATCH names is set, everything else stays; the audit trail gets both states."""

from collections.abc import Set
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python
from sqlalchemy import inspect
from suicha_chassis.problems import Fault, Invalid


def apply(
    row: object, patch: BaseModel, apart: Set[str] = frozenset()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set the fields that the patch names; return the changed ones before and after, as JSON values.

    Fields named `apart` are no columns; whoever keeps them sets them.

    Raises:
        Invalid: a field that must have a value was set to null.
    """
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    nullable = {column.key: column.columns[0].nullable for column in inspect(type(row)).column_attrs}
    named = patch.model_fields_set - apart
    given = patch.model_dump(mode="json", include=named)
    for name in named:
        old, new = getattr(row, name), getattr(patch, name)
        if new is None and not nullable[name]:
            fault = Fault(where=f"body.{name}", code="null", message="不能为空")
            raise Invalid(f"{name} 不能为空", faults=[fault])
        stored = given[name] if isinstance(new, (BaseModel, list)) else new
        if old != stored:
            before[name], after[name] = to_jsonable_python(old), given[name]
            setattr(row, name, stored)
    return before, after
