"""Labels: a rule and the set of objects that it fits."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, delete, func, insert, literal, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import NotFound
from suicha_contracts.values import region_prefix

from suicha_registry.organisations.service import add_new
from suicha_registry.subjects.models import Label, Subject, SubjectLabel
from suicha_registry.subjects.schemas import LabelBody, LabelRule


def condition(rule: LabelRule) -> ColumnElement[bool]:
    """Return the rule as a condition on objects."""
    fits = [Subject.name.contains(word, autoescape=True) for word in rule.name_contains]
    fits += [Subject.scope.contains(word, autoescape=True) for word in rule.scope_contains]
    excluded = [Subject.name.contains(word, autoescape=True) for word in rule.exclude_name]
    excluded += [Subject.scope.contains(word, autoescape=True) for word in rule.exclude_scope]
    return and_(or_(*fits), not_(or_(*excluded))) if excluded else or_(*fits)


async def create(session: AsyncSession, caller: Caller, body: LabelBody) -> Label:
    """Make a label for the caller's region and apply it.

    Raises:
        Exists: the region has a label with this code.
    """
    row = Label(region=caller.region, code=body.code, name=body.name, rule=body.rule.model_dump())
    await add_new(session, row, f"标签 {body.code} 已存在")
    await apply(session, row)
    return row


async def find(session: AsyncSession, caller: Caller, code: str) -> Label:
    """Return the label of the caller's region.

    Raises:
        NotFound: there is none.
    """
    row = await session.scalar(select(Label).where(Label.code == code, Label.region == caller.region))
    if row is None:
        raise NotFound(f"标签 {code} 不存在")
    return row


async def apply(session: AsyncSession, row: Label) -> None:
    """Put the label on exactly the objects of its region that the rule fits now, in two statements.

    Bulk statements are not limited by the session's scope; the label's own region limits them, and the
    label was loaded or made inside the scope.
    """
    inside = Subject.region.startswith(region_prefix(row.region), autoescape=True)
    fitting = select(Subject.id).where(inside, condition(LabelRule.model_validate(row.rule)))
    await session.execute(
        delete(SubjectLabel)
        .where(SubjectLabel.label_id == row.id, SubjectLabel.subject_id.not_in(fitting))
        .execution_options(synchronize_session=False)
    )
    already = select(SubjectLabel.subject_id).where(SubjectLabel.label_id == row.id)
    new = select(literal(row.id, Label.id.type), Subject.id).where(
        inside, condition(LabelRule.model_validate(row.rule)), Subject.id.not_in(already)
    )
    await session.execute(insert(SubjectLabel).from_select(["label_id", "subject_id"], new))
    row.subjects = (
        await session.scalar(
            select(func.count()).select_from(SubjectLabel).where(SubjectLabel.label_id == row.id)
        )
        or 0
    )
    row.applied_at = datetime.now(UTC)
    await session.flush()
    await audit.record(
        session, "apply", "label", f"{row.region}/{row.code}", after={"subjects": row.subjects}
    )
