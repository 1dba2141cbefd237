"""Signed pushes to systems outside, in the form of the Standard Webhooks specification 1.0.0.

`webhook-id`, `webhook-timestamp` and `webhook-signature: v1,<base64 HMAC-SHA256>` over `id.timestamp.body`.
Sender and receiver share a secret of at least 24 bytes. Neither side ever logs it.
"""

import base64
import hashlib
import hmac
import re

TOLERANCE_SECONDS = 300
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


class BadSignatureError(ValueError):
    """The push was not signed with the shared secret, was changed on the way, or is too old."""


def sign(secret: bytes, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers that prove who sent the body and when (timestamp in Unix seconds)."""
    digest = hmac.new(secret, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def verify(secret: bytes, headers: dict[str, str], body: bytes, now: int) -> None:
    """Check a push against its headers (lower-case names); `now` in Unix seconds.

    Raises:
        BadSignatureError: a header is missing, the time is more than five minutes off, or no signature fits.
    """
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not message_id or not _TIMESTAMP.fullmatch(timestamp):
        raise BadSignatureError("missing webhook-id or webhook-timestamp")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise BadSignatureError("timestamp outside the tolerance")
    expected = sign(secret, message_id, int(timestamp), body)["webhook-signature"].encode()
    offered = headers.get("webhook-signature", "").encode().split()
    if not any(hmac.compare_digest(expected, one) for one in offered):
        raise BadSignatureError("no signature fits")
