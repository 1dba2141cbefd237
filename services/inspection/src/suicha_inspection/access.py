"""Who may see and touch which visit. Every endpoint goes through here; the session's scope comes before it.

An inspector sees only the visits of teams that he is on (features.md, complaints: "an expired session that
shows and edits other bodies' rows"); a superior region may read, and only the owning body changes anything.
"""

from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, Forbidden, NotFound
from suicha_contracts.roles import Permission, Role, permissions_of

from suicha_inspection.models import TeamMember, Visit
from suicha_inspection.problems import NotOnTeam
from suicha_inspection.states import STATE_TEXT, Deed, VisitState, after

Lock = Literal["share", "update"]


def sees_every_visit(caller: Caller) -> bool:
    """Tell whether a role other than that of an inspector lets the caller read visits."""
    others = [role for role in caller.roles if role != Role.INSPECTOR]
    return Permission.VISIT_READ in permissions_of(others)


def on_team(caller: Caller) -> ColumnElement[bool]:
    """Return the condition that the caller was drawn for the visit; alternates have not been called yet."""
    return exists().where(
        and_(
            TeamMember.visit_id == Visit.id,
            TeamMember.inspector_id == caller.inspector,
            TeamMember.kind == "team",
            TeamMember.inspector_id != "",
        )
    )


def visible(caller: Caller) -> ColumnElement[bool]:
    """Return the condition that every query over visits carries."""
    return true() if sees_every_visit(caller) else on_team(caller)


def visits_of(caller: Caller) -> Select[Visit]:
    """Return the visits that the caller may read, within the session's scope."""
    return select(Visit).where(visible(caller))


async def find_visit(session: AsyncSession, caller: Caller, visit_id: UUID) -> Visit:
    """Return a visit to read.

    Raises:
        NotFound: there is none that the caller may see.
    """
    visit = await session.scalar(visits_of(caller).where(Visit.id == visit_id))
    if visit is None:
        raise NotFound()
    return visit


async def open_visit(
    session: AsyncSession, caller: Caller, visit_id: UUID, deed: Deed, lock: Lock = "update"
) -> Visit:
    """Return a visit to change, locked until the commit, in a state that allows the deed.

    Two crews record under a `share` lock at once; whatever moves the visit on takes `update` and waits.

    Raises:
        NotFound: there is none that the caller may see.
        Forbidden: it belongs to another body.
        Conflict: its state does not allow the deed.
    """
    statement = visits_of(caller).where(Visit.id == visit_id).with_for_update(read=lock == "share", of=Visit)
    visit = await session.scalar(statement)
    if visit is None:
        raise NotFound()
    if visit.org != caller.org:
        raise Forbidden("该检查由其他机构实施，不能修改")
    require_state(visit, deed)
    return visit


def require_state(visit: Visit, deed: Deed) -> VisitState:
    """Return the state that a deed leads to.

    Raises:
        Conflict: the state does not allow the deed; `state` says which it is.
    """
    state = VisitState(visit.state)
    following = after(state, deed)
    if following is None:
        raise Conflict(f"检查当前为“{STATE_TEXT[state]}”，不允许此操作", state=state.value)
    return following


async def membership(session: AsyncSession, visit: Visit, caller: Caller) -> TeamMember | None:
    """Return the caller's place in the team that was drawn, or None."""
    if not caller.inspector:
        return None
    member = await session.get(TeamMember, (visit.id, caller.inspector))
    return member if member is not None and member.kind == "team" else None


async def require_member(session: AsyncSession, visit: Visit, caller: Caller, crew: str = "") -> TeamMember:
    """Return the caller's place in the team, of one crew if given (X1 谁检查、谁录入).

    Raises:
        NotOnTeam: the caller was not drawn for it.
    """
    member = await membership(session, visit, caller)
    if member is None:
        raise NotOnTeam()
    if crew and member.crew != crew:
        raise NotOnTeam("该项检查由其他部门的检查组录入")
    return member
