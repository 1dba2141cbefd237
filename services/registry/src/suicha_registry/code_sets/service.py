"""Finding and publishing sets of result codes."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Fault, Invalid, NotFound
from suicha_contracts.code_sets import SHIPPED, CodeMapping, CodeSet, translated, unfit_mapping

from suicha_registry.code_sets.models import PublishedCodeSet
from suicha_registry.problems import CodeSetExists, CodeUnmapped


async def all_sets(session: AsyncSession) -> dict[str, CodeSet]:
    """Return every set by id: those that ship and those published since. There are few."""
    rows = await session.scalars(select(PublishedCodeSet).order_by(PublishedCodeSet.id))
    return SHIPPED | {row.id: CodeSet.model_validate(row.document) for row in rows}


async def find(session: AsyncSession, set_id: str) -> CodeSet:
    """Return one set.

    Raises:
        NotFound: there is none.
    """
    found = (await all_sets(session)).get(set_id)
    if found is None:
        raise NotFound(f"没有代码集 {set_id}")
    return found


async def publish(session: AsyncSession, caller: Caller, body: CodeSet) -> bool:
    """Publish a set; return whether it is new. The same content again changes nothing.

    Raises:
        CodeSetExists: this id has another content.
        Invalid: a mapping does not fit its target; `faults` say why.
    """
    known = await all_sets(session)
    if body.id in known:
        if known[body.id] != body:
            raise CodeSetExists()
        return False
    faults = []
    for place, mapping in enumerate(body.mappings):
        target = known.get(mapping.to)
        wrong = unfit_mapping(mapping, body, target) if target else f"没有代码集 {mapping.to}"
        if wrong:
            faults.append(Fault(where=f"body.mappings.{place}", code="mapping", message=wrong))
    if faults:
        raise Invalid("；".join(fault.message for fault in faults), faults=faults)
    session.add(
        PublishedCodeSet(
            id=body.id,
            document=body.model_dump(mode="json"),
            published_by=caller.subject,
            published_at=datetime.now(UTC),
        )
    )
    await session.flush()
    await audit.record(session, "publish", "code_set", body.id, after=body.model_dump(mode="json"))
    return True


async def mapping_of(session: AsyncSession, source: str, to: str) -> CodeMapping:
    """Return how a set is read in another.

    Raises:
        NotFound: there is no such set.
        CodeUnmapped: the sets are not mapped in this direction.
    """
    own = await find(session, source)
    if source == to:
        return CodeMapping(to=to, codes={entry.code: entry.code for entry in own.codes})
    await find(session, to)
    for mapping in own.mappings:
        if mapping.to == to:
            return mapping
    raise CodeUnmapped(f"代码集 {source} 没有对照到 {to}")


async def read_in(session: AsyncSession, source: str, to: str, counts: dict[str, int]) -> dict[str, int]:
    """Return figures by code of one set in another.

    Raises:
        NotFound, CodeUnmapped: see `mapping_of`.
        Invalid: figures name codes that the set does not have.
    """
    mapping = await mapping_of(session, source, to)
    strange = sorted(counts.keys() - mapping.codes.keys())
    if strange:
        faults = [
            Fault(where=f"body.counts.{code}", code="unknown_code", message=f"{source} 没有代码 {code}")
            for code in strange
        ]
        raise Invalid("；".join(fault.message for fault in faults), faults=faults)
    return translated(counts, mapping)
