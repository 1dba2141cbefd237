"""Counting how lists overlap, without freezing anything: one statement over the register, one row a group.

A plan of twenty objects and one of ten million cost the caller the same: what comes back are groups, not objects.
"""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, case, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.problems import Fault, Invalid
from suicha_contracts.freeze import Survey, SurveyGroup, SurveyRequest, SurveyStaff
from suicha_contracts.values import SubjectStatus, region_prefix

from suicha_registry.inspectors.models import Inspector
from suicha_registry.inspectors.schemas import InspectorState
from suicha_registry.rulesets.service import today
from suicha_registry.snapshots import package
from suicha_registry.snapshots.objects import held_in, stratum_in, unit_column
from suicha_registry.subjects.models import Subject, SubjectGrade


async def survey(session: AsyncSession, request: SurveyRequest) -> Survey:
    """Count every combination of list and stratum in which live objects stand, and the register itself.

    Raises:
        OrganisationUnknown: the organisation is not registered.
        LabelUnknown, Forbidden, Invalid: a list names an unknown label, another region, or a code twice.
    """
    codes = [one.code for one in request.lists]
    if len(set(codes)) != len(codes):
        raise Invalid("名单编码重复", faults=[Fault(where="lists", code="repeated", message="名单编码重复")])
    organisation = await package.organisation_of(session, request)
    labels = await package.label_ids(session, request, today())
    counted_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    prefix = region_prefix(organisation.region)
    register_size = await session.scalar(
        select(func.count())
        .select_from(Subject)
        .where(Subject.status == SubjectStatus.ACTIVE, Subject.region.startswith(prefix, autoescape=True))
    )
    groups: list[SurveyGroup] = []
    standing: dict[str, str] | None = {} if request.object_id else None
    if request.lists:
        places = _places(request, labels, today())
        groups = await _groups(session, request, places)
        if request.object_id:
            wanted = _register(select(places)).where(Subject.id == request.object_id)
            standing = _strata(codes, await session.scalar(wanted) or [])
    return Survey(
        counted_at=counted_at, register_size=register_size or 0, groups=groups, object_strata=standing,
        staff=await _staff(session, request),
    )  # fmt: skip


def _places(
    request: SurveyRequest, labels: dict[str, list[UUID]], day: date
) -> ColumnElement[list[str | None]]:
    """Return the strata of an object as one array, a place for each list, null where the list does not hold it.

    So the register is read once however many lists there are, and never multiplied by them.
    """
    strata: list[Any] = [
        cast(case((held_in(one, labels, day), stratum_in(one, labels, day))), Text) for one in request.lists
    ]
    return array(strata)


def _register(wanted: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    graded = SubjectGrade.subject_id == Subject.id
    return wanted.select_from(Subject).outerjoin(SubjectGrade, graded)


async def _groups(
    session: AsyncSession, request: SurveyRequest, places: ColumnElement[list[str | None]]
) -> list[SurveyGroup]:
    unit = unit_column(request.units_by, request.org) if request.units_by else literal("")
    prefixes = sorted({region_prefix(one.region) for one in request.lists})
    inside = or_(*(Subject.region.startswith(prefix, autoescape=True) for prefix in prefixes))
    each = _register(select(places.label("places"), unit.label("unit"))).where(inside).subquery("each")
    counted = select(each.c.places, each.c.unit, func.count()).group_by(each.c.places, each.c.unit)
    rows = await session.execute(counted.order_by(each.c.places, each.c.unit))
    codes = [one.code for one in request.lists]
    return [
        SurveyGroup(strata=strata, unit=unit or "", objects=number)
        for places, unit, number in rows.all()
        if (strata := _strata(codes, places))
    ]


def _strata(codes: list[str], places: list[str | None]) -> dict[str, str]:
    return {code: place for code, place in zip(codes, places, strict=False) if place is not None}


async def _staff(session: AsyncSession, request: SurveyRequest) -> list[SurveyStaff]:
    if request.units_by is None:
        return []
    rows = await session.scalars(
        select(Inspector).where(
            Inspector.org == request.org,
            Inspector.state == InspectorState.ACTIVE,
            Inspector.licence_until >= today(),
            Inspector.crew.in_({one.crew for one in request.lists}),
        )
    )
    counted = Counter((row.crew, package.unit_of_inspector(row, request.units_by)) for row in rows)
    return [
        SurveyStaff(crew=crew, unit=unit, inspectors=number)
        for (crew, unit), number in sorted(counted.items())
        if unit
    ]
