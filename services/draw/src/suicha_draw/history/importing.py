"""The worker's part of an import: check a file against the history, and once confirmed take it in. Sets, not rows.

A file is staged by COPY in one transaction whose outcome is either the counts alone (`checked`) or the rows with
them (`done`), so a killed worker leaves nothing half done and the same file twice changes nothing.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from suicha_chassis.bus import PermanentError
from suicha_chassis.db import Database, psycopg_url
from suicha_chassis.files import FileStore

from suicha_draw.history.files import UnreadableFile, open_rows
from suicha_draw.history.rows import EarlierInspection, Refusal, read_row
from suicha_draw.words import CHINA

JOB = "draw.history"
"""The work queue of history imports; its body is {"import_id": …}."""

_STAGE = """
CREATE TEMP TABLE stage (line bigint, id uuid, object_id text COLLATE "C", finished_on date, violation boolean,
  normal boolean, triggered boolean, org text, document jsonb, evidence text) ON COMMIT DROP;
CREATE TEMP TABLE problems (line bigint, code text, message text) ON COMMIT DROP
"""
_REPEATED = """
WITH repeated AS (SELECT id, min(line) AS first FROM stage GROUP BY id HAVING count(*) > 1),
gone AS (DELETE FROM stage s USING repeated r WHERE s.id = r.id AND s.line > r.first RETURNING s.line, r.first)
INSERT INTO problems SELECT line, 'duplicate', '与第 ' || first || ' 行是同一次检查，以先出现的为准' FROM gone
"""
_KNOWN = """
WITH gone AS (DELETE FROM stage s USING history h WHERE h.object_id = s.object_id AND h.finished_on = s.finished_on
  AND h.imported_for IS NULL RETURNING s.line)
INSERT INTO problems SELECT line, 'known', '平台上已有该对象当日完成的检查，以平台记录为准' FROM gone
"""
_ELSEWHERE = """
WITH gone AS (DELETE FROM stage s USING history h WHERE h.id = s.id AND NOT starts_with(h.imported_for, %(prefix)s)
  RETURNING s.line)
INSERT INTO problems SELECT line, 'outside_scope', '该次检查已由其他区域导入，不在您的管辖区域内' FROM gone
"""
_COUNTS = """
SELECT count(*) FILTER (WHERE h.id IS NULL), count(*) FILTER (WHERE h.evidence <> s.evidence),
  count(*) FILTER (WHERE h.evidence = s.evidence) FROM stage s LEFT JOIN history h ON h.id = s.id
"""
_TAKE = """
INSERT INTO history
  (id, object_id, finished_on, violation, normal, triggered, org, document, evidence, imported_for)
SELECT id, object_id, finished_on, violation, normal, triggered, org, document, evidence, %(prefix)s FROM stage
ON CONFLICT (id) DO UPDATE SET violation = excluded.violation, normal = excluded.normal,
  triggered = excluded.triggered, document = excluded.document, evidence = excluded.evidence
WHERE history.evidence <> excluded.evidence
"""


async def work_on_import(db: Database, files: FileStore, body: dict[str, Any]) -> None:
    """Do the next step of an import: `received` → `checked`, or `confirmed` → `done`.

    Raises:
        PermanentError: the job names no import.
    """
    try:
        import_id = UUID(str(body["import_id"]))
    except (KeyError, ValueError) as error:
        raise PermanentError("a job without an import") from error
    async with await psycopg.AsyncConnection.connect(psycopg_url(db.url)) as connection:
        found = await connection.execute(
            "SELECT upload_sha256 FROM history_imports WHERE id = %s", (import_id,)
        )
        row = await found.fetchone()
    if row is None:
        raise PermanentError(f"no import {import_id}")
    with tempfile.TemporaryDirectory(prefix="suicha-history-") as folder:
        path = await files.fetch(row[0], Path(folder) / "rows")
        # In a thread: the worker's loop stays free for heartbeats.
        await asyncio.to_thread(_step, psycopg_url(db.url), import_id, path)


def _step(url: str, import_id: UUID, path: Path) -> None:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT state, prefix, authority, org FROM history_imports WHERE id = %s FOR UPDATE", (import_id,)
        ).fetchone()
        if row is None or row[0] not in ("received", "confirmed"):
            return
        state, prefix, authority, org = row
        try:
            with connection.transaction():
                counts = _stage(connection, path, authority, org, prefix)
        except UnreadableFile as error:
            _end(connection, import_id, "failed", [0] * 5, str(error))
            return
        if state == "confirmed":
            connection.execute(_TAKE, {"prefix": prefix})
            _end(connection, import_id, "done", counts, "")
            return
        connection.execute(
            "INSERT INTO history_problems (import_id, line, code, message) "
            "SELECT %s, line, code, message FROM problems", (import_id,),
        )  # fmt: skip
        _end(connection, import_id, "checked", counts, "")


def _stage(
    connection: psycopg.Connection[Any], path: Path, authority: str, org: str, prefix: str
) -> list[int]:
    """Stage a file; return rows read, new, changed, unchanged, refused.

    Raises:
        UnreadableFile: it is no table of inspections.
    """
    today = datetime.now(CHINA).date()
    read = 0
    with open_rows(path) as rows, tempfile.TemporaryFile("w+b") as refused:
        connection.execute(_STAGE)
        columns = "line, id, object_id, finished_on, violation, normal, triggered, org, document, evidence"
        with connection.cursor().copy(f"COPY stage ({columns}) FROM STDIN") as copy:
            for line, fields in rows:
                read += 1
                found = _checked(fields, authority, today, org)
                if isinstance(found, Refusal):
                    refused.write(f"{line}\t{found.code}\t{_clean(found.message)}\n".encode())
                else:
                    copy.write_row((
                        line, found.id, found.object_id, found.finished_on, found.violation, found.normal,
                        found.triggered, found.org, found.document, found.evidence,
                    ))  # fmt: skip
        refused.seek(0)
        with connection.cursor().copy("COPY problems (line, code, message) FROM STDIN") as copy:
            while block := refused.read(1 << 18):
                copy.write(block)
    connection.execute(_REPEATED)
    connection.execute(_KNOWN)
    connection.execute(_ELSEWHERE, {"prefix": prefix})
    counted = connection.execute(_COUNTS).fetchone()
    left_out = connection.execute("SELECT count(*) FROM problems").fetchone()
    assert counted is not None and left_out is not None
    return [read, *counted, left_out[0]]


def _clean(message: str) -> str:
    """Make any message one storable line."""
    text = message.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(" " if letter < " " or letter == "\\" else letter for letter in text)


def _checked(
    fields: Mapping[str, str] | None, authority: str, today: date, org: str
) -> EarlierInspection | Refusal:
    if fields is None:
        return Refusal("row_unreadable", "该行无法读取：列数不符、引号未结束，或不是 JSON 对象")
    return read_row(fields, authority, today, org)


def _end(
    connection: psycopg.Connection[Any], import_id: UUID, state: str, counts: list[int], fault: str
) -> None:
    connection.execute(
        "UPDATE history_imports SET state = %s, read = %s, added = %s, changed = %s, unchanged = %s, refused = %s, "
        "fault = %s, version = version + 1 WHERE id = %s",
        (state, *counts, fault, import_id),
    )  # fmt: skip
