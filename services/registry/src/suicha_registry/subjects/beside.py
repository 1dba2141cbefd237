"""What stands beside an object in its answer: grade, labels, lists, complaints; one select for many objects."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, literal_column, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.values import SubjectList

from suicha_registry.among import among
from suicha_registry.rulesets.service import today
from suicha_registry.subjects import as_of, complaints, lists
from suicha_registry.subjects.models import Complaint, Label, LabelEnd, ListEntry, SubjectGrade, SubjectLabel

_NOTHING: ColumnElement[str] = literal_column("''")


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
    told = union_all(_grades(ids), *_labels(ids, day), _lists(ids, day), _complaints(ids, day))
    for one, what, text, source, month in await session.execute(told):
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
    return select(of, literal_column(f"'{what}'"), text, *(*more, _NOTHING, _NOTHING)[:2])


def _grades(ids: Sequence[str]) -> Select[Any]:
    own = SubjectGrade
    return _row("grade", own.subject_id, own.grade, own.source, own.month).where(among(own.subject_id, ids))


def _labels(ids: Sequence[str], day: date | None) -> list[Select[Any]]:
    carried = (
        _row("label", SubjectLabel.subject_id, Label.code)
        .join(Label, Label.id == SubjectLabel.label_id)
        .where(among(SubjectLabel.subject_id, ids))
    )
    if day is None:
        return [carried]
    ended = (
        _row("label", LabelEnd.subject_id, Label.code)
        .join(Label, Label.id == LabelEnd.label_id)
        .where(among(LabelEnd.subject_id, ids), LabelEnd.since <= day, LabelEnd.until > day)
    )
    return [carried.where(SubjectLabel.since <= day), ended]


def _lists(ids: Sequence[str], day: date | None) -> Select[Any]:
    on = lists.on_day(list(SubjectList), day or today())
    return _row("list", ListEntry.subject_id, ListEntry.list_code).where(
        among(ListEntry.subject_id, ids), *on
    )


def _complaints(ids: Sequence[str], day: date | None) -> Select[Any]:
    number = cast(func.sum(Complaint.count), Text)
    within = complaints.within_a_year(day or today())
    told = _row("complaints", Complaint.subject_id, number).where(among(Complaint.subject_id, ids), *within)
    return told.group_by(Complaint.subject_id)
