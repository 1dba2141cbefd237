"""What stands beside an object in its answer: grade, labels, lists, complaints; one select for many objects."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
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
    told = await _told(day, today()).rows(session, {"ids": list(ids)})
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


@lru_cache(maxsize=32)
def _told(day: date | None, now: date) -> Written:
    """Return the select of what is told of the objects `ids`."""
    return Written(union_all(_GRADES, *_labels(day), _lists(day or now), _complaints(day or now)))


def _row(what: str, of: Any, text: Any, *more: Any) -> Select[Any]:
    """Return a select of (object, what is told, text and up to two more texts)."""
    shown = (*(text, *more), _NOTHING, _NOTHING)[:3]
    return select(of, literal_column(f"'{what}'"), *shown).where(of == _AMONG)


_GRADES = _row("grade", SubjectGrade.subject_id, SubjectGrade.grade, SubjectGrade.source, SubjectGrade.month)


def _labels(day: date | None) -> list[Select[Any]]:
    carried = _row("label", SubjectLabel.subject_id, Label.code).join(
        Label, Label.id == SubjectLabel.label_id
    )
    if day is None:
        return [carried]
    ended = _row("label", LabelEnd.subject_id, Label.code).join(Label, Label.id == LabelEnd.label_id)
    return [
        carried.where(SubjectLabel.since <= day),
        ended.where(LabelEnd.since <= day, LabelEnd.until > day),
    ]


def _lists(day: date) -> Select[Any]:
    return _row("list", ListEntry.subject_id, ListEntry.list_code).where(lists.on_day(day))


def _complaints(day: date) -> Select[Any]:
    number = cast(func.sum(Complaint.count), Text)
    told = _row("complaints", Complaint.subject_id, number).where(*complaints.within_a_year(day))
    return told.group_by(Complaint.subject_id)
