"""How many objects each list of a freeze holds, counted while they are written. Pure."""

from collections import Counter


class Tally(Counter[str]):
    """Counts the objects of each list while they are written, and notices one without a unit.

    An object without a unit could never be given inspectors.
    """

    unitless = False

    def __call__(self, block: str) -> None:
        """Count a block of lines, whose order is that of the lists."""
        lines = block.split("\n")
        first, last = (line.partition("\t")[0] for line in (lines[0], lines[-1]))
        self.update({first: len(lines)} if first == last else (line.partition("\t")[0] for line in lines))
        self.unitless = self.unitless or "\t\n" in block or block.endswith("\t")
