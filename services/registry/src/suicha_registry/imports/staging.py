"""Writes rows into a COPY stream, and refused rows aside, in bounded memory."""

from collections.abc import Sequence
from typing import IO, Any
from uuid import UUID

import psycopg

from suicha_registry.imports.subject_rows import Refusal

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_line(values: Sequence[str]) -> str:
    r"""Return one line of COPY text format. `\N` stands for null and is kept."""
    return "\t".join([value if value == "\\N" else value.translate(_ESCAPES) for value in values]) + "\n"


def clean(text: str) -> str:
    """Make any text storable: undecodable bytes become `�`, NUL goes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\x00", "")


class RefusedRows:
    """Refused rows of one import, kept in a temporary file until the other COPY is over."""

    def __init__(self, import_id: UUID, spool: IO[str], hidden: int | None = None) -> None:
        """`hidden` is the column that must not be kept: an identity number."""
        self.count = 0
        self._id = str(import_id)
        self._hidden = hidden
        self._spool = spool

    def add(self, line: int, refusal: Refusal, raw: Sequence[str]) -> None:
        """Keep one row."""
        self.count += 1
        shown = [
            "（不显示）" if index == self._hidden and value else clean(value)
            for index, value in enumerate(raw)
        ]
        quoted = ",".join('"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' for v in shown)
        self._spool.write(
            copy_line((self._id, str(line), refusal.code, clean(refusal.message), "{" + quoted + "}"))
        )

    def store(self, connection: psycopg.Connection[Any]) -> None:
        """COPY what was kept into the table."""
        self._spool.seek(0)
        with connection.cursor().copy(
            "COPY import_refusals (import_id, line, code, message, raw) FROM STDIN"
        ) as copy:
            while block := self._spool.read(1 << 18):
                copy.write(block)
