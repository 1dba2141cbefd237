"""The composition root: every part of the disclosure service in one table."""

from fastapi import FastAPI
from suicha_chassis.app import Process
from suicha_chassis.app import create_app as build

from suicha_disclosure import worker
from suicha_disclosure.api import ROUTERS, TAGS
from suicha_disclosure.events import HANDLERS
from suicha_disclosure.settings import Settings

PROCESS = Process(
    service="disclosure",
    title="随查 · 公示",
    description="公示：期限、脱敏、推送与回执、更正与撤回、统计。",
    routers=ROUTERS,
    handlers=HANDLERS,
    loops=(
        ("deliver", worker.deliver),
        ("reconcile", worker.reconcile_channels),
        ("measure", worker.measure),
    ),
    tags=TAGS,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the service; without settings it only describes itself (OpenAPI)."""
    return build(PROCESS, settings)
