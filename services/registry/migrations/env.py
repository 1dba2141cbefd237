"""Alembic environment of the registry."""

from suicha_chassis.migrations import run
from suicha_registry.models import Base

run(Base.metadata)
