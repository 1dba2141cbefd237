"""Runs draw's migrations; all the work is in the chassis."""

from suicha_chassis.migrations import run
from suicha_draw.models import Base

run(Base.metadata)
