"""Carries out imports: claims one, does its next step, and takes up again what a crash left behind.

An import is held by an advisory lock of the connection that works on it. When its process dies the lock is
gone, what was not committed is rolled back, and the next look at the table goes on from the last commit.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from pydantic import SecretStr
from suicha_chassis.app import Runtime
from suicha_chassis.db import psycopg_url
from suicha_chassis.logs import get_logger
from suicha_chassis.problems import Invalid, NotFound
from suicha_contracts.values import region_prefix

from suicha_registry.imports import steps
from suicha_registry.imports.models import Import
from suicha_registry.imports.outcome import Counts, Overtaken, Refused, StageLost, Task
from suicha_registry.imports.targets import target_of
from suicha_registry.tables.sheets import UnreadableSheet
from suicha_registry.uploads import service as uploads

log = get_logger(__name__)

CHANNEL = "suicha_imports"
MANY = 1000
"""Rows written at once that make the planner's statistics worth renewing."""
KEPT_DAYS = 7
"""Days for which a preview waits to be confirmed."""
LOOK_AGAIN_SECONDS = 2.0
"""Imports of a process that died are found by looking, at most this much later."""


async def run_imports(runtime: Runtime) -> None:
    """Carry out imports for ever, one at a time.

    One that could not be carried out is tried again when no other waits: it must not hold them up.
    """
    stumbled: list[str] = runtime.extras.setdefault("stumbled_imports", [])
    async with await runtime.db.raw() as connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        while True:
            await uploads.forget(connection, runtime.files)
            await _forget_previews(connection)
            claimed = await _claim(connection, stumbled)
            if claimed is None:
                async for _ in connection.notifies(timeout=LOOK_AGAIN_SECONDS, stop_after=1):
                    break
                continue
            try:
                await _carry_out(runtime, claimed)
            except Exception:
                stumbled[:] = [*(one for one in stumbled if one != claimed), claimed]
                raise
            finally:
                await connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 4))", (claimed,))


async def _forget_previews(connection: psycopg.AsyncConnection[Any]) -> None:
    """Discard previews that nobody confirmed in time, and stages whose import is over."""
    await connection.execute(
        "UPDATE imports SET state = 'discarded', finished_at = now() "
        "WHERE state = 'checked' AND created_at < now() - make_interval(days => %s)",
        (KEPT_DAYS,),
    )
    left = await connection.execute(
        "SELECT i.id::text FROM pg_tables p JOIN imports i ON p.tablename = 'import_' || replace(i.id::text, '-', '') "
        "WHERE p.schemaname = 'staging' AND i.state IN ('done', 'failed', 'discarded')"
    )
    for (import_id,) in await left.fetchall():
        name = sql.Identifier("staging", f"import_{import_id.replace('-', '')}")
        await connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))


async def _claim(connection: psycopg.AsyncConnection[Any], stumbled: list[str]) -> str | None:
    """Lock and return the oldest import that nobody works on, those that stumbled last.

    The state is read again under the lock: another process may just have finished it.
    """
    waiting = await connection.execute(
        "SELECT id::text FROM imports WHERE state IN ('received', 'checking', 'confirmed', 'applying') "
        "ORDER BY array_position(%s::text[], id::text) NULLS FIRST, created_at, id LIMIT 20",
        (stumbled,),
    )
    for (import_id,) in await waiting.fetchall():
        locked = await connection.execute(
            "SELECT pg_try_advisory_lock(hashtextextended(%s, 4))", (import_id,)
        )
        if not ((await locked.fetchone()) or (False,))[0]:
            continue
        started = await connection.execute(
            "UPDATE imports SET started_at = coalesce(started_at, now()), state = CASE state "
            "WHEN 'received' THEN 'checking' WHEN 'confirmed' THEN 'applying' ELSE state END "
            "WHERE id = %s AND state IN ('received', 'checking', 'confirmed', 'applying') RETURNING id",
            (import_id,),
        )
        if await started.fetchone() is not None:
            return str(import_id)
        await connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 4))", (import_id,))
    return None


async def _carry_out(runtime: Runtime, import_id: str) -> None:
    async with await runtime.db.raw() as connection, connection.cursor(row_factory=dict_row) as cursor:
        row = await (await cursor.execute("SELECT * FROM imports WHERE id = %s", (import_id,))).fetchone()
    assert row is not None
    with tempfile.TemporaryDirectory(prefix="suicha-import-") as folder:
        file = _File(runtime, row["upload_sha256"], Path(folder) / "table")
        task = replace(_task_of(row, runtime.settings.pii_key), fetch=file.from_thread)
        step = _apply
        if row["state"] == "checking":
            step = _check
            try:
                task = replace(task, path=await file.fetched())
            except (NotFound, Invalid) as error:
                await _fail(runtime, import_id, f"上传的文件无法读取：{error.detail}，请重新上传")
                return
        work = asyncio.create_task(asyncio.to_thread(step, row, task, psycopg_url(runtime.db.url)))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            task.stop.set()
            await asyncio.gather(work, return_exceptions=True)
            raise
        except StageLost:
            await _start_again(runtime, import_id)
        except Overtaken:
            log.warning("import overtaken", import_id=import_id)
        except UnreadableSheet as error:
            log.warning("import failed", import_id=import_id, error="UnreadableSheet")
            await _fail(runtime, import_id, str(error))
        except Refused as error:
            log.warning("import failed", import_id=import_id, error=error.why)
            await _fail(runtime, import_id, "数据库拒绝了文件内容")


class _File:
    """The uploaded file of an import, and where it is put."""

    def __init__(self, runtime: Runtime, sha256: str, path: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self._files, self._sha256, self._path = runtime.files, sha256, path

    async def fetched(self) -> Path:
        """Bring it.

        Raises:
            NotFound, Invalid: it is gone, or damaged.
        """
        return await self._files.fetch(self._sha256, self._path)

    def from_thread(self) -> Path | None:
        """Bring it, asked by a step in its thread; None where it was forgotten because of the personal data in it."""
        with suppress(NotFound, Invalid):
            return asyncio.run_coroutine_threadsafe(self.fetched(), self._loop).result()
        return None


async def _fail(runtime: Runtime, import_id: str, words: str) -> None:
    async with await runtime.db.raw() as connection:
        await connection.execute(
            "UPDATE imports SET state = 'failed', error = %s, finished_at = now() WHERE id = %s",
            (words, import_id),
        )


async def _start_again(runtime: Runtime, import_id: str) -> None:
    """The database crashed and took the stage along: read the file again, and then apply it as was confirmed."""
    log.warning("stage lost", import_id=import_id)
    async with await runtime.db.raw() as connection:
        await connection.execute(
            "UPDATE imports SET state = 'received', rows_read = 0, shares = '{}', staged = NULL, "
            "confirmed_at = coalesce(confirmed_at, now()) WHERE id = %s",
            (import_id,),
        )


def _task_of(row: dict[str, Any], pii_key: SecretStr) -> Task:
    return Task(
        id=row["id"],
        kind=row["kind"],
        path=None,
        org=row["org"],
        region=row["region"],
        prefix=region_prefix(row["region"]),
        region_default=row["region_default"],
        headers=row["headers"],
        actor=row["confirmed_by"] or row["created_by"],
        source=f"导入 {row['file_name'] or row['id']}",
        pii_key=pii_key,
        direct=row["mode"] == "direct" or row["confirmed_at"] is not None,
    )


def differences_of(row: Import) -> sql.Composed:
    """Select what a checked import would change: line, id, is_new, before, after."""
    shown = {column.key: getattr(row, column.key) for column in Import.__table__.columns}
    task = _task_of(shown, SecretStr(""))
    return target_of(task, row.header).kind.differences()


@contextmanager
def _told(what: str, task: Task) -> Iterator[None]:
    """Log how long a step took; keep of what the database refuses no word of a row.

    Raises:
        Refused: the database refuses what was read.
    """
    began = time.monotonic()
    try:
        yield
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise Refused.by(error) from error
    log.info(what, import_id=str(task.id), seconds=round(time.monotonic() - began, 3))


def _check(row: dict[str, Any], task: Task, url: str) -> None:
    """Fill the stage, and write it if nobody is to see it before; runs in a thread of its own.

    Raises:
        UnreadableSheet: the file is no table.
        Refused: the database refuses what was read.
        Overtaken: somebody else reads the file.
        Stopped: the process is going down.
        psycopg.Error: the database failed; of the stage, what was committed stays.
    """
    if not task.direct:
        with _told("import checked", task), psycopg.connect(url, autocommit=True) as connection:
            steps.check(connection, task, url)
        return
    with (
        _told("import taken", task),
        psycopg.connect(url, autocommit=True) as connection,
        psycopg.connect(url) as register,
    ):
        _end(register, steps.take(connection, register, task, url))


def _apply(row: dict[str, Any], task: Task, url: str) -> None:
    """Write the stage into the register, in one transaction; runs in a thread of its own.

    Raises:
        StageLost: the database crashed and emptied the stage.
        Refused: the database refuses what was read.
        psycopg.Error: the database failed; nothing of the import is kept.
    """
    with _told("import applied", task), psycopg.connect(url) as register:
        _end(register, steps.apply(register, task, row["header"], row["staged"]))


def _end(register: psycopg.Connection[Any], counts: Counts) -> None:
    """Commit what was written, and renew the planner's statistics if it was much."""
    register.commit()
    if counts.new + counts.changed >= MANY:
        register.execute("SELECT analyze_registers()")
