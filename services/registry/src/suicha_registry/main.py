"""The registry's table of parts and its app."""

from fastapi import FastAPI
from suicha_chassis import app as chassis
from suicha_chassis.app import Process
from suicha_chassis.audit_api import audit_router

from suicha_registry.calendars import api as calendars
from suicha_registry.events import HANDLERS
from suicha_registry.forms import api as forms
from suicha_registry.imports import api as imports
from suicha_registry.imports.runner import run_imports
from suicha_registry.inspectors import api as inspectors
from suicha_registry.items import api as items
from suicha_registry.organisations import api as organisations
from suicha_registry.rulesets import api as rulesets
from suicha_registry.settings import Settings
from suicha_registry.snapshots import api as snapshots
from suicha_registry.subjects import api as subjects

PROCESS = Process(
    service="registry",
    title="随查 · 名录与规则",
    description="抽查事项、检查对象、执法检查人员、表单、规则集、工作日历；为抽取冻结名录。",
    routers=(
        rulesets.ROUTER,
        rulesets.PUBLIC,
        calendars.ROUTER,
        organisations.ROUTER,
        forms.ROUTER,
        items.ROUTER,
        items.PUBLIC,
        inspectors.ROUTER,
        subjects.ROUTER,
        imports.ROUTER,
        snapshots.ROUTER,
        audit_router("registry"),
    ),
    handlers=HANDLERS,
    loops=(("imports", run_imports),),
    tags=(
        {"name": "rulesets", "description": "规则集：每个值都带出处"},
        {"name": "calendars", "description": "工作日历"},
        {"name": "organisations", "description": "检查机关及其处室"},
        {"name": "forms", "description": "表单库"},
        {"name": "items", "description": "抽查事项清单"},
        {"name": "inspectors", "description": "执法检查人员名录库"},
        {"name": "subjects", "description": "检查对象名录库、标签、信用风险等级"},
        {"name": "imports", "description": "上传与导入"},
        {"name": "snapshots", "description": "冻结名录（供抽取服务）"},
        {"name": "public", "description": "无需登录"},
    ),
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the app; without settings it only describes itself."""
    return chassis.create_app(PROCESS, settings)
