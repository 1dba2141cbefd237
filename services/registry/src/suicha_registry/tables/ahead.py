"""What a reader of a table does not want to see."""

from dataclasses import dataclass


@dataclass
class Ahead:
    """Rows that whoever reads a table wants to have passed over, which takes less time than to read them."""

    rows: int = 0
    """The next ones, so many."""
    line: int = 0
    """Those before this line, as far as it is cheap: some may come nevertheless."""
