"""Who may assist at a visit. The pool is registry's; a copy comes with every change of it."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, Fault, NotFound
from suicha_contracts.events import ExpertRegistered

from suicha_inspection.assistants.schemas import AssistantBody, Part
from suicha_inspection.clock import now, today
from suicha_inspection.models import Assistant, PoolEntry, Visit
from suicha_inspection.problems import ExpertUnfit, ThirdPartyInspects


async def keep_pool_entry(session: AsyncSession, event: ExpertRegistered) -> None:
    """Keep an entry of the pool as it is now; an older state never takes a newer one back."""
    values = event.model_dump()
    statement = insert(PoolEntry).values(values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["code"],
            set_={name: statement.excluded[name] for name in values if name != "code"},
            where=PoolEntry.version < statement.excluded.version,
        )
    )


def unfit(entry: PoolEntry, object_id: str, day: date) -> list[tuple[str, str]]:
    """Return why an expert may not assist at an object on a day, as (code, Chinese words)."""
    found = []
    if not entry.active:
        found.append(("not_active", f"{entry.name}已停用或退出专家库"))
    if not entry.valid_from <= day <= entry.valid_until:
        found.append(("not_valid", f"{entry.name}的入库有效期为 {entry.valid_from} 至 {entry.valid_until}"))
    if entry.confidential_since is None or entry.confidential_since > day:
        found.append(("not_confidential", f"{entry.name}尚未签署保密和回避承诺"))
    if object_id in entry.conflicts:
        found.append(("recusal", f"{entry.name}与检查对象有利害关系，应当回避"))
    return found


async def add(session: AsyncSession, visit: Visit, caller: Caller, body: AssistantBody) -> Assistant:
    """Ask an expert of the own pool to assist; what the pool says of him now stays with the visit.

    Raises:
        ThirdPartyInspects: the expert would inspect by himself (国办发〔2024〕54号).
        NotFound: the pool of the visit's body has no such expert.
        ExpertUnfit: he may not assist; `faults` say why.
        Conflict: he assists already.
    """
    entry = await session.scalar(
        select(PoolEntry).where(PoolEntry.code == body.expert, PoolEntry.org == visit.org)
    )
    if entry is None:
        raise NotFound(f"专家库没有 {body.expert}")
    if body.part is Part.CONDUCT:
        message = (
            f"{entry.name}不得实施检查：检查只能由抽取的执法检查人员实施，专家和第三方机构只能协助"
            "（国办发〔2024〕54号；《人力资源市场暂行条例》第三十四条第二款）"
        )
        raise ThirdPartyInspects(
            message, faults=[Fault(where="body.part", code=ThirdPartyInspects.code, message=message)]
        )
    reasons = unfit(entry, visit.object_id, today())
    if reasons:
        faults = [Fault(where="body.expert", code=code, message=words) for code, words in reasons]
        raise ExpertUnfit("；".join(words for _, words in reasons), faults=faults)
    if await session.get(Assistant, (visit.id, entry.code)) is not None:
        raise Conflict(f"{entry.name}已在本次检查的协助名单中")
    row = Assistant(
        visit_id=visit.id,
        code=entry.code,
        name=entry.name,
        kind=entry.kind,
        institution=entry.institution,
        task=body.task,
        added_by=caller.subject,
        added_at=now(),
    )
    session.add(row)
    await session.flush()
    after = {"expert": row.code, "kind": row.kind, "task": row.task}
    await audit.record(session, "visit.assistant", "visit", visit.id, after=after)
    return row


async def remove(session: AsyncSession, visit: Visit, code: str) -> None:
    """Take an expert off the list of those who assist, while the record is not submitted.

    Raises:
        NotFound: he does not assist.
    """
    row = await session.get(Assistant, (visit.id, code))
    if row is None:
        raise NotFound("协助名单中没有该专家")
    await session.delete(row)
    await session.flush()
    before = {"expert": row.code, "kind": row.kind, "task": row.task}
    await audit.record(session, "visit.assistant.remove", "visit", visit.id, before=before)
