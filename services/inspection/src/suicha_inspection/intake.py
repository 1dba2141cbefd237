"""From a completed draw to visits, in one transaction and with sets (architecture.md, life of a draw, 4).

One visit per selected object, one check per list in which it was selected, its items with their frozen forms,
the team of each crew. Exactly once: the inbox row and everything here commit together, and a round exists once.
"""

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection, AsyncCursor
from psycopg.errors import DataError
from pydantic import ValidationError
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.bus import PermanentError, TransientError
from suicha_chassis.db import driver_connection
from suicha_chassis.files import CHUNK, FileStore
from suicha_chassis.logs import get_logger
from suicha_chassis.problems import Invalid, NotFound
from suicha_contracts.events import DrawCompleted
from suicha_contracts.freeze import RoundPackage
from suicha_contracts.values import FileRef

from suicha_inspection.forms import UnusableFormError, check_form
from suicha_inspection.models import FrozenItem, RosterEntry, Round, RoundList
from suicha_inspection.voiding import cancel_open_visits, hold_round

log = get_logger(__name__)

LEAST_TEAM = 2
"""No ruleset may go below two (行政处罚法 Art. 42, S3 Art. 10)."""

STAGE_RESULT = """
CREATE TEMP TABLE stage_result (list text COLLATE "C", stratum text, rank int, kind text,
  object_id text COLLATE "C", ticket text) ON COMMIT DROP
"""
STAGE_MATCH = """
CREATE TEMP TABLE stage_match (object_id text COLLATE "C", crew text COLLATE "C", unit text, team text,
  alternates text) ON COMMIT DROP
"""
STAGE_DOSSIER = "CREATE TEMP TABLE stage_dossier (doc jsonb) ON COMMIT DROP"
LINES = "(FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')"
"""COPY options that take each line as one value; JSON text never holds these bytes unescaped."""

_WITHOUT_DOSSIER = """
SELECT DISTINCT r.object_id FROM stage_result r
WHERE r.kind = 'S' AND NOT EXISTS (SELECT 1 FROM stage_dossier d WHERE d.doc->>'id' = r.object_id) LIMIT 5
"""
_WITHOUT_TEAM = """
SELECT DISTINCT r.object_id || '/' || l.crew FROM stage_result r
JOIN round_lists l ON l.round_id = %(round)s AND l.code = r.list
WHERE r.kind = 'S' AND NOT EXISTS
  (SELECT 1 FROM stage_match m WHERE m.object_id = r.object_id AND m.crew = l.crew) LIMIT 5
"""
_UNKNOWN_LISTS = """
SELECT DISTINCT r.list FROM stage_result r WHERE NOT EXISTS
  (SELECT 1 FROM round_lists l WHERE l.round_id = %(round)s AND l.code = r.list) LIMIT 5
"""
_UNKNOWN_INSPECTORS = """
SELECT DISTINCT i FROM stage_match m,
  unnest(string_to_array(m.team, ',') || string_to_array(m.alternates, ',')) AS i
WHERE NOT EXISTS (SELECT 1 FROM roster p WHERE p.round_id = %(round)s AND p.inspector_id = i) LIMIT 5
"""
_VISIT_COLUMNS = """
(id, round_id, org, region, object_id, object_name, object_kind, credit_code, object_region, address,
  legal_representative, business_scope, credit_grade, inspect_from, inspect_to)
"""
_VISIT_VALUES = """
uuidv7(), p.id, p.org, p.region, o.object_id, d.doc->>'name', d.doc->>'kind',
  coalesce(d.doc->>'credit_code', ''), d.doc->>'region', coalesce(d.doc->>'address', ''),
  coalesce(d.doc->>'legal_representative', ''), coalesce(d.doc->>'scope', ''),
  coalesce(d.doc->>'credit_grade', ''), p.inspect_from, p.inspect_to
"""
_INSERT_VISITS = f"""
INSERT INTO visits {_VISIT_COLUMNS}
SELECT {_VISIT_VALUES}
FROM (SELECT DISTINCT object_id FROM stage_result WHERE kind = 'S') o
JOIN stage_dossier d ON d.doc->>'id' = o.object_id
JOIN rounds p ON p.id = %(round)s ORDER BY o.object_id
"""  # noqa: S608 - constants
INSERT_ONE_VISIT = f"""
INSERT INTO visits {_VISIT_COLUMNS}
SELECT {_VISIT_VALUES}
FROM (SELECT %(object)s AS object_id) o
JOIN stage_dossier d ON d.doc->>'id' = o.object_id
JOIN rounds p ON p.id = %(round)s
"""  # noqa: S608 - constants
_INSERT_CHECKS = """
INSERT INTO checks (id, visit_id, round_id, list_code, crew)
SELECT uuidv7(), v.id, v.round_id, l.code, l.crew FROM stage_result r
JOIN visits v ON v.round_id = %(round)s AND v.object_id = r.object_id
JOIN round_lists l ON l.round_id = %(round)s AND l.code = r.list
WHERE r.kind = 'S'
"""
_INSERT_ITEMS = """
INSERT INTO check_items (check_id, item_code, position)
SELECT c.id, i.code, i.position FROM checks c
JOIN round_lists l ON l.round_id = c.round_id AND l.code = c.list_code
CROSS JOIN LATERAL unnest(l.items) WITH ORDINALITY AS i (code, position)
WHERE c.round_id = %(round)s
"""
_INSERT_TEAM = """
INSERT INTO team_members (visit_id, inspector_id, crew, kind, position)
SELECT v.id, t.inspector, m.crew, t.kind, t.position FROM stage_match m
JOIN visits v ON v.round_id = %(round)s AND v.object_id = m.object_id
CROSS JOIN LATERAL (
  SELECT inspector, 'team', position
  FROM unnest(string_to_array(m.team, ',')) WITH ORDINALITY AS a (inspector, position)
  UNION ALL
  SELECT inspector, 'alternate', position
  FROM unnest(string_to_array(m.alternates, ',')) WITH ORDINALITY AS b (inspector, position)
) AS t (inspector, kind, position)
"""


def visits_from_draws(files: FileStore) -> Callable[[AsyncSession, DrawCompleted], Awaitable[None]]:
    """Return the effect of `DrawCompleted`, reading the round's files from the given store."""

    async def create_visits(session: AsyncSession, event: DrawCompleted) -> None:
        package = _package(await _read(files, event.files.package), event)
        voided = await hold_round(session, event.round_id)
        if not await _first_told(session, event, package):
            return
        session.add_all(_round_rows(event, package))
        await session.flush()
        connection = await driver_connection(session)
        async with connection.cursor() as cursor:
            await _stage(connection, files, event)
            await _refuse_contradictions(cursor, event)
            parameters = {"round": event.round_id}
            await cursor.execute(_INSERT_VISITS, parameters)
            if cursor.rowcount != event.visits:
                raise PermanentError(
                    f"round {event.draw_id}: {cursor.rowcount} objects selected, the event says {event.visits}"
                )
            for statement in (_INSERT_CHECKS, _INSERT_ITEMS, _INSERT_TEAM):
                await cursor.execute(statement, parameters)
        if voided is not None:
            await cancel_open_visits(session, event.round_id, voided)
        log.info("visits created", draw_id=event.draw_id, visits=event.visits)

    return create_visits


def _package(content: bytes, event: DrawCompleted) -> RoundPackage:
    try:
        package = RoundPackage.model_validate_json(content)
        for item in package.items.values():
            check_form(item.form)
    except (ValidationError, UnusableFormError) as error:
        raise PermanentError(f"round {event.draw_id}: unreadable package: {error}") from error
    if package.ruleset_sha256 != event.ruleset.sha256:
        raise PermanentError(f"round {event.draw_id}: package and event name different rulesets")
    for one in event.lists:
        codes = package.lists.get(one.code)
        if not codes or not set(codes) <= package.items.keys():
            raise PermanentError(f"round {event.draw_id}: the package does not hold list {one.code}")
    return package


async def _first_told(session: AsyncSession, event: DrawCompleted, package: RoundPackage) -> bool:
    """Insert the round; tell whether it was not there. One who is just doing the same is waited for."""
    row = insert(Round).values(
        id=event.round_id,
        draw_id=event.draw_id,
        attempt=event.attempt,
        voided=[one.model_dump(mode="json") for one in event.voided],
        org=event.org,
        org_name=event.org_name,
        region=event.region,
        inspect_from=event.inspect_from,
        inspect_to=event.inspect_to,
        ruleset=event.ruleset.model_dump(mode="json"),
        team_minimum=max(LEAST_TEAM, package.ruleset.team.minimum.value),
        result=event.files.result.model_dump(mode="json"),
        dossier=event.files.dossier.model_dump(mode="json"),
    )
    return await session.scalar(row.on_conflict_do_nothing().returning(Round.id)) is not None


def _round_rows(event: DrawCompleted, package: RoundPackage) -> list[Any]:
    lists = [
        RoundList(
            round_id=event.round_id,
            items=package.lists[one.code],
            **one.model_dump(
                include={"code", "crew", "department", "task_id", "plan_id", "plan_number", "plan_name",
                         "task_number", "task_name", "mode"}
            ),
        )
        for one in event.lists
    ]  # fmt: skip
    items = [
        FrozenItem(
            round_id=event.round_id,
            **item.model_dump(mode="json", include={"code", "name", "content", "legal_basis", "form"}),
        )
        for item in package.items.values()
    ]
    roster = [
        RosterEntry(
            round_id=event.round_id,
            inspector_id=one.id,
            **one.model_dump(
                include={"name", "org", "department", "crew", "unit", "licence_no", "licence_until"}
            ),
        )
        for one in package.inspectors
    ]
    return [*lists, *items, *roster]


async def _read(files: FileStore, ref: FileRef) -> bytes:
    try:
        return await files.read(ref)
    except NotFound as error:
        raise TransientError(f"file {ref.sha256} is not in the store yet") from error
    except Invalid as error:
        raise PermanentError(f"file {ref.sha256} was changed in the store") from error


async def _stage(connection: AsyncConnection[Any], files: FileStore, event: DrawCompleted) -> None:
    await stage(connection, files, event.files.result, "stage_result", STAGE_RESULT)
    await stage(connection, files, event.files.match, "stage_match", STAGE_MATCH)
    await stage(connection, files, event.files.dossier, "stage_dossier", STAGE_DOSSIER, LINES)


async def stage(
    connection: AsyncConnection[Any],
    files: FileStore,
    ref: FileRef,
    table: str,
    create: str,
    options: str = "",
) -> None:
    """Copy a file into a temporary table of this transaction, checking its hash on the way.

    Raises:
        TransientError: the file is not in the store (yet).
        PermanentError: it was changed there, or does not have the columns.
    """
    with tempfile.TemporaryDirectory(prefix="suicha-round-") as folder:
        path = Path(folder) / "file"
        try:
            await files.fetch(ref, path)
        except NotFound as error:
            raise TransientError(f"file {ref.sha256} is not in the store yet") from error
        except Invalid as error:
            raise PermanentError(f"file {ref.sha256} was changed in the store") from error
        async with connection.cursor() as cursor:
            await cursor.execute(create.encode())
            try:
                async with cursor.copy(f"COPY {table} FROM STDIN {options}".encode()) as copy:
                    with path.open("rb") as source:
                        while chunk := source.read(CHUNK):
                            await copy.write(chunk)
            except DataError as error:
                raise PermanentError(f"{table}: {error}") from error
            await cursor.execute(f"ANALYZE {table}".encode())


async def _refuse_contradictions(cursor: AsyncCursor[Any], event: DrawCompleted) -> None:
    for what, statement in (
        ("objects without a dossier", _WITHOUT_DOSSIER),
        ("lists that the event does not name", _UNKNOWN_LISTS),
        ("objects without a team", _WITHOUT_TEAM),
        ("inspectors that the package does not know", _UNKNOWN_INSPECTORS),
    ):
        await cursor.execute(statement, {"round": event.round_id})
        found = [str(row[0]) for row in await cursor.fetchall()]
        if found:
            raise PermanentError(f"round {event.draw_id}: {what}: {', '.join(found)}")
