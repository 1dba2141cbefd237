"""Which of several rulesets' values holds for a region, and why (法律 > 省 > 本地). Pure.

One rule for what contradicts: the higher source wins; of equal ones the nearer region; of equally near ones the
later document. One rule for what does not contradict: a bound (`at least`, `at most`) of a lower source that is
stricter keeps the higher one as well, so it stands (docs/decisions: a stricter bound stands beside a higher one).
What the product chose by itself yields to every document.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from suicha_contracts.clause import Clause, Level
from suicha_contracts.ruleset import DueDate, Report, Ruleset
from suicha_contracts.values import region_prefix

RANK = (Level.LAW, Level.PROVINCE, Level.LOCAL, Level.PRODUCT)

AT_LEAST = frozenset(
    {
        "archive.retention_years",
        "disclosure.rate_bp",
        "selection.floor_bp",
        "selection.smallest_count",
        "targets.coverage_bp",
        "targets.item_coverage_bp",
        "targets.joint_bp",
        "targets.risk_graded_bp",
        "team.minimum",
    }
)
"""Lower bounds: whoever asks for more than a higher source does not contradict it."""

AT_MOST = frozenset({"team.candidates_max_multiple"})
"""Upper bounds: the same the other way round."""


class RuleReason(StrEnum):
    """Why a value holds, or why another one beat it."""

    ONLY = "only"
    HIGHER_LEVEL = "higher_level"
    NEARER_REGION = "nearer_region"
    LATER = "later"
    STRICTER = "stricter"
    NAMED_FIRST = "named_first"


WHY_TEXT: dict[RuleReason, str] = {
    RuleReason.ONLY: "只有这一处规定",
    RuleReason.HIGHER_LEVEL: "效力层级更高",
    RuleReason.NEARER_REGION: "层级相同，本区域的规定优先",
    RuleReason.LATER: "层级和区域相同，后生效的优先",
    RuleReason.STRICTER: "下限、上限取更严的，与其他规定不抵触",
    RuleReason.NAMED_FIRST: "层级、区域和生效日期都相同，按规则集编号取前一个",
}


@dataclass(frozen=True)
class Candidate:
    """A value as one ruleset states it."""

    path: str
    value: Any
    clause: str
    quote: str
    level: Level
    note: str
    ruleset: str
    version: str
    name: str
    region: str
    document: str
    effective_from: date


@dataclass(frozen=True)
class Beaten:
    """A value that does not hold, and what beat it."""

    candidate: Candidate
    why: RuleReason


@dataclass(frozen=True)
class Effective:
    """A value that holds; `why` names the reason against the strongest of those it beat."""

    winner: Candidate
    why: RuleReason
    beaten: tuple[Beaten, ...]


def clauses_of(part: object, path: str = "") -> Iterator[tuple[str, Clause[Any]]]:
    """Yield every value of a ruleset with its path; due dates and reports by what they are, not by place."""
    if isinstance(part, Clause):
        yield path, part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from clauses_of(getattr(part, name), f"{path}.{name}".strip("."))
    elif isinstance(part, list):
        for one in part:
            if isinstance(one, Clause):
                yield f"{path}.{_key(one.value)}", one


def _key(value: object) -> str:
    if isinstance(value, DueDate):
        return value.what
    assert isinstance(value, Report)
    due = f"{value.on.month:02d}-{value.on.day:02d}" if value.on else "promptly"
    return f"{value.kind}.{due}"


def candidates_of(ruleset: Ruleset) -> Iterator[Candidate]:
    """Yield every value of a ruleset as a candidate."""
    for path, clause in clauses_of(ruleset):
        yield Candidate(
            path=path,
            value=clause.value,
            clause=clause.clause,
            quote=clause.quote,
            level=clause.level,
            note=clause.note,
            ruleset=ruleset.id,
            version=ruleset.version,
            name=ruleset.name,
            region=ruleset.region,
            document=ruleset.document.title,
            effective_from=ruleset.effective_from,
        )


def in_force(rulesets: Iterable[Ruleset], region: str, on: date) -> list[Ruleset]:
    """Return the rulesets that bind a region on a day: of it or above it, of each id the newest version then."""
    newest: dict[str, Ruleset] = {}
    for one in rulesets:
        if not region.startswith(region_prefix(one.region)):
            continue
        if one.effective_from > on or (one.effective_to is not None and one.effective_to < on):
            continue
        known = newest.get(one.id)
        if known is None or _age(one) > _age(known):
            newest[one.id] = one
    return sorted(newest.values(), key=lambda one: (-len(region_prefix(one.region)), one.id))


def age(effective_from: date, version: str) -> tuple[date, list[int]]:
    """Return what orders the versions of one ruleset: the greatest of those in force on a day holds.

    Of versions from the same day the higher number, `2022.10` after `2022.9`; when each was published does not
    matter, so everybody who was told of both finds the same one.
    """
    return effective_from, [int(part) for part in version.split(".")]


def _age(ruleset: Ruleset) -> tuple[date, list[int]]:
    return age(ruleset.effective_from, ruleset.version)


def resolve(rulesets: Iterable[Ruleset]) -> dict[str, Effective]:
    """Return the value of every path that any of the rulesets states, with those that it beat."""
    stated: dict[str, list[Candidate]] = {}
    for ruleset in rulesets:
        for one in candidates_of(ruleset):
            stated.setdefault(one.path, []).append(one)
    return {path: _decide(found) for path, found in stated.items()}


def _order(one: Candidate) -> tuple[int, int, int, str]:
    return (
        RANK.index(one.level),
        -len(region_prefix(one.region)),
        -one.effective_from.toordinal(),
        f"{one.ruleset}@{one.version}",
    )


def _decide(found: list[Candidate]) -> Effective:
    ordered = sorted(found, key=_order)
    winner = _strictest(ordered)
    beaten = tuple(Beaten(one, _why(winner, one)) for one in ordered if one is not winner)
    return Effective(winner, beaten[0].why if beaten else RuleReason.ONLY, beaten)


def _strictest(ordered: list[Candidate]) -> Candidate:
    """Return the first in order, or a stricter bound that a document states."""
    first = ordered[0]
    sign = 1 if first.path in AT_LEAST else -1 if first.path in AT_MOST else 0
    if not sign or first.level is Level.PRODUCT:
        return first
    documents = [one for one in ordered if one.level is not Level.PRODUCT]
    return max(documents, key=lambda one: sign * int(one.value))


def _why(winner: Candidate, other: Candidate) -> RuleReason:
    if _order(other) < _order(winner):
        return RuleReason.STRICTER
    for place, why in enumerate((RuleReason.HIGHER_LEVEL, RuleReason.NEARER_REGION, RuleReason.LATER)):
        if _order(winner)[place] != _order(other)[place]:
            return why
    return RuleReason.NAMED_FIRST


def values_of(found: Mapping[str, Effective]) -> dict[str, Any]:
    """Return the values alone, by path."""
    return {path: one.winner.value for path, one in found.items()}
