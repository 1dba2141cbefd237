"""A ruleset as a page to print and lay beside the document: each value with its clause, words and rank. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel
from suicha_contracts.clause import Level, Source
from suicha_contracts.effective import clauses_of
from suicha_contracts.ruleset import CountUnit, Ruleset

from suicha_registry.rulesets.wording import INNER, LEVEL_TEXT, UNDER_ITEM_LAW, part_of, said, title_of

_TEMPLATES = Environment(
    loader=PackageLoader("suicha_registry.rulesets", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_UNITS = {CountUnit.OBJECTS: "按抽取的检查对象户数计", CountUnit.ROUNDS: "按抽取次数计"}


@dataclass(frozen=True)
class Further:
    """A part of a value that stands elsewhere than the value itself: an outer limit, a period."""

    title: str
    clause: str
    quote: str
    level: Level
    level_text: str
    note: str


@dataclass(frozen=True)
class Line:
    """A value as the page shows it."""

    path: str
    title: str
    text: str
    clause: str
    quote: str
    level: Level
    level_text: str
    note: str
    further: tuple[Further, ...]
    under_item_law: str


def further_of(value: object) -> tuple[Further, ...]:
    """Return what inside a value has a source of its own, e.g. where the days of 及时 come from."""
    if not isinstance(value, BaseModel):
        return ()
    named = ((name, getattr(value, name)) for name in type(value).model_fields)
    return tuple(
        Further(INNER[name], one.clause, one.quote, one.level, LEVEL_TEXT[one.level], one.note)
        for name, one in named
        if isinstance(one, Source)
    )


def lines_of(ruleset: Ruleset) -> list[Line]:
    """Return every value of a ruleset in the order of its parts."""
    units = {
        "targets.joint_bp": ruleset.targets.joint_unit,
        "targets.risk_graded_bp": ruleset.targets.risk_graded_unit,
    }
    return [
        Line(
            path=path,
            title=title_of(path),
            text=said(path, one.value) + (f"（{_UNITS[units[path]]}）" if path in units else ""),
            clause=one.clause,
            quote=one.quote,
            level=one.level,
            level_text=LEVEL_TEXT[one.level],
            note=one.note,
            further=further_of(one.value),
            under_item_law=UNDER_ITEM_LAW.get(path, ""),
        )
        for path, one in clauses_of(ruleset)
    ]


def explained(ruleset: Ruleset, sha256: str) -> str:
    """Return the page of one ruleset version as HTML."""
    lines = lines_of(ruleset)
    return _TEMPLATES.get_template("ruleset.html").render(
        ruleset=ruleset,
        sha256=sha256,
        parts=[(part, list(group)) for part, group in groupby(lines, key=lambda one: part_of(one.path))],
        counts=_counts(lines),
    )


def _counts(lines: Iterable[Line]) -> list[tuple[str, str, int]]:
    """Return (level, words, how many) for the ranks that occur."""
    found = [one.level for one in lines]
    return [(level.value, LEVEL_TEXT[level], found.count(level)) for level in Level if level in found]
