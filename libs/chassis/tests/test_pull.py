"""A reader of messages leaves nothing behind at the broker, and notices when the broker does."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import nats
import pytest
from nats.aio.client import Client
from suicha_chassis import testing
from suicha_chassis.bus import EVENTS, Delivery, Subscription, TransientError
from suicha_chassis.bus.pull import Pull
from suicha_chassis.bus.streams import ensure_consumer, ensure_streams


@pytest.fixture
def own_nats() -> AsyncIterator[testing.NatsServer]:
    yield from testing.nats_server()


@pytest.fixture
async def client(own_nats: testing.NatsServer) -> AsyncIterator[Client]:
    one = await nats.connect(own_nats.url, max_reconnect_attempts=-1, reconnect_time_wait=0.1)
    await ensure_streams(one.jetstream())
    yield one
    await one.close()


@pytest.fixture
async def reader(client: Client) -> Subscription:
    async def unused(delivery: Delivery) -> None:
        raise AssertionError(delivery)

    name = f"t{uuid4().hex[:8]}"
    one = Subscription("test", name, EVENTS, (f"events.test.{name}",), unused)
    await ensure_consumer(client.jetstream(), one)
    return one


async def waiting(client: Client, reader: Subscription) -> int:
    return (await client.jetstream().consumer_info(EVENTS, reader.durable)).num_waiting


async def publish(client: Client, reader: Subscription, *texts: str) -> None:
    for one in texts:
        await client.jetstream().publish(reader.subjects[0], one.encode())


@pytest.mark.parametrize("most", [1, 16])
async def test_no_request_outlives_its_reading(client, reader, most):
    """The next message would go to it, and lie there until it runs out."""
    async with Pull(client, EVENTS, reader.durable) as pull:
        for number in range(30):
            assert await pull.take(most, 0.03) == []
            assert await waiting(client, reader) == 0
            if number % 3 == 0:
                taking = asyncio.create_task(pull.take(most, 5))
                await testing.eventually(lambda: waiting(client, reader), what="the request")
                await publish(client, reader, str(number))
                (message,) = await taking
                assert message.data.decode() == str(number)
                await message.ack()
                assert await waiting(client, reader) == 0


async def test_what_is_there_comes_together_in_order_and_never_more_than_asked_for(client, reader):
    await publish(client, reader, *"abcdefg")
    async with Pull(client, EVENTS, reader.durable) as pull:
        batches = [[one.data.decode() for one in await pull.take(3)] for _ in range(3)]
        assert batches == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
        assert await waiting(client, reader) == 0


async def test_a_consumer_that_is_taken_away_is_an_error(client, reader):
    async with Pull(client, EVENTS, reader.durable) as pull:
        taking = asyncio.create_task(pull.take(16))
        await testing.eventually(lambda: waiting(client, reader), what="the request")
        await client.jetstream().delete_consumer(EVENTS, reader.durable)
        with pytest.raises(TransientError, match="409 Consumer Deleted"):
            await taking
        with pytest.raises(TransientError, match="503"):
            await pull.take(16)


async def test_a_request_that_dies_with_the_broker_ends_the_reading(client, reader, own_nats):
    async with Pull(client, EVENTS, reader.durable) as pull:
        taking = asyncio.create_task(pull.take(16, 1))
        await testing.eventually(lambda: waiting(client, reader), what="the request")
        await asyncio.to_thread(own_nats.kill)
        await asyncio.to_thread(own_nats.start)
        assert await taking == []
        with pytest.raises(TransientError, match="did not end"):
            await pull.take(16)
    async with Pull(client, EVENTS, reader.durable) as pull:
        await publish(client, reader, "after the broker")
        assert [one.data for one in await pull.take(16)] == [b"after the broker"]
