"""The registry's table of parts and its app."""

from fastapi import FastAPI
from suicha_chassis import app as chassis
from suicha_chassis.app import Process
from suicha_chassis.audit_api import audit_router

from suicha_registry.calendars import api as calendars
from suicha_registry.claims import api as claims
from suicha_registry.code_sets import api as code_sets
from suicha_registry.coverage import api as coverage
from suicha_registry.due_dates import api as due_dates
from suicha_registry.events import HANDLERS
from suicha_registry.experts import api as experts
from suicha_registry.exports import api as exports
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
from suicha_registry.subjects import completeness_api as completeness
from suicha_registry.subjects import history_api as subject_history
from suicha_registry.subjects import labels_api as labels
from suicha_registry.subjects.feed import keep_going
from suicha_registry.trainings import api as trainings
from suicha_registry.uploads import api as uploads

PROCESS = Process(
    service="registry",
    title="随查 · 名录与规则",
    description="抽查事项、检查对象、执法检查人员、表单、规则集、工作日历；为抽取冻结名录。",
    routers=(
        rulesets.ROUTER,
        rulesets.PUBLIC,
        calendars.ROUTER,
        code_sets.ROUTER,
        code_sets.PUBLIC,
        organisations.ROUTER,
        due_dates.ROUTER,
        due_dates.PUBLIC,
        forms.ROUTER,
        coverage.ROUTER,
        coverage.PUBLIC,
        items.ROUTER,
        items.PUBLIC,
        claims.ROUTER,
        inspectors.ROUTER,
        trainings.ROUTER,
        experts.ROUTER,
        subject_history.ROUTER,
        subjects.ROUTER,
        labels.ROUTER,
        completeness.ROUTER,
        uploads.ROUTER,
        imports.ROUTER,
        exports.ROUTER,
        snapshots.ROUTER,
        audit_router("registry"),
    ),
    handlers=HANDLERS,
    loops=(("imports", run_imports), ("feed", keep_going)),
    tags=(
        {"name": "rulesets", "description": "规则集：每个值都带出处"},
        {"name": "calendars", "description": "工作日历"},
        {"name": "code-sets", "description": "结果代码集及其对照"},
        {"name": "organisations", "description": "检查机关及其处室、职责、截止日"},
        {"name": "forms", "description": "表单库"},
        {"name": "items", "description": "抽查事项清单、认领、年度覆盖率"},
        {"name": "inspectors", "description": "执法检查人员名录库、培训"},
        {"name": "experts", "description": "专家库：协助检查的专业人员和机构"},
        {"name": "subjects", "description": "检查对象名录库、标签、信用风险等级"},
        {"name": "imports", "description": "上传与导入"},
        {"name": "exports", "description": "导出与导入模板"},
        {"name": "snapshots", "description": "冻结名录（供抽取服务）"},
        {"name": "public", "description": "无需登录"},
    ),
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the app; without settings it only describes itself."""
    return chassis.create_app(PROCESS, settings)
