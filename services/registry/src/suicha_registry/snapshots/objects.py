"""The objects of a list: criteria as a condition, stratum and unit as columns. One statement for each list."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute
from suicha_contracts.freeze import Criteria, SnapshotList
from suicha_contracts.values import SubjectStatus, region_prefix

from suicha_registry.subjects.models import Subject, SubjectGrade, SubjectLabel

UNGRADED = "U"
"""Stratum of objects without a grade (未评级): a stratum of their own, never guessed into another."""
ALL = "ALL"


def _inside(region: str) -> ColumnElement[bool]:
    return Subject.region.startswith(region_prefix(region), autoescape=True)


def _conditions(criteria: Criteria, labels: dict[str, list[UUID]]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if criteria.kinds:
        found.append(Subject.kind.in_(criteria.kinds))
    if criteria.labels:
        ids = [label for code in criteria.labels for label in labels[code]]
        carries = select(SubjectLabel.subject_id).where(SubjectLabel.label_id.in_(ids))
        found.append(Subject.id.in_(carries))
    if criteria.grades:
        found.append(func.coalesce(SubjectGrade.grade, UNGRADED).in_(criteria.grades))
    if criteria.regions:
        found.append(or_(*(_inside(region) for region in criteria.regions)))
    if criteria.industries:
        found.append(
            or_(*(Subject.industry.startswith(prefix, autoescape=True) for prefix in criteria.industries))
        )
    if criteria.scales:
        found.append(Subject.scale.in_(criteria.scales))
    if criteria.company_types:
        found.append(
            or_(*(Subject.company_type.contains(word, autoescape=True) for word in criteria.company_types))
        )
    if criteria.units:
        found.append(Subject.unit.in_(criteria.units))
    if criteria.names_contain:
        found.append(Subject.name.contains(criteria.names_contain, autoescape=True))
    return found


def objects_of(
    one: SnapshotList, labels: dict[str, list[UUID]], units_by: str, org: str
) -> Select[str, str, str, str]:
    """Return the select of (list, id, stratum, unit) of every live object that a list holds.

    `labels` gives the ids of each label code that the criteria name.
    """
    unit: ColumnElement[str] | InstrumentedAttribute[str] = literal(unit_of(org))
    if units_by == "region":
        unit = Subject.region
    elif units_by == "unit":
        unit = Subject.unit
    stratum: ColumnElement[str] = literal(ALL)
    if one.by_grade:
        stratum = case((SubjectGrade.grade.is_(None), UNGRADED), else_=SubjectGrade.grade)
    wanted = select(literal(one.code).label("list"), Subject.id, stratum.label("stratum"), unit.label("unit"))
    if one.by_grade or one.criteria.grades:
        wanted = wanted.outerjoin(SubjectGrade, SubjectGrade.subject_id == Subject.id)
    return wanted.select_from(Subject).where(
        Subject.status == SubjectStatus.ACTIVE, _inside(one.region), *_conditions(one.criteria, labels)
    )


def unit_of(org: str) -> str:
    """Return an organisation's code as an id of RID/1 §1: 410300-rsj → 410300-RSJ."""
    return org.upper()
