"""Both adapters with the real system that stands behind each, told to misbehave in the same words."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

from receivers import CREDIT_TOKEN, SITE_SECRET, Receiver, Sandbox, Site
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from suicha_contracts.publication import CreditRecord, PublicResult, PublicResultLine, RecordKind
from suicha_contracts.values import DrawMode, ResultCode, credit_code_check_digit
from suicha_disclosure.adapters.channel import Channel, Outgoing
from suicha_disclosure.adapters.credit_platform import CreditPlatformAdapter
from suicha_disclosure.adapters.public_site import PublicSiteAdapter

SECONDS = 30.0
"""Time that an adapter has for one push in this suite, however busy the machine is."""
HANG_SECONDS = 2.0
"""The same where the receiver never answers."""
CODE = "91410300000000001" + credit_code_check_digit("91410300000000001")
DAY = date(2026, 11, 3)


class Party(Protocol):
    """One adapter's counterpart."""

    receiver: Receiver
    kind: RecordKind

    def adapter(self, *, url: str = "", wrong_secret: bool = False, seconds: float = SECONDS) -> Channel:
        """An adapter for this party, or one that is set up wrongly."""

    def record(self, record_id: UUID, version: int = 1, words: str = "未发现问题") -> Outgoing:
        """A valid record."""

    def held(self, record_id: UUID) -> list[int]:
        """Versions that the party has on disk."""

    async def behave(self, mode: str) -> None:
        """Meet the pushes from now on as told: ok, fail, hang, twice, lie, garbage."""


class CreditParty:
    """The credit platform: the sandbox, which knows how to misbehave by itself."""

    kind = RecordKind.CREDIT

    def __init__(self, folder: Path) -> None:
        self.receiver = self._sandbox = Sandbox(folder)

    def adapter(self, *, url: str = "", wrong_secret: bool = False, seconds: float = SECONDS) -> Channel:
        """See `Party`."""
        token = "somebody-else" if wrong_secret else CREDIT_TOKEN
        return CreditPlatformAdapter(url or self.receiver.url, token, seconds)

    def record(self, record_id: UUID, version: int = 1, words: str = "未发现问题") -> Outgoing:
        """See `Party`."""
        body = CreditRecord(
            record_id=record_id, version=version, authority="洛阳市人力资源和社会保障局",
            inspection_type="双随机定向抽查", inspected_on=DAY, result=words, object_name="某公司",
            object_code=CODE, reason="更正" if version > 1 else "",
        )  # fmt: skip
        return Outgoing(self.kind, str(record_id), version, body.model_dump_json().encode())

    def held(self, record_id: UUID) -> list[int]:
        """See `Party`."""
        return self._sandbox.held(str(record_id))

    async def behave(self, mode: str) -> None:
        """See `Party`."""
        await self._sandbox.behave(mode)


class SiteParty:
    """The public website behind a wire that may fail; the website itself always behaves."""

    kind = RecordKind.RESULT

    def __init__(self, folder: Path) -> None:
        self.receiver = self._site = Site(folder)
        self._wire = Wire()
        make = self._site.make
        self._site.make = lambda: self._wire.around(make())

    def adapter(self, *, url: str = "", wrong_secret: bool = False, seconds: float = SECONDS) -> Channel:
        """See `Party`."""
        secret = b"somebody else's secret, long enough" if wrong_secret else SITE_SECRET
        return PublicSiteAdapter(url or self.receiver.url, secret, seconds)

    def record(self, record_id: UUID, version: int = 1, words: str = "未发现问题") -> Outgoing:
        """See `Party`."""
        line = PublicResultLine(
            plan_number="2026001", plan_name="计划", task_number="001号", task_name="任务",
            draw_type=DrawMode.DIRECTED, authority="洛阳市人力资源和社会保障局", object_name="某公司",
            object_code=CODE, finished_on=DAY, result=words, result_codes=[ResultCode.NO_PROBLEM],
        )  # fmt: skip
        body = PublicResult(
            record_id=record_id, visit_id=UUID(int=1), draw_id="410300-2026-0001", version=version,
            reason="更正" if version > 1 else "", object_name="某公司", object_code=CODE,
            object_region="410300", published_at=datetime(2026, 11, 20, tzinfo=UTC), lines=[line],
        )  # fmt: skip
        return Outgoing(self.kind, str(record_id), version, body.model_dump_json().encode())

    def held(self, record_id: UUID) -> list[int]:
        """See `Party`."""
        return self._site.held(str(record_id))

    async def behave(self, mode: str) -> None:
        """See `Party`."""
        self._wire.mode = mode


class WireCutError(Exception):
    """Raised to make the server close the connection in the middle of an answer."""


class Wire:
    """What may happen between us and a receiver that itself does what it should."""

    def __init__(self) -> None:
        self.mode = "ok"

    def around(self, app: ASGIApp) -> ASGIApp:
        """Put the wire in front of an app. Only pushes are disturbed."""

        async def met(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] != "PUT" or self.mode == "ok":
                await app(scope, receive, send)
                return
            match self.mode:
                case "fail":
                    await _answer(send, 503, b"{}")
                case "hang":
                    while (await receive())["type"] != "http.disconnect":
                        pass
                case "garbage":
                    await _answer(send, 200, b"<html>502 Bad Gateway")
                case "lie":
                    await _answer(send, 201, await _false_receipt(scope, receive))
                case "twice":
                    await app(scope, receive, _swallow)
                    start = {"type": "http.response.start", "status": 201}
                    await send({**start, "headers": [(b"content-length", b"1000")]})
                    await send({"type": "http.response.body", "body": b"{", "more_body": True})
                    raise WireCutError

        return met


async def _swallow(_: Message) -> None:
    """The receiver's answer, which nobody gets."""


async def _answer(send: Send, status: int, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def _false_receipt(scope: Scope, receive: Receive) -> bytes:
    """A receipt that looks right for a body that was thrown away."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    receipt: dict[str, Any] = {
        "receipt_id": str(uuid4()),
        "kind": "result",
        "id": scope["path"].rsplit("/", 1)[1],
        "version": json.loads(body)["version"],
        "accepted_at": datetime.now(UTC).isoformat(),
        "duplicate": False,
    }
    return json.dumps(receipt).encode()


async def holdings(channel: Channel, kind: RecordKind) -> dict[str, tuple[int, str]]:
    """All that a receiver says it holds: id → version and hash."""
    return {one.id: (one.version, one.sha256) async for one in channel.holdings(kind)}


def sha256(record: Outgoing) -> str:
    """Hash of a body, as receivers compute it."""
    return hashlib.sha256(record.body).hexdigest()


async def until_pushed(channel: Channel, record: Outgoing, seconds: float = 20) -> int:
    """Push until accepted, as the delivery loop does; return how often it took."""
    async with asyncio.timeout(seconds):
        pushes = 1
        while (await channel.push(record)).receipt is None:
            pushes += 1
            await asyncio.sleep(0.05)
        return pushes


PARTIES = (SiteParty, CreditParty)


async def running(party: Party) -> AsyncIterator[Party]:
    """Serve a party for one test."""
    party.receiver.start()
    try:
        yield party
    finally:
        party.receiver.stop()
