"""The clause behind what a round does to an object, as it bound the list on the day of the freeze (D4, P17). Pure."""

from typing import Any

from suicha_contracts.clause import Clause, Level
from suicha_contracts.ruleset import Ruleset

from suicha_draw.exclusions import WORDS, clause_of
from suicha_draw.rounds.schemas.kept import CitedClause, RoundList


def cited(ruleset: Ruleset, clause: Clause[Any]) -> CitedClause:
    """Return a clause as people cite it: a law by its own name, everything else by the ruleset's."""
    whose = "" if clause.level is Level.LAW else ruleset.name
    return CitedClause(clause=clause.clause, quote=clause.quote or "", whose=whose)


def cited_exclusions(ruleset: Ruleset) -> dict[str, CitedClause]:
    """Return the clause of each rule that may leave objects out, by reason code (D10–D12, P8, P11).

    `ruleset` is that under the law of the list's items.
    """
    found = {reason: clause_of(ruleset, reason) for reason in WORDS}
    return {reason: cited(ruleset, clause) for reason, clause in found.items() if clause is not None}


def cited_floor(ruleset: Ruleset, one: RoundList) -> CitedClause:
    """Return the clause that says how much of a list is drawn at least; a law of its items takes its place (P17)."""
    floor = ruleset.selection.floor_bp
    return cited(ruleset, floor) if floor.clause == one.floor_clause else CitedClause(clause=one.floor_clause)
