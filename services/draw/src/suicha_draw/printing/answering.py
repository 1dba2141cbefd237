"""A document as an answer over HTTP, in the form that was asked for."""

import asyncio
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import quote

from fastapi import Response

from suicha_draw.printing.sheet import Sheet

Form = Literal["xlsx", "html", "pdf"]

MEDIA_TYPES: dict[Form, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}

FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type.partition(";")[0]: {} for media_type in MEDIA_TYPES.values()}}
}
"""What to say in OpenAPI of an endpoint that answers with a document."""


async def answer(sheet: Sheet, form: Form) -> Response:
    """Write a document, outside the event loop, and answer with it under its own name."""
    content = await asyncio.to_thread(_written, sheet, form)
    kind = "inline" if form == "html" else "attachment"
    disposition = f"{kind}; filename*=UTF-8''{quote(sheet.title)}.{form}"
    return Response(content, media_type=MEDIA_TYPES[form], headers={"Content-Disposition": disposition})


def _written(sheet: Sheet, form: Form) -> bytes:
    # openpyxl and fpdf take most of a second to import: the first who prints waits for them, no start does.
    from suicha_draw.printing import html, pdf, xlsx

    writers: dict[Form, Callable[[Sheet], bytes]] = {"xlsx": xlsx.write, "html": html.write, "pdf": pdf.write}
    return writers[form](sheet)
