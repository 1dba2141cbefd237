"""The objects of a list: criteria as a condition, stratum and unit as columns. One statement for each list."""

from datetime import date
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Text,
    and_,
    case,
    column,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute
from suicha_contracts.freeze import Criteria, SnapshotList, SnapshotRaise
from suicha_contracts.values import LicenceState, SubjectStatus, region_prefix

from suicha_registry.subjects.lists import on_lists
from suicha_registry.subjects.models import ListEntry, Subject, SubjectGrade, SubjectLabel

UNGRADED = "U"
"""Stratum of objects without a grade (未评级): a stratum of their own, never guessed into another."""
ALL = "ALL"


def _inside(region: str) -> ColumnElement[bool]:
    return Subject.region.startswith(region_prefix(region), autoescape=True)


def conditions(criteria: Criteria, labels: dict[str, list[UUID]], day: date) -> list[ColumnElement[bool]]:
    """Return what an object must fulfil, all together; `day` is that of the freeze."""
    found: list[ColumnElement[bool]] = []
    if criteria.ids:
        found.append(Subject.id.in_(criteria.ids))
    if criteria.kinds:
        found.append(Subject.kind.in_(criteria.kinds))
    if criteria.labels:
        ids = [label for code in criteria.labels for label in labels[code]]
        # EXISTS, here and below: within a CASE an IN over a large label would be searched row by row.
        carried = select(SubjectLabel.subject_id).where(SubjectLabel.label_id.in_(ids))
        found.append(carried.where(SubjectLabel.subject_id == Subject.id).exists())
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
    if criteria.natures:
        found.append(Subject.nature.in_(criteria.natures))
    if criteria.structures:
        found.append(Subject.structure.in_(criteria.structures))
    if criteria.market_share_from_bp is not None:
        found.append(Subject.market_share_bp >= criteria.market_share_from_bp)
    if criteria.market_share_to_bp is not None:
        found.append(Subject.market_share_bp <= criteria.market_share_to_bp)
    if criteria.lists:
        found.append(on_lists(criteria.lists, day).where(ListEntry.subject_id == Subject.id).exists())
    if criteria.licences:
        found.append(or_(*(_licence(state, criteria.licence_kinds, day) for state in criteria.licences)))
    elif criteria.licence_kinds:
        found.append(_holds(criteria.licence_kinds))
    if criteria.units:
        found.append(Subject.unit.in_(criteria.units))
    if criteria.names_contain:
        found.append(Subject.name.contains(criteria.names_contain, autoescape=True))
    return found


_LICENCE = (
    func.jsonb_to_recordset(Subject.licences)
    .table_valued(column("kind", Text), column("until", Date))
    .render_derived("licence", with_types=True)
)


def _holds(kinds: list[str], *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that an object holds a licence of one of the kinds (of any, if none is named)."""
    of_kind = [_LICENCE.c.kind.in_(kinds)] if kinds else []
    return select(_LICENCE.c.kind).where(*of_kind, *which).exists()


def _licence(state: LicenceState, kinds: list[str], day: date) -> ColumnElement[bool]:
    """Whoever holds one valid licence and one that expired fits both."""
    ended = func.coalesce(_LICENCE.c.until < day, False)
    return {
        LicenceState.VALID: _holds(kinds, not_(ended)),
        LicenceState.EXPIRED: _holds(kinds, ended),
        LicenceState.NONE: not_(_holds(kinds)),
    }[state]


def unit_column(units_by: str, org: str) -> ColumnElement[str] | InstrumentedAttribute[str]:
    """Return what decides the unit of an object (RID/1 §2)."""
    if units_by == "region":
        return Subject.region
    if units_by == "unit":
        return Subject.unit
    return literal(unit_of(org))


def held_in(one: SnapshotList, labels: dict[str, list[UUID]], day: date) -> ColumnElement[bool]:
    """Return whether a list holds an object."""
    return and_(
        Subject.status == SubjectStatus.ACTIVE, _inside(one.region), *conditions(one.criteria, labels, day)
    )


def fits_in(raised: SnapshotRaise, labels: dict[str, list[UUID]], day: date) -> ColumnElement[bool]:
    """Return whether an object is one for which a list's ratio is raised; without criteria every object is."""
    return and_(true(), *conditions(raised.criteria, labels, day))


def stratum_in(one: SnapshotList, labels: dict[str, list[UUID]], day: date) -> ColumnElement[str]:
    """Return the stratum of an object that a list holds: the first reason to raise that fits, or its grade (D9)."""
    stratum: ColumnElement[str] = literal(ALL)
    if one.by_grade:
        stratum = case((SubjectGrade.grade.is_(None), UNGRADED), else_=SubjectGrade.grade)
    if one.raises:
        fits = [(fits_in(raised, labels, day), literal(raised.stratum)) for raised in one.raises]
        stratum = case(*fits, else_=stratum)
    return stratum


def objects_of(
    one: SnapshotList, labels: dict[str, list[UUID]], units_by: str, org: str, day: date
) -> Select[str, str, str, str]:
    """Return the select of (list, id, stratum, unit) of every live object that a list holds.

    `labels` gives the ids of each label code that the criteria name; `day` is that of the freeze.
    """
    wanted = select(
        literal(one.code).label("list"), Subject.id, stratum_in(one, labels, day).label("stratum"),
        unit_column(units_by, org).label("unit"),
    )  # fmt: skip
    if one.by_grade or one.criteria.grades or any(raised.criteria.grades for raised in one.raises):
        wanted = wanted.outerjoin(SubjectGrade, SubjectGrade.subject_id == Subject.id)
    return wanted.select_from(Subject).where(held_in(one, labels, day))


def unit_of(org: str) -> str:
    """Return an organisation's code as an id of RID/1 §1: 410300-rsj → 410300-RSJ."""
    return org.upper()
