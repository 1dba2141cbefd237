"""Rows straight from COPY into a file, in the byte order that the database gave them."""

from pathlib import Path
from typing import Any, LiteralString

import psycopg


async def copy_to_file(connection: psycopg.AsyncConnection[Any], statement: LiteralString, path: Path) -> int:
    """Run a `COPY … TO STDOUT` into a file; return the number of rows."""
    rows = 0
    with path.open("wb") as out:
        async with connection.cursor() as cursor, cursor.copy(statement) as copy:
            async for block in copy:
                out.write(block)
                rows += 1
    return rows
