"""A column among many values, as one array: an IN would bind each by itself, which costs more than the query."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Text, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute


def among(column: InstrumentedAttribute[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a column of text is one of the values."""
    return column == any_(literal(list(values), ARRAY(Text)))
