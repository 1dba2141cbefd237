"""What stands beside an object in its answer: grade, labels, lists, complaints; one select for many objects."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Text,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.written import Written

from suicha_registry.rulesets.service import today
from suicha_registry.subjects import as_of, complaints, lists
from suicha_registry.subjects.models import Complaint, Label, LabelEnd, ListEntry, SubjectGrade, SubjectLabel

_NOTHING: ColumnElement[str] = literal_column("''")
_AMONG = any_(bindparam("ids", type_=ARRAY(Text)))
_DAY = bindparam("day", type_=Date())


class Beside(as_of.GradeFields):
    """The fields of an answer that no column of the object holds."""

    labels: list[str]
    lists: list[str]
    complaints: int


async def beside(session: AsyncSession, ids: Sequence[str], day: date | None = None) -> dict[str, Beside]:
    """Return what stands beside each of the objects, now or as it was on a day."""
    grades: dict[str, as_of.Graded] = {}
    codes: dict[str, dict[str, set[str]]] = {"label": {}, "list": {}}
    complained: dict[str, int] = {}
    told = await (_NOW if day is None else _THEN).rows(session, {"ids": list(ids), "day": day or today()})
    for one, what, text, source, month in told:
        if what == "grade":
            grades[one] = as_of.Graded(text, source, month)
        elif what == "complaints":
            complained[one] = int(text)
        else:
            codes[what].setdefault(one, set()).add(text)
    if day is not None:
        await as_of.put_grades_back(session, grades, ids, day)
    return {
        one: Beside(
            **as_of.grade_fields(grades.get(one)),
            labels=sorted(codes["label"].get(one, ())),
            lists=sorted(codes["list"].get(one, ())),
            complaints=complained.get(one, 0),
        )
        for one in ids
    }


def _row(what: str, of: Any, text: Any, *more: Any) -> Select[Any]:
    """Return a select of (object, what is told, text and up to two more texts)."""
    shown = (*(text, *more), _NOTHING, _NOTHING)[:3]
    return select(of, literal_column(f"'{what}'"), *shown).where(of == _AMONG)


_CARRIED = _row("label", SubjectLabel.subject_id, Label.code).join(Label, Label.id == SubjectLabel.label_id)
_ENDED = _row("label", LabelEnd.subject_id, Label.code).join(Label, Label.id == LabelEnd.label_id)
_ANY_DAY = (
    _row("grade", SubjectGrade.subject_id, SubjectGrade.grade, SubjectGrade.source, SubjectGrade.month),
    _row("list", ListEntry.subject_id, ListEntry.list_code).where(lists.on_day(_DAY)),
    _row("complaints", Complaint.subject_id, cast(func.sum(Complaint.count), Text))
    .where(*complaints.within_a_year(_DAY))
    .group_by(Complaint.subject_id),
)
_NOW = Written(union_all(*_ANY_DAY, _CARRIED))
"""What is told of the objects `ids` today, which is the `day`."""
_THEN = Written(
    union_all(
        *_ANY_DAY,
        _CARRIED.where(SubjectLabel.since <= _DAY),
        _ENDED.where(LabelEnd.since <= _DAY, LabelEnd.until > _DAY),
    )
)
"""What is told of them as it was on a `day`; grades as they are."""
