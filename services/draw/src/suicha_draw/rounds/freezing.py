"""draft → frozen: the registers are frozen, exempt and capped objects taken out, everything counted and checked."""

import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
from rid1.states import Event
from suicha_chassis.db import psycopg_url
from suicha_chassis.scope import SYSTEM
from suicha_contracts.freeze import Snapshot, SnapshotList, SnapshotRaise, SnapshotRequest
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import FileRef

from suicha_draw.exclusions import (
    ABNORMAL_SQL,
    CAUSES_SQL,
    FOUND_SQL,
    ExclusionRules,
    months_before,
    rules_of,
    sql_parameters,
)
from suicha_draw.ledger import service as ledger
from suicha_draw.models import Round
from suicha_draw.plans.laws import laws_of, under_law
from suicha_draw.plans.rulesets import ruleset_row
from suicha_draw.raising import PROBLEM_FOUND
from suicha_draw.registry_client import RegistryRefusedError
from suicha_draw.rounds.child import DeedRefusedError, compute
from suicha_draw.rounds.citing import cited_exclusions
from suicha_draw.rounds.context import INPUTS, Work, copy_in
from suicha_draw.rounds.quotas import frozen_quotas
from suicha_draw.rounds.rules import freeze_problems
from suicha_draw.rounds.schemas.kept import Frozen, RoundList, RoundProblem
from suicha_draw.rounds.store import crews_of, find_round, keep_file, lists_of, physical, settings_of
from suicha_draw.rounds.watching import seconds, watched
from suicha_draw.words import CHINA


async def freeze(work: Work, row: Round) -> None:
    """Freeze the round's lists (RID/1 §2); what forbids it is kept in `problems` and the round stays a draft.

    Raises:
        TransientError: registry is down.
    """
    if row.problems:
        return
    if row.reveal_by < datetime.now(UTC):
        await _refuse(
            work, row, [RoundProblem(code="reveal_by_passed", message="揭示截止时间已过，请重新设定")]
        )
        return
    try:
        async with watched(work.progress, "snapshot", seconds()):
            snapshot = await work.registry.snapshot(_request(row))
        with tempfile.TemporaryDirectory(prefix="suicha-draw-") as name:
            await _freeze(work, row, snapshot, Path(name))
    except (RegistryRefusedError, DeedRefusedError) as error:
        message = error.zh if isinstance(error, DeedRefusedError) else error.detail
        await _refuse(work, row, [RoundProblem(code=error.code, message=message)])


def _request(row: Round) -> SnapshotRequest:
    return SnapshotRequest(
        request_id=row.freeze_request, org=row.org,
        lists=[snapshot_list(one) for one in lists_of(row)],
        units_by=settings_of(row).units_by, inspect_from=row.inspect_from, inspect_to=row.inspect_to,
        ruleset_id=row.ruleset_id, ruleset_version=row.ruleset_version,
        inspectors=dispatch.inspectors if (dispatch := settings_of(row).dispatch) else [],
    )  # fmt: skip


def snapshot_list(one: RoundList) -> SnapshotList:
    """Return what registry is asked for a list."""
    return SnapshotList(
        code=one.code, crew=one.crew, items=one.items, region=one.region, criteria=one.criteria,
        by_grade=one.by_grade,
        raises=[
            SnapshotRaise(stratum=raised.stratum, criteria=raised.effective)
            for raised in one.raises
            if raised.reason != PROBLEM_FOUND
        ],
    )  # fmt: skip


async def _freeze(work: Work, row: Round, snapshot: Snapshot, folder: Path) -> None:
    today = datetime.now(CHINA).date()
    files = {"objects": snapshot.files.objects, "inspectors": snapshot.files.inspectors,
             "recusals": snapshot.files.recusals}  # fmt: skip
    if snapshot.files.abnormal is not None:
        files["abnormal"] = snapshot.files.abnormal
    async with work.db.session(SYSTEM) as session:
        rules = await ruleset_row(session, row.ruleset_id, row.ruleset_version)
        laws = await laws_of(session, row.org)
    ruleset = Ruleset.model_validate(rules.document)
    bound = {one.code: under_law(ruleset, one.items, laws) for one in lists_of(row)}
    await work.fetch({folder / f"{name}.tsv": ref for name, ref in files.items()})
    async with watched(work.progress, "exclusions", seconds()):
        causes = await _write_causes(work, row, bound, today, folder)
    counted = await compute(
        "freeze", work.progress, folder=str(folder), round_id=str(row.id), suite=settings_of(row).suite,
        salt=row.salt_secret,
        raised=await _write_found(work, row, today, folder), causes=causes,
        lists=[[one.code, one.crew] for one in lists_of(row)],
        crews=[[one.code, one.team] for one in crews_of(row)],
    )  # fmt: skip
    frozen = Frozen(
        frozen_at=snapshot.frozen_at,
        on=today,
        registry_counts=snapshot.counts,
        scans=counted["scans"],
        clauses={code: cited_exclusions(rules) for code, rules in bound.items()},
    )
    problems = freeze_problems(lists_of(row), frozen) + _without_staff(counted)
    if problems:
        await _refuse(work, row, problems)
        return
    stored = await work.store({folder / f"{name}.tsv": frozen.scans[name]["size"] for name in INPUTS})
    await _commit(work, row, snapshot, frozen, dict(zip(INPUTS, stored, strict=True)), folder)


async def _write_causes(
    work: Work, row: Round, bound: Mapping[str, Ruleset], on: date, folder: Path
) -> dict[str, str]:
    """Write every object that a rule leaves out, as COPY writes it; return the file of each list.

    What a law says of one list's items leaves nobody out of another list (P17).
    """
    files: dict[str, str] = {}
    asked: list[tuple[ExclusionRules, str]] = []
    async with await psycopg.AsyncConnection.connect(psycopg_url(work.db.url)) as connection:
        await connection.execute(ABNORMAL_SQL)
        if (folder / "abnormal.tsv").exists():
            async with connection.cursor().copy("COPY abnormal (id) FROM STDIN") as filling:
                await filling.write((folder / "abnormal.tsv").read_bytes())
        for one in lists_of(row):
            rules = rules_of(bound[one.code], exempt=settings_of(row).exempt, triggered=one.kind != "random")
            known = next((name for same, name in asked if same == rules), None)
            if known is None:
                known = f"causes-{len(asked)}.tsv"
                asked.append((rules, known))
                given = sql_parameters(rules, on, row.region, (row.org, row.org_name))
                await _copy_out(connection, CAUSES_SQL, given, folder / known)
            files[one.code] = known
    return files


async def _write_found(work: Work, row: Round, on: date, folder: Path) -> dict[str, list[Any]]:
    """Objects at which a violation was found, for each list that raises for it: [position, stratum, file]."""
    raised: dict[str, list[Any]] = {}
    for one in lists_of(row):
        for position, reason in enumerate(one.raises, 1):
            if reason.reason == PROBLEM_FOUND:
                path = folder / f"found-{one.code}.tsv"
                since = {"since": months_before(on, reason.within_months), "on": on, "region": row.region}
                async with await psycopg.AsyncConnection.connect(psycopg_url(work.db.url)) as connection:
                    await _copy_out(connection, FOUND_SQL, since, path)
                raised[one.code] = [position, reason.stratum, path.name]
    return raised


async def _copy_out(
    connection: psycopg.AsyncConnection[Any], query: str, parameters: Mapping[str, Any], path: Path
) -> None:
    with path.open("wb") as out:
        async with connection.cursor().copy(f"COPY ({query}) TO STDOUT", parameters) as copy:
            async for chunk in copy:
                out.write(chunk)


def _without_staff(counted: Mapping[str, Any]) -> list[RoundProblem]:
    named = [
        RoundProblem(
            code="unstaffable", object_id=object_id,
            message=f"对象 {object_id} 无法配齐检查人员：队伍 {crew}、单位 {unit} 可派 {eligible} 人，需 {team} 人",
        )
        for object_id, crew, unit, eligible, team in counted["unstaffable"]
    ]  # fmt: skip
    more = counted["unstaffable_total"] - len(named)
    if more > 0:
        named.append(RoundProblem(code="unstaffable", message=f"另有 {more} 个对象无法配齐检查人员"))
    return named


async def _refuse(work: Work, row: Round, problems: list[RoundProblem]) -> None:
    async with work.db.transaction(SYSTEM) as session:
        current = await find_round(session, row.id, lock=True)
        if current.state == "draft" and current.freeze_request == row.freeze_request:
            current.problems = [one.model_dump() for one in problems]


async def _commit(
    work: Work, row: Round, snapshot: Snapshot, frozen: Frozen, inputs: Mapping[str, FileRef], folder: Path
) -> None:
    async with work.db.transaction(SYSTEM) as session:
        current = await find_round(session, row.id, lock=True)
        if current.state != "draft" or current.freeze_request != row.freeze_request:
            return
        for kind, ref in {**inputs, "package": snapshot.files.package}.items():
            keep_file(session, row.id, kind, ref)
        await session.flush()
        columns = "round_id, list_code, object_id, reason, evidence, history_id"
        await copy_in(session, "exclusions", columns, folder / "exclusions.copy")
        current.snapshot_id, current.frozen = snapshot.snapshot_id, frozen.model_dump(mode="json")
        current.state, current.problems = "frozen", []
        body: dict[str, Any] = {
            "snapshot_id": str(snapshot.snapshot_id),
            "frozen_at": frozen.frozen_at,
            "on": frozen.on.isoformat(),
            "registry_counts": frozen.registry_counts,
            "inputs": {
                name: {part: scan[part] for part in ("size", "sha", "root")}
                for name, scan in frozen.scans.items()
            },
        }
        if snapshot.declared:
            body["recusals"] = [one.model_dump(mode="json") for one in snapshot.declared]
        if physical(current):
            body["lots"] = {
                "basis": settings_of(current).lots,
                "quotas": {
                    spec.code: {st.code: {"n": st.n, "k": st.k, "m": st.m} for st in spec.strata}
                    for spec in frozen_quotas(current)
                },
            }
        dispatch = settings_of(current).dispatch
        if dispatch is not None:
            by = [dispatch.requested_by, dispatch.approved_by]
            body["dispatch"] = dispatch.model_dump(include={"inspectors", "reason", "evidence"}) | {"by": by}
        await ledger.append(session, current, Event.FROZEN, body)
