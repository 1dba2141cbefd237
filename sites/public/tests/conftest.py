"""A website with an empty file, and an adapter that signs as the real one does."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from suicha_contracts.signing import sign
from suicha_site.main import create_app
from suicha_site.settings import Settings

SECRET = b"a shared secret of enough bytes!"

PLAN_ID = "0192f0c1-0000-7000-8000-000000000001"
RECORD_ID = "0192f0c1-0000-7000-8000-0000000000a1"
CODE = "91410300MA3X93BJ5X"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(
        database=tmp_path / "site.sqlite3",
        push_secret=SecretStr(base64.b64encode(SECRET).decode()),
        draw_base_url="https://gateway.example",
    )
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def adapter(site: TestClient) -> "Adapter":
    return Adapter(site)


class Adapter:
    """Pushes with a valid signature unless told otherwise."""

    def __init__(self, site: TestClient) -> None:
        self._site = site

    def push(self, path: str, body: dict[str, Any] | bytes, **headers: str) -> httpx.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        signed = sign(SECRET, "msg-1", int(time.time()), raw) | headers
        answer: httpx.Response = self._site.put(f"/push/v1{path}", content=raw, headers=signed)
        return answer

    def get(self, path: str) -> httpx.Response:
        signed = sign(SECRET, "msg-2", int(time.time()), b"")
        answer: httpx.Response = self._site.get(f"/push/v1{path}", headers=signed)
        return answer

    def plan(self, **changes: Any) -> httpx.Response:
        body = plan(**changes)
        return self.push(f"/plans/{body['plan_id']}", body)

    def draw(self, **changes: Any) -> httpx.Response:
        body = draw(**changes)
        return self.push(f"/draws/{body['draw_id']}", body)

    def result(self, **changes: Any) -> httpx.Response:
        body = result(**changes)
        return self.push(f"/results/{body['record_id']}", body)


def plan(**changes: Any) -> dict[str, Any]:
    return {
        "plan_id": PLAN_ID,
        "version": 1,
        "number": "2026001",
        "name": "2026年洛阳市人力资源和社会保障局随机抽查001",
        "year": 2026,
        "org": "410300-rsj",
        "org_name": "洛阳市人力资源和社会保障局",
        "region": "410300",
        "published_at": "2026-01-05T02:00:00Z",
        "tasks": [
            {
                "number": "001号",
                "name": "人力资源服务机构检查",
                "mode": "directed",
                "ratio": "A 5%、B 10%",
                "frequency": "1-2次",
                "items": ["未经许可从事职业中介", "发布虚假招聘信息"],
                "object_range": "经营性人力资源服务机构",
                "method": "实地检查",
                "department": "劳动保障监察支队",
                "joint_departments": ["人力资源市场科"],
                "months": "2026年11月",
                "basis": ["《人力资源市场暂行条例》"],
            }
        ],
    } | changes


def draw(**changes: Any) -> dict[str, Any]:
    return {
        "draw_id": "410300-2026-0001",
        "version": 1,
        "attempt": 1,
        "org": "410300-rsj",
        "org_name": "洛阳市人力资源和社会保障局",
        "region": "410300",
        "suite": "S256",
        "manifest_hash": "1" * 64,
        "seed": "5eed" * 16,
        "result_hash": "2" * 64,
        "match_hash": "3" * 64,
        "dice": "d10x20:01234567890123456789",
        "contributors": ["legal", "operator"],
        "signed_by": "法制科",
        "completed_at": "2026-11-02T03:04:05Z",
        "inspect_from": "2026-11-03",
        "inspect_to": "2026-11-30",
        "visits": 26,
        "ruleset": {"id": "410300-rsj", "version": "2022.1", "sha256": "4" * 64},
        "lists": [
            {
                "code": "HR",
                "plan_number": "2026001",
                "plan_name": "2026年洛阳市人力资源和社会保障局随机抽查001",
                "task_number": "001号",
                "task_name": "人力资源服务机构检查",
                "department": "劳动保障监察支队",
                "mode": "directed",
                "registry_count": 350,
                "excluded": 10,
                "strata": [
                    {"code": "A", "n": 300, "k": 15, "m": 2, "bp": 500},
                    {"code": "D", "n": 40, "k": 11, "m": 1, "bp": 2750},
                ],
            }
        ],
        "bundle": {"sha256": "b" * 64, "size": 123456, "path": "/public/draws/410300-2026-0001/bundle"},
        "published_at": "2026-11-02T04:00:00Z",
    } | changes


def line(**changes: Any) -> dict[str, Any]:
    return {
        "plan_number": "2026001",
        "plan_name": "2026年洛阳市人力资源和社会保障局随机抽查001",
        "task_number": "001号",
        "task_name": "人力资源服务机构检查",
        "draw_type": "directed",
        "authority": "洛阳市人力资源和社会保障局",
        "object_name": "洛阳牡丹人力资源有限公司",
        "object_code": CODE,
        "finished_on": "2026-11-10",
        "result": "未发现问题",
        "result_codes": ["1"],
    } | changes


def result(**changes: Any) -> dict[str, Any]:
    name, code = (
        changes.get("object_name", "洛阳牡丹人力资源有限公司"),
        changes.get("object_code", CODE),
    )
    return {
        "record_id": RECORD_ID,
        "visit_id": "0192f0c1-0000-7000-8000-0000000000b1",
        "draw_id": "410300-2026-0001",
        "version": 1,
        "object_name": name,
        "object_code": code,
        "object_region": "410300",
        "published_at": "2026-11-12T08:00:00Z",
        "lines": [line(object_name=name, object_code=code)],
    } | changes
