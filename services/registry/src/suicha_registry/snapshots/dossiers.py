"""Dossiers: what an inspector needs to find the drawn objects, as JSON Lines in the order of the ids' bytes."""

import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.app import Runtime
from suicha_chassis.db import driver_connection
from suicha_chassis.problems import Fault
from suicha_contracts.freeze import DossierRequest
from suicha_contracts.values import FileRef

from suicha_registry.problems import UnknownObjects, UploadUnknown
from suicha_registry.snapshots.copying import copy_lines

JSON_LINES = "application/jsonl; charset=utf-8"
_SHOWN = 20

_DRAWN = sql.SQL(
    "SELECT s.*, coalesce(g.grade, '') AS grade FROM drawn d "
    "CROSS JOIN LATERAL (SELECT * FROM subjects WHERE subjects.id = d.id OFFSET 0) s "
    "LEFT JOIN LATERAL (SELECT grade FROM subject_grades WHERE subject_id = d.id OFFSET 0) g ON true"
)
"""Object by object through the keys: a draw takes a few of the register, which would otherwise be read whole."""
_DOSSIER = sql.SQL(
    "json_build_object('id', id, 'name', name, 'kind', kind, "
    "'credit_code', CASE WHEN kind IN ('enterprise', 'individual') OR length(id) = 18 THEN id ELSE '' END, "
    "'region', region, 'address', address, 'legal_representative', legal_representative, "
    "'scope', scope, 'credit_grade', grade)::text"
)
"""JSON escapes every control character, so a dossier is one line whatever it says."""


async def dossiers(session: AsyncSession, runtime: Runtime, request: DossierRequest) -> FileRef:
    """Write the dossiers of the named objects, as the register knows them now.

    Only our own services call this: their sessions see all rows.

    Raises:
        UploadUnknown: the file of ids is not in the store.
        UnknownObjects: ids that the register does not have; `faults` name the first of them.
    """
    if not await runtime.files.exists(request.ids.sha256):
        raise UploadUnknown("编号文件不在文件库中")
    connection = await driver_connection(session)
    await connection.execute('CREATE TEMP TABLE drawn (id text COLLATE "C" PRIMARY KEY) ON COMMIT DROP')
    await connection.execute('CREATE TEMP TABLE named (id text COLLATE "C") ON COMMIT DROP')
    async with connection.cursor() as cursor, cursor.copy("COPY named (id) FROM STDIN") as copy:
        async for block in runtime.files.stream(request.ids):
            await copy.write(block)
    drawn = await connection.execute("INSERT INTO drawn SELECT DISTINCT id FROM named")
    with tempfile.TemporaryDirectory(prefix="suicha-dossiers-") as folder:
        path = Path(folder) / "dossiers.jsonl"
        rows = await copy_lines(connection, _DRAWN, _DOSSIER, "id", path)
        if rows != drawn.rowcount:
            await _refuse_unknown(connection)
        return await runtime.files.put_path(path, JSON_LINES, rows)


async def _refuse_unknown(connection: psycopg.AsyncConnection[Any]) -> None:
    unknown = await (
        await connection.execute(
            "SELECT d.id FROM drawn d WHERE NOT EXISTS (SELECT FROM subjects s WHERE s.id = d.id) "
            "ORDER BY d.id LIMIT %s",
            (_SHOWN,),
        )
    ).fetchall()
    raise UnknownObjects(
        f"检查对象不在名录库中：{'、'.join(one for (one,) in unknown[:5])}",
        faults=[
            Fault(where=one, code=UnknownObjects.code, message=f"没有检查对象 {one}") for (one,) in unknown
        ],
    )
