"""Whose rows a session may see and change: the caller's region prefix and organisation, in this one place.

A session without a scope refuses to touch scoped tables. Bulk statements in plain SQL are for the service
itself (`SYSTEM`), never for a caller.
"""

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Executable, String, and_, event, or_
from sqlalchemy.orm import (
    Mapped,
    ORMExecuteState,
    Session,
    UOWTransaction,
    mapped_column,
    with_loader_criteria,
)
from suicha_contracts.values import region_prefix

from suicha_chassis.problems import Forbidden

E = TypeVar("E", bound=Executable)


@dataclass(frozen=True)
class Scope:
    """Region and organisation that a session acts for. The empty region is the whole country."""

    region: str
    org: str
    everything: bool = False

    @property
    def prefix(self) -> str:
        """The prefix that all regions inside the scope share."""
        return region_prefix(self.region) if self.region else ""

    def covers(self, region: str) -> bool:
        """Tell whether a region lies inside the scope."""
        return self.everything or region.startswith(self.prefix)


SYSTEM = Scope(region="", org="", everything=True)
"""The service itself: consumers, loops, public pages that only ever select what is public."""


class RegionScoped:
    """Rows of a region, shared by all organisations there: registers."""

    region: Mapped[str] = mapped_column(String(6, collation="C"), index=True)


class OrgScoped:
    """Rows of one organisation: plans, rounds, visits. A superior region may read, only the owner writes."""

    region: Mapped[str] = mapped_column(String(6, collation="C"), index=True)
    org: Mapped[str] = mapped_column(String(64), index=True)


def scope_of(session: Session) -> Scope:
    """Return the scope of a session.

    Raises:
        RuntimeError: the session was opened without one, which is a programming error.
    """
    scope = session.info.get("scope")
    if not isinstance(scope, Scope):
        raise RuntimeError("session without a scope")
    return scope


def _limit_reads(state: ORMExecuteState) -> None:
    if state.is_column_load or state.is_relationship_load:
        return
    state.statement = within(state.statement, scope_of(state.session))


def within(statement: E, scope: Scope) -> E:
    """Return a statement that sees the rows inside a scope only, as every statement of its session does."""
    if scope.everything:
        return statement
    pattern, region, org = f"{scope.prefix}%", scope.region, scope.org
    return statement.options(
        with_loader_criteria(RegionScoped, lambda cls: cls.region.like(pattern), include_aliases=True),
        with_loader_criteria(
            OrgScoped,
            lambda cls: and_(cls.region.like(pattern), or_(cls.org == org, cls.region != region)),
            include_aliases=True,
        ),
    )


def _limit_writes(session: Session, context: UOWTransaction, instances: object) -> None:
    scope = scope_of(session)
    if scope.everything:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, OrgScoped) and row.org != scope.org:
            raise Forbidden("该记录属于其他机构，不能修改")
        if isinstance(row, RegionScoped | OrgScoped) and not scope.covers(row.region):
            raise Forbidden("该记录不在您的管辖区域内，不能修改")


event.listen(Session, "do_orm_execute", _limit_reads)
event.listen(Session, "before_flush", _limit_writes)
