"""The composition root of the inspection service."""

from fastapi import FastAPI
from suicha_chassis import app as chassis
from suicha_chassis.app import Process
from suicha_chassis.audit_api import audit_router

from suicha_inspection import statistics
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
        {"name": "visits", "description": "One visit per drawn object: list, detail, day, start"},
        {"name": "checks", "description": "What the crew of each department enters (X1)"},
        {"name": "evidence", "description": "Uploads and what they show; untraceable; non-cooperation"},
        {"name": "signatures", "description": "Officers, representative, witness (S3 Art. 10)"},
        {"name": "records", "description": "Submit, review, correct, print, history"},
        {"name": "follow-ups", "description": "后续处理 until it is done"},
        {"name": "statistics", "description": "Where the visits stand and what was found"},
    ),
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the app; without settings it only describes itself (OpenAPI)."""
    return chassis.create_app(PROCESS, settings)
