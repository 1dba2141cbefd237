"""A document as an answer over HTTP, in the form that was asked for."""

import asyncio
from typing import Any, Literal
from urllib.parse import quote

from fastapi import Response

from suicha_draw.printing import html, pdf, xlsx
from suicha_draw.printing.sheet import Sheet

Form = Literal["xlsx", "html", "pdf"]

_WRITERS = {"xlsx": xlsx, "html": html, "pdf": pdf}

FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {writer.MEDIA_TYPE.partition(";")[0]: {} for writer in (xlsx, html, pdf)}}
}
"""What to say in OpenAPI of an endpoint that answers with a document."""


async def answer(sheet: Sheet, form: Form) -> Response:
    """Write a document, outside the event loop, and answer with it under its own name."""
    writer = _WRITERS[form]
    content = await asyncio.to_thread(writer.write, sheet)
    kind = "inline" if form == "html" else "attachment"
    disposition = f"{kind}; filename*=UTF-8''{quote(sheet.title)}.{form}"
    return Response(content, media_type=writer.MEDIA_TYPE, headers={"Content-Disposition": disposition})
