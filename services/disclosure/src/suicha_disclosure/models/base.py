"""The declarative base: naming convention and chassis tables come from the chassis."""

from sqlalchemy.orm import DeclarativeBase
from suicha_chassis.db import new_metadata


class Base(DeclarativeBase):
    """Base of every table here."""

    metadata = new_metadata()
