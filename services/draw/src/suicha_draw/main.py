"""The draw API: plans, rounds, the draw log. It accepts and answers; workers carry rounds out."""

from fastapi import FastAPI
from suicha_chassis import app
from suicha_chassis.audit_api import audit_router

from suicha_draw.events import HANDLERS
from suicha_draw.ledger.api import api as log_api
from suicha_draw.plans.api import api as plans_api
from suicha_draw.plans.api import public_api as public_plans_api
from suicha_draw.rounds.api import api as rounds_api
from suicha_draw.rounds.public_api import api as public_draws_api
from suicha_draw.settings import Settings

PROCESS = app.Process(
    service="draw",
    title="随查 · 抽取",
    description="年度计划、随机抽取的全过程、公开的抽取日志（RID/1）。",
    routers=(plans_api, rounds_api, public_plans_api, public_draws_api, log_api, audit_router("draw")),
    handlers=HANDLERS,
    tags=(
        {"name": "plans", "description": "年度抽查计划与任务"},
        {"name": "rounds", "description": "抽取：冻结、承诺、揭示、骰子、签署、作废"},
        {"name": "public plans", "description": "已公布的计划，无需登录"},
        {"name": "public draws", "description": "抽取与证明包，无需登录"},
        {"name": "draw log", "description": "抽取日志：检查点、条目、证明，无需登录"},
    ),
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the API; without settings it only describes itself."""
    return app.create_app(PROCESS, settings)
