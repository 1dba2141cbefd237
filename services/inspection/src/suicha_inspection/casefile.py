"""The case file (案卷): a visit with everything that belongs to it, read in a fixed number of queries."""

from collections import defaultdict
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.problems import NotFound
from suicha_contracts.freeze import PackageForm

from suicha_inspection.models import (
    Assistant,
    Check,
    CheckItem,
    Evidence,
    FollowUp,
    FrozenItem,
    NonCooperation,
    RosterEntry,
    Round,
    RoundList,
    Signature,
    TeamMember,
    Visit,
)

Row = TypeVar("Row", Evidence, NonCooperation, FollowUp)


@dataclass
class CaseFile:
    """All rows of one visit. Cancelled checks are not in it."""

    visit: Visit
    round: Round
    lists: dict[str, RoundList]
    items: dict[str, FrozenItem]
    forms: dict[str, PackageForm]
    team: list[tuple[TeamMember, RosterEntry]]
    checks: list[Check]
    check_items: dict[UUID, list[CheckItem]]
    evidence: list[Evidence]
    non_cooperations: list[NonCooperation]
    signatures: list[Signature]
    """The one that counts for each person: the newest, of officers who are (still) on the spot."""
    follow_ups: list[FollowUp]
    assistants: list[Assistant]

    def check(self, check_id: UUID) -> Check:
        """Return one check.

        Raises:
            NotFound: the visit has no such check.
        """
        for check in self.checks:
            if check.id == check_id:
                return check
        raise NotFound("本次检查没有该部门检查项")


async def load_case_file(session: AsyncSession, visit: Visit) -> CaseFile:
    """Read the case file of a visit that was found through `access`."""
    round_ = await session.get(Round, visit.round_id)
    assert round_ is not None
    checks = list(
        await session.scalars(
            select(Check)
            .where(Check.visit_id == visit.id, Check.cancelled.is_(False))
            .order_by(Check.list_code)
            .execution_options(populate_existing=True)
        )
    )
    lists = {
        row.code: row
        for row in await session.scalars(
            select(RoundList).where(
                RoundList.round_id == visit.round_id,
                RoundList.code.in_([check.list_code for check in checks]),
            )
        )
    }
    check_items: dict[UUID, list[CheckItem]] = defaultdict(list)
    for item in await session.scalars(
        select(CheckItem)
        .where(CheckItem.check_id.in_([check.id for check in checks]))
        .order_by(CheckItem.position)
        .execution_options(populate_existing=True)
    ):
        check_items[item.check_id].append(item)
    codes = {item.item_code for items in check_items.values() for item in items}
    frozen = await session.scalars(
        select(FrozenItem).where(FrozenItem.round_id == visit.round_id, FrozenItem.code.in_(codes))
    )
    items = {row.code: row for row in frozen}
    rows = await session.execute(
        select(TeamMember, RosterEntry)
        .join(RosterEntry, RosterEntry.inspector_id == TeamMember.inspector_id)
        .where(TeamMember.visit_id == visit.id, RosterEntry.round_id == visit.round_id)
        .order_by(TeamMember.crew, TeamMember.kind.desc(), TeamMember.position)
    )
    team = [(member, entry) for member, entry in rows]
    return CaseFile(
        visit=visit,
        round=round_,
        lists=lists,
        items=items,
        forms={code: PackageForm.model_validate(row.form) for code, row in items.items()},
        team=team,
        checks=checks,
        check_items=check_items,
        evidence=await _of(session, visit, Evidence),
        non_cooperations=await _of(session, visit, NonCooperation),
        signatures=await _signatures_that_count(session, visit, [one for one, _ in team if one.present]),
        follow_ups=await _of(session, visit, FollowUp),
        assistants=list(
            await session.scalars(
                select(Assistant).where(Assistant.visit_id == visit.id).order_by(Assistant.code)
            )
        ),
    )


async def _of(session: AsyncSession, visit: Visit, table: type[Row]) -> list[Row]:
    rows = await session.scalars(select(table).where(table.visit_id == visit.id).order_by(table.id))
    return list(rows)


async def _signatures_that_count(
    session: AsyncSession, visit: Visit, present: list[TeamMember]
) -> list[Signature]:
    officers = {one.inspector_id for one in present}
    newest: dict[tuple[str, str], Signature] = {}
    for row in await session.scalars(
        select(Signature).where(Signature.visit_id == visit.id).order_by(Signature.seq)
    ):
        if row.role != "officer" or row.inspector_id in officers:
            newest[(row.role, row.inspector_id)] = row
    return list(newest.values())
