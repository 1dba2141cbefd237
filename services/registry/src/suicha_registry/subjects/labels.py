"""Tags (分类标注): a tree, each with the set of objects that its rule fits or that people chose."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, func, literal, not_, null, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Fault, Invalid, NotFound
from suicha_contracts.values import region_prefix

from suicha_registry.organisations.service import add_new
from suicha_registry.problems import LabelUnknown
from suicha_registry.subjects.conditions import conditions
from suicha_registry.subjects.models import Label, LabelEnd, Subject, SubjectChange, SubjectLabel
from suicha_registry.subjects.schemas import (
    LabelBody,
    LabelFields,
    LabelPutBody,
    LabelPutResult,
    LabelRule,
    LabelView,
)

RULE, HAND = "rule", "hand"
DEPTH = 10
"""Tags below tags below tags: nobody finds their way in a deeper tree."""
_ENDED = ("label_id", "subject_id", "origin", "since", "put_by")


def condition(rule: LabelRule) -> ColumnElement[bool]:
    """Return the rule as a condition on objects."""
    fits = [Subject.name.contains(word, autoescape=True) for word in rule.name_contains]
    fits += [Subject.scope.contains(word, autoescape=True) for word in rule.scope_contains]
    excluded = [Subject.name.contains(word, autoescape=True) for word in rule.exclude_name]
    excluded += [Subject.scope.contains(word, autoescape=True) for word in rule.exclude_scope]
    return and_(or_(*fits), not_(or_(*excluded))) if excluded else or_(*fits)


async def create(session: AsyncSession, caller: Caller, body: LabelBody) -> Label:
    """Make a tag for the caller's region and apply its rule.

    Raises:
        Exists: the region has a tag with this code.
        LabelUnknown: there is no tag with the code of the parent.
        Invalid: the tree would be too deep.
    """
    row = Label(region=caller.region, code=body.code, org=caller.org if body.own else "")
    await _describe(session, caller, row, body)
    await add_new(session, row, f"标签 {body.code} 已存在")
    await apply(session, caller, row)
    return row


async def change(session: AsyncSession, caller: Caller, row: Label, body: LabelFields) -> None:
    """Describe a tag anew and apply its rule.

    Raises:
        LabelUnknown: there is no tag with the code of the parent.
        Invalid: the tag would lie below itself, or the tree would be too deep.
    """
    await _describe(session, caller, row, body)
    await session.flush()
    await audit.record(
        session, "edit", "label", f"{row.region}/{row.code}", after=body.model_dump(mode="json")
    )
    await apply(session, caller, row)


async def _describe(session: AsyncSession, caller: Caller, row: Label, body: LabelFields) -> None:
    row.name, row.dimension, row.items = body.name, body.dimension, list(body.items)
    row.rule = body.rule.model_dump() if body.rule else None
    row.valid_from, row.valid_to = body.valid_from, body.valid_to
    row.parent_id = None
    if body.parent is None:
        return
    parents = {
        label: (above, code)
        for label, above, code in await session.execute(
            select(Label.id, Label.parent_id, Label.code).where(Label.region == caller.region)
        )
    }
    found = next((label for label, (_, code) in parents.items() if code == body.parent), None)
    if found is None:
        raise _wrong(LabelUnknown, f"上级标签 {body.parent} 不存在")
    above: UUID | None = found
    for _ in range(DEPTH):
        if above is None:
            row.parent_id = found
            return
        if above == row.id:
            raise _wrong(Invalid, "标签不能是自己的下级")
        above = parents[above][0]
    raise _wrong(Invalid, f"标签最多 {DEPTH} 层")


def _wrong(kind: type[Invalid] | type[LabelUnknown], message: str) -> Exception:
    return kind(message, faults=[Fault(where="body.parent", code=kind.code, message=message)])


async def views(session: AsyncSession, rows: list[Label]) -> list[LabelView]:
    """Show tags with the codes of those above them."""
    above = select(Label.id, Label.code).where(Label.id.in_([row.parent_id for row in rows]))
    codes = dict(iter(await session.execute(above)))
    own = [name for name in LabelView.model_fields if name != "parent"]
    return [
        LabelView.model_validate(
            {name: getattr(row, name) for name in own}
            | {"parent": codes[row.parent_id] if row.parent_id else None}
        )
        for row in rows
    ]


async def find(session: AsyncSession, caller: Caller, code: str) -> Label:
    """Return the tag of the caller's region that the caller's organisation may use.

    Raises:
        NotFound: there is none.
    """
    row = await session.scalar(
        select(Label).where(
            Label.code == code, Label.region == caller.region, Label.org.in_(["", caller.org])
        )
    )
    if row is None:
        raise NotFound(f"标签 {code} 不存在")
    return row


async def apply(session: AsyncSession, caller: Caller, row: Label) -> None:
    """Put the tag on exactly the objects of its region that the rule fits now, in two statements.

    What people put on stays. Bulk statements are not limited by the session's scope; the tag's own region
    limits them, and the tag was loaded or made inside the scope.
    """
    if row.rule is not None:
        fits = condition(LabelRule.model_validate(row.rule))
        fitting = select(Subject.id).where(_inside(row), fits)
        fits_still = fitting.where(Subject.id == SubjectLabel.subject_id).exists()
        await _end(session, caller, row, SubjectLabel.origin == RULE, not_(fits_still))
        await _put(session, caller, row, fitting, RULE)
    await _counted(session, row)
    row.applied_at = datetime.now(UTC)
    await session.flush()
    await audit.record(
        session, "apply", "label", f"{row.region}/{row.code}", after={"subjects": row.subjects}
    )


async def put(session: AsyncSession, caller: Caller, row: Label, body: LabelPutBody) -> LabelPutResult:
    """Put a tag on chosen objects of its region or take it off, in one statement for any number of them."""
    wanted = [Subject.id.in_(body.ids)] if body.where is None else conditions(body.where)
    chosen = select(Subject.id).where(_inside(row), *wanted)
    await _counted(session, row)
    before = row.subjects
    if body.remove:
        await _end(session, caller, row, SubjectLabel.subject_id.in_(chosen))
    else:
        await _put(session, caller, row, chosen, HAND)
    await _counted(session, row)
    changed = abs(row.subjects - before)
    await session.flush()
    said = body.model_dump(mode="json", exclude={"ids"}) | {"ids": len(body.ids), "changed": changed}
    await audit.record(session, "put", "label", f"{row.region}/{row.code}", after=said)
    return LabelPutResult(changed=changed, subjects=row.subjects)


def _inside(row: Label) -> ColumnElement[bool]:
    return Subject.region.startswith(region_prefix(row.region), autoescape=True)


async def _put(session: AsyncSession, caller: Caller, row: Label, chosen: Select[str], origin: str) -> None:
    ids = chosen.subquery()
    new = select(literal(row.id, Label.id.type), ids.c.id, literal(origin), literal(caller.subject))
    put = (
        insert(SubjectLabel)
        .from_select(["label_id", "subject_id", "origin", "put_by"], new)
        .on_conflict_do_nothing()
        .returning(SubjectLabel.subject_id, SubjectLabel.since, SubjectLabel.origin)
        .cte("put")
    )
    carried = func.jsonb_build_object("since", put.c.since, "origin", put.c.origin)
    await _remember(session, caller, row, put.c.subject_id, null(), carried, "标注")


async def _end(session: AsyncSession, caller: Caller, row: Label, *which: ColumnElement[bool]) -> None:
    """Take the tag off and keep from when to when it was there."""
    gone = (
        delete(SubjectLabel)
        .where(SubjectLabel.label_id == row.id, *which)
        .returning(*(getattr(SubjectLabel, name) for name in _ENDED))
        .cte("gone")
    )
    kept = select(*(gone.c[name] for name in _ENDED), literal(caller.subject))
    ended = (
        insert(LabelEnd)
        .from_select([*_ENDED, "taken_by"], kept)
        .returning(LabelEnd.subject_id, LabelEnd.since, LabelEnd.origin)
        .cte("ended")
    )
    carried = func.jsonb_build_object("since", ended.c.since, "origin", ended.c.origin)
    await _remember(session, caller, row, ended.c.subject_id, carried, null(), "取消标注")


async def _remember(
    session: AsyncSession,
    caller: Caller,
    row: Label,
    subject_id: ColumnElement[str],
    before: ColumnElement[Any],
    after: ColumnElement[Any],
    deed: str,
) -> None:
    """Keep for each object that it got or lost the tag: for its history and the feed, in the same statement."""
    key = f"label:{row.code}"
    changed = select(
        subject_id, literal(caller.subject), literal(caller.org), literal(f"{deed}：{row.name}"),
        func.jsonb_build_object(key, before), func.jsonb_build_object(key, after),
    )  # fmt: skip
    await session.execute(
        insert(SubjectChange)
        .from_select(["subject_id", "actor", "org", "source", "before", "after"], changed)
        .execution_options(synchronize_session=False)
    )


async def _counted(session: AsyncSession, row: Label) -> None:
    carriers = select(func.count()).select_from(SubjectLabel).where(SubjectLabel.label_id == row.id)
    row.subjects = await session.scalar(carriers) or 0
