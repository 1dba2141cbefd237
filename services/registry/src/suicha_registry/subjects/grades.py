"""Credit-risk grades of many objects at once: COPY into a temporary table, then one statement a deed.

A file of a million lines is read as it comes, CSV or JSON Lines; a line that is wrong is reported and the
others count. The same file again changes nothing, and a file of an earlier month takes no later grade back.
Every grade that changes, or comes from another source, is history; one that is confirmed is not (decision 0037).
"""

import csv
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.db import driver_connection
from suicha_chassis.problems import Invalid

from suicha_registry.subjects.schemas import GradeProblem, GradesBody, GradesResult

_SHOWN = 100
_BLOCK = 5000
"""Lines in one piece of the COPY stream."""
MANY = 1000
"""Grades changed at once that make the planner's statistics worth renewing."""
_ID = re.compile(r"[0-9A-Z][0-9A-Z._-]{0,53}", re.ASCII)
_GRADE = re.compile(r"[A-Z][A-Z0-9]{0,7}", re.ASCII)
_CODE_HEADERS = ("统一社会信用代码", "id", "编号", "credit_code")
_GRADE_HEADERS = ("信用等级", "信用风险等级", "等级", "grade")

Line = tuple[int, str, str]
"""Number of the line, id, grade, as they stand there."""


def lines_of(path: Path) -> Iterator[Line]:
    """Read a file of codes and grades, one line at a time: CSV, or JSON Lines with `id` and `grade`.

    Raises:
        Invalid: a column is missing, or the file is not text.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            first = source.read(1)
            source.seek(0)
            yield from _json_lines(source) if first == "{" else _csv_lines(source)
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid("文件不是 UTF-8 编码的 CSV 或 JSON Lines") from error


def _csv_lines(source: Iterator[str]) -> Iterator[Line]:
    reader = csv.reader(source)
    names = [name.strip() for name in next(reader, [])]
    code = next((names.index(name) for name in _CODE_HEADERS if name in names), None)
    grade = next((names.index(name) for name in _GRADE_HEADERS if name in names), None)
    if code is None or grade is None:
        raise Invalid("缺少列：统一社会信用代码、信用等级")
    width = max(code, grade)
    for row in reader:
        whole = len(row) > width
        yield reader.line_num, row[code].strip() if whole else "", row[grade].strip() if whole else ""


def _json_lines(source: Iterator[str]) -> Iterator[Line]:
    for number, line in enumerate(source, 1):
        try:
            said = json.loads(line)
            yield number, str(said["id"]), str(said["grade"])
        except (ValueError, KeyError, TypeError):
            yield number, "", ""


async def grade(
    session: AsyncSession, caller: Caller, body: GradesBody, lines: Iterator[Line]
) -> GradesResult:
    """Set the grades of objects inside the caller's region; of two lines for one object the last counts.

    Plain SQL is not limited by the session's scope, so every statement names the caller's region prefix.

    Raises:
        Invalid: the file is not one of codes and grades.
    """
    connection = await driver_connection(session)
    await connection.execute(
        'CREATE TEMP TABLE offered (line int, id text COLLATE "C", grade text COLLATE "C") ON COMMIT DROP'
    )
    problems: list[GradeProblem] = []
    received, refused = await _take_in(connection, lines, problems)
    async with connection.cursor() as cursor:
        await cursor.execute("SET LOCAL work_mem = '128MB'")
        await cursor.execute("ANALYZE offered")
        await cursor.execute(
            "CREATE TEMP TABLE graded ON COMMIT DROP AS "
            "SELECT DISTINCT ON (o.id) o.line, o.id, o.grade, s.id IS NOT NULL AS known "
            "FROM offered o LEFT JOIN subjects s ON s.id = o.id AND starts_with(s.region, %s) "
            "ORDER BY o.id, o.line DESC",
            (caller.scope.prefix,),
        )
        await cursor.execute("SELECT count(*), count(*) FILTER (WHERE NOT known) FROM graded")
        distinct, unknown = (await cursor.fetchone()) or (0, 0)
        await cursor.execute("SELECT line, id FROM graded WHERE NOT known ORDER BY line LIMIT %s", (_SHOWN,))
        strangers = await cursor.fetchall()
        await cursor.execute(
            "SELECT count(*) FROM graded d JOIN subject_grades g ON g.subject_id = d.id "
            "WHERE d.known AND g.month > %s",
            (body.month,),
        )
        outdated = ((await cursor.fetchone()) or (0,))[0]
        await cursor.execute(
            "WITH put AS (INSERT INTO subject_grades AS g (subject_id, grade, source, month) "
            "SELECT id, grade, %(source)s, %(month)s FROM graded WHERE known ORDER BY id "
            "ON CONFLICT (subject_id) DO UPDATE SET grade = excluded.grade, source = excluded.source, "
            "month = excluded.month WHERE g.month <= excluded.month AND "
            "(g.grade, g.source, g.month) IS DISTINCT FROM (excluded.grade, excluded.source, excluded.month) "
            "RETURNING g.subject_id, new.grade AS grade, new.source AS source, "
            "coalesce(old.grade, '') AS old_grade, coalesce(old.source, '') AS old_source, "
            "coalesce(old.month, '') AS old_month), "
            "noted AS (INSERT INTO subject_changes (subject_id, actor, org, source, before, after) "
            "SELECT subject_id, %(actor)s, %(org)s, %(source)s, jsonb_build_object('credit_grade', old_grade, "
            "'grade_source', old_source, 'grade_month', old_month), jsonb_build_object('credit_grade', grade, "
            "'grade_source', source, 'grade_month', %(month)s::text) "
            "FROM put WHERE (old_grade, old_source) <> (grade, source)) "
            "SELECT count(*) FILTER (WHERE old_grade <> grade) FROM put",
            {"source": body.source, "month": body.month, "actor": caller.subject, "org": caller.org},
        )
        changed = ((await cursor.fetchone()) or (0,))[0]
        if changed >= MANY:
            await cursor.execute("SELECT analyze_registers()")
    problems += [
        GradeProblem(line=line, id=one, code="unknown", message="名录中没有该对象，或不在您的管辖区域内")
        for line, one in strangers
    ]
    result = GradesResult(
        received=received,
        changed=changed,
        unchanged=distinct - unknown - changed - outdated,
        outdated=outdated,
        unknown=unknown,
        unknown_ids=[one for _, one in strangers],
        refused=refused,
        problems=sorted(problems, key=lambda one: one.line)[:_SHOWN],
    )
    after = result.model_dump(exclude={"unknown_ids", "problems"})
    after |= {"source": body.source, "month": body.month}
    await audit.record(session, "grade", "subjects", caller.region, after=after)
    return result


async def _take_in(
    connection: psycopg.AsyncConnection[Any], lines: Iterator[Line], problems: list[GradeProblem]
) -> tuple[int, int]:
    """COPY the good lines; return how many lines there are and how many of them are wrong."""
    received = refused = 0
    is_id, is_grade = _ID.fullmatch, _GRADE.fullmatch
    async with (
        connection.cursor() as cursor,
        cursor.copy("COPY offered (line, id, grade) FROM STDIN") as copy,
    ):
        while block := list(itertools.islice(lines, _BLOCK)):
            good = [
                f"{line}\t{one}\t{grade}\n" for line, one, grade in block if is_id(one) and is_grade(grade)
            ]
            received += len(block)
            if len(good) < len(block):
                wrong = [(line, one) for line, one, grade in block if not (is_id(one) and is_grade(grade))]
                refused += len(wrong)
                problems += [
                    GradeProblem(line=line, id=one[:54], code="grade_invalid", message="代码或等级有误")
                    for line, one in wrong[: _SHOWN - len(problems)]
                ]
            await copy.write("".join(good))
    return received, refused
