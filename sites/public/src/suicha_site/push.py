"""The push interface: signed by the public-site adapter, open to nobody else.

A signature covers the body and the time (Standard Webhooks 1.0.0); the id in the path must be the body's own.
"""

import time
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from suicha_contracts.publication import (
    HeldBody,
    HeldPage,
    PublicDraw,
    PublicPlan,
    PublicResult,
    PushReceipt,
    RecordKind,
)
from suicha_contracts.signing import BadSignatureError, verify

from suicha_site import records
from suicha_site.database import Database
from suicha_site.problems import PushProblem

LARGEST_BODY = 1024 * 1024
"""Bytes of a push body; larger ones are refused before they are read to the end."""

router = APIRouter(prefix="/push/v1")
M = TypeVar("M", bound=BaseModel)


async def signed_body(request: Request) -> bytes:
    """Read the body and check that the adapter signed it.

    Raises:
        PushProblem: 401 for a missing, wrong or old signature, 413 for a body above `LARGEST_BODY`.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise PushProblem(413, "payload_too_large", "推送内容超过 1 MiB")
    try:
        verify(request.app.state.secret, dict(request.headers), bytes(body), int(time.time()))
    except BadSignatureError as error:
        raise PushProblem(401, "bad_signature", "签名缺失、不正确或已过期，推送被拒绝") from error
    return bytes(body)


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


Body = Annotated[bytes, Depends(signed_body)]
Store = Annotated[Database, Depends(_database)]


@router.put("/plans/{plan_id}")
async def push_plan(plan_id: str, body: Body, store: Store, response: Response) -> PushReceipt:
    """Take in a plan or its adjusted version."""
    plan = _parse(PublicPlan, body, "plan_id", plan_id)
    return _answer(response, await run_in_threadpool(records.accept_plan, store, plan, body))


@router.put("/draws/{draw_id}")
async def push_draw(draw_id: str, body: Body, store: Store, response: Response) -> PushReceipt:
    """Take in a completed draw."""
    draw = _parse(PublicDraw, body, "draw_id", draw_id)
    return _answer(response, await run_in_threadpool(records.accept_draw, store, draw, body))


@router.put("/results/{record_id}")
async def push_result(record_id: str, body: Body, store: Store, response: Response) -> PushReceipt:
    """Take in a result, its correction or its withdrawal."""
    result = _parse(PublicResult, body, "record_id", record_id)
    return _answer(response, await run_in_threadpool(records.accept_result, store, result, body))


@router.get("/results", dependencies=[Depends(signed_body)])
def list_results(
    store: Store, after: str = "", limit: Annotated[int, Query(ge=1, le=1000)] = 500
) -> HeldPage:
    """List ids, versions and body hashes of the results held, for reconciliation (DATA_CHECK)."""
    return records.held_page(store, RecordKind.RESULT, after, limit)


@router.get("/results/{record_id}", dependencies=[Depends(signed_body)])
def get_result(record_id: str, store: Store) -> HeldBody:
    """Return the newest version held of one result."""
    held = records.held_body(store, RecordKind.RESULT, record_id)
    if held is None:
        raise PushProblem(404, "not_found", "没有这条记录")
    return held


def _parse(model: type[M], body: bytes, key: str, in_path: str) -> M:
    try:
        parsed = model.model_validate_json(body)
    except ValidationError as error:
        raise PushProblem.from_validation(error) from error
    if str(getattr(parsed, key)) != in_path:
        complaint = {"where": key, "code": "path_mismatch", "message": "与路径中的编号不一致"}
        raise PushProblem(422, "invalid_body", "推送内容的编号与路径不一致", [complaint])
    return parsed


def _answer(response: Response, receipt: PushReceipt) -> PushReceipt:
    response.status_code = 200 if receipt.duplicate else 201
    return receipt
