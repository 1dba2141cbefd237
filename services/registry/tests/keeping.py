"""A running registry for tests: talks to it as people do, and makes the small registers most tests need."""

import asyncio
import contextlib
import csv
import hashlib
import io
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from suicha_chassis import embedded, testing
from suicha_chassis.bus import EVENTS, Bus
from suicha_chassis.files import FileStore
from suicha_contracts.envelope import Envelope
from suicha_contracts.events import InspectionClosed, RulesetRef
from suicha_contracts.values import FileRef, credit_code_check_digit
from suicha_registry.rulesets.service import today
from suicha_registry.settings import Settings
from suicha_registry.tables.writing import XlsxWriter

RULESETS = Path(__file__).parents[3] / "rulesets"
ORG = "410300-rsj"
SIGNED = "法制机构核准签批件".encode()
PAPER = {
    "reviewed_by": "政策法规科",
    "reviewed_on": "2026-01-05",
    "document": "洛人社法核〔2026〕1号",
    "document_sha256": hashlib.sha256(SIGNED).hexdigest(),
}
"""A legal review on paper; the signed document is uploaded with the organisation."""
_INSPECTED = "registry-last-inspected"
HEADER = ["企业名称", "统一社会信用代码", "注册日期", "企业类型", "经营范围", "注册地址"]


def code_of(serial: int, region: str = "410300", kind: str = "91") -> str:
    """A valid credit code."""
    first = f"{kind}{region}{serial:09d}"
    return first + credit_code_check_digit(first)


def table(rows: list[list[str]], header: list[str] = HEADER) -> bytes:
    """Write rows as CSV."""
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


def book(rows: list[list[str]], header: list[str] = HEADER) -> bytes:
    """Write rows as XLSX, every third below a blank one."""
    writer = XlsxWriter(header)
    spread = (
        one for number, row in enumerate(rows) for one in ([""] * len(row),) * (number % 3 == 0) + (row,)
    )
    return writer.rows(spread) + writer.end()


def firms(count: int, region: str = "410300") -> list[list[str]]:
    """Rows of firms that can be imported."""
    return [
        [f"洛阳第{n}商贸有限公司", code_of(n, region), "2001-02-03", "N/A", "日用百货", f"中州路{n}号"]
        for n in range(count)
    ]


@dataclass
class Registry:
    """A served registry and everything to talk to it."""

    http: httpx.AsyncClient
    issuer: testing.Issuer
    settings: Settings
    database: testing.ServiceDatabase

    def client(self, *roles: str, **claims: Any) -> testing.Client:
        return testing.Client(self.http, self.issuer.token(*roles, **claims))

    @property
    def admin(self) -> testing.Client:
        return self.client("registry-admin")

    @property
    def province(self) -> testing.Client:
        """Keeps what binds everybody: calendars and code sets."""
        return self.client("registry-admin", region="410000", org="410000-rst")

    @property
    def draw(self) -> testing.Client:
        return self.client("service", subject="svc-draw", region="", org="")

    async def upload(self, data: bytes, client: testing.Client | None = None) -> str:
        digest = hashlib.sha256(data).hexdigest()
        token = client or self.admin
        answer = await token.put(f"/registry/v1/uploads/{digest}", content=data)
        assert answer.status_code == 200, answer.text
        return digest

    async def found(self, query: str) -> list[str]:
        """The ids of the first page of a search."""
        answer = await self.admin.get(f"/registry/v1/subjects?{query}")
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    async def stored(self, data: bytes) -> bool:
        return await FileStore(self.settings.files_url).exists(hashlib.sha256(data).hexdigest())

    async def forgotten(self, data: bytes) -> None:
        """Wait until an uploaded file is removed."""

        async def removed() -> bool:
            return not await self.stored(data)

        await testing.eventually(removed, what="the file to be removed")

    async def start_import(
        self, data: bytes, kind: str = "subjects", client: testing.Client | None = None, **body: Any
    ) -> str:
        client = client or self.admin
        digest = await self.upload(data, client)
        wanted = {"upload_sha256": digest, "kind": kind, "mode": "direct", **body}
        answer = await client.post("/registry/v1/imports", wanted)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def finished(self, import_id: str, client: testing.Client | None = None) -> dict[str, Any]:
        async def done() -> dict[str, Any] | None:
            row = (await (client or self.admin).get(f"/registry/v1/imports/{import_id}")).json()
            return row if row["state"] in ("checked", "done", "failed", "discarded") else None

        found: dict[str, Any] = await testing.eventually(done, what="the end of the import")
        return found

    async def imported(
        self, data: bytes, kind: str = "subjects", client: testing.Client | None = None, **body: Any
    ) -> dict[str, Any]:
        return await self.finished(await self.start_import(data, kind, client, **body), client)

    async def refusals(self, import_id: str) -> list[list[str]]:
        answer = await self.admin.get(f"/registry/v1/imports/{import_id}/refusals.csv")
        assert answer.status_code == 200
        return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look into the database as its owner."""
        with psycopg.connect(self.database.owner_url) as connection:
            return connection.execute(query, values).fetchall()

    def execute(self, statement: str) -> None:
        """Change the database behind the registry's back, as its owner."""
        with psycopg.connect(self.database.owner_url) as connection:
            connection.execute(statement)

    def events(self, name: str) -> list[dict[str, Any]]:
        found = self.rows(
            "SELECT payload -> 'data' FROM outbox WHERE subject LIKE %s ORDER BY seq", f"%.{name}.v1"
        )
        return [row[0] for row in found]

    async def post(self, path: str, body: Any, client: testing.Client | None = None) -> dict[str, Any]:
        answer = await (client or self.admin).post(f"/registry/v1{path}", body)
        assert answer.status_code in (200, 201), answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def add_organisation(self) -> None:
        """An organisation, and the document that its legal department signs on paper."""
        await self.upload(SIGNED)
        departments = [
            {"code": "LDJC", "name": "劳动保障监察支队", "crew": "LDJC"},
            {"code": "RLZY", "name": "人力资源市场科", "crew": "RLZY"},
        ]
        body = {"code": ORG, "name": "洛阳市人社局", "region": "410300", "departments": departments}
        await self.post("/organisations", body)

    async def add_form(self, code: str = "BASE") -> None:
        questions = [{"key": "result", "text": "是否发现问题", "type": "yes_no"}]
        form = await self.post("/forms", {"code": code, "name": "记录表", "questions": questions})
        await self.post(f"/forms/{form['id']}/publish", None)

    async def add_item(self, code: str, *, publish: bool = True, basis: bool = True) -> dict[str, Any]:
        law = [{"law": "人力资源市场暂行条例", "articles": "第三十四条"}] if basis else []
        item = await self.post(
            "/items", {"code": code, "name": f"事项 {code}", "basis": law, "form_code": "BASE"}
        )
        if publish:
            item = await self.post(f"/items/{item['id']}/publish", PAPER)
        return item

    async def add_inspector(self, code: str, **fields: Any) -> dict[str, Any]:
        body = {
            "code": code,
            "name": f"张{code}",
            "department": "LDJC",
            "licence_no": f"豫{code}",
            "licence_until": str(today() + timedelta(days=900)),
            "scopes": ["*"],
        }
        return await self.post("/inspectors", body | fields)

    async def add_everything(self) -> None:
        """An organisation, a ruleset, a form, one published item."""
        await self.add_organisation()
        text = (RULESETS / f"{ORG}@2022.1.yaml").read_text(encoding="utf-8")
        await self.post("/rulesets", {"yaml": text})
        await self.add_form()
        await self.add_item("RZ-HR-01")

    async def inspected(self, subject: str, day: date) -> None:
        """Let the news of a closed inspection come over the bus, and wait until it was taken in and acknowledged.

        Without the acknowledgement the broker, which all tests share, would send it to the next test's registry.
        """
        event = InspectionClosed(
            visit_id=uuid4(), round_id=uuid4(), draw_id="410300-2026-0001", org=ORG, org_name="洛阳市人社局",
            region="410300", object_id=subject, object_name="x", object_kind="enterprise",
            object_region="410300", finished_on=day, closed_at="2026-11-20T00:00:00Z", normal=True,
            violation=False, refused_signature=False, checks=[], follow_ups=[],
            ruleset=RulesetRef(id=ORG, version="2022.1", sha256="0" * 64), record=FileRef(sha256="0" * 64, size=1),
        )  # fmt: skip
        bus, event_id = Bus(self.settings, "inspection"), uuid4()
        await bus.connect()
        content = Envelope.of(event, event_id).model_dump_json().encode()
        await bus.publish(event.subject(), content, str(event_id))

        async def taken_in() -> bool:
            assert bus._js is not None
            consumer = await bus._js.consumer_info(EVENTS, _INSPECTED)
            query = "SELECT FROM inbox WHERE event_id = %s AND consumer = %s"
            return consumer.num_ack_pending == 0 and bool(self.rows(query, event_id, _INSPECTED))

        await testing.eventually(taken_in, what="the effect of the event")
        await bus.close()

    async def file(self, ref: dict[str, Any]) -> bytes:
        return await FileStore(self.settings.files_url).read(ref["sha256"])


def snapshot_request(**changes: Any) -> dict[str, Any]:
    """A request to freeze one list of the whole city."""
    one = {"code": "HR", "crew": "LDJC", "items": ["RZ-HR-01"], "region": "410300", "by_grade": False}
    return {
        "request_id": str(uuid4()),
        "org": ORG,
        "lists": [one],
        "inspect_from": str(today()),
        "inspect_to": str(today() + timedelta(days=30)),
        "ruleset_id": ORG,
        "ruleset_version": "2022.1",
    } | changes


@contextlib.asynccontextmanager
async def killable(
    settings: Settings, issuer: testing.Issuer, before: str = ""
) -> AsyncIterator[tuple[Registry, Process]]:
    """A registry in a process of its own, which may be killed; `before` is Python that it executes first."""
    port = embedded.free_port()
    environment = os.environ | {
        "ENVIRONMENT": "test",
        "REGISTRY_DATABASE_URL": settings.database_url.get_secret_value(),
        "REGISTRY_PII_KEY": settings.pii_key.get_secret_value(),
        "REGISTRY_PORT": str(port),
        "NATS_URL": settings.nats_url,
        "FILES_URL": settings.files_url,
        "JWKS_URL": settings.jwks_url,
        "LOG_LEVEL": "ERROR",
    }
    database = testing.ServiceDatabase(
        name="", url="", owner_url=settings.database_owner_url.get_secret_value()
    )
    program = f"{before}\nimport runpy; runpy.run_module('suicha_registry', run_name='__main__')"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, env=environment)
    try:
        await asyncio.to_thread(testing.wait_for_port, port)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            yield Registry(http, issuer, settings, database), process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
