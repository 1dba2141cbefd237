"""Pushing: once at the receiver whatever happens here, in order, every attempt kept."""

import asyncio
from uuid import UUID

from disclosing import Store
from receivers import Imposter, Sandbox, Site
from suicha_chassis.scope import SYSTEM
from suicha_chassis.testing import eventually
from suicha_contracts.publication import RecordKind
from suicha_contracts.values import ResultCode
from suicha_disclosure.adapters.channel import Answer, Outgoing, Verdict
from suicha_disclosure.adapters.credit_platform import CreditPlatformAdapter
from suicha_disclosure.service.deliveries import Pace, claim, settle
from told_events import Season, corrected, follow_up_closed, open_follow_up, published

PACE = Pace(push=1, first=1, longest=3600)


async def released(store: Store, visits: int = 1) -> tuple[Season, list[UUID]]:
    """A round whose results were all released and nothing is delivered yet."""
    season = Season(visits=visits)
    closed = [season.closed(number + 1) for number in range(visits)]
    await store.apply(published(season.rules), season.draw(), *closed)
    assert await store.release(season.round_id) == visits
    return season, [one.visit_id for one in closed]


async def record_of(store: Store, visit_id: UUID) -> str:
    return str((await store.disclosure(visit_id)).id)


async def test_a_released_result_reaches_both_channels_and_is_disclosed(
    store: Store, site: Site, sandbox: Sandbox
) -> None:
    _, (visit,) = await released(store)
    async with store.delivering():
        await store.state_is(visit, "disclosed")
    record = await record_of(store, visit)
    assert (site.held(record), sandbox.held(record)) == ([1], [1])
    events = await store.rows("SELECT payload->'data' AS event FROM outbox")
    assert [row.event["version"] for row in events] == [1]
    assert events[0].event["late"] is False


async def test_several_processes_deliver_each_record_once(store: Store, site: Site, sandbox: Sandbox) -> None:
    season, visits = await released(store, 40)
    async with store.delivering(processes=3, push_seconds=20.0):
        await store.settled()
    ((attempts, deliveries),) = await store.rows(
        "SELECT (SELECT count(*) FROM delivery_attempts), (SELECT count(*) FROM deliveries)"
    )
    assert attempts == deliveries == 81  # 40 results at two channels and the draw
    for visit in visits:
        record = await record_of(store, visit)
        assert (site.held(record), sandbox.held(record)) == ([1], [1])
    ((states,),) = await store.rows("SELECT array_agg(DISTINCT state) FROM disclosures")
    assert states == ["disclosed"]
    assert len(visits) == season.visits


async def test_an_outage_loses_nothing_and_every_attempt_is_kept(store: Store, sandbox: Sandbox) -> None:
    await sandbox.behave("fail", calls=5)
    _, (visit,) = await released(store)
    async with store.delivering():
        await store.state_is(visit, "disclosed")
    rows = await store.rows(
        "SELECT a.number, a.verdict, a.status, a.answer FROM delivery_attempts a "
        "JOIN deliveries d ON d.id = a.delivery_id WHERE d.channel = 'credit-platform' ORDER BY a.seq"
    )
    assert [(row.number, row.verdict, row.status) for row in rows] == [
        *((number, "again", 503) for number in range(1, 6)),
        (6, "accepted", 201),
    ]
    assert "unavailable" in rows[0].answer
    assert "SANDBOX-" in rows[-1].answer


async def test_a_process_killed_in_the_middle_of_a_push_doubles_nothing(
    store: Store, sandbox: Sandbox
) -> None:
    # The receiver stores and then never answers: the worst moment to die.
    await sandbox.behave("twice", calls=1)
    _, (visit,) = await released(store)
    async with Imposter(None) as silent, store.delivering(credit_url=silent.url, push_seconds=0.5):

        async def asked() -> bool:
            return silent.asked > 0

        await eventually(asked, what="push under way")
    ((state,),) = await store.rows("SELECT state FROM deliveries WHERE channel = 'credit-platform'")
    assert state == "waiting"
    async with store.delivering():
        await store.state_is(visit, "disclosed")
    assert sandbox.held(await record_of(store, visit)) == [1]
    rows = await store.rows(
        "SELECT a.verdict FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id "
        "WHERE d.channel = 'credit-platform' ORDER BY a.seq"
    )
    assert [row.verdict for row in rows] == ["interrupted", "again", "accepted"]


async def test_a_correction_waits_behind_the_version_before_it(
    store: Store, site: Site, sandbox: Sandbox
) -> None:
    season = Season()
    visit = season.closed()
    await store.apply(published(season.rules), visit)
    await store.release(season.round_id)
    await store.apply(corrected(visit, [ResultCode.FAIL]))
    async with store.db.transaction(SYSTEM) as session:
        first = await claim(session, "credit-platform", 10, PACE)
    assert [one.record.version for one in first] == [1]
    async with store.db.transaction(SYSTEM) as session:
        assert await claim(session, "credit-platform", 10, PACE) == []
        await settle(session, first[0], Answer(Verdict.ACCEPTED, 201, receipt={"receipt_no": "1"}), PACE)
    async with store.db.transaction(SYSTEM) as session:
        second = await claim(session, "credit-platform", 10, PACE)
    assert [one.record.version for one in second] == [2]


async def test_a_correction_publishes_both_versions(store: Store, site: Site, sandbox: Sandbox) -> None:
    season = Season()
    visit = season.closed()
    await store.apply(published(season.rules), visit)
    await store.release(season.round_id)
    async with store.delivering():
        await store.state_is(visit.visit_id, "disclosed")
        await store.apply(corrected(visit, [ResultCode.FAIL]), corrected(visit, [ResultCode.FAIL]))
        await store.settled()
    record = await record_of(store, visit.visit_id)
    assert (site.held(record), sandbox.held(record)) == ([1, 2], [1, 2])
    events = [
        row.type for row in await store.rows("SELECT payload->>'type' AS type FROM outbox ORDER BY seq")
    ]
    assert events == [
        "cn.suicha.disclosure.result_disclosed.v1",
        "cn.suicha.disclosure.disclosure_corrected.v1",
    ]


async def test_a_closed_follow_up_is_a_new_version_on_the_website_only(
    store: Store, site: Site, sandbox: Sandbox
) -> None:
    season = Season()
    visit = season.closed(results=[ResultCode.ORDERED_TO_CORRECT], follow_ups=[open_follow_up()])
    await store.apply(published(season.rules), visit)
    await store.release(season.round_id)
    async with store.delivering():
        await store.state_is(visit.visit_id, "disclosed")
        await store.apply(follow_up_closed(visit))
        await store.settled()
    record = await record_of(store, visit.visit_id)
    assert (site.held(record), sandbox.held(record)) == ([1, 2], [1])
    ((version, body),) = await store.rows("SELECT version, body FROM public_records")
    assert version == 2
    assert body["follow_ups"][0]["closed"] is True


async def test_a_late_failure_does_not_put_off_a_newer_attempt(store: Store) -> None:
    await released(store)
    async with store.db.transaction(SYSTEM) as session:
        (stale,) = await claim(session, "credit-platform", 1, PACE)
    async with store.db.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE deliveries SET lease_until = now() - interval '1 second'")
    async with store.db.transaction(SYSTEM) as session:
        (fresh,) = await claim(session, "credit-platform", 1, PACE)
    assert (stale.number, fresh.number) == (1, 2)
    async with store.db.transaction(SYSTEM) as session:
        await settle(session, stale, Answer(Verdict.REJECTED, 422), PACE)
    ((state, failures),) = await store.rows(
        "SELECT state, failures FROM deliveries WHERE channel = 'credit-platform'"
    )
    assert (state, failures) == ("waiting", 0)


async def test_two_channels_that_accept_at_the_same_moment_make_one_disclosure(store: Store) -> None:
    _, visits = await released(store, 20)
    async with store.db.transaction(SYSTEM) as session:
        site = {one.record.record_id: one for one in await claim(session, "public-site", 50, PACE)}
        credit = {one.record.record_id: one for one in await claim(session, "credit-platform", 50, PACE)}
    accepted = Answer(Verdict.ACCEPTED, 201, receipt={"receipt_no": "1"})

    async def accept(one: object) -> None:
        async with store.db.transaction(SYSTEM) as session:
            await settle(session, one, accepted, PACE)  # type: ignore[arg-type]

    for record, one in credit.items():
        await asyncio.gather(accept(one), accept(site[record]))
    ((disclosed,),) = await store.rows("SELECT count(*) FROM disclosures WHERE state = 'disclosed'")
    ((emitted,),) = await store.rows("SELECT count(*) FROM outbox")
    assert disclosed == emitted == len(visits)


async def test_what_is_refused_for_good_is_kept_with_its_reason(store: Store) -> None:
    _, (visit,) = await released(store)
    refusal = b"HTTP/1.1 422 Unprocessable\r\ncontent-length: 3\r\nconnection: close\r\n\r\nno!"
    async with Imposter(refusal) as strict, store.delivering(credit_url=strict.url):
        await store.settled()
    ((state, reason),) = await store.rows(
        "SELECT state, reason FROM deliveries WHERE channel = 'credit-platform'"
    )
    assert (state, reason) == ("rejected", "对方回答 422")
    assert (await store.disclosure(visit)).state == "released"


async def test_a_receipt_that_lies_is_caught_by_reconciliation(store: Store, sandbox: Sandbox) -> None:
    await sandbox.behave("lie", calls=2)
    _, visits = await released(store, 3)
    async with store.delivering():
        await store.settled()
    records = [await record_of(store, visit) for visit in visits]
    assert sum(len(sandbox.held(record)) for record in records) == 1
    found = await store.reconciled("credit-platform")
    assert (found.missing, found.different, found.error) == (2, 0, "")
    async with store.delivering():
        await store.settled()
    assert [sandbox.held(record) for record in records] == [[1], [1], [1]]
    again = await store.reconciled("credit-platform")
    assert (again.missing, again.different) == (0, 0)
    rows = await store.rows(
        "SELECT count(*) FROM delivery_attempts WHERE cause = 'reconcile' AND verdict = 'accepted'"
    )
    assert rows[0][0] == 2
    ((emitted,),) = await store.rows("SELECT count(*) FROM outbox")
    assert emitted == 3, "delivered again is not disclosed again"


async def test_a_website_that_lost_a_record_gets_every_version_again(store: Store, site: Site) -> None:
    season = Season()
    visit = season.closed()
    await store.apply(published(season.rules), visit)
    await store.release(season.round_id)
    await store.apply(corrected(visit, [ResultCode.FAIL]))
    async with store.delivering():
        await store.settled()
    record = await record_of(store, visit.visit_id)
    site.forget(record)
    found = await store.reconciled("public-site")
    assert (found.missing, found.different) == (2, 0)
    async with store.delivering():
        await store.settled()
    assert site.held(record) == [1, 2]


async def test_a_channel_that_cannot_be_read_is_noted_and_nothing_is_pushed_again(store: Store) -> None:
    _, (visit,) = await released(store)
    async with store.delivering():
        await store.settled()
    store.settings = store.settings.model_copy(update={"credit_url": "http://127.0.0.1:9"})
    found = await store.reconciled("credit-platform")
    assert found.error.startswith("没有得到回答")
    assert found.missing == 0
    assert (await store.disclosure(visit)).state == "disclosed"


def test_pauses_double_up_to_the_longest_and_respect_retry_after() -> None:
    for failures in range(1, 60):
        pause = PACE.pause(failures)
        full = min(3600.0, 2.0 ** (failures - 1))
        assert full / 2 <= pause <= full
    assert PACE.pause(1, asked=120.0) == 120.0


async def test_no_address_means_waiting_not_losing() -> None:
    adapter = CreditPlatformAdapter("", "token", 1)
    answer = await adapter.push(Outgoing(RecordKind.CREDIT, "x", 1, b"{}"))
    assert answer.verdict is Verdict.AGAIN
    await adapter.close()
