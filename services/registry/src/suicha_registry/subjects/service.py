"""Finding and changing inspection objects."""

from collections.abc import Sequence

from pydantic import BaseModel
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Forbidden, NotFound
from suicha_contracts.values import SubjectStatus

from suicha_registry import edits
from suicha_registry.organisations.service import add_new
from suicha_registry.subjects.models import Label, Subject, SubjectChange, SubjectGrade, SubjectLabel
from suicha_registry.subjects.schemas import SubjectBody, SubjectPatch, SubjectView


class Search(BaseModel):
    """What objects are looked for; all given conditions hold together."""

    name: str = ""
    code: str = ""
    region: str = ""
    label: str = ""
    grade: str = ""
    unlabelled: bool = False


def selection(search: Search) -> Select[Subject]:
    """Return the select of a search; the session's scope limits it further."""
    wanted = select(Subject)
    if search.name:
        wanted = wanted.where(Subject.name.contains(search.name, autoescape=True))
    if search.code:
        wanted = wanted.where(Subject.id.startswith(search.code, autoescape=True))
    if search.region:
        wanted = wanted.where(Subject.region.startswith(search.region, autoescape=True))
    if search.label:
        carries = (
            select(SubjectLabel.subject_id)
            .join(Label, Label.id == SubjectLabel.label_id)
            .where(Label.code == search.label)
        )
        wanted = wanted.where(Subject.id.in_(carries))
    if search.grade:
        graded = select(SubjectGrade.subject_id).where(SubjectGrade.grade == search.grade)
        wanted = wanted.where(Subject.id.in_(graded))
    if search.unlabelled:
        labelled = select(SubjectLabel.subject_id).where(SubjectLabel.subject_id == Subject.id)
        wanted = wanted.where(Subject.status == SubjectStatus.ACTIVE, ~labelled.exists())
    return wanted


async def views(session: AsyncSession, rows: Sequence[Subject]) -> list[SubjectView]:
    """Show objects with grade and labels: two selects for any number of rows."""
    ids = [row.id for row in rows]
    graded = select(SubjectGrade.subject_id, SubjectGrade.grade).where(SubjectGrade.subject_id.in_(ids))
    grades = dict(iter(await session.execute(graded)))
    carried = (
        select(SubjectLabel.subject_id, Label.code)
        .join(Label, Label.id == SubjectLabel.label_id)
        .where(SubjectLabel.subject_id.in_(ids))
        .order_by(Label.code)
    )
    labels: dict[str, list[str]] = {}
    for subject, code in await session.execute(carried):
        labels.setdefault(subject, []).append(code)
    beside = {"credit_grade", "labels"}
    return [
        SubjectView.model_validate(
            {name: getattr(row, name) for name in SubjectView.model_fields if name not in beside}
            | {"credit_grade": grades.get(row.id, ""), "labels": labels.get(row.id, [])}
        )
        for row in rows
    ]


async def find(session: AsyncSession, subject_id: str) -> Subject:
    """Return an object inside the session's scope.

    Raises:
        NotFound: there is none.
    """
    row = await session.scalar(select(Subject).where(Subject.id == subject_id))
    if row is None:
        raise NotFound(f"检查对象 {subject_id} 不存在，或不在您的管辖范围内")
    return row


async def create(session: AsyncSession, caller: Caller, body: SubjectBody) -> Subject:
    """Register an object by hand.

    Raises:
        Exists: the id is taken.
        Forbidden: the object is of a region outside the caller's.
    """
    if not caller.scope.covers(body.region):
        raise Forbidden("检查对象所在区域不在您的管辖区域内")
    row = Subject(**body.model_dump())
    await add_new(session, row, f"检查对象 {body.id} 已存在")
    await audit.record(session, "create", "subject", row.id, after=body.model_dump(mode="json"))
    return row


async def edit(session: AsyncSession, caller: Caller, row: Subject, patch: SubjectPatch) -> None:
    """Change an object and keep what it was before (R9)."""
    before, after = edits.apply(row, patch)
    if not after:
        return
    session.add(
        SubjectChange(subject_id=row.id, actor=caller.subject, source="人工修改", before=before, after=after)
    )
    await session.flush()
    await audit.record(session, "edit", "subject", row.id, before=before, after=after)
