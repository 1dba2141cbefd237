"""The other draws of a round's tasks: none is under way beside it, no void one is left behind, and whichever was
completed before is shown with it (RID/1 §4; D4). A draw that one can simply repeat until it fits is none."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.events import EarlierDraw

from suicha_draw.models import Plan, Round, Task
from suicha_draw.problems import TaskInDraw
from suicha_draw.rounds.store import lists_of
from suicha_draw.words import state_words


async def locked_tasks(
    session: AsyncSession, task_ids: Collection[UUID]
) -> tuple[dict[UUID, Plan], dict[UUID, Task]]:
    """Return tasks and their plans by id, locked until the commit: of two requests for one task the second sees the
    round of the first.

    The plans come first, shared: an adjustment (P5) waits until the round is committed, and one that was committed
    before is seen here.
    """
    of_plans = select(Task.plan_id).where(Task.id.in_(task_ids))
    plans = await session.scalars(
        select(Plan).where(Plan.id.in_(of_plans)).order_by(Plan.id).with_for_update(read=True)
    )
    found = {plan.id: plan for plan in plans}
    tasks = await session.scalars(
        select(Task).where(Task.id.in_(task_ids)).order_by(Task.id).with_for_update()
    )
    return found, {task.id: task for task in tasks}


async def refuse_second_draw(session: AsyncSession, task_ids: Collection[UUID]) -> None:
    """Refuse to open a draw over tasks, which the caller has locked, that another draw still holds.

    Raises:
        TaskInDraw: a draw of one of them is under way, to be finished first, or void, to be repeated itself.
    """
    for row in await _standing(session, task_ids):
        if row.state == "void":
            raise TaskInDraw(
                f"{_named(row, task_ids)}的抽取 {row.draw_id} 第 {row.attempt} 次已作废：只能以原编号再次抽取，"
                "不能另立编号重新抽取",
                draw_id=row.draw_id,
            )
        _refuse_live(row, task_ids)


async def refuse_second_live(session: AsyncSession, task_ids: Collection[UUID], draw_id: str) -> None:
    """Refuse the next attempt of a void draw while another draw of one of its tasks, which are locked, is under way.

    Raises:
        TaskInDraw: the problem names the other draw.
    """
    for row in await _standing(session, task_ids):
        if row.draw_id != draw_id and row.state != "void":
            _refuse_live(row, task_ids)


async def earlier_draws(session: AsyncSession, row: Round) -> list[EarlierDraw]:
    """Return the completed draws of the same tasks before this one, oldest first (a task may be drawn twice a year)."""
    task_ids = [one.task_id for one in lists_of(row)]
    before = (_holds(task_ids), Round.id < row.id, Round.draw_id != row.draw_id)
    rows = await session.scalars(
        select(Round).where(*before, Round.completed_at.is_not(None)).order_by(Round.completed_at)
    )
    newest = {one.draw_id: one for one in rows}
    if not newest:
        return []
    counted = await session.execute(
        select(Round.draw_id, func.max(Round.attempt))
        .where(Round.draw_id.in_(newest), Round.id < row.id)
        .group_by(Round.draw_id)
    )
    attempts = {draw_id: attempt for draw_id, attempt in counted}  # noqa: C416 - rows are no pairs to mypy
    return [
        EarlierDraw(
            draw_id=one.draw_id, attempts=attempts[one.draw_id], completed_at=one.completed_at,
            tasks=_numbers(one, task_ids),
        )
        for one in newest.values()
        if one.completed_at is not None
    ]  # fmt: skip


async def _standing(session: AsyncSession, task_ids: Collection[UUID]) -> list[Round]:
    """The newest attempt of every draw of the tasks; what was withdrawn before anything was frozen does not count."""
    rows = await session.scalars(
        select(Round)
        .where(_holds(task_ids), Round.state != "withdrawn")
        .ext(distinct_on(Round.draw_id))
        .order_by(Round.draw_id, Round.attempt.desc())
    )
    return list(rows)


def _refuse_live(row: Round, task_ids: Collection[UUID]) -> None:
    if row.state != "completed":
        raise TaskInDraw(
            f"{_named(row, task_ids)}已在抽取 {row.draw_id} 中"
            f"（第 {row.attempt} 次，当前为“{state_words(row.state)}”）：须先完成该次抽取，或由两人作废，不能另行抽取",
            draw_id=row.draw_id,
        )


def _holds(task_ids: Iterable[UUID]) -> ColumnElement[bool]:
    return or_(*(Round.lists.contains([{"task_id": str(one)}]) for one in task_ids))


def _numbers(row: Round, task_ids: Collection[UUID]) -> list[str]:
    return sorted(one.task_number for one in lists_of(row) if one.task_id in task_ids)


def _named(row: Round, task_ids: Collection[UUID]) -> str:
    return f"任务 {'、'.join(_numbers(row, task_ids))} "
