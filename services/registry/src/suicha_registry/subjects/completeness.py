"""应入尽入 (S2 Art. 6): live objects that no published item covers, and items that no object falls under.

An item concerns the objects that carry a tag naming it, of the kinds that the item names (all, where it names
none). Tags below a tag count for it.
"""

from collections import defaultdict
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.values import SubjectStatus

from suicha_registry.items.models import Item
from suicha_registry.rulesets.service import today
from suicha_registry.subjects.models import Label, Subject, SubjectLabel
from suicha_registry.subjects.tag_tree import valid_on

Kinds = frozenset[str]
"""Kinds of objects that an item names; none: all."""


class Lack(StrEnum):
    """Why an item has no objects."""

    NO_LABEL = "no_label"
    """No tag names it, so nobody can say whom it concerns."""
    NO_OBJECT = "no_object"
    """Tags name it, and no live object carries one."""


async def tags_of_items(session: AsyncSession) -> dict[UUID, dict[UUID, Kinds]]:
    """Return of each published item the tags of its objects, those below included, with the item's kinds."""
    below: dict[UUID | None, list[UUID]] = defaultdict(list)
    naming: dict[str, list[UUID]] = defaultdict(list)
    rows = select(Label.id, Label.parent_id, Label.items).where(valid_on(today()))
    for label, parent, codes in await session.execute(rows):
        below[parent].append(label)
        for code in codes:
            naming[code].append(label)
    published = select(Item.id, Item.code, Item.object_kinds).where(Item.published_at.is_not(None))
    found: dict[UUID, dict[UUID, Kinds]] = {}
    for item, code, kinds in await session.execute(published):
        tags: dict[UUID, Kinds] = {}
        waiting = list(naming[code])
        while waiting:
            tag = waiting.pop()
            if tag not in tags:
                tags[tag] = frozenset(kinds)
                waiting += below[tag]
        found[item] = tags
    return found


def covered(tags: dict[UUID, dict[UUID, Kinds]]) -> ColumnElement[bool]:
    """Return the condition that some item concerns an object.

    One EXISTS over all tags: counting is then one join of two sets, and a page probes an index for each object. An
    IN for each group of tags would be gathered anew, or searched row by row where it does not fit into memory.
    """
    groups: dict[Kinds, set[UUID]] = defaultdict(set)
    for of_item in tags.values():
        for tag, kinds in of_item.items():
            groups[kinds].add(tag)
    ways = []
    for kinds, ids in groups.items():
        carries = SubjectLabel.label_id.in_(ids)
        ways.append(and_(carries, Subject.kind.in_(kinds)) if kinds else carries)
    carried = select(SubjectLabel.subject_id).where(SubjectLabel.subject_id == Subject.id)
    return carried.where(or_(false(), *ways)).exists()


def live() -> ColumnElement[bool]:
    """Return the condition that an object can be inspected."""
    return Subject.status == SubjectStatus.ACTIVE


async def counts(session: AsyncSession) -> tuple[int, int]:
    """Return how many live objects there are inside the scope and how many of them no item covers."""
    condition = covered(await tags_of_items(session))
    objects = select(func.count()).select_from(Subject).where(live())
    whole, without = await session.scalar(objects), await session.scalar(objects.where(~condition))
    return whole or 0, without or 0


async def items_without_objects(session: AsyncSession) -> list[tuple[Item, Lack]]:
    """Return the published items inside the scope that no live object falls under, with the reason."""
    tags = await tags_of_items(session)
    pairs = select(SubjectLabel.label_id, Subject.kind).join(Subject, Subject.id == SubjectLabel.subject_id)
    kinds_of: dict[UUID, set[str]] = defaultdict(set)
    for tag, kind in await session.execute(pairs.where(live()).distinct()):
        kinds_of[tag].add(kind)
    lacking = {
        item: Lack.NO_OBJECT if of_item else Lack.NO_LABEL
        for item, of_item in tags.items()
        if not any(kinds_of[tag] & kinds if kinds else kinds_of[tag] for tag, kinds in of_item.items())
    }
    rows = await session.scalars(select(Item).where(Item.id.in_(lacking)).order_by(Item.org, Item.code))
    return [(row, lacking[row.id]) for row in rows]
