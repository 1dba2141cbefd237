"""Replacements after the draw (RID/1 §8): the next in order steps in, and nobody chooses.

An object that drops out of one list keeps its visit for the others; without any list left, it is cancelled.
The substitute takes over the crew of the object that it replaces. A visit that has started and gets somebody
new, or another check, has to be started anew by who is there then; what was entered stays as a draft.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.bus import PermanentError, TransientError
from suicha_chassis.db import driver_connection
from suicha_chassis.files import FileStore
from suicha_contracts.events import SubstitutionMade
from suicha_contracts.values import FileRef

from suicha_inspection.intake import INSERT_ONE_VISIT, LINES, STAGE_DOSSIER, stage
from suicha_inspection.models import Check, CheckItem, RosterEntry, Round, RoundList, TeamMember, Visit
from suicha_inspection.states import Deed, VisitState, after
from suicha_inspection.voiding import hold_round


def replacements_from_draws(files: FileStore) -> Callable[[AsyncSession, SubstitutionMade], Awaitable[None]]:
    """Return the effect of `SubstitutionMade`, reading dossiers from the given store."""

    async def replace(session: AsyncSession, event: SubstitutionMade) -> None:
        if await hold_round(session, event.round_id) is not None:
            return  # a draw that does not stand has no places to fill
        round_ = await session.get(Round, event.round_id)
        if round_ is None:
            raise TransientError(f"round {event.draw_id} has no visits yet")
        if event.kind == "inspector":
            await _replace_inspector(session, event)
        elif event.kind == "object":
            await _replace_object(session, files, round_, event)
        else:
            raise PermanentError(f"unknown kind of substitution: {event.kind}")

    return replace


async def _visit(session: AsyncSession, round_id: UUID, object_id: str) -> Visit | None:
    found: Visit | None = await session.scalar(
        select(Visit).where(Visit.round_id == round_id, Visit.object_id == object_id).with_for_update()
    )
    return found


def _restaff(visit: Visit) -> None:
    following = after(VisitState(visit.state), Deed.RESTAFF)
    if following is None:
        raise PermanentError(f"visit {visit.id} is {visit.state}: its team and lists can no longer change")
    visit.state = following


async def _replace_inspector(session: AsyncSession, event: SubstitutionMade) -> None:
    visit = await _visit(session, event.round_id, event.object_id)
    if visit is None:
        raise PermanentError(f"{event.object_id} was not drawn in {event.draw_id}")
    _restaff(visit)
    leaving = await session.get(TeamMember, (visit.id, event.out))
    if leaving is None or leaving.kind != "team":
        raise PermanentError(f"{event.out} is not on the team of visit {visit.id}")
    entering = await session.get(TeamMember, (visit.id, event.into))
    if entering is None:
        if await session.get(RosterEntry, (event.round_id, event.into)) is None:
            raise PermanentError(f"{event.into} is not on the roster of {event.draw_id}")
        entering = TeamMember(visit_id=visit.id, inspector_id=event.into, crew=leaving.crew)
        session.add(entering)
    entering.kind, entering.position = "team", leaving.position
    leaving.kind, leaving.present = "replaced", False
    await session.flush()
    await audit.record(
        session, "visit.restaff", "visit", visit.id,
        before={"inspector": event.out}, after={"inspector": event.into}, reason=event.reason,
    )  # fmt: skip


async def _replace_object(
    session: AsyncSession, files: FileStore, round_: Round, event: SubstitutionMade
) -> None:
    row = await session.get(RoundList, (round_.id, event.list_code))
    visit = await _visit(session, round_.id, event.out)
    if row is None or visit is None:
        raise PermanentError(f"{event.out} was not drawn in list {event.list_code} of {event.draw_id}")
    if after(VisitState(visit.state), Deed.CANCEL) is None:
        raise PermanentError(f"visit {visit.id} is {visit.state}: its object can no longer be replaced")
    dropped = await session.execute(
        update(Check)
        .where(Check.visit_id == visit.id, Check.list_code == event.list_code, Check.cancelled.is_(False))
        .values(cancelled=True, version=Check.version + 1)
        .returning(Check.id)
    )
    if dropped.first() is None:
        raise PermanentError(f"{event.out} was not drawn in list {event.list_code} of {event.draw_id}")
    left = await session.scalar(
        select(func.count()).where(Check.visit_id == visit.id, Check.cancelled.is_(False))
    )
    if not left:
        visit.state, visit.cancel_reason = VisitState.CANCELLED, event.reason
        await session.flush()
    await audit.record(
        session, "visit.replace", "visit", visit.id, before={"object": event.out, "list": event.list_code},
        after={"object": event.into, "state": visit.state}, reason=event.reason,
    )  # fmt: skip
    if event.into:  # empty: the stratum is used up, and nobody steps in
        await _add_substitute(session, files, round_, row, visit, event)


async def _add_substitute(
    session: AsyncSession,
    files: FileStore,
    round_: Round,
    row: RoundList,
    out: Visit,
    event: SubstitutionMade,
) -> None:
    visit = await _visit(session, round_.id, event.into)
    if visit is None:
        await _create_visit(session, files, round_, event)
        visit = await _visit(session, round_.id, event.into)
    assert visit is not None, "it was found or created"
    _restaff(visit)
    check = Check(visit_id=visit.id, round_id=round_.id, list_code=row.code, crew=row.crew)
    session.add(check)
    await session.flush()
    session.add_all(
        CheckItem(check_id=check.id, item_code=code, position=number)
        for number, code in enumerate(row.items, start=1)
    )
    staffed = await session.scalar(
        select(func.count()).where(TeamMember.visit_id == visit.id, TeamMember.crew == row.crew)
    )
    if not staffed:
        await session.execute(
            insert(TeamMember).from_select(
                ["visit_id", "inspector_id", "crew", "kind", "position"],
                select(
                    literal(visit.id),
                    TeamMember.inspector_id,
                    TeamMember.crew,
                    TeamMember.kind,
                    TeamMember.position,
                ).where(
                    TeamMember.visit_id == out.id,
                    TeamMember.crew == row.crew,
                    TeamMember.kind != "replaced",
                ),
            )
        )
    await session.flush()


async def _create_visit(
    session: AsyncSession, files: FileStore, round_: Round, event: SubstitutionMade
) -> None:
    connection = await driver_connection(session)
    await stage(
        connection, files, FileRef.model_validate(round_.dossier), "stage_dossier", STAGE_DOSSIER, LINES
    )
    async with connection.cursor() as cursor:
        await cursor.execute(INSERT_ONE_VISIT, {"round": round_.id, "object": event.into})
        if cursor.rowcount != 1:
            raise PermanentError(f"{event.into} has no dossier in {event.draw_id}")
