"""What a search means for the rows of objects: conditions on the row itself, and sets of ids in which it must be."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, any_, func, select
from suicha_contracts.values import SubjectStatus

from suicha_registry.rulesets.service import today
from suicha_registry.subjects import lists
from suicha_registry.subjects.models import Label, Subject, SubjectGrade, SubjectLabel
from suicha_registry.subjects.schemas import Search
from suicha_registry.subjects.tag_tree import unlabelled, with_descendants

Values = Mapping[str, Any]
"""What the fields of a search are compared with, by field, and the `day`: as they are, or parameters for them."""

_OF_ROW: dict[str, Callable[[Any, Values], ColumnElement[bool]]] = {
    "name": lambda of, said: func.strpos(of.name, said["name"]) > 0,  # what LIKE finds, in less time
    "code": lambda of, said: func.starts_with(of.id, said["code"]),
    "region": lambda of, said: func.starts_with(of.region, said["region"]),
    "status": lambda of, said: of.status == said["status"],
    "kind": lambda of, said: of.kind == said["kind"],
    "industry": lambda of, said: func.starts_with(of.industry, said["industry"]),
    "unit": lambda of, said: of.unit == said["unit"],
    "unlabelled": lambda of, said: and_(of.status == SubjectStatus.ACTIVE, unlabelled(of.id, said["day"])),
}
_SETS: dict[str, Callable[[Values], Select[str]]] = {
    "label": lambda said: select(SubjectLabel.subject_id).where(SubjectLabel.label_id == said["label"]),
    "grade": lambda said: select(SubjectGrade.subject_id).where(SubjectGrade.grade == said["grade"]),
    "on_list": lambda said: lists.on_list(said["on_list"], said["day"]),
}
SETS = frozenset(_SETS)
"""The fields of a search that name sets of ids."""


def values_of(search: Search) -> dict[str, Any]:
    """Return what the fields that are asked for are compared with."""
    return {**search.model_dump(mode="json", exclude_defaults=True), "day": today()}


def of_row(said: Values, of: Any) -> list[ColumnElement[bool]]:
    """Return the conditions that the row itself answers, and that it carries no tag."""
    return [condition(of, said) for field, condition in _OF_ROW.items() if field in said]


def sets(said: Values) -> list[Select[str]]:
    """Return the sets of ids in which an object must be: those with the tags, of the grade, on the list.

    `label` is any of the ids of the tag and those below it.
    """
    return [ids(said) for field, ids in _SETS.items() if field in said]


def conditions(search: Search, of: Any = Subject) -> list[ColumnElement[bool]]:
    """Return the conditions of a search on the rows of `of`; the session's scope limits them further."""
    said = values_of(search)
    if search.label:
        family = with_descendants(Label.code == search.label, said["day"])
        said["label"] = any_(select(family.c.id).scalar_subquery())
    return [*of_row(said, of), *(of.id.in_(ids) for ids in sets(said))]
