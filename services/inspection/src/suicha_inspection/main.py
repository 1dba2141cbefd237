"""The composition root of the inspection service."""

from fastapi import FastAPI
from suicha_chassis import app as chassis
from suicha_chassis.app import Process
from suicha_chassis.audit_api import audit_router

from suicha_inspection import statistics
from suicha_inspection.assistants import api as assistants
from suicha_inspection.checks import api as checks
from suicha_inspection.events import handlers
from suicha_inspection.evidence import api as evidence
from suicha_inspection.follow_ups import api as follow_ups
from suicha_inspection.records import api as records
from suicha_inspection.settings import Settings
from suicha_inspection.signatures import api as signatures
from suicha_inspection.visits import api as visits

PROCESS = Process(
    service="inspection",
    title="检查 Inspection",
    description="Visits, checks, evidence, signatures, records, review and follow-ups of drawn inspections.",
    routers=(
        visits.routes,
        assistants.routes,
        checks.routes,
        evidence.routes,
        signatures.routes,
        records.routes,
        follow_ups.routes,
        statistics.routes,
        audit_router("inspection"),
    ),
    handlers=handlers,
    tags=(
        {"name": "visits", "description": "检查任务：每个抽中对象一次上门，列表、详情、日期、开始"},
        {"name": "checks", "description": "各部门检查组录入的检查情况（谁检查、谁录入）"},
        {"name": "evidence", "description": "证据；无法取得联系；不予配合"},
        {"name": "signatures", "description": "检查人员、检查对象、见证人签名"},
        {"name": "records", "description": "提交、审核、更正、打印、全过程"},
        {"name": "follow-ups", "description": "后续处理"},
        {"name": "statistics", "description": "检查进度与结果统计"},
    ),
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the app; without settings it only describes itself (OpenAPI)."""
    return chassis.create_app(PROCESS, settings)
