"""Checks rows of objects and turns them into columns. Pure, and quick: it runs for millions of rows.

Every fault of a row is told, by field, by code and in Chinese.
"""

from collections.abc import Mapping, Sequence

from suicha_registry.imports.faults import Row, Taken
from suicha_registry.imports.subject_columns import Check, Standing, Text, coded_columns

TEXTS = (
    "company_type", "capital", "scope", "address", "legal_representative", "scale", "nature", "structure",
)  # fmt: skip
"""Columns that are taken as they stand."""


class SubjectRows:
    """Checks rows of one file; made once, called for each block of them."""

    def __init__(self, places: Mapping[str, int], region_default: str, prefix: str) -> None:
        """`prefix` is the region prefix that the importer may write to."""
        coded = coded_columns(places)
        kept = [name for name, _ in coded if name in places]
        texts = [name for name in TEXTS if name in places]
        self._checks: list[Check] = [
            Text("name", places["name"]),
            Standing(places, region_default, prefix),
            *(check for _, check in coded),
            *(Text(name, places[name]) for name in texts),
        ]
        self.given = [*(name for name in ("kind", "region") if name in places), *kept, *texts]
        """Columns that the file speaks of; the others of a known object stay as they are."""
        self.columns = ["name", "id", "kind", "region", *kept, *texts]
        """Columns of an accepted row, in order."""

    def __call__(self, rows: Sequence[Row]) -> list[Taken]:
        r"""Return of each row its columns (an empty date is `\N`), or everything that is wrong with it."""
        cells = list(zip(*rows, strict=True))
        faulty: set[int] = set()
        columns = [column for check in self._checks for column in check.read(cells, faulty)]
        found: list[Taken] = list(zip(*columns, strict=True))
        for at in faulty:
            found[at] = [fault for check in self._checks for fault in check.faults(rows[at])]
        return found
