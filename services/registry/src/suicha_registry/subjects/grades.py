"""Credit-risk grades of many objects at once: COPY into a temporary table, then one statement a deed."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.db import driver_connection
from suicha_chassis.problems import Fault, Invalid

from suicha_registry.subjects.schemas import Grade, GradeLine, GradesBody, GradesResult

_SHOWN = 100
MANY = 1000
"""Grades changed at once that make the planner's statistics worth renewing."""
_GRADE = TypeAdapter(Grade)
_CODE_HEADERS = ("统一社会信用代码", "id", "编号", "credit_code")
_GRADE_HEADERS = ("信用等级", "信用风险等级", "等级", "grade")


def lines_of(path: Path) -> Iterator[GradeLine]:
    """Read a CSV of codes and grades, one row at a time.

    Raises:
        Invalid: a column is missing or a row is wrong; the fault names its line.
    """
    with path.open(encoding="utf-8-sig", newline="") as source:
        reader = csv.DictReader(source)
        names = reader.fieldnames or []
        code = next((name for name in _CODE_HEADERS if name in names), None)
        grade = next((name for name in _GRADE_HEADERS if name in names), None)
        if code is None or grade is None:
            raise Invalid("缺少列：统一社会信用代码、信用等级")
        for row in reader:
            try:
                yield GradeLine(id=row[code], grade=row[grade])
            except ValidationError as error:
                fault = Fault(
                    where=f"第 {reader.line_num} 行", code="grade_invalid", message="代码或等级有误"
                )
                raise Invalid(f"第 {reader.line_num} 行的代码或等级有误", faults=[fault]) from error


async def grade(
    session: AsyncSession, caller: Caller, body: GradesBody, lines: Iterator[GradeLine]
) -> GradesResult:
    """Set the grades of objects inside the caller's region; of two lines for one object the last counts.

    Plain SQL is not limited by the session's scope, so every statement names the caller's region prefix.
    """
    connection = await driver_connection(session)
    prefix = caller.scope.prefix
    await connection.execute(
        'CREATE TEMP TABLE offered (line int GENERATED ALWAYS AS IDENTITY, id text COLLATE "C", grade text) '
        "ON COMMIT DROP"
    )
    async with connection.cursor() as cursor:
        buffer, received = io.StringIO(), 0
        async with cursor.copy("COPY offered (id, grade) FROM STDIN") as copy:
            for line in lines:
                received += 1
                buffer.write(f"{line.id}\t{line.grade}\n")
                if buffer.tell() > 1 << 18:
                    await copy.write(buffer.getvalue())
                    buffer = io.StringIO()
            await copy.write(buffer.getvalue())
        await cursor.execute(
            "CREATE TEMP TABLE graded ON COMMIT DROP AS "
            "SELECT DISTINCT ON (o.id) o.id, o.grade, s.id IS NOT NULL AS known "
            "FROM offered o LEFT JOIN subjects s ON s.id = o.id AND starts_with(s.region, %s) "
            "ORDER BY o.id, o.line DESC",
            (prefix,),
        )
        await cursor.execute("SELECT count(*), count(*) FILTER (WHERE NOT known) FROM graded")
        distinct, unknown = (await cursor.fetchone()) or (0, 0)
        await cursor.execute("SELECT id FROM graded WHERE NOT known ORDER BY id LIMIT %s", (_SHOWN,))
        unknown_ids = [row[0] for row in await cursor.fetchall()]
        await cursor.execute(
            "WITH put AS (INSERT INTO subject_grades AS g (subject_id, grade, source, month) "
            "SELECT id, grade, %(source)s, %(month)s FROM graded WHERE known "
            "ON CONFLICT (subject_id) DO UPDATE SET grade = excluded.grade, source = excluded.source, "
            "month = excluded.month WHERE g.grade <> excluded.grade OR g.month <> excluded.month "
            "RETURNING g.subject_id, old.grade AS was, new.grade AS now), "
            "noted AS (INSERT INTO subject_changes (subject_id, actor, source, before, after) "
            "SELECT subject_id, %(actor)s, %(source)s, jsonb_build_object('credit_grade', was), "
            "jsonb_build_object('credit_grade', now) FROM put WHERE was IS NOT NULL AND was <> now) "
            "SELECT count(*) FILTER (WHERE was IS DISTINCT FROM now) FROM put",
            {"source": body.source, "month": body.month, "actor": caller.subject},
        )
        changed = ((await cursor.fetchone()) or (0,))[0]
        if changed >= MANY:
            await cursor.execute("SELECT analyze_registers()")
    result = GradesResult(
        received=received,
        changed=changed,
        unchanged=distinct - unknown - changed,
        unknown=unknown,
        unknown_ids=unknown_ids,
    )
    after = result.model_dump(exclude={"unknown_ids"}) | {"source": body.source, "month": body.month}
    await audit.record(session, "grade", "subjects", caller.region, after=after)
    return result
