"""drawn → signed → completed: dossiers from registry, the proof bundle, and the event that starts inspections.

A killed worker repeats the steps from what is committed: the log entry `completed` fixes the size of the log
that the bundle's checkpoint covers, so the bundle has the same bytes whoever writes it.
"""

from collections.abc import Sequence

from rid1.log import EMBARGOED
from rid1.manifest import ListSpec
from rid1.states import Event
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import outbox
from suicha_chassis.scope import SYSTEM
from suicha_contracts.events import (
    DrawCompleted,
    DrawFiles,
    EarlierDraw,
    ListOutcome,
    LotsRecord,
    RulesetRef,
    StratumOutcome,
    VoidedAttempt,
)
from suicha_contracts.values import FileRef

from suicha_draw.ledger import service as ledger
from suicha_draw.models import Round
from suicha_draw.rounds.bundles import write_bundle
from suicha_draw.rounds.context import Work
from suicha_draw.rounds.earlier import earlier_draws
from suicha_draw.rounds.lots import lots_record
from suicha_draw.rounds.quotas import quotas_of
from suicha_draw.rounds.rules import told_beacon
from suicha_draw.rounds.store import (
    embargoed,
    files_of,
    find_round,
    keep_file,
    lists_of,
    physical,
    settings_of,
)

NOTHING = "-"
"""Stands for a number that the draw did not use."""


async def fetch_dossier(work: Work, row: Round) -> None:
    """Have registry write what inspectors need to know of the drawn objects.

    Raises:
        TransientError: registry is down.
        RegistryRefusedError: registry does not know the snapshot.
        RuntimeError: the dossiers are not those of the drawn objects.
    """
    async with work.db.session(SYSTEM) as session:
        known = await files_of(session, row.id)
    if "dossier" in known:
        return
    assert row.snapshot_id is not None
    dossier = await work.registry.dossiers(row.snapshot_id, known["ids"])
    if dossier.rows is not None and dossier.rows != known["ids"].rows:
        raise RuntimeError(f"registry wrote {dossier.rows} dossiers, {known['ids'].rows} objects were drawn")
    async with work.db.transaction(SYSTEM) as session:
        await find_round(session, row.id, lock=True)
        if "dossier" not in await files_of(session, row.id):
            keep_file(session, row.id, "dossier", dossier)


async def complete(work: Work, row: Round) -> None:
    """Log the completion, write the bundle, and send DrawCompleted in the transaction that completes the round."""
    await fetch_dossier(work, row)
    async with work.db.transaction(SYSTEM) as session:
        current = await find_round(session, row.id, lock=True)
        if current.state != "signed":
            return
        entries = await ledger.entries_of(session, row.draw_id)
        if entries[-1].event is not Event.COMPLETED:
            await ledger.append(session, current, Event.COMPLETED, {"visits": row.visits})
    written = None if physical(row) else await write_bundle(work, row)
    async with work.db.session(SYSTEM) as session:
        known = await files_of(session, row.id)
        entries = await ledger.entries_of(session, row.draw_id)
        quotas = await quotas_of(session, work.files, row)
    async with work.db.transaction(SYSTEM) as session:
        current = await find_round(session, row.id, lock=True)
        if current.state != "signed":
            return
        bundle = None
        if written is not None:
            bundle, covers = written
            keep_file(session, row.id, "bundle", bundle, covers=covers)
        current.state, current.completed_at = "completed", ledger.moment_of(entries[-1])
        voided = await _voided_before(session, current)
        earlier = await earlier_draws(session, current)
        event = _event(current, quotas, known, bundle, voided, earlier, lots_record(current, entries))
        await outbox.emit(session, event, about=row.draw_id)


async def _voided_before(session: AsyncSession, row: Round) -> list[VoidedAttempt]:
    """Every result shows how often its draw was tried (RID/1 §4)."""
    earlier = await session.scalars(
        select(Round)
        .where(Round.draw_id == row.draw_id, Round.attempt < row.attempt, Round.state == "void")
        .order_by(Round.attempt)
    )
    return [
        VoidedAttempt(
            attempt=one.attempt,
            code=one.void_code or "",
            reason=one.void_reason or "",
            voided_at=one.voided_at,
        )
        for one in earlier
        if one.voided_at is not None
    ]


def _event(
    row: Round,
    quotas: Sequence[ListSpec],
    files: dict[str, FileRef],
    bundle: FileRef | None,
    voided: list[VoidedAttempt],
    earlier: list[EarlierDraw],
    lots: LotsRecord | None,
) -> DrawCompleted:
    assert (row.manifest_hash and row.seed) or lots
    assert row.result_hash and row.match_hash and row.signed_by
    assert row.completed_at is not None and row.visits is not None
    kept_back = embargoed(row)
    specs = {spec.code: spec for spec in quotas}
    dispatch = settings_of(row).dispatch
    lists = [
        ListOutcome(
            code=one.code, crew=one.crew, task_id=one.task_id, plan_id=one.plan_id, plan_number=one.plan_number,
            plan_name=one.plan_name, task_number=one.task_number, task_name=one.task_name,
            department=one.department, mode=one.mode, registry_count=specs[one.code].registry_count,
            excluded=specs[one.code].registry_count - sum(st.n for st in specs[one.code].strata),
            strata=[
                StratumOutcome(
                    code=st.code, n=st.n, k=st.k, m=st.m, bp=st.bp, count=st.count, name=one.stratum_name(st.code)
                )
                for st in specs[one.code].strata
            ],
            kind=one.kind, conditions=one.conditions,
            items=one.items,
        )
        for one in lists_of(row)
    ]  # fmt: skip
    return DrawCompleted(
        round_id=row.id, draw_id=row.draw_id, attempt=row.attempt, org=row.org, org_name=row.org_name,
        region=row.region, suite=settings_of(row).suite, manifest_hash=row.manifest_hash or NOTHING,
        seed=EMBARGOED if kept_back else row.seed or NOTHING, embargoed=kept_back,
        result_hash=row.result_hash, match_hash=row.match_hash, dice=row.dice or NOTHING,
        beacon=told_beacon(settings_of(row), row.beacon),
        contributors=settings_of(row).contributors, signed_by=row.signed_by, completed_at=row.completed_at,
        inspect_from=row.inspect_from, inspect_to=row.inspect_to,
        ruleset=RulesetRef(id=row.ruleset_id, version=row.ruleset_version, sha256=row.ruleset_sha),
        lists=lists, visits=row.visits, voided=voided, earlier=earlier, choice="direct" if dispatch else "random",
        choice_reason=dispatch.reason if dispatch else "",
        basis="seed" if lots is None else "physical", verifiable=lots is None, lots=lots,
        files=DrawFiles(
            result=files["result"], match=files["match"], dossier=files["dossier"], package=files["package"],
            bundle=bundle,
        ),
    )  # fmt: skip
