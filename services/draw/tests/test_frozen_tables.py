"""What a draw fixed stays fixed: in SQL, with the service's own role and with the owner's."""

from datetime import date, timedelta
from uuid import uuid4

import psycopg
import pytest
from holding import HR_TASK, Draws, object_id
from psycopg import sql
from psycopg.rows import dict_row
from suicha_chassis import testing
from suicha_chassis.scope import SYSTEM
from suicha_contracts.events import InspectionClosed, RulesetRef
from suicha_contracts.values import FileRef
from suicha_draw.events import keep_history
from suicha_draw.models import FROZEN_TABLES, RECORD_TABLES


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
    await endorse(draws, round_id)
    for table in (*FROZEN_TABLES, *RECORD_TABLES, "audit_entries"):
        name = sql.Identifier(table)
        statements = (
            sql.SQL("DELETE FROM {}").format(name),
            sql.SQL("TRUNCATE {} CASCADE").format(name),
            sql.SQL("UPDATE {0} SET {1} = {1}").format(
                name, sql.Identifier(await second_column(draws, table))
            ),
        )
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await execute(draws.database.url, statement)
            with pytest.raises(psycopg.errors.RestrictViolation):
                await execute(draws.database.owner_url, statement)


CHANGING = {
    "rounds": {
        "state", "dice_typed", "dice_typed_by", "void_code", "void_reason", "void_evidence", "void_requested_by",
        "closed_visits", "signed_by", "problems", "progress", "version",
    },
    "contributors": set(),
    "substitutions": set(),
}  # fmt: skip
"""What may still change in the row of a completed round: all that is not named here is fixed once it is filled."""
LATER = {"prev": "x", "salt_secret": "x", "beacon_round": "1", "publish_after": "2026-01-01"}
"""Columns that this round left empty and that its freeze fixed as such."""


async def test_what_a_round_fixed_stays_for_the_services_own_role_and_for_the_owner(draws: Draws) -> None:
    round_id = await round_with_history(draws)
    drawn = await draws.hold(round_id)
    await draws.finish(round_id)
    out = (await draws.person("auditor").get(f"/draw/v1/rounds/{round_id}/results")).json()["items"][0]
    who = {"kind": "object", "list_code": "HR", "stratum": out["stratum"], "out": out["object_id"]}
    body = {"who": who, "reason_code": "cancelled", "reason": "注销", "evidence": "e" * 64}
    asked = await draws.deed("operator", round_id, "substitutions", body, 201)
    await draws.deed("legal", round_id, f"substitutions/{asked['id']}/approve")
    for table, changing in CHANGING.items():
        name = sql.Identifier(table)
        filled = await row_of(draws, table)
        assert changing <= set(filled)
        statements = [
            sql.SQL("UPDATE {} SET {} = NULL").format(name, sql.Identifier(column))
            for column, value in filled.items()
            if value is not None and column not in changing
        ]
        assert len(statements) > 5, "the row says something"
        if table == "rounds":
            statements += [
                sql.SQL("UPDATE rounds SET {} = {}").format(sql.Identifier(column), sql.Literal(value))
                for column, value in LATER.items()
            ]
            lists = sql.SQL("UPDATE rounds SET lists = jsonb_set(lists, '{0,ratio_bp}', '1')")
            statements += [lists, sql.SQL("UPDATE rounds SET seed = {}").format(sql.Literal("f" * 64))]
        statements.append(sql.SQL("DELETE FROM {}").format(name))
        for url in (draws.database.url, draws.database.owner_url):
            for statement in statements:
                with pytest.raises(psycopg.errors.RestrictViolation, match="what is fixed stays"):
                    await execute(url, statement)
    assert (await draws.read(round_id))["result_hash"] == drawn["result_hash"]


async def test_a_round_that_froze_nothing_may_still_be_put_right(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    draws.registry.objects["HR"] = []
    round_id = await draws.open(await draws.plan(HR_TASK))

    async def refused() -> bool:
        return bool((await draws.read(round_id))["problems"])

    await testing.eventually(refused)
    later = "2099-01-01T00:00:00Z"
    await draws.deed("operator", round_id, "freeze", {"reveal_by": later}, 202)
    assert (await draws.read(round_id))["reveal_by"] == later


async def execute(url: str, statement: sql.Composable) -> None:
    """Run a statement without holding up the loop: the worker in it may have the rows."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute(statement)


async def row_of(draws: Draws, table: str) -> dict[str, object]:
    """A row of a table by column; the table must have rows, or its triggers are not asked."""
    async with await psycopg.AsyncConnection.connect(draws.database.owner_url, row_factory=dict_row) as owner:
        found = await owner.execute(sql.SQL("SELECT * FROM {} LIMIT 1").format(sql.Identifier(table)))
        row = await found.fetchone()
    assert row is not None, table
    return row


async def endorse(draws: Draws, round_id: str) -> None:
    """Add what the round alone leaves behind nowhere: endorsements, an overlap of its lists, records of others."""
    async with await psycopg.AsyncConnection.connect(draws.database.url) as own:
        await own.execute("INSERT INTO log_cosignatures (size, witness, time, line) VALUES (1, 'w', 1, 'l')")
        await own.execute(
            "INSERT INTO log_timestamps (id, size, sha256, response, stamped_at, policy, verified, given_by) "
            "VALUES (uuidv7(), 1, 's', 'r', now(), 'p', false, 'legal')"
        )
        await own.execute("INSERT INTO round_overlaps VALUES (%s, '{HR/X}', 1)", (round_id,))
        await own.execute("INSERT INTO round_approvals VALUES (%s, 'head', '同意')", (round_id,))
        await own.execute(
            "INSERT INTO signals (id, source, reference, object_id, occurred_on, content_sha256, region, org) "
            "VALUES (uuidv7(), 'complaint_case', 'r', 'O', '2026-01-01', 's', '410300', '410300-rsj')"
        )
        await own.execute(
            "INSERT INTO triggers (id, number, source, received_on, content_sha256, summary, objects, created_by, "
            "region, org) VALUES (uuidv7(), 'CF1', 'complaint_case', '2026-01-01', 's', 's', '{}', 'p', '410300', "
            "'410300-rsj')"
        )


async def second_column(draws: Draws, table: str) -> str:
    """A column of a table."""
    return list(await row_of(draws, table))[1]
