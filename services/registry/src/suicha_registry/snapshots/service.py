"""Freezing: one repeatable-read transaction sees one state of all registers, and every file is of that state."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import Column, MetaData, Table, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.app import Runtime
from suicha_chassis.db import driver_connection
from suicha_chassis.ids import uuid7
from suicha_chassis.problems import Fault, Invalid, NotFound
from suicha_chassis.scope import SYSTEM
from suicha_contracts.freeze import Snapshot, SnapshotFiles, SnapshotRequest
from suicha_contracts.values import FileRef

from suicha_registry.base import Bytes
from suicha_registry.inspectors.models import Inspector
from suicha_registry.problems import RequestReused, UnitMissing
from suicha_registry.snapshots import package
from suicha_registry.snapshots.copying import copy_lines, tab_joined
from suicha_registry.snapshots.models import FrozenSnapshot
from suicha_registry.snapshots.objects import objects_of

TSV = "text/tab-separated-values; charset=utf-8"
JSON = "application/json"
_SHOWN = 20

_FROZEN = Table("frozen", MetaData(), *(Column(name, Bytes) for name in ("list", "id", "stratum", "unit")))


async def freeze(session: AsyncSession, runtime: Runtime, request: SnapshotRequest) -> Snapshot:
    """Freeze the lists of a round. The same request id yields the same snapshot, however often it is asked.

    Raises:
        RequestReused: the request id was used for another request.
        Invalid: two lists have the same code, or the days are in the wrong order.
        OrganisationUnknown, RulesetUnknown, NoLegalBasis, ItemNotPublished, NoForm, LabelUnknown,
        UnitMissing, Forbidden: nothing was frozen; `faults` name each thing.
    """
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 6))"), {"id": str(request.request_id)}
    )
    asked = request.model_dump(mode="json")
    before = await session.scalar(
        select(FrozenSnapshot).where(FrozenSnapshot.request_id == request.request_id)
    )
    if before is not None:
        if before.request != asked:
            raise RequestReused()
        return Snapshot.model_validate(before.answer)
    _check(request)
    async with runtime.db.session(SYSTEM) as frozen:
        await frozen.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        snapshot, region = await _freeze_state(frozen, runtime, request)
    session.add(
        FrozenSnapshot(
            id=snapshot.snapshot_id,
            request_id=request.request_id,
            org=request.org,
            region=region,
            request=asked,
            answer=snapshot.model_dump(mode="json"),
            frozen_at=datetime.fromisoformat(snapshot.frozen_at),
        )
    )
    await audit.record(
        session, "freeze", "snapshot", snapshot.snapshot_id, after=snapshot.model_dump(mode="json")
    )
    return snapshot


def _check(request: SnapshotRequest) -> None:
    codes = [one.code for one in request.lists]
    faults = []
    if len(set(codes)) != len(codes):
        faults.append(Fault(where="lists", code="repeated", message="名单编码重复"))
    if request.inspect_to < request.inspect_from:
        faults.append(Fault(where="inspect_to", code="order", message="检查结束日期早于开始日期"))
    if faults:
        raise Invalid("；".join(fault.message for fault in faults), faults=faults)


async def _freeze_state(
    session: AsyncSession, runtime: Runtime, request: SnapshotRequest
) -> tuple[Snapshot, str]:
    organisation = await package.organisation_of(session, request)
    labels = await package.label_ids(session, request)
    inspectors = await package.inspectors_of(session, request)
    content = await package.package_of(session, request, organisation, inspectors)
    connection = await driver_connection(session)
    frozen_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    await connection.execute(
        'CREATE TEMP TABLE frozen (list text COLLATE "C", id text COLLATE "C", stratum text COLLATE "C", '
        'unit text COLLATE "C") ON COMMIT DROP'
    )
    for one in request.lists:
        found = objects_of(one, labels, request.units_by, request.org)
        await session.execute(insert(_FROZEN).from_select(["list", "id", "stratum", "unit"], found))
    await _check_units(connection)
    counts = {one.code: 0 for one in request.lists}
    grouped = await connection.execute("SELECT list, count(*) FROM frozen GROUP BY list")
    counts.update(await grouped.fetchall())
    with tempfile.TemporaryDirectory(prefix="suicha-freeze-") as folder:
        objects = await _file_of(
            runtime,
            connection,
            "SELECT list, id, stratum, unit FROM frozen",
            ("list", "id", "stratum", "unit"),
            Path(folder) / "objects.tsv",
        )
        roster = _roster(inspectors, request.units_by)
        recusals = await _recusals(runtime, connection, [line.split("\t")[0] for line in roster], folder)
    roster_file = "".join(f"{line}\n" for line in roster).encode()
    return (
        Snapshot(
            snapshot_id=uuid7(),
            frozen_at=frozen_at,
            counts=counts,
            files=SnapshotFiles(
                objects=objects,
                inspectors=await runtime.files.put(roster_file, TSV, len(roster)),
                recusals=recusals,
                package=await runtime.files.put(content.model_dump_json().encode(), JSON),
            ),
        ),
        organisation.region,
    )


async def _file_of(
    runtime: Runtime,
    connection: psycopg.AsyncConnection[Any],
    rows: LiteralString,
    columns: tuple[str, ...],
    path: Path,
) -> FileRef:
    """Store the rows of a query as canonical TSV, ordered by the bytes of the first two columns."""
    key = ",".join(columns[:2])
    count = await copy_lines(connection, sql.SQL(rows), tab_joined(*columns), key, path)
    return await runtime.files.put_path(path, TSV, count)


async def _check_units(connection: psycopg.AsyncConnection[Any]) -> None:
    """Objects without a unit could never be given inspectors; all of them are counted, the first named."""
    missing = await (
        await connection.execute(
            "SELECT id, count(*) OVER () FROM (SELECT DISTINCT id FROM frozen WHERE unit = '') s "
            "ORDER BY id LIMIT %s",
            (_SHOWN,),
        )
    ).fetchall()
    if missing:
        faults = [
            Fault(where=subject, code=UnitMissing.code, message=f"检查对象 {subject} 没有监管单位")
            for subject, _ in missing
        ]
        raise UnitMissing(f"{missing[0][1]} 个检查对象没有监管单位", faults=faults, count=missing[0][1])


def _roster(inspectors: list[tuple[Inspector, list[str]]], units_by: str) -> list[str]:
    """Lines of inspectors.tsv in byte order; whoever has no unit of the asked kind cannot serve."""
    lines = []
    for row, lists in inspectors:
        unit = package.unit_of_inspector(row, units_by)
        if unit:
            lines.append(f"{row.code}\t{row.crew}\t{unit}\t{','.join(lists)}")
    return sorted(lines, key=str.encode)


async def _recusals(
    runtime: Runtime, connection: psycopg.AsyncConnection[Any], codes: list[str], folder: str
) -> FileRef:
    """Recusals between the inspectors of the roster and the objects of the lists."""
    await connection.execute('CREATE TEMP TABLE roster (code text COLLATE "C") ON COMMIT DROP')
    async with connection.cursor() as cursor, cursor.copy("COPY roster (code) FROM STDIN") as copy:
        await copy.write("".join(f"{code}\n" for code in codes))
    return await _file_of(
        runtime,
        connection,
        "SELECT r.inspector, r.object_id, r.reason FROM recusals r JOIN roster p ON p.code = r.inspector "
        "WHERE EXISTS (SELECT FROM frozen f WHERE f.id = r.object_id)",
        ("inspector", "object_id", "reason"),
        Path(folder) / "recusals.tsv",
    )


async def find(session: AsyncSession, snapshot_id: UUID) -> FrozenSnapshot:
    """Return a snapshot.

    Raises:
        NotFound: there is none.
    """
    row = await session.get(FrozenSnapshot, snapshot_id)
    if row is None:
        raise NotFound("没有这个冻结快照")
    return row
