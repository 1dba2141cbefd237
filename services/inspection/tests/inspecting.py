"""A served inspection service and the people who work with it, for tests."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from drawn_rounds import GOOD, DrawnRound
from fastapi import FastAPI
from sqlalchemy import text
from suicha_chassis.app import Runtime
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import SYSTEM
from suicha_chassis.testing import Client, Issuer, eventually
from suicha_contracts.envelope import Envelope, Event
from suicha_inspection.clock import now

BASE = "/inspection/v1"


def ok(response: httpx.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json()


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code), response.text
    return body


@dataclass
class Service:
    """The service as tests use it."""

    app: FastAPI
    http: httpx.AsyncClient
    issuer: Issuer

    @property
    def runtime(self) -> Runtime:
        runtime: Runtime = self.app.state.runtime
        return runtime

    def caller(self, *roles: str, inspector: str = "", **claims: Any) -> Client:
        subject = claims.pop("subject", inspector or roles[0])
        return Client(self.http, self.issuer.token(*roles, subject=subject, inspector=inspector, **claims))

    def inspector(self, code: str, **claims: Any) -> Client:
        return self.caller("inspector", inspector=code, **claims)

    @property
    def reviewer(self) -> Client:
        return self.caller("reviewer")

    async def tell(self, event: Event, event_id: UUID | None = None) -> UUID:
        """Publish an event on the real broker."""
        event_id = event_id or uuid7()
        envelope = Envelope.of(event, event_id)
        message_id = uuid7()  # a new one, so that the broker's own window never hides a redelivery
        await self.runtime.bus.publish(event.subject(), envelope.model_dump_json().encode(), str(message_id))
        return event_id

    async def rows(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.runtime.db.session(SYSTEM) as session:
            return list((await session.execute(text(statement), parameters)).all())

    async def count(self, statement: str, **parameters: Any) -> int:
        return int((await self.rows(statement, **parameters))[0][0])

    async def drawn(self, round_: DrawnRound, **changes: Any) -> dict[str, "Visit"]:
        """Complete a round and wait for its visits, by object id."""
        await self.tell(await round_.event(self.runtime.files, **changes))

        async def arrived() -> list[Any]:
            return await self.rows(
                "SELECT object_id, id FROM visits WHERE round_id = :round", round=round_.round_id
            )

        rows = await eventually(arrived, what="visits of the round")
        return {row.object_id: Visit(self, row.id) for row in rows}

    async def emitted(self, event: type[Event], visit_id: UUID) -> list[dict[str, Any]]:
        rows = await self.rows(
            "SELECT payload FROM outbox WHERE subject = :subject AND payload->'data'->>'visit_id' = :visit "
            "ORDER BY seq",
            subject=event.subject(),
            visit=str(visit_id),
        )
        return [row.payload["data"] for row in rows]


@dataclass
class Visit:
    """One visit and how its team works on it."""

    service: Service
    id: UUID

    @property
    def url(self) -> str:
        return f"{BASE}/visits/{self.id}"

    async def detail(self, caller: Client | None = None) -> dict[str, Any]:
        return ok(await (caller or self.service.reviewer).get(self.url))

    async def post(self, caller: Client, path: str, body: Any = None) -> httpx.Response:
        return await caller.post(f"{self.url}/{path}", body if body is not None else {})

    async def start(
        self, present: tuple[str, ...] = ("LYJC001", "LYJC002"), mode: str = "onsite"
    ) -> dict[str, Any]:
        body = {
            "mode": mode,
            "present": list(present),
            "licences_shown": True,
            "at": (now() - timedelta(minutes=1)).isoformat(),
        }
        return ok(await self.post(self.service.inspector(present[0]), "start", body))

    async def record(
        self, caller: Client, check: dict[str, Any], result: str = "1", **changes: Any
    ) -> httpx.Response:
        body = {
            "items": [
                {"item_code": item["code"], "answers": GOOD, "result": result} for item in check["items"]
            ],
            "opinion": "",
            "remark": "",
        }
        return await caller.put(
            f"{self.url}/checks/{check['id']}", body | changes, headers={"If-Match": f'"{check["version"]}"'}
        )

    async def record_all(self, result: str = "1", **changes: Any) -> None:
        for check in (await self.detail())["checks"]:
            first = "LYJC001" if check["crew"] == "LDJC" else "LYSB001"
            ok(await self.record(self.service.inspector(first), check, result, **changes))

    async def evidence(self, caller: Client, content: bytes = b"photo", **fields: Any) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        ok(await caller.put(f"{BASE}/uploads/{digest}", content=content), 201)
        body = {
            "upload_sha256": digest,
            "name": "现场照片.jpg",
            "media_type": "image/jpeg",
            "taken_at": now().isoformat(),
        }
        return ok(await self.post(caller, "evidence", body | fields), 201)

    async def sign(self, *officers: str, representative: bool = True) -> None:
        for one in officers:
            body = {"role": "officer", "state": "signed"}
            ok(await self.post(self.service.inspector(one), "signatures", body), 201)
        if representative:
            body = {"role": "representative", "state": "signed", "name": "张三"}
            ok(await self.post(self.service.inspector(officers[0]), "signatures", body), 201)

    async def submitted(self, result: str = "1") -> dict[str, Any]:
        """A plain visit of crew LDJC, recorded, signed and submitted."""
        await self.start()
        await self.record_all(result)
        await self.sign("LYJC001", "LYJC002")
        if result not in ("1", "9"):
            body = {"kind": "order_correction", "description": "责令限期改正"}
            ok(await self.post(self.service.inspector("LYJC001"), "follow-ups", body), 201)
        return ok(await self.post(self.service.inspector("LYJC001"), "submit"))

    async def closed(self, result: str = "1") -> dict[str, Any]:
        await self.submitted(result)
        return ok(await self.post(self.service.reviewer, "review", {"decision": "approve"}))
