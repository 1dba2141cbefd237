"""Alembic environment of the inspection service."""

from suicha_chassis.migrations import run
from suicha_inspection.models import Base

run(Base.metadata)
