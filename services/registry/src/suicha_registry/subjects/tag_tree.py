"""The tree of tags on a day: an expired tag selects nothing, neither named itself nor through those above it."""

from datetime import date

from sqlalchemy import CTE, ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute
from suicha_chassis.written import Day

from suicha_registry.subjects.models import Label, LabelEnd, SubjectLabel


def valid_on(day: Day) -> ColumnElement[bool]:
    """Return the condition that a tag selects objects on a day."""
    begun = or_(Label.valid_from.is_(None), Label.valid_from <= day)
    return and_(begun, or_(Label.valid_to.is_(None), Label.valid_to >= day))


def with_descendants(chosen: ColumnElement[bool], day: Day) -> CTE:
    """Return the ids of the chosen tags and of all tags below them, as far as they are valid on a day.

    A branch ends at an expired tag: what lies below it is reached by its own code only.
    """
    tree = select(Label.id).where(chosen, valid_on(day)).cte("family", recursive=True)
    return tree.union(select(Label.id).where(Label.parent_id == tree.c.id, valid_on(day)))


def unlabelled(subject_id: InstrumentedAttribute[str], day: Day) -> ColumnElement[bool]:
    """Return the condition that an object carries no tag that is valid on the day."""
    carried = select(SubjectLabel.subject_id).join(Label, Label.id == SubjectLabel.label_id)
    return ~carried.where(SubjectLabel.subject_id == subject_id, valid_on(day)).exists()


def carried_then(subject_id: InstrumentedAttribute[str], day: date, code: str = "") -> ColumnElement[bool]:
    """Return the condition that an object carried a tag on a day: the one of the code or one below it, or any."""
    tags = (
        select(with_descendants(Label.code == code, day).c.id)
        if code
        else select(Label.id).where(valid_on(day))
    )
    still = select(SubjectLabel.subject_id).where(
        SubjectLabel.subject_id == subject_id, SubjectLabel.label_id.in_(tags), SubjectLabel.since <= day
    )
    ended = select(LabelEnd.subject_id).where(
        LabelEnd.subject_id == subject_id,
        LabelEnd.label_id.in_(tags),
        LabelEnd.since <= day,
        LabelEnd.until > day,
    )
    return or_(still.exists(), ended.exists())
