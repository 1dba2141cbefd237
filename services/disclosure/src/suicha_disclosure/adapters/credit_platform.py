"""The credit platform: one record for each visit, with a bearer token (X16)."""

from collections.abc import AsyncIterator

from pydantic import ValidationError
from suicha_contracts.publication import CreditReceipt, HeldPage, HeldRecord, RecordKind

from suicha_disclosure.adapters.channel import Answer, ChannelDownError, Outgoing, Verdict
from suicha_disclosure.adapters.transport import (
    LARGEST_PAGE,
    NoAnswerError,
    Transport,
    kept,
    unreadable,
)

_RECORDS = "/credit/v1/records"


class CreditPlatformAdapter:
    """Pushes to `POST /credit/v1/records`, which keeps one record for each (record_id, version)."""

    name = "credit-platform"
    compared = (RecordKind.CREDIT,)

    def __init__(self, url: str, token: str, seconds: float, concurrency: int = 8) -> None:
        self._transport = Transport(url, seconds, concurrency)
        self._headers = {"Authorization": f"Bearer {token}"}

    async def push(self, record: Outgoing) -> Answer:
        """See `Channel.push`."""
        reply = await self._transport.push("POST", _RECORDS, record, self._headers)
        if isinstance(reply, Answer):
            return reply
        try:
            receipt = CreditReceipt.model_validate_json(reply.body)
        except ValidationError:
            return unreadable(reply)
        if str(receipt.record_id) != record.record_id or receipt.version < record.version:
            return unreadable(reply)
        return Answer(
            Verdict.ACCEPTED,
            status=reply.status,
            text=kept(reply.body),
            ms=reply.ms,
            receipt=receipt.model_dump(mode="json"),
        )

    async def holdings(self, kind: RecordKind) -> AsyncIterator[HeldRecord]:
        """See `Channel.holdings`. The platform holds credit records only."""
        if kind is not RecordKind.CREDIT:
            raise ValueError(f"the credit platform holds no {kind}")
        after: str | None = ""
        while after is not None:
            try:
                reply = await self._transport.exchange(
                    "GET", _RECORDS, headers=self._headers, params={"after": after}, largest=LARGEST_PAGE
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
