"""Publishing and finding ruleset versions."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit, outbox
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Fault, Forbidden, NotFound
from suicha_contracts.effective import age
from suicha_contracts.events import RulesetPublished
from suicha_contracts.ruleset import Ruleset

from suicha_registry.problems import RulesetExists, RulesetUnknown
from suicha_registry.rulesets.loader import load_ruleset, sha256_of
from suicha_registry.rulesets.models import RulesetVersion

CHINA = ZoneInfo("Asia/Shanghai")


def today() -> date:
    """Return the day in China, where every deadline and effective date is meant."""
    return datetime.now(CHINA).date()


async def publish(session: AsyncSession, caller: Caller, yaml_text: str) -> tuple[RulesetVersion, bool]:
    """Publish a ruleset version; return it and whether it is new. The same content again changes nothing.

    Raises:
        RulesetInvalid: the document has mistakes.
        RulesetExists: this id and version has another content.
        Forbidden: the ruleset is of a region outside the caller's.
    """
    ruleset = load_ruleset(yaml_text)
    if not caller.scope.covers(ruleset.region):
        raise Forbidden("规则集所属区域不在您的管辖区域内")
    digest = sha256_of(ruleset)
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 1))"),
        {"name": f"{ruleset.id}@{ruleset.version}"},
    )
    known = await session.get(RulesetVersion, (ruleset.id, ruleset.version))
    if known is not None:
        if known.sha256 != digest:
            raise RulesetExists()
        return known, False
    row = RulesetVersion(
        id=ruleset.id,
        version=ruleset.version,
        region=ruleset.region,
        name=ruleset.name,
        effective_from=ruleset.effective_from,
        effective_to=ruleset.effective_to,
        sha256=digest,
        document=ruleset.model_dump(mode="json"),
        source=yaml_text,
        published_by=caller.subject,
        published_at=datetime.now(UTC),
    )
    session.add(row)
    await outbox.emit(session, RulesetPublished(ruleset=ruleset, sha256=digest), about=ruleset.id)
    await audit.record(
        session, "publish", "ruleset", f"{ruleset.id}@{ruleset.version}", after={"sha256": digest}
    )
    return row, True


async def find(session: AsyncSession, ruleset_id: str, version: str = "") -> RulesetVersion:
    """Return a version, or without one the version that is effective today: the same that `/effective` reads.

    Raises:
        NotFound: there is none.
    """
    wanted = select(RulesetVersion).where(RulesetVersion.id == ruleset_id)
    if version:
        wanted = wanted.where(RulesetVersion.version == version)
    else:
        now = today()
        wanted = wanted.where(
            RulesetVersion.effective_from <= now,
            (RulesetVersion.effective_to.is_(None)) | (RulesetVersion.effective_to >= now),
        )
    rows = (await session.scalars(wanted)).all()
    if not rows:
        raise NotFound("没有这个规则集，或今天没有生效的版本")
    return max(rows, key=lambda row: age(row.effective_from, row.version))


async def named(session: AsyncSession, ruleset_id: str, version: str) -> tuple[Ruleset, str]:
    """Return the content and hash of the version that a request names.

    Raises:
        RulesetUnknown: it was never published here.
    """
    row = await session.get(RulesetVersion, (ruleset_id, version))
    if row is None:
        fault = Fault(where="ruleset_id", code=RulesetUnknown.code, message=f"{ruleset_id}@{version} 未发布")
        raise RulesetUnknown(f"规则集 {ruleset_id}@{version} 未发布", faults=[fault])
    return Ruleset.model_validate(row.document), row.sha256
