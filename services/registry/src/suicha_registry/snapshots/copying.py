"""Rows straight from COPY into a file, in the byte order that the database gave them.

The server joins some thousands of lines into one block before it sends them: one message for each row would
cost more than the rest of a freeze. Blocks travel in COPY's binary format, which escapes nothing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

_LINES = sql.SQL("""
COPY (
  SELECT string_agg(line, E'\\n') FROM (
    SELECT {line} AS line, (row_number() OVER (ORDER BY {key}) - 1) / {size} AS block FROM ({rows}) AS r
  ) AS placed GROUP BY block ORDER BY block
) TO STDOUT (FORMAT binary)
""")
"""string_agg takes lines as the ordered subquery gives them (PostgreSQL, Aggregate Functions): to order them once more
inside the blocks would sort everything twice. A freeze checks the order of its files line by line."""
BLOCK_LINES = 4096


async def copy_lines(
    connection: psycopg.AsyncConnection[Any],
    rows: sql.Composable,
    line: sql.Composable,
    key: str,
    path: Path,
    seen: Callable[[str], None] | None = None,
) -> int:
    """Write one line for each row into a file, LF after every line, ordered by `key`; return how many.

    `rows` is a query, `line` an expression over its columns, `key` its unique columns in order. `seen` is given
    every block of lines, without the last LF.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, key.split(",")))
    statement = _LINES.format(line=line, key=columns, rows=rows, size=sql.Literal(BLOCK_LINES))
    written = 0
    with path.open("wb") as out:
        async with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(["text"])
            async for (block,) in copy.rows():
                out.write(block.encode() + b"\n")
                written += block.count("\n") + 1
                if seen is not None:
                    seen(block)
    return written


def tab_joined(*columns: str) -> sql.Composable:
    """Return the expression of a TSV line (RID/1 §1). The columns hold ids: none needs escaping."""
    return sql.SQL("concat_ws(E'\\t', {})").format(sql.SQL(", ").join(map(sql.Identifier, columns)))
