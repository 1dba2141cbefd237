"""What the ruleset endpoints take and answer."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_jsonable_python
from suicha_contracts.clause import Level
from suicha_contracts.effective import WHY_TEXT, Beaten, Candidate, Effective, RuleReason
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import SHA256

from suicha_registry.rulesets.models import RulesetVersion
from suicha_registry.rulesets.wording import LEVEL_TEXT, UNDER_ITEM_LAW, said, title_of


class RulesetText(BaseModel):
    """A ruleset as people write it."""

    model_config = ConfigDict(extra="forbid")

    yaml: str = Field(
        min_length=1,
        max_length=200_000,
        description="the YAML document; every value with its clause",
        examples=['id: 410300-rsj\nversion: "2022.1"\n…'],
    )


class RulesetSummary(BaseModel):
    """One published version."""

    id: str = Field(examples=["410300-rsj"])
    version: str = Field(examples=["2022.1"])
    name: str
    region: str
    effective_from: date
    effective_to: date | None
    sha256: SHA256
    published_at: datetime


class RulesetView(RulesetSummary):
    """One published version with its content."""

    ruleset: Ruleset


def summary_of(row: RulesetVersion) -> RulesetSummary:
    """Show a version without its content."""
    return RulesetSummary(
        id=row.id,
        version=row.version,
        name=row.name,
        region=row.region,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
        sha256=row.sha256,
        published_at=row.published_at,
    )


def view_of(row: RulesetVersion) -> RulesetView:
    """Show a version with its content."""
    return RulesetView(**summary_of(row).model_dump(), ruleset=Ruleset.model_validate(row.document))


class StatedValue(BaseModel):
    """A value as one ruleset states it, with where it stands."""

    value: Any = Field(examples=[500])
    text: str = Field(description="the value in words", examples=["5%"])
    clause: str = Field(examples=["三（二）"])
    quote: str
    level: Level
    level_text: str
    note: str
    ruleset: str
    version: str
    region: str
    document: str = Field(description="title of the document")
    effective_from: date


class BeatenValue(StatedValue):
    """A value that does not hold, and why."""

    why: RuleReason
    why_text: str


class EffectiveValue(StatedValue):
    """A value that holds, why, and what it beat."""

    path: str = Field(examples=["selection.floor_bp"])
    title: str = Field(examples=["最低抽查比例"])
    why: RuleReason = Field(
        description="against the strongest of those it beat; `only`: nobody else says anything"
    )
    why_text: str
    under_item_law: str = Field(
        default="",
        description="what becomes of the value for an item whose law fixes ratio or frequency; empty: nothing",
    )
    beaten: list[BeatenValue]


class BindingRuleset(BaseModel):
    """A ruleset that binds, the nearest first."""

    id: str
    version: str
    name: str
    region: str
    document: str
    effective_from: date
    effective_to: date | None


class EffectiveRules(BaseModel):
    """What holds in a region on a day (法律 > 省 > 本地)."""

    region: str
    org: str
    on: date
    rulesets: list[BindingRuleset]
    values: list[EffectiveValue]


def _stated(one: Candidate) -> dict[str, Any]:
    return {
        "value": to_jsonable_python(one.value),
        "text": said(one.path, one.value),
        "clause": one.clause,
        "quote": one.quote,
        "level": one.level,
        "level_text": LEVEL_TEXT[one.level],
        "note": one.note,
        "ruleset": one.ruleset,
        "version": one.version,
        "region": one.region,
        "document": one.document,
        "effective_from": one.effective_from,
    }


def _beaten(one: Beaten) -> BeatenValue:
    return BeatenValue(**_stated(one.candidate), why=one.why, why_text=WHY_TEXT[one.why])


def effective_view(path: str, found: Effective) -> EffectiveValue:
    """Show a value that holds."""
    return EffectiveValue(
        **_stated(found.winner),
        path=path,
        title=title_of(path),
        why=found.why,
        why_text=WHY_TEXT[found.why],
        under_item_law=UNDER_ITEM_LAW.get(path, ""),
        beaten=[_beaten(one) for one in found.beaten],
    )


def binding_view(ruleset: Ruleset) -> BindingRuleset:
    """Show a ruleset that binds."""
    return BindingRuleset(
        id=ruleset.id,
        version=ruleset.version,
        name=ruleset.name,
        region=ruleset.region,
        document=ruleset.document.title,
        effective_from=ruleset.effective_from,
        effective_to=ruleset.effective_to,
    )
