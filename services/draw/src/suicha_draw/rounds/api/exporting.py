"""The result of a round as a file for other systems, over HTTP."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import StreamingResponse
from suicha_chassis.problems import problem_responses
from suicha_chassis.routes import Session, router

from suicha_draw.rounds.api.people import DEED, Reader
from suicha_draw.rounds.exporting import write_table
from suicha_draw.rounds.store import expect, find_round

api = router(prefix="/draw/v1/rounds", tags=["rounds"])

_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_CHUNK = 1 << 18


@api.get(
    "/{round_id}/export", summary="导出抽取结果", response_class=StreamingResponse,
    responses={**problem_responses(*DEED), 200: {"content": {media: {} for media in _MEDIA.values()}}},
)  # fmt: skip
async def export_round(
    round_id: UUID,
    session: Session,
    _: Reader,
    request: Request,
    form: Annotated[Literal["csv", "xlsx"], Query(alias="format")] = "csv",
) -> StreamingResponse:
    """Every object drawn and every substitute with its stratum, chance, rank, team; for systems that take files."""
    row = await find_round(session, round_id)
    expect(row, "completed")
    folder = tempfile.TemporaryDirectory(prefix="suicha-export-")
    path = Path(folder.name) / f"export.{form}"
    try:
        await write_table(session, request.app.state.runtime.files, row, path, form)
    except BaseException:
        folder.cleanup()
        raise

    def pieces() -> Iterator[bytes]:
        with folder, path.open("rb") as source:
            while piece := source.read(_CHUNK):
                yield piece

    headers = {
        "Content-Length": str(path.stat().st_size),
        "Content-Disposition": f'attachment; filename="{row.draw_id}-{row.attempt}.{form}"',
    }
    return StreamingResponse(pieces(), media_type=_MEDIA[form], headers=headers)
