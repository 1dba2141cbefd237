"""What may be wrong with a row. Pure."""

from typing import NamedTuple


class Fault(NamedTuple):
    """What is wrong with one row: in which field (empty: the row), as code and in Chinese."""

    field: str
    code: str
    message: str
