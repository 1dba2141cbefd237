"""The dead-letter queue: put there with the reason, listed, sent again."""

import contextlib
import re
from collections.abc import AsyncIterator

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from suicha_chassis.bus.terms import DLQ, DeadLetter, Delivery, Subscription


async def bury(
    js: JetStreamContext, subscription: Subscription, message: Msg, delivery: Delivery, reason: str
) -> None:
    """Move a message to the dead-letter queue: stored there first, terminated only then."""
    headers = {
        "Nats-Msg-Id": f"{subscription.durable}:{delivery.message_id}:{message.metadata.sequence.stream}",
        "Suicha-Subject": delivery.subject,
        "Suicha-Message-Id": delivery.message_id,
        "Suicha-Consumer": subscription.durable,
        "Suicha-Attempts": str(delivery.attempt),
        "Suicha-Reason": re.sub(r"[\r\n]+", " ", reason)[:500],
    }
    await js.publish(subscription.dead_letter_subject, delivery.data, timeout=5, headers=headers)
    await message.term()


async def list_letters(js: JetStreamContext) -> AsyncIterator[DeadLetter]:
    """Yield every message of the dead-letter queue, oldest first."""
    state = (await js.stream_info(DLQ)).state
    for sequence in range(max(state.first_seq, 1), state.last_seq + 1):
        with contextlib.suppress(NotFoundError):
            raw = await js.get_msg(DLQ, sequence)
            headers = raw.headers or {}
            yield DeadLetter(
                sequence=sequence,
                consumer=headers.get("Suicha-Consumer", ""),
                subject=headers.get("Suicha-Subject", ""),
                message_id=headers.get("Suicha-Message-Id", ""),
                attempts=int(headers.get("Suicha-Attempts", "0")),
                reason=headers.get("Suicha-Reason", ""),
                data=raw.data or b"",
            )
