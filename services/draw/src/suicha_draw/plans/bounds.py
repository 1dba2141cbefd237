"""Bounds on a task from every document that binds its region: the strictest holds (docs/decisions/0019). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from suicha_contracts.clause import Clause, Level
from suicha_contracts.effective import Effective, resolve
from suicha_contracts.ruleset import Ruleset


@dataclass(frozen=True)
class Bound:
    """A bound and where it stands, as a refusal says it."""

    value: int
    clause: str
    document: str
    """The ruleset that states it, with its document where that is not the plan's own; empty for a law."""

    @property
    def source(self) -> str:
        """Document and clause in words."""
        return f"{self.document}“{self.clause}”"


@dataclass(frozen=True)
class Bounds:
    """What no task of a plan may undercut."""

    floor_bp: Bound
    """Least ratio of a list, basis points."""
    team: Bound
    """Least inspectors of a team."""
    multiple: Bound
    """Most candidates for each inspector needed."""

    def applied_to(self, ruleset: Ruleset) -> Ruleset:
        """Return the ruleset with this floor in the place of its own, for a draw whose objects are counted."""
        own, floor = ruleset.selection.floor_bp, self.floor_bp
        if floor.value == own.value:
            return ruleset
        stricter = Clause[int](value=floor.value, clause=f"{floor.document}{floor.clause}", level=own.level)
        selection = ruleset.selection.model_copy(update={"floor_bp": stricter})
        return ruleset.model_copy(update={"selection": selection})


def bounds_of(named: Ruleset, others: Iterable[Ruleset]) -> Bounds:
    """Return the bounds of a plan that names a ruleset, where others bind its region as well."""
    found = resolve([named, *others])
    return Bounds(
        _bound(named, found["selection.floor_bp"]),
        _bound(named, found["team.minimum"]),
        _bound(named, found["team.candidates_max_multiple"]),
    )


def _bound(named: Ruleset, found: Effective) -> Bound:
    one = found.winner
    whose = one.name if one.ruleset == named.id else f"{one.name}（{one.document}）"
    return Bound(int(one.value), one.clause, "" if one.level is Level.LAW else whose)
