"""The draw API: plans, rounds, the draw log. It accepts and answers; workers carry rounds out."""

from fastapi import FastAPI
from suicha_chassis import app
from suicha_chassis.audit_api import audit_router

from suicha_draw.events import HANDLERS
from suicha_draw.history.api import api as history_api
from suicha_draw.history.importing import JOB as HISTORY
from suicha_draw.ledger.api import api as log_api
from suicha_draw.ledger.endorsing_api import api as timestamps_api
from suicha_draw.ledger.endorsing_api import public_api as witnesses_api
from suicha_draw.measuring import measure
from suicha_draw.plans.adjusting.api import api as adjusting_api
from suicha_draw.plans.adjusting.api import public_api as public_versions_api
from suicha_draw.plans.api import api as plans_api
from suicha_draw.plans.api import public_api as public_plans_api
from suicha_draw.plans.gauges.api import api as gauges_api
from suicha_draw.plans.printing_api import api as printing_api
from suicha_draw.plans.printing_api import public_api as public_printing_api
from suicha_draw.plans.simulating.api import api as simulating_api
from suicha_draw.rounds.api import ROUTERS as ROUNDS
from suicha_draw.rounds.public_api import api as public_draws_api
from suicha_draw.rounds.store import JOB
from suicha_draw.settings import Settings
from suicha_draw.triggers.api import api as triggers_api

PROCESS = app.Process(
    service="draw",
    title="随查 · 抽取",
    description="年度计划、随机抽取的全过程、公开的抽取日志（RID/1）。",
    routers=(
        plans_api,
        adjusting_api,
        public_versions_api,
        simulating_api,
        gauges_api,
        printing_api,
        public_printing_api,
        triggers_api,
        *ROUNDS,
        history_api,
        public_plans_api,
        public_draws_api,
        log_api,
        witnesses_api,
        timestamps_api,
        audit_router("draw"),
    ),
    handlers=HANDLERS,
    queues=(JOB, HISTORY),
    loops=(("measure", measure),),
    tags=(
        {"name": "plans", "description": "年度抽查计划与任务"},
        {"name": "triggers", "description": "预警信号、触发记录、随机抽查以外直接办理的事项"},
        {"name": "rounds", "description": "抽取：冻结、承诺、揭示、骰子、签署、作废"},
        {"name": "history", "description": "历年检查记录的导入"},
        {"name": "public plans", "description": "已公布的计划，无需登录"},
        {"name": "public draws", "description": "抽取与证明包，无需登录"},
        {"name": "draw log", "description": "抽取日志：检查点、条目、证明、见证人与时间戳"},
    ),
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the API; without settings it only describes itself."""
    return app.create_app(PROCESS, settings)
