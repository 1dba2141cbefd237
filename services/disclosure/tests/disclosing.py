"""Disclosure as tests drive it: whole, or without its process, effect by effect and loop by loop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import select, text
from suicha_chassis import testing
from suicha_chassis.app import Runtime
from suicha_chassis.auth import Caller
from suicha_chassis.db import Database
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import SYSTEM
from suicha_chassis.testing import eventually
from suicha_contracts.envelope import Envelope, Event
from suicha_contracts.roles import permissions_of
from suicha_disclosure import worker
from suicha_disclosure.events import HANDLERS
from suicha_disclosure.models import Disclosure
from suicha_disclosure.service import reconcile, release
from suicha_disclosure.settings import Settings

PUBLISHER = Caller(
    "publisher",
    "publisher",
    ("publisher",),
    "410300-rsj",
    "410300",
    permissions=permissions_of(["publisher"]),
)


@dataclass
class Store:
    """A database of the service and what runs on it."""

    db: Database
    settings: Settings

    async def apply(self, *events: Event) -> None:
        """Let each event have its effect, in a transaction of its own."""
        for event in events:
            async with self.db.transaction(SYSTEM) as session:
                await _EFFECTS[type(event)](session, event)

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """Read rows."""
        async with self.db.session(SYSTEM) as session:
            return list((await session.execute(text(statement), values)).all())

    async def disclosure(self, visit_id: UUID) -> Disclosure:
        """The disclosure of a visit."""
        async with self.db.session(SYSTEM) as session:
            found = await session.scalar(select(Disclosure).where(Disclosure.visit_id == visit_id))
        assert found is not None
        return found

    async def due(self, visit_id: UUID) -> tuple[date | None, bool]:
        """Deadline of a visit's result and whether it may still move."""
        found = await self.disclosure(visit_id)
        return found.due_on, found.provisional

    async def release(self, round_id: UUID) -> int:
        """Release what can be of a round, as the publisher."""
        async with self.db.transaction(PUBLISHER.scope, caller=PUBLISHER) as session:
            released, _ = await release.release_round(session, PUBLISHER, round_id)
        return released

    @contextlib.asynccontextmanager
    async def delivering(self, processes: int = 1, **changes: Any) -> AsyncIterator[None]:
        """Run the delivery loop, as so many processes would, and cut it off at the end, whatever it does."""
        settings = self.settings.model_copy(update=changes)
        runtime = replace(_BARE, db=self.db, settings=settings)
        tasks = [asyncio.create_task(worker.deliver(runtime)) for _ in range(processes)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def reconciled(self, channel: str) -> Any:
        """Compare one channel now and return the finding."""
        (adapter,) = (one for one in worker.channels_from(self.settings) if one.name == channel)
        async with self.db.transaction(SYSTEM) as session:
            (asked,) = await reconcile.ask(session, PUBLISHER, [channel])
        await reconcile.reconcile(self.db, adapter, asked.id)
        await adapter.close()
        (row,) = await self.rows("SELECT * FROM reconciliations WHERE id = :id", id=asked.id)
        return row

    async def state_is(self, visit_id: UUID, state: str) -> None:
        """Wait until the visit's disclosure is in a state."""

        async def check() -> bool:
            return (await self.disclosure(visit_id)).state == state

        await eventually(check, what=state)

    async def settled(self) -> None:
        """Wait until nothing waits for a channel."""

        async def nothing() -> bool:
            (row,) = await self.rows("SELECT count(*) FROM deliveries WHERE state = 'waiting'")
            return bool(row[0] == 0)

        await eventually(nothing, what="all deliveries settled")


@dataclass
class Service:
    """The whole service: API, consumers, loops."""

    app: FastAPI
    http: httpx.AsyncClient
    issuer: testing.Issuer

    def as_(self, *roles: str, **claims: Any) -> testing.Client:
        """A client with a token of some roles."""
        return testing.Client(self.http, self.issuer.token(*roles, **claims))

    @property
    def publisher(self) -> testing.Client:
        """The publisher of 洛阳."""
        return self.as_("publisher")

    @property
    def anyone(self) -> testing.Client:
        """A visitor without a token."""
        return testing.Client(self.http)

    async def tell(self, *events: Event) -> None:
        """Publish events on the real broker."""
        for event in events:
            event_id = uuid7()
            data = Envelope.of(event, event_id).model_dump_json().encode()
            await self.app.state.runtime.bus.publish(event.subject(), data, str(event_id))

    async def one(self, visit_id: UUID, round_id: UUID, state: str = "") -> dict[str, Any]:
        """Wait for the disclosure of a visit, in a state if one is named."""

        async def find() -> dict[str, Any] | None:
            answer = await self.publisher.get(f"/disclosure/v1/disclosures?round_id={round_id}&limit=500")
            for item in answer.json()["items"]:
                if item["visit_id"] == str(visit_id) and state in ("", item["state"]):
                    found: dict[str, Any] = item
                    return found
            return None

        found: dict[str, Any] = await testing.eventually(find, what=f"disclosure {state}")
        return found


_EFFECTS: dict[type[Event], Any] = {one.event: one.effect for one in HANDLERS}
_NOTHING: Any = None
_BARE = Runtime("disclosure", _NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING)
