"""The selects of a search, each written out once for the fields that it asks for. Values come as parameters."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Float,
    Integer,
    Select,
    Subquery,
    Text,
    Uuid,
    all_,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    tablesample,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from suicha_chassis.db import DIALECT
from suicha_chassis.written import Written

from suicha_registry.subjects.conditions import SETS, of_row, sets
from suicha_registry.subjects.models import SUBJECT_COLUMNS, Label, Subject
from suicha_registry.subjects.search_asked import OF_ORDER
from suicha_registry.subjects.tag_tree import with_descendants

Fields = frozenset[str]
"""What a search asks for, and `after`: the page comes after a key."""

_SHAPES = 500
"""So many combinations of fields are kept."""
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
_WHOLE = literal_column(
    "(SELECT reltuples::bigint FROM pg_class WHERE oid = 'subjects'::regclass)", type_=BigInteger()
)
"""How many objects there are, about."""
FAMILY = Written(select(with_descendants(Label.code == bindparam("tag", type_=Text()), _DAY).c.id))
"""The ids of a tag and of those below it."""


@lru_cache(_SHAPES)
def within_set(field: str) -> Written:
    """How many objects are in the set that a field names, counted up to `rows`."""
    (ids,) = sets(_said(frozenset({field})))
    some = ids.limit(_ROWS).subquery()
    return Written(select(func.count()).select_from(some))


@lru_cache(_SHAPES)
def expected(fields: tuple[str, ...]) -> str:
    """The statement that tells how many objects there are, and how many are in each of the sets that these fields name,
    as the planner expects it."""
    parts: list[Select[str]] = [select(Subject.id)]
    for field in fields:
        parts += sets(_said(frozenset({field})))
    return f"EXPLAIN (FORMAT JSON) {union_all(*parts).compile(dialect=DIALECT)}"


@lru_cache(_SHAPES)
def counted(fields: Fields) -> Written:
    """How many objects fit, counted up to `rows`."""
    return Written(select(func.count()).select_from(_all(fields).limit(_ROWS).subquery()))


@lru_cache(_SHAPES)
def sample(fields: Fields) -> Written:
    """How many objects there are, and how many of some `sampled`: in the region and with the code that are asked for;
    of these with the name, and being what else is asked of the row; and of all with names like all the `patterns`."""
    part = 100 * bindparam("sampled", type_=Float()) / func.greatest(_WHOLE, 1)
    some = aliased(Subject, tablesample(Subject, func.system(func.least(part, 100))))
    here = of_row(_said(fields & OF_ORDER), some)
    counted = {
        "seen": and_(true(), *here),
        "named": and_(true(), *here, *of_row(_said(fields & {"name"}), some)),
        "fitting": and_(true(), *here, *of_row(_said(fields - OF_ORDER - {"name"}), some)),
        "having": some.name.like(all_(bindparam("patterns", type_=ARRAY(Text)))),
    }
    counts = (func.count().filter(which).label(name) for name, which in counted.items())
    return Written(select(func.greatest(_WHOLE, func.count()).label("whole"), *counts))


@lru_cache(_SHAPES)
def ahead(fields: Fields, known: str = "") -> Written:
    """The first `wanted` objects that fit among the next `rows` of the order. A set that is `known` is read once
    before, and not asked row by row."""
    return Written(_objects(_among_the_next(fields, _beyond(fields), known)))


@lru_cache(_SHAPES)
def reached(fields: Fields) -> Written:
    """The key up to which `ahead` has looked; none where it has come to the end."""
    last = select(Subject.region, Subject.id).where(
        *of_row(_said(fields & OF_ORDER), Subject), *_beyond(fields)
    )
    return Written(last.order_by(Subject.region, Subject.id).offset(_ROWS - 1).limit(1))


@lru_cache(_SHAPES)
def there(fields: Fields) -> Written:
    """The first `wanted` objects that fit: all before a `place`, which are gathered, and those among the first `rows`
    there."""
    before = _all(fields, Subject.region < _PLACE, lead="name").offset(0).subquery()
    inside = _among_the_next(fields, [Subject.region >= _PLACE]).subquery()
    found = union_all(*(select(part.c.region, part.c.id) for part in (before, inside))).subquery()
    return Written(_objects(_first(found)))


@lru_cache(_SHAPES)
def gathered(fields: Fields, lead: str, known: str = "") -> Written:
    """The first `wanted` of all objects that fit, found by the index of one of the fields: `name`, or a set. A set that
    is `known` is read once before, and not asked row by row.

    OFFSET 0: otherwise the planner would walk the order hoping to meet soon what is rare.
    """
    return Written(_objects(_first(_all(fields, lead=lead, known=known).offset(0).subquery())))


def _said(fields: Fields) -> dict[str, Any]:
    return {**{field: _SAID[field] for field in fields if field in _SAID}, "day": _DAY}


def _beyond(fields: Fields) -> list[ColumnElement[bool]]:
    return [tuple_(Subject.region, Subject.id) > _AFTER] if "after" in fields else []


def _all(fields: Fields, *more: ColumnElement[bool], lead: str = "", known: str = "") -> Select[str, str]:
    """Return the select of the keys of all that fits behind the last key, led to by one field or as the planner
    likes it."""
    said = _said(fields)
    if lead in SETS:
        ((leading,), others) = sets(_said(fields & {lead})), sets(_said(fields - {lead}))
        inside = [Subject.id == any_(_array(_within(leading, others)))]
    elif lead:
        inside = _in_sets(fields, Subject.id.expression, known)
    else:
        inside = [Subject.id.in_(ids) for ids in sets(said)]
    named = [_HAS_CHARACTERS] if "name" in fields and lead in ("", "name") else []
    return select(Subject.region, Subject.id).where(
        *of_row(said, Subject), *inside, *named, *_beyond(fields), *more
    )


def _array(ids: Select[str]) -> Any:
    return func.array(ids.scalar_subquery(), type_=ARRAY(Text))


def _within(ids: Select[str], others: Sequence[Select[str]]) -> Select[str]:
    """Return those ids that are in the other sets too."""
    each = ids.subquery().c
    (one,) = each
    return select(one).where(*(_probe(other, one) for other in others))


def _among_the_next(
    fields: Fields, start: Sequence[ColumnElement[bool]], known: str = ""
) -> Select[str, str]:
    names = ("region", "id", "status", *sorted(fields & _ASKED))
    rows = (
        select(*(getattr(Subject, name) for name in names))
        .where(*of_row(_said(fields & OF_ORDER), Subject), *start)
        .order_by(Subject.region, Subject.id)
        .limit(_ROWS)
        .subquery()
    )
    row = rows.c
    fitting = [
        *of_row(_said(fields - OF_ORDER), row),
        *_in_sets(fields, row.id, known),
    ]
    return select(row.region, row.id).where(*fitting).order_by(row.region, row.id).limit(_WANTED)


def _in_sets(fields: Fields, one: ColumnElement[str], known: str) -> list[ColumnElement[bool]]:
    """Return the conditions that one is in all sets, asked row by row but for the set that is `known`.

    IS TRUE: otherwise the planner would join the set, and lose the order.
    """
    asked = [_probe(ids, one) for ids in sets(_said(fields - {known}))]
    return asked + [one.in_(ids).is_(True) for ids in sets(_said(fields & {known}))]


def _probe(ids: Select[str], one: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that one is in a set, asked row by row.

    OFFSET 0: otherwise the planner would gather the set, which costs more than the few rows that are looked at.
    """
    return ids.where(ids.selected_columns[0] == one).offset(0).exists()


def _first(keys: Subquery) -> Select[str, str]:
    return select(keys.c.region, keys.c.id).order_by(keys.c.region, keys.c.id).limit(_WANTED)


def _objects(keys: Select[str, str]) -> Select[Any]:
    """Return the select of the objects of these regions and ids, with all columns."""
    wanted = keys.subquery()
    return (
        select(*SUBJECT_COLUMNS).join(wanted, wanted.c.id == Subject.id).order_by(Subject.region, Subject.id)
    )
