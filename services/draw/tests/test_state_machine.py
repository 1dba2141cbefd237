"""The states of RID/1 §8: every deed from every state, and what the service's own role may do in SQL."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from holding import DICE, HR_TASK, SECRETS, Draws
from psycopg import sql
from suicha_draw.models import FROZEN_TABLES
from test_physical_lots import drawn_by_hand

STATES = (
    "draft", "frozen", "committed", "revealed", "seeded", "drawn", "signed", "completed", "void", "withdrawn",
)  # fmt: skip
HASH = "e" * 64
VOIDABLE = ("draft", "frozen", "committed", "revealed", "seeded", "drawn", "signed", "completed")


@dataclass(frozen=True)
class Deed:
    """Something that a person asks for, and the states in which it may be done."""

    path: str
    role: str
    body: Any
    states: tuple[str, ...]


OUT = {"kind": "object", "list_code": "HR", "stratum": "A", "out": "91410300MA00000000"}
LATER = {"reveal_by": "2099-01-01T00:00:00Z"}
DEEDS = (
    Deed("freeze", "operator", LATER, ("draft",)),
    Deed("sign-freeze", "legal", {"inputs_hash": HASH}, ("frozen",)),
    Deed("commitments", "operator", {"name": "operator", "commitment": HASH}, ("frozen",)),
    Deed("reveals", "operator", {"name": "operator", "secret": SECRETS["operator"]}, ("committed",)),
    Deed("dice", "operator", {"value": DICE}, ("committed",)),
    Deed("dice/confirm", "legal", {"value": DICE}, ("committed",)),
    Deed("beacon", "operator", {"round": 1, "signature": "a" * 96}, ("revealed",)),
    Deed("sign", "legal", {"result_hash": HASH}, ("drawn",)),
    Deed("void", "operator", {"code": "system_fault", "reason": "断电", "evidence": HASH}, VOIDABLE),
    Deed("void/confirm", "legal", {"content_hash": HASH}, VOIDABLE),
    Deed("void/withdraw", "operator", None, VOIDABLE),
    Deed("repeat", "operator", LATER, ("void",)),
    Deed(
        "substitutions", "operator",
        {"who": OUT, "reason_code": "cancelled", "reason": "注销", "evidence": HASH}, ("completed",),
    ),
    Deed("substitutions/{asked}/approve", "legal", None, ("completed",)),
    Deed("substitutions/{asked}/beacon", "operator", {"round": 1, "signature": "a" * 96}, ("completed",)),
    Deed("dispatch/approve", "legal", None, ("draft",)),
    Deed("inspection-approval", "approver", {"remark": "同意检查"}, ("drawn",)),
)  # fmt: skip
BY_HAND = (
    Deed("lots", "operator", drawn_by_hand(("HR",)), ("frozen",)),
    Deed("lots/confirm", "legal", {"content_hash": HASH}, ("frozen",)),
)


async def test_every_deed_from_every_state_that_does_not_allow_it_is_refused_in_chinese(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK))
    await draws.hold(round_id)
    done = await draws.finish(round_id)
    body = next(deed.body for deed in DEEDS if deed.path == "substitutions")
    asked = (await draws.deed("operator", round_id, "substitutions", body, 201))["id"]
    tried = 0
    for state in STATES:
        tried += await refused(draws, round_id, state, DEEDS, asked)
        if state != "completed":
            answer = await draws.person("legal").get(f"/draw/v1/rounds/{round_id}/bundle")
            assert answer.status_code == 409, (state, answer.text)
        assert (await draws.read(round_id))["log"] == done["log"], state
    assert tried == sum(len(STATES) - len(deed.states) for deed in DEEDS)


async def test_lots_drawn_by_hand_are_taken_in_the_state_of_the_freeze_only(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK), lots="physical")
    await draws.sign_freeze(round_id)
    log = (await draws.read(round_id))["log"]
    tried = [await refused(draws, round_id, state, BY_HAND) for state in STATES]
    assert tried == [0 if state == "frozen" else 2 for state in STATES]
    assert (await draws.read(round_id))["log"] == log


async def refused(draws: Draws, round_id: str, state: str, deeds: Sequence[Deed], asked: str = "") -> int:
    """Put a round into a state and try what it does not allow; return how many deeds were refused, in Chinese."""
    # Not holding up the loop: the worker in it may have the row.
    async with await psycopg.AsyncConnection.connect(draws.database.url) as own:
        await own.execute("UPDATE rounds SET state = %s WHERE id = %s", (state, round_id))
    due = [deed for deed in deeds if state not in deed.states]
    for deed in due:
        path = f"/draw/v1/rounds/{round_id}/{deed.path.format(asked=asked)}"
        answer = await draws.person(deed.role).post(path, deed.body)
        said = answer.json()
        assert (answer.status_code, said["code"]) == (409, "wrong_state"), (state, deed.path, answer.text)
        assert said["state"] == state and re.search("[\u4e00-\u9fff]{4}", said["detail"]), answer.text
        assert not re.search("[a-z]{4,}", said["detail"]), answer.text
    return len(due)


async def test_the_log_refuses_what_comes_out_of_order_even_when_the_state_was_tampered_with(
    draws: Draws,
) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK))
    await draws.hold(round_id)
    done = await draws.finish(round_id)
    async with await psycopg.AsyncConnection.connect(draws.database.owner_url) as owner:
        await owner.execute("ALTER TABLE contributors DISABLE TRIGGER USER")
        await owner.execute("UPDATE rounds SET state = 'frozen' WHERE id = %s", (round_id,))
        await owner.execute("UPDATE contributors SET commitment = NULL WHERE round_id = %s", (round_id,))
    body = {"name": "operator", "commitment": HASH}
    answer = await draws.person("operator").post(f"/draw/v1/rounds/{round_id}/commitments", body)
    assert answer.status_code == 409 and "已完成" in answer.json()["detail"]
    assert (await draws.read(round_id))["log"] == done["log"]


@pytest.mark.parametrize("privilege", ["UPDATE", "DELETE", "TRUNCATE", "TRIGGER"])
async def test_the_services_role_holds_no_grant_to_change_what_is_frozen(
    draw_api: Draws, privilege: str
) -> None:
    with psycopg.connect(draw_api.database.url) as own:
        for table in (*FROZEN_TABLES, "audit_entries", "audit_seals"):
            held = own.execute("SELECT has_table_privilege(current_user, %s, %s)", (table, privilege))
            assert held.fetchone() == (False,), table
            insert = own.execute("SELECT has_table_privilege(current_user, %s, 'INSERT')", (table,))
            assert insert.fetchone() == (True,), table


async def test_the_services_role_cannot_take_the_guards_away(draw_api: Draws) -> None:
    statements = (
        "ALTER TABLE {} DISABLE TRIGGER ALL", "DROP TABLE {}", "ALTER TABLE {} ADD COLUMN x int",
        "DROP TRIGGER {}_append_only ON {}", "ALTER TABLE {} OWNER TO CURRENT_USER",
    )  # fmt: skip
    for table in FROZEN_TABLES:
        for statement in statements:
            text = sql.SQL(statement.replace("{}", table))
            with (
                psycopg.connect(draw_api.database.url) as own,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                own.execute(text)
    with psycopg.connect(draw_api.database.url) as own, pytest.raises(psycopg.errors.InsufficientPrivilege):
        own.execute("DROP FUNCTION refuse_change CASCADE")
