"""Freezing: one repeatable-read transaction sees one state of all registers, and every file is of that state."""

import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import Column, MetaData, Select, Table, insert, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.app import Runtime
from suicha_chassis.db import DIALECT, driver_connection
from suicha_chassis.ids import uuid7
from suicha_chassis.problems import Fault, Invalid, NotFound
from suicha_chassis.scope import SYSTEM
from suicha_contracts.freeze import DeclaredRecusals, Snapshot, SnapshotFiles, SnapshotRequest
from suicha_contracts.values import FileRef, SubjectList

from suicha_registry.base import Bytes
from suicha_registry.inspectors.identity import Vault
from suicha_registry.inspectors.models import Inspector
from suicha_registry.inspectors.same_address import LIVING, SAME_ADDRESS
from suicha_registry.problems import RequestReused, UnitMissing
from suicha_registry.rulesets.service import today
from suicha_registry.settings import Settings
from suicha_registry.snapshots import package
from suicha_registry.snapshots.copying import copy_lines, tab_joined
from suicha_registry.snapshots.models import FrozenSnapshot
from suicha_registry.snapshots.objects import objects_of
from suicha_registry.snapshots.tally import Tally
from suicha_registry.subjects import as_of
from suicha_registry.subjects.lists import on_lists

TSV = "text/tab-separated-values; charset=utf-8"
JSON = "application/json"
_SHOWN = 20

_VIEW = sql.SQL(
    'CREATE TEMP VIEW frozen AS SELECT list COLLATE "C" AS list, id, stratum, unit FROM ({}) AS objects'
)
_BY_ALL_CORES: LiteralString = "SET LOCAL parallel_tuple_cost = 0.01"
"""By its default a million sorted rows cost more to hand over than to sort, so that one core would do everything."""
_ABNORMAL = Table("abnormal", MetaData(), Column("id", Bytes))


async def freeze(session: AsyncSession, runtime: Runtime, request: SnapshotRequest) -> Snapshot:
    """Freeze the lists of a round. The same request id yields the same snapshot, however often it is asked.

    Raises:
        RequestReused: the request id was used for another request.
        Invalid: two lists have the same code, or the days are in the wrong order.
        OrganisationUnknown, RulesetUnknown, NoLegalBasis, ItemNotPublished, NoForm, LabelUnknown,
        InspectorUnfit, UnitMissing, Forbidden: nothing was frozen; `faults` name each thing.
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
    day = as_of.check_day(request.as_of) if request.as_of else today()
    labels = await package.label_ids(session, request, day)
    inspectors = await package.inspectors_of(session, request)
    content = await package.package_of(session, request, organisation, inspectors)
    connection = await driver_connection(session)
    await connection.execute(_BY_ALL_CORES)
    frozen_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if request.as_of is not None:
        await as_of.put_back(connection, day)
    await _name_objects(
        connection, [objects_of(one, labels, request.units_by, request.org, day) for one in request.lists]
    )
    tally = Tally({one.code: 0 for one in request.lists})
    with tempfile.TemporaryDirectory(prefix="suicha-freeze-") as folder:
        objects = await _file_of(
            runtime,
            connection,
            "SELECT list, id, stratum, unit FROM frozen",
            ("list", "id", "stratum", "unit"),
            Path(folder) / "objects.tsv",
            tally,
        )
        if tally.unitless:
            await _refuse_unitless(connection)
        roster = _roster(inspectors, request.units_by)
        serving = {line.split("\t")[0] for line in roster}
        living = _living([row for row, _ in inspectors if row.code in serving], runtime)
        recusals, declared = await _recusals(runtime, connection, serving, living, folder)
        abnormal = await _abnormal(session, runtime, connection, day, Path(folder) / "abnormal.tsv")
    roster_file = "".join(f"{line}\n" for line in roster).encode()
    return (
        Snapshot(
            snapshot_id=uuid7(),
            frozen_at=frozen_at,
            counts=dict(tally),
            files=SnapshotFiles(
                objects=objects,
                inspectors=await runtime.files.put(roster_file, TSV, len(roster)),
                recusals=recusals,
                package=await runtime.files.put(content.model_dump_json().encode(), JSON),
                abnormal=abnormal,
            ),
            declared=declared,
        ),
        organisation.region,
    )


async def _file_of(
    runtime: Runtime,
    connection: psycopg.AsyncConnection[Any],
    rows: LiteralString,
    columns: tuple[str, ...],
    path: Path,
    seen: Callable[[str], None] | None = None,
) -> FileRef:
    """Store the rows of a query as canonical TSV, ordered by the bytes of the first two columns."""
    key = ",".join(columns[:2])
    count = await copy_lines(connection, sql.SQL(rows), tab_joined(*columns), key, path, seen)
    return await runtime.files.put_path(path, TSV, count)


async def _name_objects(
    connection: psycopg.AsyncConnection[Any], found: list[Select[str, str, str, str]]
) -> None:
    """Let `frozen` stand for the objects of all lists. A view: ten million rows are sorted once, never stored.

    It goes with the transaction, which only reads and is rolled back.
    """
    compiled = union_all(*found).compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
    # Parameters, though none: psycopg then reads the dialect's doubled percent signs as single ones.
    await connection.execute(_VIEW.format(sql.SQL(str(compiled))), ())


async def _refuse_unitless(connection: psycopg.AsyncConnection[Any]) -> None:
    missing = await (
        await connection.execute(
            "SELECT id, count(*) OVER () FROM (SELECT DISTINCT id FROM frozen WHERE unit = '') s "
            "ORDER BY id LIMIT %s",
            (_SHOWN,),
        )
    ).fetchall()
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


def _living(inspectors: list[Inspector], runtime: Runtime) -> list[str]:
    """Lines of (inspector, address) for COPY, of those whose address is known."""
    settings = runtime.settings
    assert isinstance(settings, Settings)
    vault = Vault(settings.pii_key)
    return [f"{row.code}\t{vault.open(row.address_sealed)}\n" for row in inspectors if row.address_sealed]


_DECLARED = """
SELECT r.reason, r.recorded_by, (r.recorded_at AT TIME ZONE 'Asia/Shanghai')::date, count(*)
FROM recusals r JOIN roster p ON p.code = r.inspector
WHERE EXISTS (SELECT FROM frozen f WHERE f.id = r.object_id) GROUP BY 1, 2, 3 ORDER BY 3, 1, 2
"""


async def _recusals(
    runtime: Runtime,
    connection: psycopg.AsyncConnection[Any],
    codes: set[str],
    living: list[str],
    folder: str,
) -> tuple[FileRef, list[DeclaredRecusals]]:
    """Recusals between the inspectors of the roster and the objects of the lists, declared or found by rule; and who
    declared them when."""
    await connection.execute('CREATE TEMP TABLE roster (code text COLLATE "C") ON COMMIT DROP')
    async with connection.cursor() as cursor, cursor.copy("COPY roster (code) FROM STDIN") as copy:
        await copy.write("".join(f"{code}\n" for code in codes))
    await connection.execute(LIVING)
    async with connection.cursor() as cursor, cursor.copy("COPY living (code, address) FROM STDIN") as copy:
        await copy.write("".join(living))
    declared: LiteralString = (
        "SELECT r.inspector, r.object_id, r.reason FROM recusals r JOIN roster p ON p.code = r.inspector "
        "WHERE EXISTS (SELECT FROM frozen f WHERE f.id = r.object_id)"
    )
    told = await connection.execute(_DECLARED)
    by = [
        DeclaredRecusals(reason=reason, recorded_by=recorded_by, on=day, pairs=pairs)
        for reason, recorded_by, day, pairs in await told.fetchall()
    ]
    file = await _file_of(
        runtime,
        connection,
        f"{declared} UNION ALL {SAME_ADDRESS}" if living else declared,
        ("inspector", "object_id", "reason"),
        Path(folder) / "recusals.tsv",
    )
    return file, by


async def _abnormal(
    session: AsyncSession, runtime: Runtime, connection: psycopg.AsyncConnection[Any], day: date, path: Path
) -> FileRef:
    """Objects on the abnormal list that day (异常主体): no exemption covers them (S0 三(三))."""
    await connection.execute('CREATE TEMP TABLE abnormal (id text COLLATE "C") ON COMMIT DROP')
    listed = on_lists([SubjectList.ABNORMAL], day)
    await session.execute(insert(_ABNORMAL).from_select(["id"], listed))
    rows = sql.SQL("SELECT DISTINCT id FROM abnormal")
    return await runtime.files.put_path(
        path, TSV, await copy_lines(connection, rows, tab_joined("id"), "id", path)
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
