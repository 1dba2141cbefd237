"""The verifier in the visitor's browser: its page, its scripts, and the one file that can be kept and used offline.

The scripts are a second implementation of RID/1, independent of the library `rid1`. They are plain files that are
joined in a fixed order: a worker may then run them from one address, and from inside the saved page, which could not
load anything else. This module serves files; it never sees what a visitor verifies.
"""

from functools import cache
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from suicha_site.pages import templates

router = APIRouter(prefix="/verify")

_PACKAGE = Path(__file__).parent
_WORKER = (
    "hash", "fault", "json", "merkle", "timestamp", "zip", "bls/field", "bls/curve", "bls/isogeny", "bls/message",
    "bls/pairing", "beacon", "manifest", "checkpoint", "cosignature", "log", "growth", "seed", "inputs", "sealed",
    "selection", "lexmin", "dropout", "substitution", "receipt", "verify", "worker",
)  # fmt: skip
"""The files of the worker; each may use those before it."""

OFFLINE_NAME = "随查核验.html"
_METHODS = ["GET", "HEAD"]


@cache
def worker_source() -> str:
    """The whole worker as one script."""
    return "\n".join(_script(name) for name in _WORKER)


@cache
def page_source() -> str:
    """The script of the page, which only shows what the worker finds."""
    return _script("page")


def _script(name: str) -> str:
    return (_PACKAGE / "verifier" / f"{name}.js").read_text(encoding="utf-8")


@router.api_route("", methods=_METHODS)
def verify_page(request: Request) -> HTMLResponse:
    """The verifier, and for visitors without JavaScript how to verify without it."""
    return templates.TemplateResponse(request, "verify.html")


@router.api_route("/worker.js", methods=_METHODS)
def worker() -> Response:
    """The worker's script."""
    return Response(worker_source(), media_type="text/javascript")


@router.api_route("/page.js", methods=_METHODS)
def page() -> Response:
    """The page's script."""
    return Response(page_source(), media_type="text/javascript")


@router.api_route("/offline.html", methods=_METHODS)
def offline(request: Request) -> HTMLResponse:
    """The verifier as one file to keep: it needs neither this website nor a network."""
    style = (_PACKAGE / "static" / "site.css").read_text(encoding="utf-8")
    sources = {"style": style, "worker_source": worker_source(), "page_source": page_source()}
    return templates.TemplateResponse(
        request,
        "verify_offline.html",
        {name: Markup(source) for name, source in sources.items()},  # noqa: S704 (our own files)
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(OFFLINE_NAME)}"},
    )
