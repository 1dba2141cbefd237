"""Counting how lists overlap, without freezing anything: one statement over the register, one row a group.

A plan of twenty objects and one of ten million cost the caller the same: what comes back are groups, not objects.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from psycopg.errors import QueryCanceled
from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, literal, null, or_, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.problems import Fault, Invalid
from suicha_contracts.freeze import (
    SnapshotList,
    SnapshotRaise,
    Survey,
    SurveyGroup,
    SurveyRequest,
    SurveyStaff,
)
from suicha_contracts.values import SubjectStatus, region_prefix

from suicha_registry.inspectors.models import Inspector
from suicha_registry.inspectors.schemas import InspectorState
from suicha_registry.problems import SurveyTooLong
from suicha_registry.rulesets.service import today
from suicha_registry.snapshots import package
from suicha_registry.snapshots.objects import ALL, UNGRADED, fits_in, held_in, unit_column
from suicha_registry.subjects.models import Subject, SubjectGrade


async def survey(session: AsyncSession, request: SurveyRequest) -> Survey:
    """Answer `counted`, no statement of which may take longer than the request allows.

    Raises:
        SurveyTooLong: one did; the database has stopped counting.
        OrganisationUnknown, LabelUnknown, Forbidden, Invalid: as for `counted`.
    """
    if request.seconds is not None:
        await session.execute(select(func.set_config("statement_timeout", f"{request.seconds}s", True)))
    try:
        return await counted(session, request)
    except OperationalError as error:
        if not isinstance(error.orig, QueryCanceled):
            raise
        raise SurveyTooLong(
            f"{request.seconds} 秒内没有统计完 {len(request.lists)} 份名单，统计已停止；"
            "请减少任务、收窄条件，或在空闲时再试"
        ) from error


async def counted(session: AsyncSession, request: SurveyRequest) -> Survey:
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
        asked = _Questions(request.lists, labels, today())
        groups = await _groups(session, request, asked)
        if request.object_id:
            wanted = _live(request, asked.columns).where(Subject.id == request.object_id)
            row = (await session.execute(wanted)).one_or_none()
            standing = _strata(codes, asked.places(row)) if row else {}
    return Survey(
        counted_at=counted_at, register_size=register_size or 0, groups=groups, object_strata=standing,
        staff=await _staff(session, request),
    )  # fmt: skip


class _Questions:
    """What lists ask of each object: columns of yes and no beside its grade, each question once.

    The register is read once however many lists there are. The planner knows how few answers such columns have, and
    counts them on every core without sorting; a stratum built in SQL could for it be another one for each object.
    """

    def __init__(self, lists: Sequence[SnapshotList], labels: dict[str, list[UUID]], day: date) -> None:
        self._lists = lists
        graded = SubjectGrade.grade if any(one.by_grade for one in lists) else cast(null(), Text)
        self.columns: list[ColumnElement[Any]] = [graded.label("grade")]
        self._at: dict[str, int] = {}
        for one in lists:
            self._ask(_held(one), held_in(one, labels, day))
            for raised in one.raises:
                self._ask(_fits(raised), fits_in(raised, labels, day))

    def _ask(self, question: str, condition: ColumnElement[bool]) -> None:
        if question not in self._at:
            self._at[question] = len(self.columns)
            self.columns.append(condition.label(f"q{len(self.columns)}"))

    def places(self, answers: Sequence[Any]) -> tuple[str | None, ...]:
        """Return the stratum in each list, None where the list does not hold the object."""
        return tuple(self._place(one, answers) for one in self._lists)

    def _place(self, one: SnapshotList, answers: Sequence[Any]) -> str | None:
        if not answers[self._at[_held(one)]]:
            return None
        for raised in one.raises:
            if answers[self._at[_fits(raised)]]:
                return raised.stratum
        if not one.by_grade:
            return ALL
        grade: str | None = answers[0]
        return UNGRADED if grade is None else grade


def _held(one: SnapshotList) -> str:
    return f"{one.region} {one.criteria.model_dump_json()}"


def _fits(raised: SnapshotRaise) -> str:
    return raised.criteria.model_dump_json()


def _live(request: SurveyRequest, columns: Sequence[ColumnElement[Any]]) -> Select[*tuple[Any, ...]]:
    """Return the select of columns of every live object in a region of the lists."""
    prefixes = sorted({region_prefix(one.region) for one in request.lists})
    inside = or_(*(Subject.region.startswith(prefix, autoescape=True) for prefix in prefixes))
    graded = SubjectGrade.subject_id == Subject.id
    if all(one.criteria.ids for one in request.lists):
        inside = and_(inside, Subject.id.in_({who for one in request.lists for who in one.criteria.ids}))
    wanted = select(*columns).select_from(Subject).outerjoin(SubjectGrade, graded)
    return wanted.where(Subject.status == SubjectStatus.ACTIVE, inside)


async def _groups(session: AsyncSession, request: SurveyRequest, asked: _Questions) -> list[SurveyGroup]:
    unit = unit_column(request.units_by, request.org) if request.units_by else literal("")
    each = _live(request, [*asked.columns, unit.label("unit")]).subquery("each")
    rows = await session.execute(select(*each.c, func.count()).group_by(*each.c))
    counted: Counter[tuple[tuple[str | None, ...], str]] = Counter()
    for *answers, unit_code, number in rows:
        counted[asked.places(answers), unit_code or ""] += number
    codes = [one.code for one in request.lists]
    return [
        SurveyGroup(strata=strata, unit=unit_code, objects=number)
        for (places, unit_code), number in sorted(counted.items(), key=_by_place)
        if (strata := _strata(codes, places))
    ]


def _by_place(counted: tuple[tuple[tuple[str | None, ...], str], int]) -> tuple[Any, ...]:
    """Order groups as played years number them: place by place, the lists that do not hold them last."""
    (places, unit), _ = counted
    return tuple((place is None, place or "") for place in places), unit


def _strata(codes: list[str], places: Sequence[str | None]) -> dict[str, str]:
    return {code: place for code, place in zip(codes, places, strict=True) if place is not None}


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
