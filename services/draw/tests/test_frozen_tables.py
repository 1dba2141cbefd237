"""What a draw fixed stays fixed: in SQL, with the service's own role and with the owner's."""

from datetime import date, timedelta
from uuid import uuid4

import psycopg
import pytest
from holding import HR_TASK, Draws, object_id
from psycopg import sql
from suicha_chassis.scope import SYSTEM
from suicha_contracts.events import InspectionClosed, RulesetRef
from suicha_contracts.values import FileRef
from suicha_draw.events import keep_history
from suicha_draw.models import FROZEN_TABLES


def closed(number: int, days_ago: int, *, normal: bool = True) -> InspectionClosed:
    """An inspection of an object that ended some days ago."""
    day = date.today() - timedelta(days=days_ago)  # noqa: DTZ011 - far from midnight's edge either way
    return InspectionClosed(
        visit_id=uuid4(), round_id=uuid4(), draw_id="410300-2026-0001", org="410300-rsj", org_name="洛阳市人社局",
        region="410300", object_id=object_id(number), object_name="某企业", object_kind="enterprise",
        object_region="410300", finished_on=day, closed_at="2026-01-01T00:00:00Z", normal=normal,
        violation=not normal, refused_signature=False, checks=[], follow_ups=[],
        ruleset=RulesetRef(id="410300-rsj", version="2022.1", sha256="a" * 64),
        record=FileRef(sha256="b" * 64, size=1),
    )  # fmt: skip


async def round_with_history(draws: Draws) -> str:
    """A frozen round: objects 0 to 9 were inspected lately, 5 to 9 with a problem found."""
    lower = {"value": 100, "clause": "三（二）"}, {"value": 2, "clause": "四"}
    await draws.know("410482-rsj@2022.1", selection={"floor_bp": lower[0]}, team={"minimum": lower[1]})
    async with draws.db.transaction(SYSTEM) as session:
        for number in range(10):
            await keep_history(session, closed(number, 30, normal=number < 5))
            await keep_history(session, closed(20 + number, 200))
    return await draws.open(await draws.plan(HR_TASK, ruleset="410482-rsj"))


async def test_objects_inspected_lately_are_left_out_with_their_evidence(draws: Draws) -> None:
    round_id = await round_with_history(draws)
    await draws.until(round_id, "frozen")
    auditor = draws.person("auditor")
    rows = (await auditor.get(f"/draw/v1/rounds/{round_id}/exclusions")).json()["items"]
    assert [row["object_id"] for row in rows] == [object_id(number) for number in range(5)]
    assert {row["reason"] for row in rows} == {"exempt_recent"}
    committed = await draws.commit(round_id)
    (hr,) = committed["manifest"]["lists"]
    assert hr["registry_count"] == 200 and sum(stratum["n"] for stratum in hr["strata"]) == 195
    (why,) = (await auditor.get(f"/draw/v1/rounds/{round_id}/objects/{object_id(2)}/why")).json()["lists"]
    assert why["standing"] == "excluded"
    assert "三（三）" in why["explanation"] and rows[2]["evidence"] in why["explanation"]
    (why,) = (await auditor.get(f"/draw/v1/rounds/{round_id}/objects/{object_id(7)}/why")).json()["lists"]
    assert (why["standing"], why["probability"]) == ("pooled", "5/98")


async def test_a_round_may_waive_a_discretionary_exemption_for_all_alike(draws: Draws) -> None:
    first = await round_with_history(draws)
    await draws.until(first, "frozen")
    task = (await draws.read(first))["lists"][0]["task_id"]
    await draws.hold(first)
    await draws.finish(first)
    waived = await draws.open([task], exempt=False)
    await draws.until(waived, "frozen")
    rows = (await draws.person("auditor").get(f"/draw/v1/rounds/{waived}/exclusions")).json()["items"]
    assert rows == []


async def test_nobody_changes_what_a_draw_fixed(draws: Draws) -> None:
    round_id = await round_with_history(draws)
    await draws.hold(round_id)
    await draws.finish(round_id)
    endorse(draws, round_id)
    for table in (*FROZEN_TABLES, "audit_entries"):
        name = sql.Identifier(table)
        statements = (
            sql.SQL("DELETE FROM {}").format(name),
            sql.SQL("TRUNCATE {}").format(name),
            sql.SQL("UPDATE {} SET {} = {}").format(name, *[sql.Identifier(second_column(draws, table))] * 2),
        )
        for statement in statements:
            with (
                psycopg.connect(draws.database.url) as own,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                own.execute(statement)
            with (
                psycopg.connect(draws.database.owner_url) as owner,
                pytest.raises(psycopg.errors.RestrictViolation),
            ):
                owner.execute(statement)


def endorse(draws: Draws, round_id: str) -> None:
    """Add what the round alone leaves behind nowhere: a cosignature, a timestamp, an overlap of its lists."""
    with psycopg.connect(draws.database.url) as own:
        own.execute("INSERT INTO log_cosignatures (size, witness, time, line) VALUES (1, 'w', 1, 'l')")
        own.execute(
            "INSERT INTO log_timestamps (id, size, sha256, response, stamped_at, policy, verified, given_by) "
            "VALUES (uuidv7(), 1, 's', 'r', now(), 'p', false, 'legal')"
        )
        own.execute("INSERT INTO round_overlaps VALUES (%s, '{HR/X}', 1)", (round_id,))


def second_column(draws: Draws, table: str) -> str:
    """A column of a table; the table must have rows, or its triggers are not asked."""
    with psycopg.connect(draws.database.owner_url) as owner:
        row = owner.execute(sql.SQL("SELECT * FROM {} LIMIT 1").format(sql.Identifier(table)))
        assert row.fetchone() is not None, table
        assert row.description is not None
        return row.description[1].name
