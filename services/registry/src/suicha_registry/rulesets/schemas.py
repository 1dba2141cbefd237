"""What the ruleset endpoints take and answer."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import SHA256

from suicha_registry.rulesets.models import RulesetVersion


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
