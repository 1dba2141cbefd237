"""What tasks that are still to be drawn will take, and how tasks overlap: pure, from a registry's survey.

Chances are integers in millionths of a millionth, so that the same plan always gives the same figures.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from rid1 import quota
from suicha_contracts.freeze import SurveyGroup

from suicha_draw.plans.schemas import TaskContent
from suicha_draw.rounds.rules import strata_of
from suicha_draw.rounds.schemas.kept import RoundList

ONE = 10**12
"""A chance of 1."""


@dataclass(frozen=True)
class TaskOutlook:
    """A task as it would be drawn from the register of today."""

    code: str
    """Its list in the survey."""
    task_id: UUID
    number: str
    name: str
    month: int
    list_code: str
    items: tuple[str, ...]
    cross_department: bool
    graded: bool
    sizes: Mapping[str, int]
    quotas: Mapping[str, int]

    @property
    def objects(self) -> int:
        """Objects that the task may draw from."""
        return sum(self.sizes.values())

    @property
    def drawn(self) -> int:
        """Objects that it draws."""
        return sum(self.quotas.values())

    def chance(self, stratum: str) -> int:
        """Return the chance of an object of a stratum, in parts of `ONE`."""
        size = self.sizes.get(stratum, 0)
        return ONE * self.quotas.get(stratum, 0) // size if size else 0


def outlook(wanted: RoundList, content: TaskContent, groups: Iterable[SurveyGroup]) -> TaskOutlook:
    """Return what a task takes from the objects that the survey counted for its list (RID/1 §3)."""
    sizes: Counter[str] = Counter()
    for group in groups:
        if wanted.code in group.strata:
            sizes[group.strata[wanted.code]] += group.objects
    quotas = {}
    for stratum in strata_of(wanted, sizes):
        size = sizes.get(stratum.code, 0)
        if stratum.bp is not None:
            quotas[stratum.code] = quota.by_ratio(size, stratum.bp)
        elif stratum.count is not None:
            quotas[stratum.code] = quota.by_number(size, stratum.count)
    return TaskOutlook(
        code=wanted.code, task_id=wanted.task_id, number=f"{wanted.plan_number} {wanted.task_number}",
        name=wanted.task_name, month=content.month, list_code=content.list_code, items=tuple(wanted.items),
        cross_department=bool(content.joint_authorities),
        graded=wanted.by_grade or bool(wanted.criteria.grades), sizes=dict(sizes), quotas=quotas,
    )  # fmt: skip


def expected_covered(tasks: Sequence[TaskOutlook], groups: Iterable[SurveyGroup]) -> int:
    """Return how many different objects the tasks draw together on average, rounded down; each draws by itself."""
    by_code = {task.code: task for task in tasks}
    total = 0
    for group in groups:
        missed = ONE
        for code, stratum in group.strata.items():
            if code in by_code:
                missed = missed * (ONE - by_code[code].chance(stratum)) // ONE
        total += group.objects * (ONE - missed)
    return total // ONE


def draws_to_come(
    tasks: Sequence[TaskOutlook], groups: Iterable[SurveyGroup], size: int, most: int
) -> list[int]:
    """Return the chances that an object of a register of `size` is drawn 0, 1, … `most` times or more, of `ONE`."""
    by_code = {task.code: task for task in tasks}
    total, listed = [0] * (most + 1), 0
    for group in groups:
        shares = [ONE] + [0] * most
        for code, stratum in group.strata.items():
            if code not in by_code:
                continue
            chance = by_code[code].chance(stratum)
            last = shares[-1] * chance // ONE
            shares = [
                (shares[number] * (ONE - chance) + (shares[number - 1] * chance if number else 0)) // ONE
                for number in range(most + 1)
            ]
            shares[-1] += last
        listed += group.objects
        total = [one + group.objects * share for one, share in zip(total, shares, strict=True)]
    total[0] += max(0, size - listed) * ONE
    counted = max(size, listed)
    return [one // counted for one in total] if counted else [ONE] + [0] * most


@dataclass(frozen=True)
class Merge:
    """Tasks of one month that share objects and could be one round (进一次门、查多项事)."""

    tasks: tuple[TaskOutlook, ...]
    shared: int
    """Objects that stand in at least two of them."""
    share_bp: int
    """Shared objects in basis points of the smallest of the tasks; at most 10,000."""
    visits_apart: int
    """Visits when each task is drawn by itself."""
    visits_together: int
    """Visits on average in one round, where an object keeps one ticket for all its lists."""

    @property
    def saved(self) -> int:
        """Visits that one round saves."""
        return self.visits_apart - self.visits_together


def merges(tasks: Sequence[TaskOutlook], groups: Sequence[SurveyGroup], share_bp: int) -> list[Merge]:
    """Propose rounds: tasks of the same month, linked pair by pair where they share at least `share_bp`.

    Most visits saved first (S1 二（三） 抽查事项的交集度, S2 Art. 16, S3 Art. 3).
    """
    found = []
    for month in sorted({task.month for task in tasks}):
        of_month = [task for task in tasks if task.month == month and task.objects]
        for linked in _linked(of_month, groups, share_bp):
            found.append(_merge(linked, groups))
    return sorted(found, key=lambda one: (-one.saved, one.tasks[0].number))


def _linked(
    tasks: Sequence[TaskOutlook], groups: Sequence[SurveyGroup], share_bp: int
) -> list[list[TaskOutlook]]:
    """Tasks that hang together, in sets of at least two."""
    both: Counter[tuple[str, str]] = Counter()
    codes = {task.code for task in tasks}
    for group in groups:
        held = sorted(codes & group.strata.keys())
        for at, first in enumerate(held):
            for second in held[at + 1 :]:
                both[first, second] += group.objects
    leader = {task.code: task.code for task in tasks}

    def root(code: str) -> str:
        while leader[code] != code:
            code = leader[code]
        return code

    size = {task.code: task.objects for task in tasks}
    for (first, second), shared in both.items():
        if shared * 10_000 >= share_bp * min(size[first], size[second]):
            leader[root(second)] = root(first)
    sets: dict[str, list[TaskOutlook]] = {}
    for task in tasks:
        sets.setdefault(root(task.code), []).append(task)
    return [one for one in sets.values() if len(one) > 1]


def _merge(tasks: Sequence[TaskOutlook], groups: Iterable[SurveyGroup]) -> Merge:
    by_code = {task.code: task for task in tasks}
    shared = together = 0
    for group in groups:
        held = [by_code[code].chance(stratum) for code, stratum in group.strata.items() if code in by_code]
        if len(held) > 1:
            shared += group.objects
        together += group.objects * max(held, default=0)
    smallest = min(task.objects for task in tasks)
    return Merge(
        tasks=tuple(tasks), shared=shared, share_bp=min(10_000, shared * 10_000 // smallest),
        visits_apart=sum(task.drawn for task in tasks), visits_together=-(-together // ONE),
    )  # fmt: skip
