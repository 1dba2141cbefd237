"""drawn → signed → completed: dossiers from registry, the proof bundle, and the event that starts inspections.

A killed worker repeats the steps from what is committed: the log entry `completed` fixes the size of the log
that the bundle's checkpoint covers, so the bundle has the same bytes whoever writes it.
"""

import json
import tempfile
from pathlib import Path

from rid1.log import Entry
from rid1.manifest import Manifest
from rid1.manifest_reader import parse
from rid1.states import Event
from suicha_chassis import outbox
from suicha_chassis.scope import SYSTEM
from suicha_contracts.events import DrawCompleted, DrawFiles, ListOutcome, RulesetRef, StratumOutcome
from suicha_contracts.values import FileRef

from suicha_draw.ledger import service as ledger
from suicha_draw.models import Round
from suicha_draw.rounds.child import compute
from suicha_draw.rounds.context import INPUTS, Work
from suicha_draw.rounds.store import files_of, find_round, keep_file, lists_of, settings_of


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
    with tempfile.TemporaryDirectory(prefix="suicha-draw-") as name:
        folder = Path(name)
        known = await work.fetch_files(folder, "manifest", *INPUTS, "result", "match")
        (folder / "reveals.json").write_bytes((await work.reveals(row)).to_bytes())
        completion = await _write_log_evidence(work, row, folder)
        await compute("bundle", work.progress, folder=str(folder))
        bundle = await work.files.put_path(folder / "bundle.zip", "application/zip")
        manifest = parse((folder / "manifest.json").read_bytes())
    async with work.db.transaction(SYSTEM) as session:
        current = await find_round(session, row.id, lock=True)
        if current.state != "signed":
            return
        keep_file(session, row.id, "bundle", bundle)
        current.state, current.completed_at = "completed", ledger.moment_of(completion)
        event = _event(current, manifest, known, bundle)
        await outbox.emit(session, event, about=row.draw_id)


async def _write_log_evidence(work: Work, row: Round, folder: Path) -> Entry:
    """Put the draw's entries up to its completion, their proofs and the checkpoint into log.json."""
    async with work.db.session(SYSTEM) as session:
        entries = await ledger.entries_of(session, row.draw_id)
        last = (Event.COMPLETED, row.attempt)
        at = next(i for i, entry in enumerate(entries) if (entry.event, entry.attempt) == last)
        entries = entries[: at + 1]
        grown = await ledger.tree(session, entries[-1].index + 1)
    evidence = {
        "entries": [entry.line.decode() for entry in entries],
        "paths": [[node.hex() for node in grown.path(entry.index)] for entry in entries],
        "checkpoint": ledger.sign_checkpoint(work.signer, grown),
    }
    (folder / "log.json").write_text(json.dumps(evidence))
    return entries[-1]


def _event(row: Round, manifest: Manifest, files: dict[str, FileRef], bundle: FileRef) -> DrawCompleted:
    assert row.manifest_hash and row.seed and row.result_hash and row.match_hash and row.signed_by
    assert row.completed_at is not None and row.visits is not None
    specs = {spec.code: spec for spec in manifest.lists}
    lists = [
        ListOutcome(
            code=one.code, crew=one.crew, task_id=one.task_id, plan_id=one.plan_id, plan_number=one.plan_number,
            plan_name=one.plan_name, task_number=one.task_number, task_name=one.task_name,
            department=one.department, mode=one.mode, registry_count=specs[one.code].registry_count,
            excluded=specs[one.code].registry_count - sum(st.n for st in specs[one.code].strata),
            strata=[
                StratumOutcome(code=st.code, n=st.n, k=st.k, m=st.m, bp=st.bp, count=st.count)
                for st in specs[one.code].strata
            ],
        )
        for one in lists_of(row)
    ]  # fmt: skip
    return DrawCompleted(
        round_id=row.id, draw_id=row.draw_id, attempt=row.attempt, org=row.org, org_name=row.org_name,
        region=row.region, suite=manifest.suite.name, manifest_hash=row.manifest_hash, seed=row.seed,
        result_hash=row.result_hash, match_hash=row.match_hash, dice=row.dice or "-",
        contributors=settings_of(row).contributors, signed_by=row.signed_by, completed_at=row.completed_at,
        inspect_from=row.inspect_from, inspect_to=row.inspect_to,
        ruleset=RulesetRef(id=row.ruleset_id, version=row.ruleset_version, sha256=row.ruleset_sha),
        lists=lists, visits=row.visits,
        files=DrawFiles(
            result=files["result"], match=files["match"], dossier=files["dossier"], package=files["package"],
            bundle=bundle,
        ),
    )  # fmt: skip
