"""Alembic's entry: the tables of the disclosure service, migrated the way of the chassis."""

from suicha_chassis.migrations import run
from suicha_disclosure.models import Base

run(Base.metadata)
