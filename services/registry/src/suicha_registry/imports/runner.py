"""Carries out imports: claims one, does it in one transaction, and takes up again what a crash left behind.

An import is held by an advisory lock of the connection that works on it. When its process dies the lock is
gone, the transaction is rolled back, and the next look at the table starts the import from its beginning.
Progress is told on another connection, so that it is seen before the work commits.
"""

import asyncio
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from suicha_chassis.app import Runtime
from suicha_chassis.db import psycopg_url
from suicha_chassis.logs import get_logger
from suicha_chassis.problems import Invalid, NotFound
from suicha_contracts.values import region_prefix

from suicha_registry.imports.outcome import Outcome, Task
from suicha_registry.imports.records import hidden_column, import_records
from suicha_registry.imports.sheets import UnreadableSheet, open_sheet
from suicha_registry.imports.staging import RefusedRows
from suicha_registry.imports.subjects import import_subjects

log = get_logger(__name__)

CHANNEL = "suicha_imports"
MANY = 1000
"""Rows written at once that make the planner's statistics worth renewing."""
LOOK_AGAIN_SECONDS = 2.0
"""Imports of a process that died are found by looking, at most this much later."""


async def run_imports(runtime: Runtime) -> None:
    """Carry out imports for ever, one at a time."""
    async with await runtime.db.raw() as connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        while True:
            await _forget_rosters(runtime, connection)
            claimed = await _claim(connection)
            if claimed is None:
                async for _ in connection.notifies(timeout=LOOK_AGAIN_SECONDS, stop_after=1):
                    break
                continue
            try:
                await _carry_out(runtime, claimed)
            finally:
                await connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 4))", (claimed,))


async def _forget_rosters(runtime: Runtime, connection: psycopg.AsyncConnection[Any]) -> None:
    """Remove uploaded rosters that were taken in: they hold identity numbers in clear, the register does not.

    Looked for anew each time, so that a process that died between import and removal leaves nothing.
    """
    finished = await connection.execute(
        "SELECT DISTINCT upload_sha256 FROM imports WHERE kind = 'inspectors' AND finished_at > now() - "
        "interval '1 day' AND upload_sha256 NOT IN (SELECT upload_sha256 FROM imports WHERE finished_at IS NULL)"
    )
    for (sha256,) in await finished.fetchall():
        await runtime.files.remove(sha256)


async def _claim(connection: psycopg.AsyncConnection[Any]) -> str | None:
    """Lock and return the oldest import that nobody works on.

    The state is read again under the lock: another process may just have finished it.
    """
    waiting = await connection.execute(
        "SELECT id::text FROM imports WHERE state IN ('received', 'running') ORDER BY created_at, id LIMIT 20"
    )
    for (import_id,) in await waiting.fetchall():
        locked = await connection.execute(
            "SELECT pg_try_advisory_lock(hashtextextended(%s, 4))", (import_id,)
        )
        if not ((await locked.fetchone()) or (False,))[0]:
            continue
        started = await connection.execute(
            "UPDATE imports SET state = 'running', started_at = coalesce(started_at, now()), rows_read = 0 "
            "WHERE id = %s AND state IN ('received', 'running') RETURNING id",
            (import_id,),
        )
        if await started.fetchone() is not None:
            return str(import_id)
        await connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 4))", (import_id,))
    return None


async def _carry_out(runtime: Runtime, import_id: str) -> None:
    stop = threading.Event()
    url = psycopg_url(runtime.db.url)
    with tempfile.TemporaryDirectory(prefix="suicha-import-") as folder:
        async with await runtime.db.raw() as connection, connection.cursor(row_factory=dict_row) as cursor:
            row = await (await cursor.execute("SELECT * FROM imports WHERE id = %s", (import_id,))).fetchone()
        assert row is not None
        try:
            path = await runtime.files.fetch(row["upload_sha256"], Path(folder) / "table")
        except (NotFound, Invalid) as error:
            await _fail(runtime, import_id, f"上传的文件无法读取：{error.detail}，请重新上传")
            return
        work = asyncio.create_task(asyncio.to_thread(perform, row, path, url, runtime.settings.pii_key, stop))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            stop.set()
            await asyncio.gather(work, return_exceptions=True)
            raise
        except (UnreadableSheet, psycopg.DataError, psycopg.IntegrityError) as error:
            words = str(error) if isinstance(error, UnreadableSheet) else "数据库拒绝了文件内容"
            log.warning("import failed", import_id=import_id, error=repr(error))
            await _fail(runtime, import_id, words)


async def _fail(runtime: Runtime, import_id: str, words: str) -> None:
    async with await runtime.db.raw() as connection:
        await connection.execute(
            "UPDATE imports SET state = 'failed', error = %s, finished_at = now() WHERE id = %s",
            (words, import_id),
        )


def perform(row: dict[str, Any], path: Path, url: str, pii_key: Any, stop: threading.Event) -> Outcome:
    """Do one import and mark it done, in one transaction; runs in a thread of its own.

    Raises:
        UnreadableSheet: the file is no table.
        Stopped: the process is going down.
        psycopg.Error: the database failed; nothing of the import is kept.
    """
    began = time.monotonic()
    with psycopg.connect(url) as connection, psycopg.connect(url, autocommit=True) as teller:
        task = Task(
            id=row["id"],
            kind=row["kind"],
            path=path,
            org=row["org"],
            region=row["region"],
            prefix=region_prefix(row["region"]),
            region_default=row["region_default"],
            dry_run=row["dry_run"],
            actor=row["created_by"],
            source=f"导入 {row['file_name'] or row['id']}",
            pii_key=pii_key,
            progress=_teller(teller, row["id"]),
            stop=stop,
        )
        with open_sheet(path) as sheet:
            hidden = hidden_column(sheet.header, task.kind)
        with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as spool:
            refused = RefusedRows(task.id, spool, hidden)
            outcome = _effect(connection, task, refused)
            refused.store(connection)
            _finish(connection, task.id, outcome)
            connection.commit()
        if outcome.accepted + outcome.changed >= MANY:
            teller.execute("SELECT analyze_registers()")
    log.info(
        "import done", import_id=str(task.id), rows=outcome.read, seconds=round(time.monotonic() - began, 3)
    )
    return outcome


def _effect(connection: psycopg.Connection[Any], task: Task, refused: RefusedRows) -> Outcome:
    """A dry run does everything and then takes the effect back; only counts and refusals stay."""
    connection.execute("SET LOCAL work_mem = '256MB'")
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))", (f"import-{task.kind}",))
    run = import_subjects if task.kind == "subjects" else import_records
    with connection.transaction(force_rollback=task.dry_run):
        outcome = run(connection, task, refused)
        task.tick(outcome.read)
    return outcome


def _finish(connection: psycopg.Connection[Any], import_id: UUID, outcome: Outcome) -> None:
    connection.execute(
        "UPDATE imports SET state = 'done', header = %s, rows_read = %s, accepted = %s, changed = %s, "
        "unchanged = %s, refused = %s, finished_at = now() WHERE id = %s",
        (
            outcome.header,
            outcome.read,
            outcome.accepted,
            outcome.changed,
            outcome.unchanged,
            outcome.refused,
            import_id,
        ),
    )


def _teller(connection: psycopg.Connection[Any], import_id: UUID) -> Any:
    def tell(rows: int) -> None:
        connection.execute("UPDATE imports SET rows_read = %s WHERE id = %s", (rows, import_id))

    return tell
