"""The register as it was on a day: what changed since then is put back, set by set (R9).

An object that did not change since is read from the register itself, with all its indexes. An object that
did is its present row with the earlier values put over it (`subject_before`, migration 0004).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple, TypedDict

import psycopg
from sqlalchemy import ColumnElement, String, TextClause, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased
from suicha_chassis.problems import Fault, Invalid

from suicha_registry.among import among
from suicha_registry.rulesets.service import today
from suicha_registry.subjects.models import Subject, SubjectChange

_NAMES = tuple(column.name for column in Subject.__table__.columns)
_UNCHANGED = ", ".join(f"s.{name}" for name in _NAMES)
_EARLIER = ", ".join(f"s.{name}" if name == "id" else f"p.{name}" for name in _NAMES)


class GradeFields(TypedDict):
    """What a change of grade sets, as answers name it."""

    credit_grade: str
    grade_source: str
    grade_month: str


GRADE_FIELDS = tuple(GradeFields.__annotations__)

REGISTER_THEN = (
    f"SELECT {_UNCHANGED} FROM public.subjects s WHERE s.entered_on <= :day AND NOT EXISTS "  # noqa: S608 - columns
    "(SELECT FROM public.subject_changes c WHERE c.subject_id = s.id AND c.effective_from > :day) "
    f"UNION ALL SELECT {_EARLIER} FROM "
    "(SELECT DISTINCT subject_id FROM public.subject_changes WHERE effective_from > :day) c "
    "JOIN public.subjects s ON s.id = c.subject_id AND s.entered_on <= :day "
    "CROSS JOIN LATERAL jsonb_populate_record(s, subject_before(s.id, :day)) p"
)
"""All objects of the register as of `:day`."""


def register_then(day: date) -> type[Subject]:
    """Return the objects as they were on a day, to be selected from in place of `Subject`."""
    rows: TextClause = text(REGISTER_THEN).bindparams(day=day)
    return aliased(Subject, rows.columns(*Subject.__table__.columns).subquery("register_then"))


class Graded(NamedTuple):
    """The grade of an object, who gave it, and its month (YYYY-MM); empty texts where there is none."""

    grade: str
    source: str
    month: str


def before(subject_id: InstrumentedAttribute[str], day: date, field: str) -> ColumnElement[str]:
    """Return a field of an object on a day as a column; null if it has not changed since."""
    return func.jsonb_extract_path_text(func.subject_before(subject_id, day), field, type_=String)


def grade_fields(graded: Graded | None) -> GradeFields:
    """Return a grade as answers name it."""
    grade, source, month = graded or ("", "", "")
    return GradeFields(credit_grade=grade, grade_source=source, grade_month=month)


async def put_grades_back(
    session: AsyncSession, now: dict[str, Graded], ids: Sequence[str], day: date
) -> None:
    """Turn the present grades of the objects, as far as they have one, into those of a day.

    A grade that is only confirmed writes no history (decision 0037): on an earlier day its month is not known.
    """
    for one, graded in now.items():
        if graded.month > f"{day:%Y-%m}":
            now[one] = graded._replace(month="")
    grade, source, month = (before(SubjectChange.subject_id, day, name) for name in GRADE_FIELDS)
    changed = await session.execute(
        select(SubjectChange.subject_id, grade, source, month)
        .where(among(SubjectChange.subject_id, ids), SubjectChange.effective_from > day)
        .distinct()
    )
    for one, *was in changed:
        if was[0] is not None:
            now[one] = Graded(*(text or "" for text in was))


async def put_back(connection: psycopg.AsyncConnection[Any], day: date) -> None:
    """Let every later statement of the transaction see objects, grades and tags as they were on a day.

    Temporary tables of the same names lie before the register's on the search path; they end with the
    transaction. Lists keep their days themselves and need none.
    """
    then = {"day": day}
    for statement in (
        "CREATE TEMP TABLE subjects ON COMMIT DROP AS " + REGISTER_THEN.replace(":day", "%(day)s"),
        "CREATE TEMP TABLE subject_grades ON COMMIT DROP AS SELECT g.subject_id, "
        'coalesce(b.grade, g.grade)::varchar(8) COLLATE "C" AS grade, g.source, g.month '
        "FROM public.subject_grades g LEFT JOIN (SELECT subject_id, "
        "subject_before(subject_id, %(day)s) ->> 'credit_grade' AS grade FROM (SELECT DISTINCT subject_id "
        "FROM public.subject_changes WHERE effective_from > %(day)s) c) b ON b.subject_id = g.subject_id "
        "WHERE coalesce(b.grade, g.grade) <> ''",
        "CREATE TEMP TABLE subject_labels ON COMMIT DROP AS "
        "SELECT label_id, subject_id FROM public.subject_labels WHERE since <= %(day)s "
        "UNION SELECT label_id, subject_id FROM public.subject_label_ends "
        "WHERE since <= %(day)s AND until > %(day)s",
    ):
        await connection.execute(statement.encode(), then)
    await connection.execute("ANALYZE subjects, subject_grades, subject_labels")


def check_day(day: date) -> date:
    """Return a day whose register can be read.

    Raises:
        Invalid: it has not come yet.
    """
    if day > today():
        fault = Fault(where="query.as_of", code="future", message="该日尚未到来")
        raise Invalid(f"{day} 尚未到来，没有该日的名录", faults=[fault])
    return day
