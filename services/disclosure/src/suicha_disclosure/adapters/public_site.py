"""The public website: plans, draws and results, signed as Standard Webhooks."""

import time
from collections.abc import AsyncIterator

from pydantic import ValidationError
from suicha_contracts.publication import HeldPage, HeldRecord, PushReceipt, RecordKind
from suicha_contracts.signing import sign

from suicha_disclosure.adapters.channel import Answer, ChannelDownError, Outgoing, Verdict
from suicha_disclosure.adapters.transport import (
    LARGEST_PAGE,
    NoAnswerError,
    Reply,
    Transport,
    kept,
    unreadable,
)

_PATHS = {RecordKind.PLAN: "plans", RecordKind.DRAW: "draws", RecordKind.RESULT: "results"}


class PublicSiteAdapter:
    """Pushes to `PUT /push/v1/{plans|draws|results}/{id}` of the website."""

    name = "public-site"
    compared = (RecordKind.RESULT,)

    def __init__(self, url: str, secret: bytes, seconds: float, concurrency: int = 8) -> None:
        self._transport = Transport(url, seconds, concurrency)
        self._secret = secret

    async def push(self, record: Outgoing) -> Answer:
        """See `Channel.push`. The message id is the same for every push of a version."""
        path = f"/push/v1/{_PATHS[record.kind]}/{record.record_id}"
        message_id = f"{record.kind}-{record.record_id}-{record.version}"
        headers = sign(self._secret, message_id, int(time.time()), record.body)
        reply = await self._transport.push("PUT", path, record, headers)
        if isinstance(reply, Answer):
            return reply
        try:
            receipt = PushReceipt.model_validate_json(reply.body)
        except ValidationError:
            return unreadable(reply)
        mine = receipt.kind is record.kind and receipt.id == record.record_id
        if not mine or receipt.version < record.version:
            return unreadable(reply)
        return _accepted(reply, receipt)

    async def holdings(self, kind: RecordKind) -> AsyncIterator[HeldRecord]:
        """See `Channel.holdings`."""
        after: str | None = ""
        while after is not None:
            headers = sign(self._secret, f"holdings-{time.time_ns()}", int(time.time()), b"")
            try:
                reply = await self._transport.exchange(
                    "GET",
                    f"/push/v1/{_PATHS[kind]}",
                    headers=headers,
                    params={"after": after, "limit": "1000"},
                    largest=LARGEST_PAGE,
                )
                page = HeldPage.model_validate_json(reply.body) if reply.status == 200 else None
            except (NoAnswerError, ValidationError) as error:
                raise ChannelDownError(str(error)) from error
            if page is None or (page.next is not None and page.next <= after):
                raise ChannelDownError(f"对方回答 {reply.status}，没有给出可用的清单")
            for item in page.items:
                yield item
            after = page.next

    async def close(self) -> None:
        """See `Channel.close`."""
        await self._transport.close()


def _accepted(reply: Reply, receipt: PushReceipt) -> Answer:
    return Answer(
        Verdict.ACCEPTED,
        status=reply.status,
        text=kept(reply.body),
        ms=reply.ms,
        receipt=receipt.model_dump(mode="json"),
    )
