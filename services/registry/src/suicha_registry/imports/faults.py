"""What becomes of a row: the columns that it gives, or what is wrong with it. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

Row = Sequence[str]
"""The cells of one row."""


class Fault(NamedTuple):
    """What is wrong with one row: in which field (empty: the row), as code and in Chinese."""

    field: str
    code: str
    message: str


Taken = tuple[str, ...] | list[Fault]
"""The columns of the stage that a row gives, or its faults."""
