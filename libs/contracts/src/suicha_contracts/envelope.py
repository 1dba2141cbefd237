"""The CloudEvents 1.0 envelope of every event, in structured JSON.

An event is a fact. Its subject is `events.<service>.<name>.v<major>`; inside a major version changes are only
additive. Large things (lists, results, bundles) lie in the file store; an event names them by hash.
"""

import re
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


class Event(BaseModel):
    """Base of every event: the payload that goes into `data`; a subclass names its service and major."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    service: ClassVar[str]
    major: ClassVar[int] = 1

    @classmethod
    def event_name(cls) -> str:
        """The name in snake case, as it stands in the subject: DrawCompleted → draw_completed."""
        return _WORD_START.sub("_", cls.__name__).lower()

    @classmethod
    def subject(cls) -> str:
        """The NATS subject that this event is published on."""
        return f"events.{cls.service}.{cls.event_name()}.v{cls.major}"

    @classmethod
    def type_name(cls) -> str:
        """The CloudEvents `type`."""
        return f"cn.suicha.{cls.service}.{cls.event_name()}.v{cls.major}"


class Envelope(BaseModel):
    """CloudEvents 1.0 attributes around one event (https://github.com/cloudevents/spec, v1.0.2 §3)."""

    model_config = ConfigDict(frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str = Field(description="/suicha/<service>")
    type: str
    subject: str = Field(default="", description="what the event is about: a draw id, a visit id")
    time: datetime
    datacontenttype: str = "application/json"
    requestid: str = Field(default="", description="request that caused the event, for tracing")
    data: dict[str, Any]

    @model_serializer(mode="wrap")
    def _without_empty_attributes(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is empty: `subject`, if present, must be a non-empty string (CloudEvents §3.1.2)."""
        written: dict[str, Any] = handler(self)
        return {name: value for name, value in written.items() if value != ""}

    @classmethod
    def of(cls, event: Event, event_id: UUID, about: str = "", request_id: str = "") -> "Envelope":
        """Wrap an event for sending."""
        return cls(
            id=event_id,
            source=f"/suicha/{event.service}",
            type=event.type_name(),
            subject=about,
            time=datetime.now(UTC),
            requestid=request_id,
            data=event.model_dump(mode="json"),
        )
