"""Holding draws in tests: the people of a ceremony, and the other end of the registry call.

The registry here only answers by the contract, with real files; the real pair is tested in tests/e2e.
"""

import asyncio
import contextlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
import uvicorn
import yaml
from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from rid1 import beacon
from rid1.seed import commitment
from rid1.suites import suite_named
from sqlalchemy import text
from suicha_chassis import testing
from suicha_chassis.db import Database
from suicha_chassis.embedded import free_port
from suicha_chassis.files import FileStore
from suicha_chassis.scope import SYSTEM
from suicha_contracts.events import RulesetPublished
from suicha_contracts.freeze import DossierRequest, SnapshotList, SnapshotRequest, SurveyRequest
from suicha_contracts.ruleset import Ruleset
from suicha_draw.events import keep_ruleset
from suicha_draw.settings import Settings

RULESETS = Path(__file__).parents[3] / "rulesets"
SECRETS = {"operator": "1" * 64, "legal": "2" * 64}
DICE = "63454660390103169462"


@dataclass
class Registry:
    """The other end of the freeze call: lists, inspectors and recusals that a test chooses."""

    files: FileStore
    objects: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    inspectors: list[tuple[str, str, str, str]] = field(default_factory=list)
    recusals: list[tuple[str, str, str]] = field(default_factory=list)
    answers: int | None = None
    problem: dict[str, str] | None = None
    requests: list[SnapshotRequest] = field(default_factory=list)
    refused: int = 0
    holds: threading.Event = field(default_factory=threading.Event)
    """While clear, a freeze call is received and not answered."""
    dossiers: int = 0
    url: str = ""

    def __post_init__(self) -> None:
        self.holds.set()

    async def asked(self) -> bool:
        """Tell whether a freeze call has come in."""
        return bool(self.requests)

    def app(self) -> FastAPI:
        """The two calls of the contract."""
        app = FastAPI()

        @app.exception_handler(HTTPException)
        async def refused(_: Request, error: HTTPException) -> JSONResponse:
            return JSONResponse(self.problem or {"detail": str(error.detail)}, error.status_code)

        def admit(authorization: str, idempotency_key: str) -> None:
            assert authorization == "Bearer svc-token"
            assert idempotency_key
            if self.answers is not None:
                self.refused += 1
                raise HTTPException(self.answers)

        @app.post("/registry/v1/snapshots", status_code=201)
        async def snapshot(
            wanted: SnapshotRequest, authorization: str = Header(), idempotency_key: str = Header()
        ) -> dict[str, Any]:
            admit(authorization, idempotency_key)
            self.requests.append(wanted)
            await asyncio.to_thread(self.holds.wait)
            codes = sorted(one.code for one in wanted.lists)
            lines = sorted("\t".join((code, *row)) for code in codes for row in self.objects[code])
            package = {"org": wanted.org, "ruleset": wanted.ruleset_id}
            return {
                "snapshot_id": str(uuid5(wanted.request_id, "snapshot")),
                "frozen_at": "2026-11-20T01:00:00Z",
                "counts": {code: len(self.objects[code]) for code in codes},
                "files": {
                    "objects": await self._put(lines),
                    "inspectors": await self._put(sorted("\t".join(row) for row in self.inspectors)),
                    "recusals": await self._put(sorted("\t".join(row) for row in self.recusals)),
                    "package": (await self.files.put(json.dumps(package).encode())).model_dump(),
                },
            }

        @app.post("/registry/v1/snapshots/survey")
        async def survey(
            wanted: SurveyRequest, authorization: str = Header(), idempotency_key: str = Header()
        ) -> dict[str, Any]:
            admit(authorization, idempotency_key)
            places: dict[str, dict[str, str]] = {}
            units: dict[str, str] = {}
            for one in wanted.lists:
                for subject, stratum, unit in self._held(one):
                    places.setdefault(subject, {})[one.code] = stratum
                    units.setdefault(subject, unit if wanted.units_by not in (None, "org") else "")
            groups = Counter((tuple(sorted(held.items())), units[who]) for who, held in places.items())
            everybody = {row[0] for rows in self.objects.values() for row in rows}
            return {
                "counted_at": "2026-11-20T01:00:00Z",
                "register_size": len(everybody),
                "groups": [
                    {"strata": dict(held), "unit": unit, "objects": count}
                    for (held, unit), count in groups.items()
                ],
                "object_strata": places.get(wanted.object_id, {}) if wanted.object_id else None,
            }

        @app.post("/registry/v1/snapshots/{snapshot_id}/dossiers", status_code=201)
        async def dossiers(
            snapshot_id: UUID,
            wanted: DossierRequest,
            authorization: str = Header(),
            idempotency_key: str = Header(),
        ) -> dict[str, Any]:
            admit(authorization, idempotency_key)
            self.dossiers += 1
            ids = (await self.files.read(wanted.ids)).decode().splitlines()
            assert ids == sorted(set(ids))
            return await self._put([json.dumps({"id": one, "name": f"企业{one}"}) for one in ids])

        return app

    def _held(self, one: SnapshotList) -> list[tuple[str, str, str]]:
        """Objects of a list with stratum and unit: by the code of its task, or those that it names."""
        if one.criteria.ids:
            return [row for rows in self.objects.values() for row in rows if row[0] in one.criteria.ids]
        # Surveys number their lists: `0-HR` for gauges; `T001` stands for the first kind of list, and so on.
        if one.code.startswith("T"):
            return list(self.objects.values())[int(one.code[1:]) - 1]
        return self.objects[one.code.partition("-")[2]]

    async def _put(self, lines: list[str]) -> dict[str, Any]:
        data = "".join(f"{line}\n" for line in lines).encode()
        return (await self.files.put(data, rows=len(lines))).model_dump()


@contextlib.contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """Serve an app on a port of its own, for processes that call it over HTTP."""
    server = uvicorn.Server(uvicorn.Config(app, port=free_port(), log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        testing.wait_for_port(server.config.port)
        yield f"http://127.0.0.1:{server.config.port}"
    finally:
        server.should_exit = True
        thread.join()


@dataclass
class Draws:
    """Everything a test needs to hold a draw, as the people who hold it."""

    settings: Settings
    registry: Registry
    database: testing.ServiceDatabase
    db: Database
    http: httpx.AsyncClient
    issuer: testing.Issuer

    def person(self, role: str, subject: str = "", **claims: Any) -> testing.Client:
        """A caller with one role."""
        return testing.Client(self.http, self.issuer.token(role, subject=subject, **claims))

    @property
    def anyone(self) -> testing.Client:
        """A caller without a token."""
        return testing.Client(self.http)

    async def know(self, name: str, region: str = "410300", **changes: Any) -> Ruleset:
        """Have draw know one of the project's rulesets as that of a region, with parts of it changed."""
        document = yaml.safe_load((RULESETS / f"{name}.yaml").read_text()) | {"region": region}
        for part, values in changes.items():
            document.setdefault(part, {}).update(values)
        ruleset = Ruleset.model_validate(document)
        await self.publish(ruleset)
        return ruleset

    async def publish(self, *rulesets: Ruleset) -> None:
        """Have draw know rulesets as they are."""
        async with self.db.transaction(SYSTEM) as session:
            for ruleset in rulesets:
                await keep_ruleset(session, RulesetPublished(ruleset=ruleset, sha256="a" * 64))

    async def plan(self, *tasks: dict[str, Any], ruleset: str = "410300-rsj") -> list[str]:
        """A published plan with tasks; their ids."""
        planner, approver = self.person("planner"), self.person("approver")
        made = (
            await planner.post(
                "/draw/v1/plans", {"year": 2026, "ruleset_id": ruleset, "org_name": "某市人社局"}
            )
        ).json()
        path = f"/draw/v1/plans/{made['id']}"
        ids = []
        for one in tasks:
            answer = await planner.post(f"{path}/tasks", one)
            assert answer.status_code == 201, answer.text
            ids.append(answer.json()["id"])
        for who, deed in ((planner, "submit"), (approver, "approve"), (planner, "publish")):
            answer = await who.post(f"{path}/{deed}")
            assert answer.status_code == 200, answer.text
        return ids

    async def open(self, task_ids: list[str], *, seconds: float = 3600, **more: Any) -> str:
        """A round over tasks; its id."""
        answer = await self.ask(task_ids, seconds=seconds, **more)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def ask(self, task_ids: list[str], *, seconds: float = 3600, **more: Any) -> httpx.Response:
        """Ask for a round over tasks, whatever the answer."""
        reveal_by = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        body = {
            "task_ids": task_ids,
            "reveal_by": reveal_by,
            "inspect_from": "2026-11-23",
            "inspect_to": "2026-12-10",
        }
        return await self.person("operator").post("/draw/v1/rounds", body | more)

    async def read(self, round_id: str) -> dict[str, Any]:
        """The round as an auditor reads it."""
        answer = await self.person("auditor").get(f"/draw/v1/rounds/{round_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def until(self, round_id: str, *states: str, seconds: float = 40) -> dict[str, Any]:
        """Wait until the round is in one of the states, and return it."""

        async def reached() -> dict[str, Any] | None:
            found = await self.read(round_id)
            assert found["state"] != "draft" or not found["problems"] or "draft" in states, found["problems"]
            return found if found["state"] in states else None

        found = await testing.eventually(reached, seconds, f"round in {states}")
        return dict(found)

    async def deed(
        self, role: str, round_id: str, path: str, body: Any = None, status: int = 200
    ) -> dict[str, Any]:
        """One deed of the ceremony, with the status expected."""
        answer = await self.person(role).post(f"/draw/v1/rounds/{round_id}/{path}", body)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def sign_freeze(self, round_id: str, role: str = "legal") -> dict[str, Any]:
        """A witness signs the frozen lists."""
        frozen = await self.until(round_id, "frozen")
        return await self.deed(role, round_id, "sign-freeze", {"inputs_hash": frozen["inputs_hash"]})

    async def commit(self, round_id: str, secrets: dict[str, str] = SECRETS) -> dict[str, Any]:
        """The freeze signed, and all commitments."""
        await self.sign_freeze(round_id)
        return await self.commit_all(round_id, secrets)

    async def commit_all(self, round_id: str, secrets: dict[str, str] = SECRETS) -> dict[str, Any]:
        """All commitments; with the freeze signed, the manifest is logged."""
        frozen = await self.until(round_id, "frozen")
        draw_id, suite = frozen["draw_id"], suite_named(frozen["settings"]["suite"])
        for name, secret in secrets.items():
            body = {"name": name, "commitment": commitment(suite, draw_id, name, secret)}
            shown = await self.deed(name, round_id, "commitments", body)
        return shown

    async def throw_in(self, round_id: str, secrets: dict[str, str] = SECRETS) -> None:
        """Dice and both reveals: the seed is decided."""
        await self.deed("operator", round_id, "dice", {"value": DICE})
        await self.deed("legal", round_id, "dice/confirm", {"value": DICE})
        for name, secret in secrets.items():
            await self.deed(name, round_id, "reveals", {"name": name, "secret": secret})

    async def hold(self, round_id: str) -> dict[str, Any]:
        """The whole ceremony from the freeze to the result."""
        await self.commit(round_id)
        await self.throw_in(round_id)
        return await self.until(round_id, "drawn")

    async def beacon_time(self, chain: beacon.Chain, drand_round: int) -> None:
        """Wait until a round of the beacon is published."""

        async def come() -> bool:
            return datetime.now(UTC).timestamp() >= beacon.time_of(drand_round, chain)

        await testing.eventually(come, 40, f"round {drand_round}")

    async def finish(self, round_id: str) -> dict[str, Any]:
        """Sign-off and completion."""
        drawn = await self.until(round_id, "drawn")
        await self.deed("legal", round_id, "sign", {"result_hash": drawn["result_hash"]})
        return await self.until(round_id, "completed")

    async def void(
        self, round_id: str, code: str = "procedure_breach", reason: str = "程序有误"
    ) -> dict[str, Any]:
        """One person asks for the attempt to be voided, another confirms what it has read."""
        body = {"code": code, "reason": reason, "evidence": "e" * 64}
        asked = (await self.deed("operator", round_id, "void", body))["void_request"]
        read = {"content_hash": asked["content_hash"]}
        return await self.deed("legal", round_id, "void/confirm", read)

    async def emitted(self, name: str) -> list[dict[str, Any]]:
        """The data of every event of a kind in the outbox."""
        async with self.db.session(SYSTEM) as session:
            rows = await session.execute(
                text("SELECT payload FROM outbox WHERE subject LIKE :subject ORDER BY seq"),
                {"subject": f"events.draw.{name}.%"},
            )
            return [row.payload["data"] for row in rows]


HR_TASK: dict[str, Any] = {
    "name": "人力资源服务机构抽查", "department": "劳动监察科", "crew": "LDJC", "list_code": "HR",
    "items": ["RSJ-01"], "mode": "directed", "criteria": {"labels": ["hr-agency"]}, "by_grade": True,
    "ratios": {"A": 500, "B": 1000, "C": 3000}, "month": 11, "team": 2, "alternates": 1,
    "object_range": "人力资源服务机构", "frequency": "每年1次", "basis": ["《人力资源市场暂行条例》第三十四条"],
}  # fmt: skip
LD_TASK: dict[str, Any] = {
    "name": "劳务派遣抽查", "department": "就业科", "crew": "JYK", "list_code": "LD", "items": ["RSJ-02"],
    "mode": "undirected", "ratio_bp": 800, "month": 11, "team": 2, "alternates": 1,
    "object_range": "劳务派遣单位", "frequency": "每年1次", "basis": ["《劳务派遣行政许可实施办法》第四条"],
}  # fmt: skip


def object_id(number: int) -> str:
    """An object's id."""
    return f"91410300MA{number:08d}"


def stock(registry: Registry, size: int = 200) -> None:
    """Fill the registry: two lists that overlap, twelve inspectors of two crews, one recusal."""
    grades = ("A", "A", "A", "B", "B", "C")
    registry.objects = {
        "HR": [(object_id(n), grades[n % 6], "410300-RSJ") for n in range(size)],
        "LD": [(object_id(n), "ALL", "410300-RSJ") for n in range(size // 2, size + size // 2)],
    }
    registry.inspectors = [
        (f"I{n:03d}", "LDJC" if n % 2 else "JYK", "410300-RSJ", "*" if n % 3 else "HR,LD") for n in range(12)
    ]
    registry.recusals = [("I001", object_id(3), "kinship")]
