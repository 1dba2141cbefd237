"""The outbox, inbox and bus keep their promise: nothing lost, nothing twice, whatever is killed."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import chassis_toy as toy
import httpx
import pytest
from sqlalchemy import text
from suicha_chassis import testing
from suicha_chassis.bus import (
    EVENTS,
    OLDEST_SERVER,
    BrokerTooOldError,
    Bus,
    DeadLetter,
    Delivery,
    Subscription,
    TransientError,
    check_server_version,
    retry_delay,
)
from suicha_chassis.db import Database
from suicha_chassis.outbox import emit, publish_waiting, run_relay
from suicha_chassis.scope import SYSTEM
from suicha_chassis.settings import ChassisSettings


@pytest.fixture
def own_nats() -> AsyncIterator[testing.NatsServer]:
    yield from testing.nats_server()


@pytest.fixture
async def bus(nats_server: testing.NatsServer) -> AsyncIterator[Bus]:
    one = Bus(ChassisSettings(nats_url=nats_server.url, _env_file=None), "test")
    await asyncio.wait_for(one.connect(), 10)
    yield one
    await one.close()


async def seen(db: Database) -> Counter[str]:
    async with db.session(SYSTEM) as session:
        return Counter((await session.scalars(text("SELECT text FROM seen"))).all())


async def letters(bus: Bus, consumer: str) -> list[DeadLetter]:
    return [one async for one in bus.dead_letters() if one.consumer == consumer]


@pytest.mark.parametrize("victim", ["broker", "database"])
async def test_a_server_killed_under_load_loses_nothing_and_doubles_nothing(
    victim, own_nats, issuer, tmp_path: Path
):
    servers = testing.PostgresServer()
    try:
        database = toy.make_database(servers)
        app = toy.build(toy.settings(database, own_nats.url, issuer, tmp_path))
        async with testing.served(app) as http:
            db = app.state.runtime.db
            wanted = [f"note-{n}" for n in range(300)]
            client = testing.Client(http, issuer.token("planner"))

            async def write_all() -> None:
                for name in wanted:
                    key = uuid4().hex

                    async def accepted(name: str = name, key: str = key) -> bool:
                        answer = await client.post("/toy/v1/notes", {"text": name}, key=key)
                        assert answer.status_code in {201, 409, 500, 503}, answer.text
                        return answer.status_code == 201

                    await testing.eventually(accepted, 30, name)

            async def kill_twice() -> None:
                for _ in range(2):
                    await testing.eventually(lambda: _some(db), 30, "first effects")
                    await asyncio.to_thread((own_nats if victim == "broker" else servers).kill)
                    await asyncio.to_thread((own_nats if victim == "broker" else servers).start)

            await asyncio.gather(write_all(), kill_twice())

            async def complete() -> bool:
                return sum((await seen(db)).values()) >= len(wanted)

            await testing.eventually(complete, 60, "all effects")
            assert await seen(db) == Counter(wanted)
    finally:
        servers.stop()


async def _some(db: Database) -> bool:
    try:
        return bool(await seen(db))
    except Exception:  # the database may be away, that is the point
        return False


@pytest.fixture
async def service(
    postgres: testing.PostgresServer,
    nats_server: testing.NatsServer,
    issuer: testing.Issuer,
    tmp_path: Path,
) -> AsyncIterator[httpx.AsyncClient]:
    database = toy.make_database(postgres)
    app = toy.build(toy.settings(database, nats_server.url, issuer, tmp_path))
    async with testing.served(app) as http:
        http.app = app  # type: ignore[attr-defined]
        yield http


async def test_poison_goes_to_the_dead_letters_with_its_reason_and_can_be_replayed(service, issuer, bus):
    client = testing.Client(service, issuer.token("planner"))
    name = f"poison-{uuid4().hex}"
    await client.post("/toy/v1/notes", {"text": name})
    await client.post("/toy/v1/notes", {"text": "after the poison"})

    async def buried() -> list[DeadLetter]:
        return [one for one in await letters(bus, "toy-remember") if name in one.data.decode()]

    (letter,) = await testing.eventually(buried, what="dead letter")
    assert "poison" in letter.reason and letter.subject == "events.toy.note_written.v1"
    db = service.app.state.runtime.db  # type: ignore[attr-defined]

    async def handled() -> bool:
        return "after the poison" in await seen(db)

    await testing.eventually(handled, what="the message behind the poison")
    await bus.replay(letter)

    async def buried_again() -> bool:
        return any(one.sequence > letter.sequence for one in await buried())

    await testing.eventually(buried_again, what="the replayed message, buried again")
    assert letter.sequence not in {one.sequence for one in await buried()}


async def consume(bus: Bus, handle, **options) -> tuple[Subscription, asyncio.Task[None]]:
    name = f"t{uuid4().hex[:8]}"
    subscription = Subscription("test", name, EVENTS, (f"events.test.{name}",), handle, **options)
    return subscription, asyncio.create_task(bus.consume(subscription))


async def test_work_that_fails_too_often_is_buried_and_outside_trouble_never_is(bus):
    attempts: Counter[str] = Counter()
    recovered = asyncio.Event()

    async def handle(delivery: Delivery) -> None:
        word = delivery.data.decode()
        attempts[word] += 1
        if word == "broken":
            raise ValueError("always")
        if attempts[word] < 5:
            raise TransientError("outside is down")
        recovered.set()

    subscription, task = await consume(bus, handle, max_attempts=2, concurrency=2)
    await bus.publish(subscription.subjects[0], b"broken", uuid4().hex)
    await bus.publish(subscription.subjects[0], b"outage", uuid4().hex)
    (letter,) = await testing.eventually(lambda: letters(bus, subscription.durable), what="dead letter")
    assert (letter.attempts, letter.data) == (2, b"broken")
    await asyncio.wait_for(recovered.wait(), 20)
    assert attempts == {"broken": 2, "outage": 5}
    task.cancel()


async def test_long_work_tells_that_it_is_alive_and_is_not_given_to_another(bus):
    runs, finished = [], asyncio.Event()

    async def handle(delivery: Delivery) -> None:
        runs.append(delivery.attempt)
        await asyncio.sleep(2.5)
        finished.set()

    subscription, task = await consume(bus, handle, ack_wait=1.0)
    other = asyncio.create_task(bus.consume(subscription))
    await bus.publish(subscription.subjects[0], b"x", uuid4().hex)
    await asyncio.wait_for(finished.wait(), 10)
    assert runs == [1]
    task.cancel()
    other.cancel()


async def test_work_of_a_process_that_died_is_given_to_another(bus):
    runs, started, finished = [], asyncio.Event(), asyncio.Event()

    async def dies(delivery: Delivery) -> None:
        runs.append("first")
        started.set()
        await asyncio.Event().wait()

    async def lives(delivery: Delivery) -> None:
        runs.append("second")
        finished.set()

    subscription, task = await consume(bus, dies, ack_wait=1.0)
    await bus.publish(subscription.subjects[0], b"x", uuid4().hex)
    await asyncio.wait_for(started.wait(), 10)
    task.cancel()
    heir = Subscription("test", subscription.name, EVENTS, subscription.subjects, lives, ack_wait=1.0)
    second = asyncio.create_task(bus.consume(heir))
    await asyncio.wait_for(finished.wait(), 15)
    assert runs == ["first", "second"]
    second.cancel()


async def test_a_row_that_commits_late_is_still_published(service, bus):
    db: Database = service.app.state.runtime.db  # type: ignore[attr-defined]
    async with db.session(SYSTEM) as early:
        await emit(early, toy.NoteWritten(text="early, commits late"))
        async with db.transaction(SYSTEM) as late:
            await emit(late, toy.NoteWritten(text="late, commits early"))

        async def first() -> bool:
            return "late, commits early" in await seen(db)

        await testing.eventually(first, what="the event that committed first")
        await early.commit()

    async def both() -> bool:
        return "early, commits late" in await seen(db)

    await testing.eventually(both, what="the event that committed late")


async def test_one_relay_leads_and_another_takes_over(postgres, bus):
    database = toy.make_database(postgres)
    db = Database(toy.settings(database, "nats://unused", _NoIssuer(), Path("/tmp")))
    relays = [asyncio.create_task(run_relay(db, bus)) for _ in range(2)]

    async def leaders() -> int:
        async with db.session(SYSTEM) as session:
            statement = (
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = "
                "(SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            return int(await session.scalar(text(statement)) or 0)

    await testing.eventually(leaders, what="a leader")
    assert await leaders() == 1
    for relay in list(relays):
        async with db.transaction(SYSTEM) as session:
            await emit(session, toy.NoteWritten(text="x"))

        async def published() -> bool:
            async with db.session(SYSTEM) as session:
                return not await session.scalar(
                    text("SELECT count(*) FROM outbox WHERE published_at IS NULL")
                )

        await testing.eventually(published, what="publication by whoever leads")
        relay.cancel()
        await asyncio.gather(relay, return_exceptions=True)
    await db.close()


class _NoIssuer:
    jwks_url = "file:///dev/null"


async def test_what_the_broker_did_not_confirm_stays_in_the_outbox(postgres, bus):
    database = toy.make_database(postgres)
    db = Database(toy.settings(database, "nats://unused", _NoIssuer(), Path("/tmp")))
    async with db.transaction(SYSTEM) as session:
        await emit(session, toy.NoteWritten(text="kept"))
    offline = Bus(ChassisSettings(_env_file=None), "offline")
    connection = await db.raw()
    await publish_waiting(connection, offline)
    async with db.session(SYSTEM) as session:
        assert await session.scalar(text("SELECT count(*) FROM outbox WHERE published_at IS NULL")) == 1
    await publish_waiting(connection, bus)
    async with db.session(SYSTEM) as session:
        assert await session.scalar(text("SELECT count(*) FROM outbox WHERE published_at IS NULL")) == 0
    await connection.close()
    await db.close()


async def test_an_old_server_is_refused():
    async def old_server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        info = {"server_id": "X", "version": "2.10.22", "max_payload": 1048576, "headers": True}
        writer.write(b"INFO " + json.dumps(info).encode() + b"\r\n")
        while line := await reader.readline():
            if line.startswith(b"PING"):
                writer.write(b"PONG\r\n")

    server = await asyncio.start_server(old_server, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(BrokerTooOldError, match="过旧"):
        await Bus(ChassisSettings(nats_url=f"nats://127.0.0.1:{port}", _env_file=None), "test").connect()
    server.close()


@pytest.mark.parametrize("version", ["2.10.23", "2.11.0", "3.0.0", "2.15.1-RC.1"])
def test_newer_servers_are_welcome(version):
    check_server_version(version)
    assert OLDEST_SERVER == (2, 10, 23)


def test_pauses_between_attempts_grow_to_five_minutes():
    delays = [retry_delay(attempt) for attempt in range(1, 40)]
    assert delays[0] == 0.5 and delays == sorted(delays) and delays[-1] == 300.0


async def test_unreadable_events_are_buried_at_once(service, bus):
    await bus.publish(toy.NoteWritten.subject(), b"{not json", uuid4().hex)

    async def buried() -> bool:
        return any(one.data == b"{not json" for one in await letters(bus, "toy-remember"))

    assert await testing.eventually(buried, what="dead letter")
