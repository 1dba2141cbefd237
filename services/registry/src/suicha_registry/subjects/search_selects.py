"""The selects of a search, each written out once for the fields that it asks for. Values come as parameters."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    Subquery,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from suicha_chassis.db import DIALECT
from suicha_chassis.written import Written

from suicha_registry.subjects.conditions import of_row, sets
from suicha_registry.subjects.models import SUBJECT_COLUMNS, Label, Subject
from suicha_registry.subjects.tag_tree import with_descendants

Fields = frozenset[str]
"""What a search asks for, and `after`: the page comes after a key."""

_SHAPES = 500
"""So many combinations of fields are kept."""
_OF_ORDER = frozenset({"region", "code"})
"""What the order of the objects answers, so that other rows are not read."""
_ASKED = frozenset({"name", "kind", "industry", "unit"})
_CHARACTERS = func.string_to_array(Subject.name.collate("C"), literal_column("NULL::text"), type_=ARRAY(Text))
"""What `ix_subjects_name_chars` is an index of."""
_HAS_CHARACTERS = _CHARACTERS.contains(bindparam("characters", type_=_CHARACTERS.type))
_SAID: dict[str, Any] = {
    **{
        name: bindparam(name, type_=Text())
        for name in ("name", "code", "region", "status", "kind", "industry", "unit", "grade", "on_list")
    },
    "label": any_(bindparam("label", type_=ARRAY(Uuid))),
    "unlabelled": None,  # there is nothing to compare
}
_DAY = bindparam("day", type_=Date())
_ROWS, _WANTED = bindparam("rows", type_=Integer()), bindparam("wanted", type_=Integer())
_PLACE = bindparam("place", type_=Text())
_AFTER = tuple_(*(bindparam(name, type_=Text()) for name in ("after_region", "after_id")))
EXPECTED = "EXPLAIN (FORMAT JSON) " + str(
    union_all(select(Subject.id), select(Subject.id).where(_HAS_CHARACTERS)).compile(dialect=DIALECT)
)
"""How many objects there are, and how many have all the `characters`, as the planner expects it."""
FAMILY = Written(select(with_descendants(Label.code == bindparam("tag", type_=Text()), _DAY).c.id))
"""The ids of a tag and of those below it."""


@lru_cache(_SHAPES)
def within_set(field: str) -> Written:
    """How many objects are in the set that a field names, counted up to `rows`."""
    (ids,) = sets(_said(frozenset({field})))
    some = ids.limit(_ROWS).subquery()
    return Written(select(func.count()).select_from(some))


@lru_cache(_SHAPES)
def counted(fields: Fields) -> Written:
    """How many objects fit, counted up to `rows`."""
    return Written(select(func.count()).select_from(_all(fields).limit(_ROWS).subquery()))


@lru_cache(_SHAPES)
def ahead(fields: Fields) -> Written:
    """The first `wanted` objects that fit among the next `rows` of the order."""
    return Written(_objects(_among_the_next(fields, _beyond(fields))))


@lru_cache(_SHAPES)
def there(fields: Fields) -> Written:
    """The first `wanted` objects that fit: all before a `place`, which are gathered, and those among the first `rows`
    there."""
    before = _all(fields, Subject.region < _PLACE).offset(0).subquery()
    inside = _among_the_next(fields, [Subject.region >= _PLACE]).subquery()
    found = union_all(*(select(part.c.region, part.c.id) for part in (before, inside))).subquery()
    return Written(_objects(_first(found)))


@lru_cache(_SHAPES)
def gathered(fields: Fields) -> Written:
    """The first `wanted` of all objects that fit, found by the indexes of what is asked for.

    OFFSET 0: otherwise the planner would walk the order hoping to meet soon what is rare.
    """
    return Written(_objects(_first(_all(fields).offset(0).subquery())))


def _said(fields: Fields) -> dict[str, Any]:
    return {**{field: _SAID[field] for field in fields if field in _SAID}, "day": _DAY}


def _beyond(fields: Fields) -> list[ColumnElement[bool]]:
    return [tuple_(Subject.region, Subject.id) > _AFTER] if "after" in fields else []


def _all(fields: Fields, *more: ColumnElement[bool]) -> Select[str, str]:
    """Return the select of the keys of all that fits behind the last key."""
    said = _said(fields)
    inside = [Subject.id.in_(ids) for ids in sets(said)]
    named = [_HAS_CHARACTERS] if "name" in fields else []
    return select(Subject.region, Subject.id).where(
        *of_row(said, Subject), *inside, *named, *_beyond(fields), *more
    )


def _among_the_next(fields: Fields, start: Sequence[ColumnElement[bool]]) -> Select[str, str]:
    said = _said(fields)
    names = ("region", "id", "status", *sorted(fields & _ASKED))
    rows = (
        select(*(getattr(Subject, name) for name in names))
        .where(*of_row(_said(fields & _OF_ORDER), Subject), *start)
        .order_by(Subject.region, Subject.id)
        .limit(_ROWS)
        .subquery()
    )
    row = rows.c
    fitting = (*of_row(_said(fields - _OF_ORDER), row), *(_probe(ids, row) for ids in sets(said)))
    return select(row.region, row.id).where(*fitting).order_by(row.region, row.id).limit(_WANTED)


def _probe(ids: Select[str], of: Any) -> ColumnElement[bool]:
    """Return the condition that a row is in a set, asked row by row.

    OFFSET 0: otherwise the planner would gather the set, which costs more than the few rows that are looked at.
    """
    return ids.where(ids.selected_columns[0] == of.id).offset(0).exists()


def _first(keys: Subquery) -> Select[str, str]:
    return select(keys.c.region, keys.c.id).order_by(keys.c.region, keys.c.id).limit(_WANTED)


def _objects(keys: Select[str, str]) -> Select[Any]:
    """Return the select of the objects of these regions and ids, with all columns."""
    wanted = keys.subquery()
    return (
        select(*SUBJECT_COLUMNS).join(wanted, wanted.c.id == Subject.id).order_by(Subject.region, Subject.id)
    )
