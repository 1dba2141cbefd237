"""A small real service to stand behind the gateway. Run as `python upstream.py PORT`."""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

app = FastAPI()


@app.get("/livez")
@app.get("/metrics")
async def internal() -> dict[str, bool]:
    return {"internal": True}


@app.get("/draw/v1/rounds/{round_id}/events")
async def events(round_id: str) -> StreamingResponse:
    """Say something, keep silent for longer than any first byte may take, say something again."""

    async def stream() -> AsyncIterator[str]:
        yield f"data: {round_id} begins\n\n"
        await asyncio.sleep(2.5)
        yield "data: ends\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream")


@app.get("/draw/v1/large")
async def large() -> StreamingResponse:
    """Begin at once and go on for longer than the first byte may take."""

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * 1000
            await asyncio.sleep(0.4)

    return StreamingResponse(stream())


@app.get("/draw/v1/gauges")
@app.get("/draw/v1/plans/{plan_id}/simulation")
@app.post("/draw/v1/plans/{plan_id}/submit")
@app.post("/draw/v1/plans/{plan_id}/return")
async def counting() -> dict[str, bool]:
    """Take longer than the first byte of any other answer may."""
    await asyncio.sleep(2.5)
    return {"counted": True}


@app.get("/draw/v1/slow")
@app.post("/draw/v1/slow")
async def slow() -> dict[str, bool]:
    await asyncio.sleep(30)
    return {"slow": True}


@app.put("/registry/v1/uploads/{name}")
async def upload(name: str, request: Request) -> dict[str, object]:
    digest, size = hashlib.sha256(), 0
    async for chunk in request.stream():
        digest.update(chunk)
        size += len(chunk)
    return {"name": name, "size": size, "sha256": digest.hexdigest()}


@app.get("/registry/v1/own-problem/{status}")
async def own_problem(status: int) -> Response:
    return JSONResponse({"code": "own", "status": status}, status, media_type="application/problem+json")


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def echo(path: str, request: Request, response: Response) -> dict[str, object]:
    """Say what arrived."""
    response.headers["ETag"] = '"1"'
    response.headers["X-Powered-By"] = "secret"
    return {
        "method": request.method,
        "path": "/" + path,
        "query": request.url.query,
        "headers": dict(request.headers),
        "size": len(await request.body()),
    }


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
