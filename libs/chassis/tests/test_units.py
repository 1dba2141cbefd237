"""A write is one unit of work: scoped, idempotent, audited, announced, and answered after its commit."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import chassis_toy as toy
import httpx
import psycopg
import pytest
from fastapi import APIRouter
from sqlalchemy import text
from suicha_chassis import audit, testing
from suicha_chassis.paging import encode_cursor
from suicha_chassis.routes import UnitRoute
from suicha_chassis.scope import SYSTEM


@pytest.fixture(scope="module")
async def service(
    postgres: testing.PostgresServer,
    nats_server: testing.NatsServer,
    issuer: testing.Issuer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[httpx.AsyncClient]:
    database = toy.make_database(postgres)
    app = toy.build(toy.settings(database, nats_server.url, issuer, Path(tmp_path_factory.mktemp("files"))))
    async with testing.served(app) as http:
        http.app = app  # type: ignore[attr-defined]
        yield http


@pytest.fixture
def planner(service: httpx.AsyncClient, issuer: testing.Issuer) -> testing.Client:
    return testing.Client(service, issuer.token("planner"))


def database_of(http: httpx.AsyncClient):
    return http.app.state.runtime.db  # type: ignore[attr-defined]


async def count(http: httpx.AsyncClient, table: str) -> int:
    async with database_of(http).session(SYSTEM) as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def test_the_same_key_and_body_answer_the_same_and_act_once(planner, service):
    first = await planner.post("/toy/v1/notes", {"text": "once"}, key="k-same")
    again = await planner.post("/toy/v1/notes", {"text": "once"}, key="k-same")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"] == '"1"'


async def test_the_same_key_with_another_body_is_refused(planner):
    await planner.post("/toy/v1/notes", {"text": "a"}, key="k-other")
    answer = await planner.post("/toy/v1/notes", {"text": "b"}, key="k-other")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_write_without_a_key_is_refused(service, issuer):
    answer = await service.post(
        "/toy/v1/notes", json={"text": "x"}, headers={"Authorization": f"Bearer {issuer.token('planner')}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")


async def test_what_the_database_cannot_store_is_the_callers_mistake_and_nothing_is_written(planner, service):
    before = await count(service, "note")
    answer = await planner.post("/toy/v1/notes", {"text": "a\x00b"}, key="k-nul")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "空字符" in answer.json()["detail"]
    assert await count(service, "note") == before


async def test_fifty_requests_with_one_key_at_once_act_once(planner, service):
    before = await count(service, "note")
    answers = await asyncio.gather(
        *(planner.post("/toy/v1/notes", {"text": "burst"}, key="k-burst") for _ in range(50))
    )
    codes = {answer.status_code for answer in answers}
    assert codes <= {201, 409} and 201 in codes
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"request_in_flight"}
    assert await count(service, "note") == before + 1


async def test_a_crash_leaves_nothing_behind(planner, service):
    before = [await count(service, table) for table in ("note", "outbox", "audit_entries", "idempotency")]
    answer = await planner.post("/toy/v1/notes", {"text": "crash"}, key="k-crash")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    after = [await count(service, table) for table in ("note", "outbox", "audit_entries", "idempotency")]
    assert before == after


async def test_another_body_in_the_same_region_sees_nothing_and_a_superior_sees_but_cannot_change(
    service, issuer
):
    owner = testing.Client(service, issuer.token("planner", org="410482-rsj", region="410482"))
    made = (await owner.post("/toy/v1/notes", {"text": "汝州"})).json()
    path = f"/toy/v1/notes/{made['id']}"
    neighbour = testing.Client(service, issuer.token("planner", org="410482-fgj", region="410482"))
    elsewhere = testing.Client(service, issuer.token("planner", org="410300-rsj", region="410300"))
    superior = testing.Client(service, issuer.token("planner", org="410000-rst", region="410000"))
    assert (await neighbour.get(path)).status_code == 404
    assert (await elsewhere.get(path)).status_code == 404
    assert (await superior.get(path)).status_code == 200
    refused = await superior.patch(path, {"text": "x"}, headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    planted = await elsewhere.post("/toy/v1/notes", {"text": "x", "org": "410482-rsj"})
    assert planted.status_code == 403


async def test_an_edit_of_an_older_version_is_refused(planner):
    made = (await planner.post("/toy/v1/notes", {"text": "v"})).json()
    path = f"/toy/v1/notes/{made['id']}"
    assert (await planner.patch(path, {"text": "w"})).json()["code"] == "if_match_required"
    assert (await planner.patch(path, {"text": "w"}, headers={"If-Match": '"1"'})).status_code == 200
    stale = await planner.patch(path, {"text": "z"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")


async def test_of_two_edits_at_once_one_is_refused(planner):
    made = (await planner.post("/toy/v1/notes", {"text": "race"})).json()
    path = f"/toy/v1/notes/{made['id']}"
    answers = await asyncio.gather(
        *(planner.patch(path, {"text": f"r{n}"}, headers={"If-Match": '"1"'}) for n in range(8))
    )
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] + [412] * 7


async def test_a_write_that_lost_a_deadlock_is_done_again_and_both_are_kept(planner):
    one, two = [(await planner.post("/toy/v1/notes", {"text": text})).json()["id"] for text in "ab"]
    answers = await asyncio.gather(
        planner.post(f"/toy/v1/notes/{one}/after/{two}"), planner.post(f"/toy/v1/notes/{two}/after/{one}")
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    for note, kept in ((one, "a++"), (two, "b++")):
        assert (await planner.get(f"/toy/v1/notes/{note}")).json()["text"] == kept


async def test_pages_by_cursor_show_every_row_once(service, issuer):
    reader = testing.Client(service, issuer.token("planner", org="410700-rsj", region="410700"))
    for n in range(5):
        await reader.post("/toy/v1/notes", {"text": f"n{n}"})
    seen, cursor = [], ""
    while True:
        body = (await reader.get("/toy/v1/notes", params={"cursor": cursor})).json()
        seen += [item["text"] for item in body["items"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"n{n}" for n in range(5)]
    for wrong in ("nonsense", encode_cursor(["no uuid"]), encode_cursor(["1", "2"])):
        assert (await reader.get("/toy/v1/notes", params={"cursor": wrong})).status_code == 400


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"seconds": -10}, 401),
        ({"aud": "someone-else"}, 401),
        ({"iss": "someone-else"}, 401),
        ({"region": ""}, 401),
        ({}, 200),
    ],
)
async def test_tokens_are_verified(service, issuer, claims, status):
    answer = await testing.Client(service, issuer.token("planner", **claims)).get("/toy/v1/notes")
    assert answer.status_code == status


async def test_a_forged_token_and_none_are_refused(service, issuer, tmp_path):
    forger = testing.Issuer(tmp_path)
    assert (await testing.Client(service, forger.token("planner")).get("/toy/v1/notes")).status_code == 401
    assert (await service.get("/toy/v1/notes")).json()["code"] == "unauthenticated"
    auditor = testing.Client(service, issuer.token("auditor"))
    assert (await auditor.post("/toy/v1/notes", {"text": "x"})).json()["code"] == "forbidden"
    assert (await service.get("/toy/v1/notes/public/count")).status_code == 200


async def test_a_token_that_unites_roles_meant_to_check_each_other_is_refused(service, issuer):
    answer = await testing.Client(service, issuer.token("planner", "approver")).get("/toy/v1/notes")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_wrong_input_is_named_in_chinese_with_a_code(planner):
    answer = await planner.post("/toy/v1/notes", {"org": 3})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {(f["where"], f["code"], f["message"]) for f in answer.json()["faults"]} == {
        ("body.text", "missing", "必填"),
        ("body.org", "string_type", "应为文字"),
    }


async def test_what_the_framework_refuses_has_the_status_in_its_body_too(planner):
    answer = await planner.put("/toy/v1/notes", json={})
    assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (
        405,
        405,
        "method_not_allowed",
    )
    assert "POST" in answer.headers["allow"]
    missing = await planner.get("/toy/v1/nothing")
    assert (missing.status_code, missing.json()["status"], missing.json()["code"]) == (404, 404, "not_found")


async def test_a_route_without_a_declared_permission_cannot_be_built():
    bare = APIRouter(route_class=UnitRoute)
    with pytest.raises(TypeError, match="exactly one"):
        bare.get("/bare")(lambda: None)


async def test_the_request_id_is_kept_and_reaches_the_audit_trail(planner, service, issuer):
    answer = await planner.post(
        "/toy/v1/notes", {"text": "traced"}, headers={"X-Request-Id": "trace-12345678"}
    )
    assert answer.headers["x-request-id"] == "trace-12345678"
    auditor = testing.Client(service, issuer.token("auditor"))
    entries = (await auditor.get("/toy/v1/audit", params={"object_id": answer.json()["id"]})).json()["items"]
    assert [(e["action"], e["request_id"]) for e in entries] == [("note.write", "trace-12345678")]


async def test_the_audit_trail_is_append_only_and_a_change_below_is_found(planner, service, postgres):
    await planner.post("/toy/v1/notes", {"text": "sealed"})
    db = database_of(service)
    await audit.seal_new_entries(db)
    assert await audit.first_broken_seal(db) is None
    for statement in (
        "UPDATE audit_entries SET actor = 'x'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_seals",
    ):
        with pytest.raises(Exception, match=r"append-only|permission denied"):
            async with db.transaction(SYSTEM) as session:
                await session.execute(text(statement))

    address = postgres.place.admin_url.rsplit("/", 1)[0] + "/" + db.engine.url.database
    with psycopg.connect(address) as root:
        root.execute("SET session_replication_role = replica")
        root.execute("UPDATE audit_entries SET actor = 'x' WHERE seq = (SELECT min(seq) FROM audit_entries)")
    assert await audit.first_broken_seal(db) == 1


async def test_probes_tell_what_is_there(service):
    assert (await service.get("/livez")).status_code == 200
    ready = await testing.eventually(lambda: _ready(service), what="readiness")
    assert ready["checks"] == {"database": True, "broker": True}
    metrics = (await service.get("/metrics")).text
    assert 'route="/toy/v1/notes"' in metrics and "suicha_outbox_age_seconds" in metrics


async def _ready(http: httpx.AsyncClient):
    answer = await http.get("/readyz")
    return answer.json() if answer.status_code == 200 else None
