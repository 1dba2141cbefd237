"""The pages. Each turns its address into one or two queries and a template; none needs JavaScript."""

import shlex
from collections.abc import Callable
from typing import Annotated, TypeVar
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined
from suicha_contracts.publication import PublicDraw, PublicPlan, PublicResult, RecordKind

from suicha_site import queries, words
from suicha_site.database import Database

router = APIRouter()
F = TypeVar("F", bound=Callable[..., Response])
templates = Jinja2Templates(
    env=Environment(
        loader=PackageLoader("suicha_site"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
)
templates.env.globals["w"] = words
templates.env.filters["shell"] = shlex.quote
templates.env.filters["contributor"] = words.contributor_text


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def _summary(request: Request) -> queries.Summary:
    summary: queries.Summary = request.app.state.summary
    return summary


def _page(path: str) -> Callable[[F], F]:
    """Declare a page: GET and, for link checkers and load balancers, HEAD."""
    return router.api_route(path, methods=["GET", "HEAD"])


Store = Annotated[Database, Depends(_database)]
Cursor = Annotated[str, Query(alias="after", max_length=400)]
Chosen = Annotated[str, Query(max_length=200)]


@_page("/")
def home(request: Request, store: Store) -> HTMLResponse:
    """Search box, figures, the latest of everything."""
    return _render(
        request,
        "home.html",
        figures=_summary(request).now()[0],
        results=queries.results(store, queries.Filter(), limit=8).rows,
        draws=queries.draws(store, limit=5).rows,
        plans=queries.plans(store, limit=5).rows,
    )


@_page("/plans")
def plan_list(request: Request, store: Store, cursor: Cursor = "") -> HTMLResponse:
    """All plans."""
    return _render(request, "plans.html", page=queries.plans(store, cursor))


@_page("/plans/{plan_id}")
def plan_page(request: Request, store: Store, plan_id: UUID) -> HTMLResponse:
    """One plan with its tasks, as S0 annex 1 and S4 annex print them."""
    history = queries.history(store, PublicPlan, RecordKind.PLAN, str(plan_id))
    return _render(request, "plan.html", history=_found(history, "这份抽查计划"))


@_page("/draws")
def draw_list(request: Request, store: Store, cursor: Cursor = "") -> HTMLResponse:
    """All draws."""
    return _render(request, "draws.html", page=queries.draws(store, cursor))


@_page("/draws/{draw_id}")
def draw_page(request: Request, store: Store, draw_id: str, code: Chosen = "") -> HTMLResponse:
    """One draw: what was drawn from, by which numbers, and how to check it."""
    history = _found(queries.history(store, PublicDraw, RecordKind.DRAW, draw_id), "这次抽取")
    draw = history.newest
    return _render(
        request,
        "draw.html",
        history=history,
        key=words.target_key(draw.suite, draw.seed) if draw.verifiable else "",
        code=queries.normalised(code).upper() or "你的统一社会信用代码",
        log_url=f"{request.app.state.settings.draw_base_url}/public/draws/{draw.draw_id}",
        changes_url=f"{request.app.state.settings.draw_base_url}/public/draws/{draw.draw_id}/changes",
        bundle_url=request.app.state.settings.draw_base_url + draw.bundle.path if draw.bundle else "",
        scheme_url=f"{request.app.state.settings.draw_base_url}/public/draws/{quote(draw.draw_id)}/scheme",
        results=queries.results(store, queries.Filter(draw=draw_id), limit=10).rows,
    )


@_page("/results")
def result_list(
    request: Request,
    store: Store,
    plan: Chosen = "",
    result: Chosen = "",
    month: Chosen = "",
    draw: Chosen = "",
    cursor: Cursor = "",
) -> HTMLResponse:
    """Results, filtered by plan, result, month or draw."""
    wanted = queries.Filter(plan=plan, result=result, month=month, draw=draw)
    return _render(
        request,
        "results.html",
        page=queries.results(store, wanted, cursor),
        wanted=wanted,
        choices=_summary(request).now()[1],
    )


@_page("/results/{record_id}")
def result_page(request: Request, store: Store, record_id: UUID) -> HTMLResponse:
    """One result with all its versions."""
    history = queries.history(store, PublicResult, RecordKind.RESULT, str(record_id))
    return _render(request, "result.html", history=_found(history, "这条检查结果"))


@_page("/objects/{code}")
def object_page(request: Request, store: Store, code: str) -> HTMLResponse:
    """Everything public about one object."""
    histories = queries.results_of_object(store, code)
    if not histories:
        raise HTTPException(404, "没有这个检查对象的公示记录。没有被抽查过的单位不会出现在这里。")
    return _render(request, "object.html", code=code, histories=histories)


@_page("/search")
def search_page(
    request: Request, store: Store, q: Annotated[str, Query(max_length=400)] = "", cursor: Cursor = ""
) -> HTMLResponse:
    """Inspected objects by part of the name or beginning of the code."""
    wanted = queries.normalised(q)
    page = queries.search(store, wanted, cursor) if wanted else None
    return _render(request, "search.html", q=wanted, page=page)


@_page("/about")
def about(request: Request) -> HTMLResponse:
    """What is published here and why."""
    return _render(request, "about.html")


@_page("/healthz")
def healthz(store: Store) -> JSONResponse:
    """Tell that the process runs and its file can be read."""
    with store.read() as connection:
        connection.execute("SELECT 1 FROM records LIMIT 1").fetchone()
    return JSONResponse({"status": "ok"})


def error_page(request: Request, status: int, detail: str) -> HTMLResponse:
    """Render a refusal or failure for people."""
    return _render(request, "error.html", status=status, detail=detail)


def _render(request: Request, template: str, status: int = 200, **context: object) -> HTMLResponse:
    context["status"] = status
    return templates.TemplateResponse(request, template, context, status_code=status)


def _found(history: queries.History[queries.R] | None, what: str) -> queries.History[queries.R]:
    if history is None:
        raise HTTPException(404, f"没有找到{what}。它可能尚未公示，或地址有误。")
    return history
