"""How a consumer asks the broker for messages: one request at a time, each read to its end.

The client library's own `fetch` gives a request up when its time is over, although the broker may still hold it.
The next message then goes to the request that nobody reads, and lies there until that one runs out, up to five
seconds (nats-io/nats.py issues 933 and 986). Here a request ends when the broker says so, never before.
"""

import json
from types import TracebackType
from typing import Self

from nats.aio.client import Client
from nats.aio.msg import Msg

from suicha_chassis.bus.terms import TransientError

_HEARTBEAT, _EMPTY = {"100"}, {"404", "408"}
_GRACE_SECONDS = 1.0
"""How much later than agreed the broker may say that a request has run out."""


class Pull:
    """Messages of one durable consumer, for one reader. Use as an asynchronous context."""

    def __init__(self, client: Client, stream: str, durable: str) -> None:
        self._client = client
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"
        self._inbox = client.new_inbox()
        self._silent = False

    async def __aenter__(self) -> Self:
        self._answers = await self._client.subscribe(self._inbox)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._client.is_closed:
            await self._answers.unsubscribe()

    async def take(self, most: int, seconds: float = 5.0) -> list[Msg]:
        """Wait for the first message; return it with those that are there at once, `most` in all.

        Empty after `seconds` without any.

        Raises:
            TransientError: the broker refuses, or did not end a request in time. Go on with a new `Pull`: what
                is still sent to this one comes again.
        """
        if self._silent:
            raise TransientError("the broker did not end a request for messages")
        request = {"batch": most, "expires": int(seconds * 1e9), "no_wait": most > 1}
        await self._client.publish(self._next, json.dumps(request).encode(), reply=self._inbox)
        messages: list[Msg] = []
        while len(messages) < most:
            try:
                message = await self._answers.next_msg(timeout=seconds + _GRACE_SECONDS)
            except TimeoutError:
                self._silent = True
                break
            headers = message.headers or {}
            status = headers.get("Status")
            if status is None:
                messages.append(message)
            elif status not in _HEARTBEAT:
                if status not in _EMPTY and not messages:
                    raise TransientError(f"no messages: {status} {headers.get('Description', '')}")
                break
        return messages
