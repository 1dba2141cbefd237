"""What makes a plan public, the first time and after each adjustment: a kept version and the event (P5)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import outbox
from suicha_chassis.problems import NotFound
from suicha_contracts.events import PlanPublished, PlanTask

from suicha_draw.conditions import nameless
from suicha_draw.models import Plan, PlanVersion, Task
from suicha_draw.plans.rules import ratio_text
from suicha_draw.plans.schemas import PublishedPlan, TaskContent, TaskView

PLANNED = "planned"


def task_view(task: Task) -> TaskView:
    """Return a task as it is shown."""
    own = {"id": task.id, "plan_id": task.plan_id, "number": task.number, "state": task.state,
           "version": task.version}  # fmt: skip
    shown = TaskView.model_validate({**task.content, **own})
    shown.named = len(shown.criteria.ids)
    return shown


def public_view(plan: Plan, tasks: Sequence[Task], reason: str) -> PublishedPlan:
    """Return a plan as the public reads it: without officers, without withdrawn tasks."""
    names = set(PublishedPlan.model_fields) - {"tasks", "reason"}
    shown = [task_view(task) for task in tasks if task.state == PLANNED]
    return PublishedPlan(**{name: getattr(plan, name) for name in names}, reason=reason, tasks=shown)


def as_public(version: PlanVersion) -> PublishedPlan:
    """Return a kept version as anybody may read it: of named objects only how many they are."""
    plan = PublishedPlan.model_validate(version.document)
    for task in plan.tasks or []:
        task.named, task.criteria = len(task.criteria.ids), nameless(task.criteria)
    return plan


async def make_public(session: AsyncSession, plan: Plan, tasks: Sequence[Task], reason: str = "") -> None:
    """Make the next version of a plan public, for good; the plan's row is locked."""
    now = datetime.now(UTC)
    plan.public_version += 1
    plan.published_at = plan.published_at or now
    document = public_view(plan, tasks, reason).model_copy(update={"published_at": now})
    session.add(
        PlanVersion(
            plan_id=plan.id, number=plan.public_version, region=plan.region, org=plan.org, published_at=now,
            reason=reason, document=document.model_dump(mode="json"),
        )
    )  # fmt: skip
    event = PlanPublished(
        plan_id=plan.id, number=plan.number, name=plan.name, year=plan.year, org=plan.org,
        org_name=plan.org_name, region=plan.region, version=plan.public_version, reason=reason,
        published_at=now, tasks=[_printed(plan, task) for task in tasks if task.state == PLANNED],
    )  # fmt: skip
    await outbox.emit(session, event, about=plan.number)


async def newest_version(session: AsyncSession, plan_id: UUID) -> PlanVersion:
    """Return what the public reads of a plan now.

    Raises:
        NotFound: the plan is not public.
    """
    wanted = select(PlanVersion).where(PlanVersion.plan_id == plan_id).order_by(PlanVersion.number.desc())
    found = await session.scalar(wanted.limit(1))
    if found is None:
        raise NotFound("未找到该计划")
    return found


async def version_of(session: AsyncSession, plan_id: UUID, number: int) -> PlanVersion:
    """Return one public version of a plan; earlier ones stay readable.

    Raises:
        NotFound: there is none.
    """
    found = await session.scalar(
        select(PlanVersion).where(PlanVersion.plan_id == plan_id, PlanVersion.number == number)
    )
    if found is None:
        raise NotFound("未找到该计划版本")
    return found


def _printed(plan: Plan, task: Task) -> PlanTask:
    content = TaskContent.model_validate(task.content)
    return PlanTask(
        task_id=task.id,
        number=task.number,
        name=content.name,
        department=content.department,
        joint_departments=[*content.joint_departments, *content.joint_authorities],
        mode=content.mode,
        ratio_text=ratio_text(content),
        frequency_text=content.frequency,
        items=content.item_names or content.items,
        object_range=content.object_range or f"{content.name}所涉检查对象",
        method=content.method,
        months=f"{plan.year}年{content.month}月",
        basis=content.basis,
    )
