"""Figures: how many visits are due, closed and public, and what they found (features.md, statistics).

Every figure is counted from rows when asked. Ratios are numerator, denominator and basis points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from suicha_disclosure.models import (
    Disclosure,
    DisclosureLine,
    DisclosureState,
    RoundFact,
    RoundList,
    VoidedAttempt,
)
from suicha_disclosure.service.deliveries import CHINA

UNGRADED = ""
"""Credit grade of an object that has none."""


@dataclass(frozen=True)
class Ratio:
    """A share of a whole, never a float."""

    num: int
    den: int

    @property
    def bp(self) -> int | None:
        """Basis points, rounded down so that 100 % means all; None where there is nothing to divide by."""
        return self.num * 10_000 // self.den if self.den else None


@dataclass(frozen=True)
class GradeFigures:
    """What was found among objects of one credit grade (O7)."""

    grade: str
    closed: int
    problems: int

    @property
    def problem_rate(self) -> Ratio:
        """问题发现率 of the grade."""
        return Ratio(self.problems, self.closed)


@dataclass(frozen=True)
class Figures:
    """The figures of a plan, a round, or everything in scope."""

    due: int
    due_exact: bool
    closed: int
    released: int
    disclosed: int
    withdrawn: int
    overdue: int
    late: int
    provisional: int
    problems: int
    by_result: dict[str, int]
    by_grade: Sequence[GradeFigures]

    @property
    def disclosure_rate(self) -> Ratio:
        """公示率 = 已公示 / 已办结 (S0 五(二), S1 一: 100 %)."""
        return Ratio(self.disclosed, self.closed)

    @property
    def completion_rate(self) -> Ratio:
        """完成率 = 已公示 / 应检查."""
        return Ratio(self.disclosed, self.due)

    @property
    def problem_rate(self) -> Ratio:
        """问题发现率 = 发现问题 / 已办结 (O7)."""
        return Ratio(self.problems, self.closed)


def today() -> date:
    """The day it is in China."""
    return datetime.now(UTC).astimezone(CHINA).date()


def is_overdue() -> ColumnElement[bool]:
    """Not public although the deadline has passed (X4)."""
    open_states = (DisclosureState.PENDING, DisclosureState.RELEASED)
    return and_(Disclosure.state.in_(open_states), Disclosure.due_on < today())


def in_plan(plan_id: UUID) -> ColumnElement[bool]:
    """Whether any check of a disclosure was drawn from a list of the plan."""
    return exists(
        select(DisclosureLine.check_id)
        .join(
            RoundList,
            and_(
                RoundList.round_id == DisclosureLine.round_id,
                RoundList.list_code == DisclosureLine.list_code,
            ),
        )
        .where(DisclosureLine.disclosure_id == Disclosure.id, RoundList.plan_id == plan_id)
    )


async def figures(
    session: AsyncSession, *, plan_id: UUID | None = None, round_id: UUID | None = None
) -> Figures:
    """Count in the session's scope. Rounds that were voided, and results dropped with them, do not count."""
    due, exact = await _due(session, plan_id, round_id)
    wanted: list[ColumnElement[bool]] = [_stands(Disclosure.round_id)]
    if plan_id is not None:
        wanted.append(in_plan(plan_id))
    if round_id is not None:
        wanted.append(Disclosure.round_id == round_id)
    late_day = func.date(func.timezone("Asia/Shanghai", Disclosure.disclosed_at))
    row = (
        await session.execute(
            select(
                func.count(Disclosure.id).label("closed"),
                _count(Disclosure.state == DisclosureState.RELEASED).label("released"),
                _count(Disclosure.state == DisclosureState.DISCLOSED).label("disclosed"),
                _count(Disclosure.state == DisclosureState.WITHDRAWN).label("withdrawn"),
                _count(is_overdue()).label("overdue"),
                _count(late_day > Disclosure.due_on).label("late"),
                _count(Disclosure.provisional).label("provisional"),
                _count(~Disclosure.normal).label("problems"),
            ).where(*wanted)
        )
    ).one()
    grades = await session.execute(
        select(Disclosure.credit_grade, func.count(Disclosure.id), _count(~Disclosure.normal))
        .where(*wanted)
        .group_by(Disclosure.credit_grade)
        .order_by(Disclosure.credit_grade)
    )
    return Figures(
        due=due,
        due_exact=exact,
        **row._asdict(),
        by_result=await _by_result(session, wanted, plan_id),
        by_grade=[GradeFigures(grade, closed, problems) for grade, closed, problems in grades],
    )


async def _due(session: AsyncSession, plan_id: UUID | None, round_id: UUID | None) -> tuple[int, bool]:
    """Count the visits that are due, and tell whether the count is exact.

    A round may join several plans. Its visits for one plan are known exactly when the plan has all of its
    lists or just one; else an object on two of the plan's lists is counted twice, and the answer says so.
    """
    wanted: list[ColumnElement[bool]] = [_stands(RoundFact.round_id)]
    if round_id is not None:
        wanted.append(RoundFact.round_id == round_id)
    if plan_id is None:
        return int(await session.scalar(select(func.sum(RoundFact.visits)).where(*wanted)) or 0), True
    lists = (
        select(
            RoundList.round_id,
            func.count().label("lists"),
            _count(RoundList.plan_id == plan_id).label("own"),
            func.sum(case((RoundList.plan_id == plan_id, RoundList.selected), else_=0)).label("selected"),
        )
        .group_by(RoundList.round_id)
        .subquery()
    )
    rows = await session.execute(
        select(RoundFact.visits, lists.c.lists, lists.c.own, lists.c.selected)
        .join(lists, lists.c.round_id == RoundFact.round_id)
        .where(*wanted, lists.c.own > 0)
    )
    due, exact = 0, True
    for visits, all_lists, own, selected in rows:
        whole = own == all_lists
        due += visits if whole else min(visits, selected)
        exact = exact and (whole or own == 1)
    return due, exact


async def _by_result(
    session: AsyncSession, wanted: list[ColumnElement[bool]], plan_id: UUID | None
) -> dict[str, int]:
    """Count checks by result code; a check with two results counts under both."""
    code = func.unnest(DisclosureLine.results).label("code")
    statement: Select[Any] = (
        select(code, func.count())
        .select_from(DisclosureLine)
        .join(Disclosure, Disclosure.id == DisclosureLine.disclosure_id)
        .where(*wanted)
        .group_by(code)
    )
    if plan_id is not None:
        statement = statement.join(
            RoundList,
            and_(
                RoundList.round_id == DisclosureLine.round_id,
                RoundList.list_code == DisclosureLine.list_code,
                RoundList.plan_id == plan_id,
            ),
        )
    rows = (await session.execute(statement)).all()
    return {str(found): int(count) for found, count in sorted(rows, key=lambda row: int(row[0]))}


def _stands(round_id: Any) -> ColumnElement[bool]:
    """Whether the round's attempt was not voided."""
    same = aliased(RoundFact)
    return ~exists(
        select(VoidedAttempt.round_id)
        .join(same, and_(same.round_id == VoidedAttempt.round_id, same.attempt == VoidedAttempt.attempt))
        .where(VoidedAttempt.round_id == round_id)
    )


def _count(condition: Any) -> Any:
    return func.count().filter(condition)


async def public_figures(session: AsyncSession) -> tuple[Ratio, dict[str, int]]:
    """Return 完成率 over everything and public checks by result, from public records only.

    What is withheld (S2 Art. 18) carries no code and is not counted by result.
    """
    due, _ = await _due(session, None, None)
    rows = (await session.execute(_PUBLIC_RESULTS)).all()
    public = await session.scalar(_PUBLIC_COUNT)
    return Ratio(int(public or 0), due), {str(row.code): int(row.checks) for row in rows}


_PUBLIC_COUNT = text("SELECT count(*) FROM public_records WHERE status = 'published'")
_PUBLIC_RESULTS = text(
    "SELECT code, count(*) AS checks FROM public_records, "
    "jsonb_path_query(body, '$.lines[*].result_codes[*]') AS found (value), "
    "LATERAL (SELECT value #>> '{}' AS code) AS plain "
    "WHERE status = 'published' GROUP BY code ORDER BY code::integer"
)
