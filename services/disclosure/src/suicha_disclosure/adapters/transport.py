"""One HTTP exchange with somebody else's system: bounded in time and size, never redirected, never raising.

Answers fall into three classes. 2xx may be an acceptance (the adapter reads the receipt). 400, 409, 410, 413,
415, 422 and the like say that this body can never be taken. Everything else may change: an outage (5xx, 429,
timeouts), or our own settings (401, 403, 404, redirects), which a person mends without losing a record.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from suicha_disclosure.adapters.channel import ANSWER_KEPT, Answer, Outgoing, Verdict

LARGEST_PUSH = 1024 * 1024
LARGEST_ANSWER = 64 * 1024
LARGEST_PAGE = 4 * 1024 * 1024
_LONGEST_RETRY_AFTER = 3600.0
_FOR_GOOD = frozenset({400, 405, 406, 409, 410, 411, 413, 414, 415, 416, 422, 431, 451})


class NoAnswerError(Exception):
    """The exchange did not end in an answer that can be read."""


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    ms: int


class Transport:
    """Connections to one receiver."""

    def __init__(self, url: str, seconds: float, concurrency: int) -> None:
        self.url = url
        self._seconds = seconds
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(seconds, connect=min(seconds, 5.0)),
            limits=httpx.Limits(max_connections=concurrency + 2, max_keepalive_connections=concurrency),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "suicha-disclosure/1", "Accept": "application/json"},
        )

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        content: bytes = b"",
        params: Mapping[str, str] | None = None,
        largest: int = LARGEST_ANSWER,
    ) -> Reply:
        """Send one request and read the answer to its end.

        Raises:
            NoAnswerError: no connection, out of time, or an answer larger than `largest` bytes.
        """
        began = time.monotonic()
        body = bytearray()
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream(
                    method, path, headers=dict(headers), content=content, params=dict(params or {})
                ) as response,
            ):
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > largest:
                        raise NoAnswerError(f"回答超过 {largest} 字节")
        except TimeoutError as error:
            raise NoAnswerError(f"{self._seconds:g} 秒内没有回答") from error
        except httpx.TimeoutException as error:
            raise NoAnswerError(f"{self._seconds:g} 秒内没有回答：{type(error).__name__}") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NoAnswerError(f"没有得到回答：{type(error).__name__}") from error
        ms = round((time.monotonic() - began) * 1000)
        return Reply(response.status_code, response.headers, bytes(body), ms)

    async def push(
        self, method: str, path: str, record: Outgoing, headers: Mapping[str, str]
    ) -> Answer | Reply:
        """Push a body. A 2xx comes back whole, for its receipt; anything else is an `Answer` already."""
        if not self.url:
            return Answer(Verdict.AGAIN, reason="尚未设置该渠道的地址")
        if len(record.body) > LARGEST_PUSH:
            return Answer(Verdict.REJECTED, reason=f"内容超过 {LARGEST_PUSH} 字节")
        began = time.monotonic()
        try:
            reply = await self.exchange(
                method,
                path,
                headers={"Content-Type": "application/json", **headers},
                content=record.body,
            )
        except NoAnswerError as error:
            return Answer(Verdict.AGAIN, reason=str(error), ms=round((time.monotonic() - began) * 1000))
        if reply.status in (200, 201):
            return reply
        verdict = Verdict.REJECTED if reply.status in _FOR_GOOD else Verdict.AGAIN
        return Answer(
            verdict,
            status=reply.status,
            text=kept(reply.body),
            reason=_words(reply.status),
            ms=reply.ms,
            retry_after=_retry_after(reply),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def kept(body: bytes) -> str:
    """Return what is kept of an answer: its first 2 KB as text, without NUL, which the database refuses."""
    return body[:ANSWER_KEPT].decode("utf-8", "replace").replace("\x00", "\ufffd")


def unreadable(reply: Reply) -> Answer:
    """Return the answer for a 2xx whose receipt is not one: somebody answered, but not for this record."""
    return Answer(
        Verdict.AGAIN,
        status=reply.status,
        text=kept(reply.body),
        reason="回执无法识别或不属于这条记录",
        ms=reply.ms,
    )


def _words(status: int) -> str:
    if status in (401, 403):
        return f"对方不认可我们的身份（{status}），请检查密钥或令牌"
    if 300 <= status < 400:
        return f"对方要求转到别处（{status}），已拒绝"
    return f"对方回答 {status}"


def _retry_after(reply: Reply) -> float:
    """Seconds in a Retry-After header (RFC 9110 §10.2.3), at most an hour; 0 for none or a date."""
    value = reply.headers.get("retry-after", "")
    return min(float(value), _LONGEST_RETRY_AFTER) if value.isascii() and value.isdigit() else 0.0
