"""One suite for every adapter: what `Channel` promises, held against the real systems behind them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from contracts.parties import HANG_SECONDS, PARTIES, SECONDS, Party, holdings, running, sha256, until_pushed
from receivers import Imposter
from suicha_disclosure.adapters.channel import ANSWER_KEPT, Channel, ChannelDownError, Outgoing, Verdict


@pytest.fixture(params=PARTIES, ids=["public-site", "credit-platform"])
async def party(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Party]:
    """Each receiver in turn."""
    async for one in running(request.param(tmp_path)):
        yield one


@pytest.fixture
async def channel(party: Party) -> AsyncIterator[Channel]:
    """The adapter of the receiver."""
    adapter = party.adapter()
    yield adapter
    await adapter.close()


@pytest.fixture
def record_id() -> UUID:
    """A record that nobody has seen."""
    return uuid4()


async def test_a_record_pushed_once_is_held_byte_for_byte(
    party: Party, channel: Channel, record_id: UUID
) -> None:
    record = party.record(record_id)
    answer = await channel.push(record)
    assert (answer.verdict, answer.status) == (Verdict.ACCEPTED, 201)
    assert answer.receipt is not None
    assert answer.receipt["version"] == 1
    assert party.held(record_id) == [1]
    assert await holdings(channel, party.kind) == {str(record_id): (1, sha256(record))}


async def test_a_record_pushed_twice_is_held_once(party: Party, channel: Channel, record_id: UUID) -> None:
    first, second = [await channel.push(party.record(record_id)) for _ in range(2)]
    assert (second.verdict, second.status) == (Verdict.ACCEPTED, 200)
    assert first.receipt is not None
    assert second.receipt is not None
    assert second.receipt == first.receipt | {"duplicate": True}
    assert party.held(record_id) == [1]


async def test_pushes_at_the_same_moment_are_held_once(
    party: Party, channel: Channel, record_id: UUID
) -> None:
    answers = await asyncio.gather(*(channel.push(party.record(record_id)) for _ in range(8)))
    assert {answer.verdict for answer in answers} == {Verdict.ACCEPTED}
    assert sorted(answer.status or 0 for answer in answers) == [200] * 7 + [201]
    assert party.held(record_id) == [1]


async def test_a_newer_version_replaces_the_older_one(
    party: Party, channel: Channel, record_id: UUID
) -> None:
    newer = party.record(record_id, 2, "不合格")
    for record in (party.record(record_id), newer):
        assert (await channel.push(record)).verdict is Verdict.ACCEPTED
    assert party.held(record_id) == [1, 2]
    assert await holdings(channel, party.kind) == {str(record_id): (2, sha256(newer))}


async def test_an_older_version_does_not_replace_a_newer_one(
    party: Party, channel: Channel, record_id: UUID
) -> None:
    older, newer = party.record(record_id), party.record(record_id, 2, "不合格")
    for record in (older, newer, older):
        assert (await channel.push(record)).verdict is Verdict.ACCEPTED
    assert await holdings(channel, party.kind) == {str(record_id): (2, sha256(newer))}


async def test_the_same_version_with_another_content_is_refused_for_good(
    party: Party, channel: Channel, record_id: UUID
) -> None:
    record = party.record(record_id)
    await channel.push(record)
    answer = await channel.push(party.record(record_id, words="不合格"))
    assert (answer.verdict, answer.status) == (Verdict.REJECTED, 409)
    assert "version_conflict" in answer.text
    assert await holdings(channel, party.kind) == {str(record_id): (1, sha256(record))}


async def test_a_body_that_is_no_record_is_refused_for_good(
    party: Party, channel: Channel, record_id: UUID
) -> None:
    answer = await channel.push(Outgoing(party.kind, str(record_id), 1, b'{"version": 1}'))
    assert (answer.verdict, answer.status) == (Verdict.REJECTED, 422)
    assert party.held(record_id) == []


async def test_a_wrong_secret_is_rejected_and_nothing_is_stored(party: Party, record_id: UUID) -> None:
    stranger = party.adapter(wrong_secret=True)
    answer = await stranger.push(party.record(record_id))
    # Our own settings can be mended: the record waits, it is not refused for good.
    assert (answer.verdict, answer.status) == (Verdict.AGAIN, 401)
    assert "密钥或令牌" in answer.reason
    assert party.held(record_id) == []
    with pytest.raises(ChannelDownError):
        await holdings(stranger, party.kind)
    await stranger.close()


@pytest.mark.parametrize(("mode", "status"), [("fail", 503), ("garbage", 200), ("hang", None)])
async def test_a_receiver_in_trouble_is_tried_again_and_loses_nothing(
    party: Party, channel: Channel, record_id: UUID, mode: str, status: int | None
) -> None:
    await party.behave(mode)
    adapter = party.adapter(seconds=HANG_SECONDS if mode == "hang" else SECONDS)
    answer = await adapter.push(party.record(record_id))
    await adapter.close()
    assert (answer.verdict, answer.status, answer.receipt) == (Verdict.AGAIN, status, None)
    assert answer.reason
    assert party.held(record_id) == []
    await party.behave("ok")
    assert await until_pushed(channel, party.record(record_id)) == 1
    assert party.held(record_id) == [1]


async def test_an_answer_lost_on_the_way_makes_one_record(
    party: Party, channel: Channel, record_id: UUID
) -> None:
    await party.behave("twice")
    answer = await channel.push(party.record(record_id))
    assert (answer.verdict, answer.receipt) == (Verdict.AGAIN, None)
    assert party.held(record_id) == [1], "the receiver has it, and we cannot know"
    await party.behave("ok")
    again = await channel.push(party.record(record_id))
    assert (again.verdict, again.status) == (Verdict.ACCEPTED, 200)
    assert party.held(record_id) == [1]


async def test_a_receipt_that_lies_is_caught_by_the_holdings(
    party: Party, channel: Channel, record_id: UUID
) -> None:
    await party.behave("lie")
    assert (await channel.push(party.record(record_id))).verdict is Verdict.ACCEPTED
    assert str(record_id) not in await holdings(channel, party.kind)
    await party.behave("ok")
    await channel.push(party.record(record_id))
    assert str(record_id) in await holdings(channel, party.kind)


async def test_a_receiver_that_restarts_has_what_it_accepted(
    party: Party, channel: Channel, record_id: UUID
) -> None:
    await channel.push(party.record(record_id))
    party.receiver.stop()
    answer = await channel.push(party.record(record_id, 2, "不合格"))
    assert (answer.verdict, answer.status) == (Verdict.AGAIN, None)
    with pytest.raises(ChannelDownError):
        await holdings(channel, party.kind)
    party.receiver.start()
    await until_pushed(channel, party.record(record_id, 2, "不合格"))
    assert party.held(record_id) == [1, 2]


async def test_holdings_are_complete_and_in_order_over_many_pages(party: Party, channel: Channel) -> None:
    ids = sorted(str(uuid4()) for _ in range(1100))
    guard = asyncio.Semaphore(8)

    async def push(one: str) -> None:
        async with guard:
            assert (await channel.push(party.record(UUID(one)))).verdict is Verdict.ACCEPTED

    await asyncio.gather(*(push(one) for one in ids))
    assert [one.id async for one in channel.holdings(party.kind)] == ids


@pytest.mark.parametrize(
    ("head", "body", "verdict"),
    [
        (b"302 Found\r\nlocation: http://127.0.0.1:9/", b"", Verdict.AGAIN),
        (b"307 Temporary Redirect\r\nlocation: /elsewhere", b"", Verdict.AGAIN),
        (b"201 Created", b"{}", Verdict.AGAIN),
        (b"201 Created", b'{"receipt_no": "1"', Verdict.AGAIN),
        (b"200 OK", b"[" * 5000, Verdict.AGAIN),
        (b"201 Created", b"x" * 100_000, Verdict.AGAIN),
        (b"400 Bad Request", b"\x00\xff\xfe", Verdict.REJECTED),
        (b"404 Not Found", b"", Verdict.AGAIN),
        (b"429 Too Many Requests\r\nretry-after: 7", b"", Verdict.AGAIN),
        (b"500 Internal Server Error", b"x" * 10_000, Verdict.AGAIN),
    ],
)
async def test_any_answer_is_classified_and_none_is_believed_without_a_receipt(
    party: Party, record_id: UUID, head: bytes, body: bytes, verdict: Verdict
) -> None:
    answer = b"HTTP/1.1 " + head + b"\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body) + body
    async with Imposter(answer) as imposter:
        adapter = party.adapter(url=imposter.url)
        found = await adapter.push(party.record(record_id))
        with pytest.raises(ChannelDownError):
            await holdings(adapter, party.kind)
        await adapter.close()
    assert (found.verdict, found.receipt) == (verdict, None)
    assert imposter.asked == 2, "a redirect is not followed"
    assert len(found.text.encode()) <= 3 * ANSWER_KEPT
    assert "\x00" not in found.text
    assert found.retry_after == (7.0 if b"retry-after" in head else 0.0)


async def test_a_receipt_for_another_record_is_not_believed(
    party: Party, channel: Channel, record_id: UUID
) -> None:
    other = await channel.push(party.record(uuid4()))
    body = other.text.encode()
    head = b"HTTP/1.1 201 Created\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
    async with Imposter(head + body) as imposter:
        adapter = party.adapter(url=imposter.url)
        found = await adapter.push(party.record(record_id))
        await adapter.close()
    assert found.verdict is Verdict.AGAIN
    assert "不属于这条记录" in found.reason


async def test_a_body_above_the_limit_never_leaves(party: Party, channel: Channel, record_id: UUID) -> None:
    answer = await channel.push(Outgoing(party.kind, str(record_id), 1, b"x" * (1024 * 1024 + 1)))
    assert (answer.verdict, answer.status) == (Verdict.REJECTED, None)
